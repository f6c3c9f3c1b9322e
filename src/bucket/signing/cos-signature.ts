/**
 * @module
 * A COS signature as a request carries it: in the Authorization header, or in the query of a presigned URL.
 */

import { type Coverage, listedName, MAX_QUERY_PARAMS } from './cos-canonical.ts'

/** Longer than any SDK writes: two full lists and a long access key ID. In characters. */
export const MAX_AUTHORIZATION_LENGTH = 8192
/** The most names in one of a signature's lists. */
export const MAX_LISTED_NAMES = 128
/** STS documents allow access key IDs of up to 1,024 characters. */
export const MAX_KEY_ID_LENGTH = 1024

/** A validity window in seconds since 1970, both ends included, and its text as written (the text is signed). */
export interface Window {
  readonly start: number
  readonly end: number
  readonly text: string
}

export interface CosSignature {
  readonly type: 'signature'
  /** Where the request carries it. `sign` is one query parameter with the whole text of the header form. */
  readonly form: 'header' | 'query' | 'sign'
  readonly keyId: string
  readonly signTime: Window
  readonly keyTime: Window
  readonly coverage: Coverage
  /** 40 lower-case hex digits. */
  readonly digest: string
}

/** A signature that COS would not understand. */
export interface MalformedSignature {
  readonly type: 'malformed'
  readonly reason:
    | 'unknown scheme'
    | 'too long'
    | 'two signatures'
    | 'missing or repeated field'
    | 'bad field'
}

const FIELDS = [
  'q-sign-algorithm',
  'q-ak',
  'q-sign-time',
  'q-key-time',
  'q-header-list',
  'q-url-param-list',
  'q-signature',
] as const
type FieldName = (typeof FIELDS)[number]

const isField = (name: string): name is FieldName => (FIELDS as readonly string[]).includes(name)

const malformed = (reason: MalformedSignature['reason']): MalformedSignature => ({
  type: 'malformed',
  reason,
})

/** @param start, end in seconds since 1970 */
export const windowOf = (start: number, end: number): Window => ({ start, end, text: `${start};${end}` })

const readWindow = (text: string): Window | null => {
  const [, start, end] = /^(\d{1,12});(\d{1,12})$/.exec(text) ?? []
  if (start === undefined || end === undefined || Number(start) > Number(end)) return null
  return { start: Number(start), end: Number(end), text }
}

const list = (text: string): string[] | null => {
  if (text === '') return []
  const items = text.split(';', MAX_LISTED_NAMES + 1)
  return items.length > MAX_LISTED_NAMES ? null : items.map(listedName)
}

/** Returns a query value as text, or null if its percent-encoding is invalid. No field of a signature needs that. */
const decode = (value: string): string | null => {
  try {
    return decodeURIComponent(value)
  } catch {
    return null
  }
}

const split = (pair: string): [name: string, value: string] => {
  const equals = pair.indexOf('=')
  return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
}

const parse = (
  form: CosSignature['form'],
  pairs: readonly (readonly [string, string])[],
): CosSignature | MalformedSignature => {
  const fields = new Map(pairs)
  if (pairs.length !== FIELDS.length || !FIELDS.every(name => fields.has(name))) {
    return malformed('missing or repeated field')
  }
  const text = (name: FieldName): string => fields.get(name) ?? ''
  const signTime = readWindow(text('q-sign-time'))
  const keyTime = readWindow(text('q-key-time'))
  const headers = list(text('q-header-list'))
  const params = list(text('q-url-param-list'))
  const keyId = text('q-ak')
  const digest = text('q-signature')
  if (
    text('q-sign-algorithm') !== 'sha1' ||
    keyId === '' ||
    keyId.length > MAX_KEY_ID_LENGTH ||
    !signTime ||
    !keyTime ||
    !headers ||
    !params ||
    !/^[0-9a-f]{40}$/.test(digest)
  ) {
    return malformed('bad field')
  }
  return { type: 'signature', form, keyId, signTime, keyTime, coverage: { headers, params }, digest }
}

const parseAuthorization = (form: 'header' | 'sign', text: string): CosSignature | MalformedSignature => {
  if (!text.includes('q-sign-algorithm=')) return malformed('unknown scheme')
  if (text.length > MAX_AUTHORIZATION_LENGTH) return malformed('too long')
  return parse(
    form,
    text
      .trim()
      .split('&', FIELDS.length + 1)
      .map(split),
  )
}

/** True if a `sign` parameter holds a signature: applications have parameters of that name, too. */
const holdsSignature = (value: string): boolean => /q-sign-algorithm(=|%3d)/i.test(value)

const isSignaturePart = (name: string, value: string): boolean =>
  isField(name) || (name === 'sign' && holdsSignature(value))

/**
 * Reads the signature of a request.
 * @param authorization the Authorization header's value, or null
 * @param query the query without its `?`, still percent-encoded
 * @returns null if the request carries no signature and no Authorization
 */
export const readCosSignature = (
  authorization: string | null,
  query: string,
): CosSignature | MalformedSignature | null => {
  const inHeader = authorization === null || authorization === '' ? null : authorization
  // A cheap test that both query forms pass.
  if (!query.includes('q-sign')) return inHeader === null ? null : parseAuthorization('header', inHeader)
  const pairs = query.split('&', MAX_QUERY_PARAMS + 1)
  if (pairs.length > MAX_QUERY_PARAMS) return malformed('too long')
  const parts = pairs.map(split).filter(([name, value]) => isSignaturePart(name, value))
  if (parts.length === 0) return inHeader === null ? null : parseAuthorization('header', inHeader)
  if (inHeader !== null) return malformed('two signatures')
  const decoded: [string, string][] = []
  for (const [name, value] of parts) {
    const text = decode(value)
    if (text === null) return malformed('bad field')
    decoded.push([name, text])
  }
  const [first] = decoded
  if (first?.[0] !== 'sign') return parse('query', decoded)
  return decoded.length > 1 ? malformed('two signatures') : parseAuthorization('sign', first[1])
}

/** Returns a query without the signature's own parameters, the rest byte for byte, for a request that is re-signed. */
export const withoutCosSignature = (query: string): string =>
  query
    .split('&')
    .filter(pair => !isSignaturePart(...split(pair)))
    .join('&')

/** Returns the value of the Authorization header. */
export const formatCosSignature = (signature: Omit<CosSignature, 'type' | 'form'>): string => {
  const values: Record<FieldName, string> = {
    'q-sign-algorithm': 'sha1',
    'q-ak': signature.keyId,
    'q-sign-time': signature.signTime.text,
    'q-key-time': signature.keyTime.text,
    'q-header-list': signature.coverage.headers.join(';'),
    'q-url-param-list': signature.coverage.params.join(';'),
    'q-signature': signature.digest,
  }
  return FIELDS.map(name => `${name}=${values[name]}`).join('&')
}
