/**
 * @module
 * `edge-preflight/seal`: seals temporary credentials on the server that hands them out, so that an edge-preflight Worker
 * can verify and re-sign requests made with them. WebCrypto only: runs in Node 20, Workers and browsers.
 */

import {
  isSealHost,
  isSealSecret,
  isSealToken,
  MAX_SEAL_HOSTS,
  MAX_SEALED_LENGTH,
  NONCE_BYTES,
  packSeal,
  readSealKey,
  SEAL_KEY_ID,
  SEAL_PREFIX,
  sealAad,
  toBase64Url,
  unpackSeal,
} from '../bucket/signing/seal-format.ts'

/** Temporary credentials as an STS returns them. */
export interface TemporaryCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  /** When they expire: a `Date`, an ISO 8601 text, or seconds since 1970. */
  readonly expiration: Date | string | number
}

/** The same credentials, with the sealed text in place of the session token. */
export interface SealedCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** `ep1.…`, at most 8,192 characters. */
  readonly sessionToken: string
  /** When the seal expires. Give this time to the client: SDKs renew by it. */
  readonly expiration: Date
}

export interface SealOptions {
  /**
   * Host names of the edge, 1 to 8, in lower case, without a port.
   *
   * **Security:** the seal opens for these hosts only.
   */
  readonly hosts: readonly string[]
  /**
   * The longest validity from now, in seconds.
   *
   * @default as long as the credentials are valid
   */
  readonly maxSeconds?: number
}

/**
 * Seals temporary credentials for an edge.
 *
 * @param key one seal key as `edge-preflight seal-key` prints it: `{"<key ID>": "<base64 of 32 bytes>"}`, as JSON or parsed
 * @throws {TypeError} if a value is missing or malformed
 * @throws {RangeError} if the credentials have expired, or if the sealed text would be longer than 8,192 characters
 * @example
 * const sealed = await seal(await assumeRole(), process.env.SEAL_KEY, { hosts: ['files.example.com'] })
 * return Response.json(sealed)
 */
export async function seal(
  credentials: TemporaryCredentials,
  key: string | Readonly<Record<string, string>>,
  options: SealOptions,
): Promise<SealedCredentials> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  if (!isSealSecret(accessKeyId)) throw new TypeError('seal: accessKeyId must be visible ASCII characters')
  if (!isSealSecret(secretAccessKey))
    throw new TypeError('seal: secretAccessKey must be visible ASCII characters')
  if (!isSealToken(sessionToken))
    throw new TypeError('seal: sessionToken must be visible ASCII characters, and not a sealed text')
  const hosts = readHosts(options?.hosts)
  const expires = readExpiry(credentials.expiration, options.maxSeconds)
  const [keyId, secret] = readKey(key)

  const content = { secret: secretAccessKey, expires, hosts, token: sessionToken }
  const plaintext = packSeal(content)
  // Not every edge version may read what this version writes, but this version must.
  if (unpackSeal(plaintext)?.token !== sessionToken)
    throw new TypeError('seal: the session token can not be packed')
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
  const aesKey = await crypto.subtle.importKey('raw', secret, 'AES-GCM', false, ['encrypt'])
  const parameters = { name: 'AES-GCM', iv: nonce, additionalData: sealAad(keyId, accessKeyId) }
  const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters, aesKey, plaintext))
  const data = new Uint8Array(NONCE_BYTES + sealed.length)
  data.set(nonce)
  data.set(sealed, NONCE_BYTES)
  const text = `${SEAL_PREFIX}${keyId}.${toBase64Url(data)}`
  if (text.length > MAX_SEALED_LENGTH)
    throw new RangeError(
      `seal: the sealed text has ${text.length} characters, and at most ${MAX_SEALED_LENGTH} are allowed. Ask the STS for a shorter session policy.`,
    )
  return { accessKeyId, secretAccessKey, sessionToken: text, expiration: new Date(expires * 1000) }
}

function readHosts(hosts: readonly string[] | undefined): readonly string[] {
  if (!Array.isArray(hosts) || hosts.length < 1 || hosts.length > MAX_SEAL_HOSTS)
    throw new TypeError(`seal: hosts must be a list of 1 to ${MAX_SEAL_HOSTS} host names of the edge`)
  const invalid = hosts.find(host => !isSealHost(host))
  if (invalid !== undefined)
    throw new TypeError(
      `seal: ${JSON.stringify(invalid)} is not a host name in lower case, without a port and without a trailing dot`,
    )
  return hosts
}

/** Returns the expiry in seconds since 1970: the earlier of both limits. */
function readExpiry(expiration: TemporaryCredentials['expiration'], maxSeconds: number | undefined): number {
  const now = Math.floor(Date.now() / 1000)
  const at = typeof expiration === 'number' ? expiration : new Date(expiration).getTime() / 1000
  if (!Number.isFinite(at))
    throw new TypeError('seal: expiration must be a Date, an ISO 8601 text or seconds since 1970')
  if (maxSeconds !== undefined && !(Number.isInteger(maxSeconds) && maxSeconds > 0))
    throw new TypeError('seal: maxSeconds must be a whole number of seconds, at least 1')
  const expires = Math.min(Math.floor(at), now + (maxSeconds ?? Number.POSITIVE_INFINITY))
  if (expires <= now) throw new RangeError('seal: the credentials have expired')
  // Milliseconds in place of seconds would be the year 50,000.
  if (expires > now + 366 * 86_400)
    throw new RangeError('seal: expiration is more than a year away. As a number it is in seconds since 1970')
  return expires
}

function readKey(
  key: string | Readonly<Record<string, string>>,
): [keyId: string, secret: Uint8Array<ArrayBuffer>] {
  const wrong = () =>
    new TypeError(
      'seal: the key must be what `edge-preflight seal-key` prints: {"<key ID>": "<base64 of 32 bytes>"}',
    )
  let value: unknown = key
  try {
    if (typeof key === 'string') value = JSON.parse(key)
  } catch {
    throw wrong()
  }
  if (typeof value !== 'object' || value === null) throw wrong()
  const entries = Object.entries(value)
  const [keyId = '', text] = entries[0] ?? []
  const secret = readSealKey(text)
  if (entries.length !== 1 || !SEAL_KEY_ID.test(keyId) || secret === null) throw wrong()
  return [keyId, secret]
}
