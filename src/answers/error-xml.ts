/**
 * @module
 * The error document of each dialect: COS's to the byte ("OPTIONS Object", sample 4), S3's in its element order.
 */

import type { Dialect } from '../cors/dialect.ts'
import { type Ids, newIds } from './ids.ts'

/** An error as the client sees it. The texts are fixed; only bounded, escaped values are put in. */
export interface ErrorAnswer {
  readonly status: number
  readonly code: string
  readonly message: string
  /** S3's `Method` and `ResourceType`, on CORS errors. */
  readonly method?: string
  readonly resourceType?: 'OBJECT' | 'BUCKET'
  /** The edge's clock, on refusals that depend on the time: the COS SDKs set their own by it. */
  readonly serverTime?: string
  /** Only with DEBUG_REFUSALS: which check failed, for which value. */
  readonly reason?: string
}

/** Most characters of a client's value that a document repeats. */
const MAX_ECHO = 1024

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** Characters that XML text must escape. Most values have none and are searched only once. */
const UNSAFE = /[&<>"'\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/
const EACH_UNSAFE = new RegExp(UNSAFE, 'g')

/** Escapes a value for XML text; characters outside XML 1.0 (2.2) become U+FFFD. */
export const escapeXml = (text: string): string =>
  UNSAFE.test(text) ? text.replace(EACH_UNSAFE, c => ENTITIES[c] ?? '\ufffd') : text

/**
 * Returns the document of an error.
 *
 * @param resource host and path of the request, without its query: that may hold a signature
 */
export function errorXml(dialect: Dialect, error: ErrorAnswer, resource: string, ids: Ids): string {
  const bounded = resource.length > MAX_ECHO ? `${resource.slice(0, MAX_ECHO)}…` : resource
  return dialect.name === 'cos' ? cosXml(error, bounded, ids) : s3Xml(error, ids)
}

/** LF line ends, one TAB of indent, `&apos;`, no final newline: as printed by COS. */
function cosXml(error: ErrorAnswer, resource: string, ids: Ids): string {
  const element = (name: string, text: string) => `\t<${name}>${escapeXml(text)}</${name}>\n`
  return (
    `<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n` +
    element('Code', error.code) +
    element('Message', error.message) +
    element('Resource', resource) +
    element('RequestId', ids.request) +
    element('TraceId', ids.trace) +
    (error.serverTime === undefined ? '' : element('ServerTime', error.serverTime)) +
    (error.reason === undefined ? '' : element('Reason', error.reason)) +
    '</Error>'
  )
}

function s3Xml(error: ErrorAnswer, ids: Ids): string {
  // S3 leaves quotes and apostrophes as they are: text needs no more.
  const element = (name: string, text: string | undefined) =>
    text === undefined
      ? ''
      : `<${name}>${escapeXml(text).replaceAll('&apos;', "'").replaceAll('&quot;', '"')}</${name}>`
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error>` +
    element('Code', error.code) +
    element('Message', error.message) +
    element('Method', error.method) +
    element('ResourceType', error.resourceType) +
    element('ServerTime', error.serverTime) +
    element('RequestId', ids.request) +
    element('HostId', ids.trace) +
    element('Reason', error.reason) +
    '</Error>'
  )
}

/**
 * Returns the response of an error. Headers and document have the same ids.
 *
 * @param url the request's URL
 * @param head true for a HEAD request: the headers of the document, without it (RFC 9110 9.3.2)
 */
export function errorResponse(dialect: Dialect, error: ErrorAnswer, url: string, head = false): Response {
  const ids = newIds(dialect.name)
  const body = errorXml(dialect, error, resourceOf(url), ids)
  return new Response(head ? null : body, {
    status: error.status,
    headers: {
      'content-type': 'application/xml',
      'x-content-type-options': 'nosniff',
      [dialect.requestIdHeader]: ids.request,
      [dialect.traceIdHeader]: ids.trace,
    },
  })
}

/** Host and path of a URL as text. Nothing is parsed: a request's URL is absolute. */
function resourceOf(url: string): string {
  const start = url.indexOf('://') + 3
  const query = url.indexOf('?', start)
  return query === -1 ? url.slice(start) : url.slice(start, query)
}
