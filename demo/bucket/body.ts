/**
 * @module
 * Request bodies: small documents read within a bound, and their digest.
 */

import { XMLParser, XMLValidator } from 'fast-xml-parser'
import type { ErrorAnswer } from '../../src/answers/error-xml.ts'
import { BAD_DIGEST, ENTITY_TOO_LARGE, INVALID_DIGEST, MALFORMED_XML } from './errors.ts'

/** Returns the hex digits of a Content-MD5 (RFC 1864: base64 of 16 bytes), or null if it is invalid. */
export const readContentMd5 = (header: string): string | null => {
  if (!/^[A-Za-z0-9+/]{22}==$/.test(header)) return null
  return Array.from(atob(header), char => char.charCodeAt(0).toString(16).padStart(2, '0')).join('')
}

/** MD5 is COS's ETag and Content-MD5; it protects nothing. */
export const md5Hex = async (bytes: Uint8Array): Promise<string> =>
  Array.from(new Uint8Array(await crypto.subtle.digest('MD5', bytes)), byte =>
    byte.toString(16).padStart(2, '0'),
  ).join('')

/**
 * Reads a document of at most `maxBytes`, and compares it with Content-MD5 if the request has one.
 *
 * @returns the text, or an error
 */
export const readDocument = async (request: Request, maxBytes: number): Promise<string | ErrorAnswer> => {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request.body ?? []) {
    length += chunk.length
    if (length > maxBytes) return ENTITY_TOO_LARGE
    chunks.push(chunk)
  }
  const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer())
  const sent = request.headers.get('content-md5')
  if (sent !== null) {
    const expected = readContentMd5(sent)
    if (expected === null) return INVALID_DIGEST
    if (expected !== (await md5Hex(bytes))) return BAD_DIGEST
  }
  return new TextDecoder().decode(bytes)
}

const REPEATED = new Set(['CompleteMultipartUpload.Part', 'Delete.Object'])

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  maxNestedTags: 8,
  isArray: (_, path) => REPEATED.has(String(path)),
})

/** An XML document as an object; no declarations of types or entities. */
export const readXml = (text: string): Record<string, unknown> | ErrorAnswer => {
  if (text.includes('<!') || XMLValidator.validate(text) !== true) return MALFORMED_XML
  const document: unknown = parser.parse(text)
  return isRecord(document) ? document : MALFORMED_XML
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
