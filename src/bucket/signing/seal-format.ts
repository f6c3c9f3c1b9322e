/**
 * @module
 * The format of sealed temporary credentials: `ep1.<key ID>.<data>`. `seal()` of the package writes it, the edge reads
 * it (open-seal.ts). It is fixed to the byte, because server and edge are updated apart.
 *
 *     data      = base64url(nonce (12) ‖ AES-256-GCM ciphertext ‖ tag (16)), without padding
 *     plaintext = u16 big-endian length ‖ JSON of that length ‖ token bytes
 *     AAD       = UTF-8 of "ep1.<key ID>" LF "<access key ID>"
 *     JSON      = {s: secret, x: expiry in Unix seconds, h: edge hosts, b: 0|1|2, t: text}
 *
 * Most tokens are base64: `b` = 1 (base64) or 2 (base64url) stores the longest head of the token that can be decoded as
 * bytes, and the rest in `t`. `b` = 0 stores the whole token in `t`.
 */

export const SEAL_PREFIX = 'ep1.'
/** The longest sealed text, in characters. It travels in a header or a URL. */
export const MAX_SEALED_LENGTH = 8192
export const NONCE_BYTES = 12
export const TAG_BYTES = 16
/** AES-256. */
export const SEAL_KEY_BYTES = 32
/** The most edge hosts of one seal. */
export const MAX_SEAL_HOSTS = 8
/** The ID of a seal key. */
export const SEAL_KEY_ID = /^[A-Za-z0-9_-]{1,16}$/

/** What a seal holds. */
export interface SealContent {
  readonly secret: string
  /** In seconds since 1970. */
  readonly expires: number
  /** Host names of the edge, in lower case, without a port. */
  readonly hosts: readonly string[]
  /** The real session token. */
  readonly token: string
}

/** Returns the UTF-8 bytes of a text. */
const utf8 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(new TextEncoder().encode(text))
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Returns the additional authenticated data: the seal is valid for one seal key and one access key ID. */
export const sealAad = (keyId: string, accessKeyId: string): Uint8Array<ArrayBuffer> =>
  utf8(`${SEAL_PREFIX}${keyId}\n${accessKeyId}`)

/** Returns base64url without padding. */
export const toBase64Url = (bytes: Uint8Array): string =>
  toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')

/** Returns the bytes of canonical base64url without padding, or null: encoded again, they must give the same text. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null
  const bytes = fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'))
  return toBase64Url(bytes) === text ? bytes : null
}

const toBase64 = (bytes: Uint8Array): string => {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), char => char.charCodeAt(0))

/** Returns the 32 bytes of a seal key in standard base64, or null. */
export function readSealKey(text: unknown): Uint8Array<ArrayBuffer> | null {
  if (typeof text !== 'string' || !/^[A-Za-z0-9+/]{43}=$/.test(text)) return null
  const bytes = fromBase64(text)
  return bytes.length === SEAL_KEY_BYTES && toBase64(bytes) === text ? bytes : null
}

/** A host name or an address as the edge compares it: in lower case, without a port and without a trailing dot. */
export const isSealHost = (host: unknown): host is string =>
  typeof host === 'string' &&
  /^(?:[a-z0-9_-][a-z0-9._-]{0,251}[a-z0-9_-]|[a-z0-9_-]|\[[0-9a-f:.]{2,45}\])$/.test(host)

/** Secrets and tokens become header values, so they are visible ASCII. A seal is never the token of another seal. */
const isVisible = (text: unknown): text is string => typeof text === 'string' && /^[\x21-\x7e]+$/.test(text)
export const isSealSecret = isVisible
export const isSealToken = (text: unknown): text is string => isVisible(text) && !text.startsWith(SEAL_PREFIX)

/** The alphabets of `b` = 1 and 2. */
const ALPHABETS = [/^[A-Za-z0-9+/]*/, /^[A-Za-z0-9_-]*/]

/** Returns the length of the longest head of a token in an alphabet, a multiple of 4. */
const headOf = (token: string, alphabet: RegExp | undefined): number => {
  const length = alphabet?.exec(token)?.[0].length ?? 0
  return length - (length % 4)
}

/** Returns the plaintext of a seal. */
export function packSeal({ secret, expires, hosts, token }: SealContent): Uint8Array<ArrayBuffer> {
  const [standard = 0, urlSafe = 0] = ALPHABETS.map(alphabet => headOf(token, alphabet))
  const head = Math.max(standard, urlSafe)
  const b = head === 0 ? 0 : urlSafe > standard ? 2 : 1
  const bytes = fromBase64(token.slice(0, head).replaceAll('-', '+').replaceAll('_', '/'))
  const json = utf8(JSON.stringify({ s: secret, x: expires, h: hosts, b, t: token.slice(head) }))
  const packed = new Uint8Array(2 + json.length + bytes.length)
  packed[0] = json.length >> 8
  packed[1] = json.length & 0xff
  packed.set(json, 2)
  packed.set(bytes, 2 + json.length)
  return packed
}

/** The members of the JSON, all of them and no other: an older edge must not ignore a restriction that it does not know. */
const MEMBERS = 'b,h,s,t,x'

/** Reads the plaintext of a seal. Returns null if a member is unknown, missing or of another type. */
export function unpackSeal(packed: Uint8Array): SealContent | null {
  const end = 2 + (((packed[0] ?? 0) << 8) | (packed[1] ?? 0))
  if (packed.length < 2 || end > packed.length) return null
  const members = readJson(packed.subarray(2, end))
  if (members === null || Object.keys(members).sort().join() !== MEMBERS) return null
  const { s, x, h, b, t } = members
  if (!isSealSecret(s) || !Number.isSafeInteger(x) || typeof x !== 'number' || x < 0) return null
  if (!Array.isArray(h) || h.length < 1 || h.length > MAX_SEAL_HOSTS || !h.every(isSealHost)) return null
  if (typeof t !== 'string' || (b !== 0 && b !== 1 && b !== 2)) return null
  const head = packed.subarray(end)
  // Bytes that are not whole groups of four characters were not made by packing.
  if (head.length % 3 !== 0 || (b === 0 && head.length > 0)) return null
  const token = (b === 2 ? toBase64Url(head) : toBase64(head)) + t
  return isSealToken(token) ? { secret: s, expires: x, hosts: h, token } : null
}

function readJson(bytes: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
