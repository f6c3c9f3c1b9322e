/**
 * @module
 * The canonical request of a COS signature: which names it covers, and the exact bytes that are hashed.
 * Source: COS "Request signature", steps 2 to 4; where it is silent, what the official SDKs send.
 */

/** The parts of a request that a signature can cover, as on the wire. */
export interface SignableRequest {
  readonly method: string
  /** The path, still percent-encoded: `/a%20b`. */
  readonly path: string
  /** The query without its `?`, still percent-encoded. Empty without a query. */
  readonly query: string
  /** Name and value pairs, with the `host` that the request is sent to. */
  readonly headers: Iterable<readonly [string, string]>
}

/** The names that a signature covers, in the form of its lists: percent-encoded, lower-case. */
export interface Coverage {
  readonly headers: readonly string[]
  readonly params: readonly string[]
}

/** More parameters than any client signs. A longer query is never parsed: it can't be covered. */
export const MAX_QUERY_PARAMS = 256

/** The headers that cos-nodejs-sdk-v5 signs, beside `x-cos-*` and `x-ci-*`. A browser's SDK leaves `content-type` out. */
const SIGNED_HEADERS: ReadonlySet<string> = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-length',
  'content-md5',
  'content-type',
  'expect',
  'expires',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-unmodified-since',
  'origin',
  'pic-operations',
  'range',
  'transfer-encoding',
])

interface Field {
  /** In the form of a signature's list. */
  readonly name: string
  /** The name before encoding. The SDKs sort the canonical fields by it, and their lists by the encoded name. */
  readonly order: string
  /** Decoded. Only covered values are encoded, so an uncovered cookie costs nothing. */
  readonly value: Uint8Array
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

const hexDigit = (code: number): number => {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

/**
 * Percent-decodes a text to bytes. Never throws: an invalid escape stays as written (URL Standard, "percent-decode").
 * Returns bytes, because as text two different escapes of invalid UTF-8 would have one signature.
 */
const percentDecode = (text: string): Uint8Array => {
  const bytes = encoder.encode(text)
  let length = 0
  for (let i = 0; i < bytes.length; i++) {
    let byte = bytes[i] ?? 0
    if (byte === 0x25) {
      const high = hexDigit(bytes[i + 1] ?? 0)
      const low = hexDigit(bytes[i + 2] ?? 0)
      if (high >= 0 && low >= 0) {
        byte = high * 16 + low
        i += 2
      }
    }
    bytes[length++] = byte
  }
  return bytes.subarray(0, length)
}

/** Each byte as a signature writes it: everything but RFC 3986's unreserved characters is escaped, `!'()*` too. */
const ENCODED: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte)
  return /[A-Za-z0-9\-_.~]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
})

const percentEncode = (bytes: Uint8Array): string => {
  let text = ''
  for (const byte of bytes) text += ENCODED[byte]
  return text
}

/** Decodes a query's text to bytes. A bare `+` is a space: clients that encode forms sign it as a space. */
const decodeQuery = (text: string): Uint8Array => percentDecode(text.replaceAll('+', ' '))

const field = (name: Uint8Array, value: Uint8Array): Field => ({
  name: percentEncode(name).toLowerCase(),
  order: decoder.decode(name).toLowerCase(),
  value,
})

/** Returns the query's fields in their order, or null if there are more than anyone signs. */
const paramFields = (query: string): Field[] | null => {
  if (query === '') return []
  const pairs = query.split('&', MAX_QUERY_PARAMS + 1)
  if (pairs.length > MAX_QUERY_PARAMS) return null
  return pairs
    .filter(pair => pair !== '')
    .map(pair => {
      const equals = pair.indexOf('=')
      const name = equals < 0 ? pair : pair.slice(0, equals)
      return field(decodeQuery(name), decodeQuery(equals < 0 ? '' : pair.slice(equals + 1)))
    })
}

const headerFields = (headers: SignableRequest['headers']): Field[] =>
  Array.from(headers, ([name, value]) => field(encoder.encode(name), encoder.encode(value)))

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const names = (fields: readonly Field[]): string[] => fields.map(f => f.name).sort(byText)

/** Returns the covered fields as canonical text, or null if a field is missing or repeated more often than it is covered. */
const canonicalFields = (fields: readonly Field[], covered: readonly string[]): string | null => {
  const wanted = new Set(covered)
  const found = fields.filter(f => wanted.has(f.name))
  if (names(found).join(';') !== [...covered].sort(byText).join(';')) return null
  return found
    .sort((a, b) => byText(a.order, b.order))
    .map(f => `${f.name}=${percentEncode(f.value)}`)
    .join('&')
}

/** Returns the single form of a name in a signature's list: the SDKs escape it once, twice or not at all in a presigned URL. */
export const listedName = (item: string): string => percentEncode(percentDecode(item)).toLowerCase()

const isSignedBySdks = (name: string): boolean =>
  SIGNED_HEADERS.has(name) || name.includes('x-cos-') || name.includes('x-ci-')

/**
 * Returns what a new signature of this request covers: the wanted names that the request has. A query beyond the
 * bound is not covered.
 * @param headers default: the headers that the official SDKs sign
 * @param params default: all parameters
 */
export const coverageOf = (
  request: SignableRequest,
  headers?: readonly string[],
  params?: readonly string[],
): Coverage => ({
  headers: names(headerFields(request.headers)).filter(
    headers ? name => headers.includes(name) : isSignedBySdks,
  ),
  params: names(paramFields(request.query) ?? []).filter(name => params?.includes(name) ?? true),
})

/**
 * Returns the bytes to hash: `method\npath\nparams\nheaders\n`, with the method in lower case and the path decoded.
 * @returns null if a covered name is missing from the request, or is there more often than in the list: nobody could
 * say which value was signed
 */
export const canonicalRequest = (
  request: SignableRequest,
  coverage: Coverage,
): Uint8Array<ArrayBuffer> | null => {
  const allParams = coverage.params.length === 0 ? [] : paramFields(request.query)
  const params = allParams && canonicalFields(allParams, coverage.params)
  const headers = canonicalFields(headerFields(request.headers), coverage.headers)
  if (params === null || headers === null) return null
  const path = percentDecode(request.path)
  const before = encoder.encode(`${request.method.toLowerCase()}\n`)
  const after = encoder.encode(`\n${params}\n${headers}\n`)
  const bytes = new Uint8Array(before.length + path.length + after.length)
  bytes.set(before)
  bytes.set(path, before.length)
  bytes.set(after, before.length + path.length)
  return bytes
}
