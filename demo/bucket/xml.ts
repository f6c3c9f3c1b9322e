/**
 * @module
 * The XML documents that the demo bucket answers with.
 */

import { XMLBuilder } from 'fast-xml-parser'

const builder = new XMLBuilder({ format: true, indentBy: '\t', suppressEmptyNode: true })

/** Returns a response with the document of an object. The object's one key is the root. */
export const xmlResponse = (document: Record<string, unknown>): Response =>
  new Response(`<?xml version='1.0' encoding='utf-8' ?>\n${builder.build(document)}`, {
    headers: { 'content-type': 'application/xml' },
  })

/** `encoding-type=url` encodes keys with characters that XML does not have. */
export const keyEncoder = (query: URLSearchParams): ((key: string) => string) =>
  query.get('encoding-type') === 'url' ? encodeURIComponent : key => key

/** Returns a count from the query such as `max-keys`, the bound if it is missing, null if it is invalid. */
export const readCount = (text: string | null, bound: number): number | null => {
  if (text === null || text === '') return bound
  return /^\d{1,9}$/.test(text) ? Math.min(Number(text), bound) : null
}
