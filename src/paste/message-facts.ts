/**
 * @module
 * The facts of one message: its URL, origin, method, header and status.
 */

import { firstUrl } from './firefox-message.ts'
import { CANNOT_LOAD } from './messages.ts'
import { bare, between, methodOf, originOf, statusAt, urlOf, wordAt, wordBefore } from './text.ts'
import type { Wording } from './wordings.ts'

/** What a row of the network panel begins with; no script asks for OPTIONS. */
const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH']
/** What Chrome calls the loads that are always a GET, in lower case. */
const ALWAYS_GET = new Set([
  'image',
  'script',
  'font',
  'css stylesheet',
  'audio',
  'video',
  'text track',
  'manifest',
])
/** What a presigned URL of the AWS SDK names its operation. */
const OPERATIONS: Readonly<Record<string, string>> = {
  GetObject: 'GET',
  HeadObject: 'HEAD',
  PutObject: 'PUT',
  UploadPart: 'PUT',
  CreateMultipartUpload: 'POST',
  CompleteMultipartUpload: 'POST',
  DeleteObject: 'DELETE',
}
/** What a status stands behind, in any language: a colon, or these. */
const BEFORE_STATUS = ['net::ERR_FAILED ', 'HTTP status code ', 'with a status of ']

/** The URL as it is written. */
export function addressIn(text: string): string | null {
  const quoted =
    between(text, " at '", "' from origin", "' (redirected from") ??
    beforeOrigin(text) ??
    between(text, "Redirect from '", "' to '")
  if (quoted !== null) return quoted.replace(/ /g, '')
  const font = between(text, "Font from origin '", "'")
  if (font !== null) return `${font}/`
  const firefox = /remote resource at |^XHR/.test(text) ? firstUrl(text) : null
  if (firefox !== null) return firefox.url
  for (const before of [CANNOT_LOAD, 'Failed to load ', 'Cross-origin redirection to ']) {
    const at = text.indexOf(before)
    const word = at === -1 ? '' : wordAt(text, at + before.length)
    if (word.includes('://')) return word
  }
  // Rows of the network panel, and messages in other languages, whose only URL it is.
  const row = /\b(?:OPTIONS|GET|PUT|POST|DELETE|HEAD|PATCH) "?([a-z]+:\/\/[^\s"]{1,16384})/.exec(text)
  if (row?.[1] !== undefined) return bare(row[1])
  return text.includes(" from origin '") ? null : foreignUrl(text)
}

/** Of a text that begins within the URL's sentence: what is quoted before the origin. */
function beforeOrigin(text: string): string | null {
  const end = text.indexOf("' from origin '")
  if (end === -1) return null
  const before = text.slice(Math.max(0, end - 16_384), end)
  const start = before.lastIndexOf("'")
  const word = before.slice(start + 1)
  return start === -1 ? (word.includes('://') ? word.slice(word.lastIndexOf(' ') + 1) : null) : word
}

/** The first URL of a message in another language, or of one that names its page nowhere. */
function foreignUrl(text: string): string | null {
  return text.includes('CORS') || /[^\0-\x7f]/.test(text.slice(0, 200)) ? (firstUrl(text)?.url ?? null) : null
}

/** The origin of the page. */
export function originIn(text: string): string | null {
  const therefore = between(text, " Origin '", "' is therefore")
  // Fonts of older Chromes name the font's origin first.
  const quoted = text.includes("Font from origin '")
    ? therefore
    : (between(text, " from origin '", "'") ?? therefore)
  if (quoted !== null) return originOf(quoted.replace(/ /g, ''))
  for (const after of [
    ' is not allowed by Access-Control-Allow-Origin',
    ' not found in Access-Control-Allow-Origin',
  ]) {
    const end = text.indexOf(after)
    if (end !== -1) return originOf(wordBefore(text, end))
  }
  const before = 'the request origin '
  const at = text.indexOf(before)
  return at === -1 ? null : originOf(wordAt(text, at + before.length))
}

/** The method or header that a wording names. */
export function wordNamed(text: string, wording: Wording | null, kind: 'method' | 'header'): string | null {
  if (wording?.names === undefined || !wording.names.startsWith(kind)) return null
  const at = text.indexOf(wording.text)
  return methodOf(
    wording.names.endsWith('after') ? wordAt(text, at + wording.text.length) : wordBefore(text, at),
  )
}

/** The method of a row of the network panel, of a presigned URL, or of a load that can have no other. */
export function methodIn(text: string, address: string | null): string | null {
  if (address !== null) {
    for (const method of METHODS) {
      if (text.includes(`${method} ${address}`) || text.includes(`${method} "${address}`)) return method
    }
    const operation = urlOf(address)?.searchParams.get('x-id') ?? ''
    if (Object.hasOwn(OPERATIONS, operation)) return OPERATIONS[operation] ?? null
  }
  if (/\bFont from origin '/.test(text)) return 'GET'
  const kind = /\bAccess to ([A-Za-z ]{1,30}?) at '/.exec(text)?.[1]?.toLowerCase() ?? ''
  return ALWAYS_GET.has(kind) ? 'GET' : null
}

/** The status of the answer. */
export function statusIn(text: string): number | null {
  for (const before of BEFORE_STATUS) {
    const at = text.indexOf(before)
    const status = at === -1 ? null : statusAt(text, at + before.length)
    if (status !== null) return status
  }
  const row = /\b(?:OPTIONS|GET|PUT|POST|DELETE|HEAD|PATCH) [a-z]+:\/\/[^\s]{1,16384} ([1-5]\d\d)\b/.exec(
    text,
  )
  if (row?.[1] !== undefined) return Number(row[1])
  // "Status code: 403.", "状态码：403。": in any language, a colon behind a word.
  const labelled = /[\p{L})] ?(?:: |：)([1-5]\d\d)(?=[.。)\]\s]|$)/u.exec(text)
  return labelled?.[1] === undefined ? null : Number(labelled[1])
}
