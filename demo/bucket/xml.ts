/**
 * @module
 * The XML documents that the demo bucket answers with.
 */

import { XMLBuilder } from 'fast-xml-parser'

const builder = new XMLBuilder({ format: true, indentBy: '\t', suppressEmptyNode: true })

/** An answer holding the document whose one root is the object's one name. */
export const xmlResponse = (document: Record<string, unknown>): Response =>
  new Response(`<?xml version='1.0' encoding='utf-8' ?>\n${builder.build(document)}`, {
    headers: { 'content-type': 'application/xml' },
  })

/** `encoding-type=url`: how a key that XML has no characters for is written. */
export const keyEncoder = (query: URLSearchParams): ((key: string) => string) =>
  query.get('encoding-type') === 'url' ? encodeURIComponent : key => key

/** A count from the query, such as `max-keys`; the bound where it is missing; null where it is no such number. */
export const readCount = (text: string | null, bound: number): number | null => {
  if (text === null || text === '') return bound
  return /^\d{1,9}$/.test(text) ? Math.min(Number(text), bound) : null
}
