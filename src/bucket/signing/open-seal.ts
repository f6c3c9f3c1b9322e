/**
 * @module
 * Finds sealed temporary credentials in a request, and opens them with the edge's seal keys.
 */

import { hostnameOf } from '../url.ts'
import {
  fromBase64Url,
  MAX_SEALED_LENGTH,
  NONCE_BYTES,
  SEAL_KEY_ID,
  SEAL_PREFIX,
  type SealContent,
  sealAad,
  TAG_BYTES,
  unpackSeal,
} from './seal-format.ts'

/** The fields that hold a session token, as headers and as parameters (COS, S3, CI, OSS). */
const TOKEN_FIELDS = [
  'x-cos-security-token',
  'x-amz-security-token',
  'x-ci-security-token',
  'x-oss-security-token',
] as const
type TokenField = (typeof TOKEN_FIELDS)[number]

const fieldOf = (name: string): TokenField | undefined => {
  const lower = name.toLowerCase()
  return TOKEN_FIELDS.find(field => field === lower)
}

/** A sealed text where a request carries its session token. */
export interface SealedField {
  readonly place: 'header' | 'query'
  readonly field: TokenField
  readonly text: string
}

/** Why a seal is refused. For logs and DEBUG_REFUSALS: no text from inside the seal. */
export interface SealRefusal {
  readonly reason: string
  /** The ID of the seal key, if the text has one. */
  readonly keyId: string | null
  /** The seal's expiry in seconds since 1970, once it is open. */
  readonly expires: number | null
}

/** The reason of an expired seal, which has a code of its own. */
export const EXPIRED = 'the seal has expired'

/** A query that can hold a token field, in whatever encoding. */
const MAY_HOLD_TOKEN = /security-token|%/i

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

const queryOf = (url: string): string => {
  const mark = url.indexOf('?')
  return mark === -1 ? '' : url.slice(mark + 1)
}

/** The token field of a parameter as written, or undefined. */
const parameterField = (parameter: string): TokenField | undefined =>
  fieldOf(decode(parameter.split('=', 1)[0] ?? ''))
const parameterValue = (parameter: string): string => {
  const equals = parameter.indexOf('=')
  return equals === -1 ? '' : decode(parameter.slice(equals + 1))
}

const isSealed = (value: string): boolean => value.trimStart().startsWith(SEAL_PREFIX)

/**
 * Finds the sealed text of a request, in any spelling of a token field. Returns null if no token is sealed, and
 * `ambiguous` if one is sealed and the request has another token.
 */
export function findSealed(request: Request): SealedField | 'ambiguous' | null {
  const found: SealedField[] = []
  for (const field of TOKEN_FIELDS) {
    // Repeated headers arrive joined.
    for (const text of request.headers.get(field)?.split(',') ?? [])
      found.push({ place: 'header', field, text: text.trim() })
  }
  const query = queryOf(request.url)
  if (MAY_HOLD_TOKEN.test(query)) {
    for (const parameter of query.split('&')) {
      const field = parameterField(parameter)
      if (field !== undefined) found.push({ place: 'query', field, text: parameterValue(parameter) })
    }
  }
  if (!found.some(({ text }) => isSealed(text))) return null
  const [only] = found
  return only === undefined || found.length > 1 ? 'ambiguous' : only
}

/** Returns a URL without its sealed parameters, for a request that needs no credentials: a forwarded preflight. */
export function withoutSealed(url: string): string {
  const query = queryOf(url)
  if (!MAY_HOLD_TOKEN.test(query)) return url
  const rest = query
    .split('&')
    .filter(parameter => parameterField(parameter) === undefined || !isSealed(parameterValue(parameter)))
    .join('&')
  return rest === query ? url : `${url.slice(0, url.indexOf('?'))}${rest === '' ? '' : `?${rest}`}`
}

/** Removes the token fields that hold a sealed text from the headers of a forwarded preflight. */
export function removeSealed(headers: Headers): void {
  for (const field of TOKEN_FIELDS) if (headers.get(field)?.split(',').some(isSealed)) headers.delete(field)
}

/** Returns a query with the value of a token parameter replaced; the rest stays byte for byte. An empty value removes it. */
export const replaceToken = (query: string, field: string, value: string): string =>
  query
    .split('&')
    .flatMap(parameter => {
      if (parameterField(parameter) !== field) return [parameter]
      return value === '' ? [] : [`${parameter.split('=', 1)[0]}=${value}`]
    })
    .join('&')

/**
 * Opens a sealed text.
 *
 * @param accessKeyId as the request's signature names it
 * @param url of the request: the seal names the hosts that it is for
 * @param now in milliseconds since 1970
 */
export async function openSeal(
  text: string,
  accessKeyId: string,
  url: string,
  keys: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  now: number,
): Promise<SealContent | SealRefusal> {
  const refuse = (
    reason: string,
    keyId: string | null = null,
    expires: number | null = null,
  ): SealRefusal => ({
    reason,
    keyId,
    expires,
  })
  if (text.length > MAX_SEALED_LENGTH) return refuse('the sealed text is too long')
  const [, keyId = '', encoded = '', ...more] = text.split('.', 4)
  if (!text.startsWith(SEAL_PREFIX) || !SEAL_KEY_ID.test(keyId) || more.length > 0)
    return refuse('the sealed text is malformed')
  const data = fromBase64Url(encoded)
  if (data === null || data.length <= NONCE_BYTES + TAG_BYTES)
    return refuse('the sealed text is malformed', keyId)
  const secret = keys.get(keyId)
  if (secret === undefined) return refuse('SEAL_KEYS has no key of this ID', keyId)
  const plaintext = await decrypt(data, secret, sealAad(keyId, accessKeyId))
  if (plaintext === null)
    return refuse('the seal does not open: another key, another access key ID, or a changed text', keyId)
  const content = unpackSeal(plaintext)
  if (content === null) return refuse('the seal has an unknown, missing or invalid member', keyId)
  const { expires, hosts } = content
  if (!hosts.includes(hostnameOf(url))) return refuse('the seal is for another host', keyId, expires)
  return expires * 1000 > now ? content : refuse(EXPIRED, keyId, expires)
}

/** Returns the plaintext, or null if the text was not sealed with this key for this access key ID. */
async function decrypt(
  data: Uint8Array<ArrayBuffer>,
  secret: Uint8Array<ArrayBuffer>,
  additionalData: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array | null> {
  const key = await crypto.subtle.importKey('raw', secret, 'AES-GCM', false, ['decrypt'])
  const parameters = { name: 'AES-GCM', iv: data.subarray(0, NONCE_BYTES), additionalData }
  try {
    return new Uint8Array(await crypto.subtle.decrypt(parameters, key, data.subarray(NONCE_BYTES)))
  } catch {
    return null
  }
}
