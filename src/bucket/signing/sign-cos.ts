/**
 * @module
 * Signs a request for COS, and verifies a request that was signed for this host. WebCrypto only.
 * Source: COS "Request signature"; the official SDKs' getAuth, to the letter.
 */

import { canonicalRequest, coverageOf, type SignableRequest } from './cos-canonical.ts'
import { type CosSignature, formatCosSignature, windowOf } from './cos-signature.ts'
import { hex } from './hex.ts'

export interface CosKey {
  readonly id: string
  readonly secret: string
}

export interface SignCosOptions {
  /** The current time, in milliseconds since 1970. */
  readonly now: number
  /** How long the signature is valid, in seconds. */
  readonly validSeconds: number
  /**
   * The headers to cover, in the form of a signature's list. Headers that the request lacks are left out.
   * @default the headers that the official SDKs sign
   */
  readonly signedHeaders?: readonly string[]
  /**
   * The parameters to cover, in the same way.
   * @default all
   */
  readonly signedParams?: readonly string[]
}

/** A refusal in COS's own words: the error document's code and message; its status is 403. */
export interface CosRefusal {
  readonly ok: false
  readonly code: 'SignatureDoesNotMatch' | 'RequestTimeTooSkewed' | 'AccessDenied'
  readonly message: string
}

/** The SDKs correct their clock only if it is off by 30 s or more. A smaller difference must be accepted. */
export const CLOCK_SKEW_SECONDS = 30

const encoder = new TextEncoder()

const hmacKey = (secret: string): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', encoder.encode(secret), { name: 'HMAC', hash: 'SHA-1' }, false, [
    'sign',
    'verify',
  ])

/** Returns the key that signs during `keyTime`: the hex text of an HMAC, used as a key. */
const signKey = async (secret: string, keyTime: string): Promise<CryptoKey> =>
  hmacKey(hex(await crypto.subtle.sign('HMAC', await hmacKey(secret), encoder.encode(keyTime))))

const stringToSign = async (signTime: string, canonical: Uint8Array<ArrayBuffer>) =>
  encoder.encode(`sha1\n${signTime}\n${hex(await crypto.subtle.digest('SHA-1', canonical))}\n`)

/**
 * Signs a request.
 * @returns the value of the Authorization header
 */
export const signCos = async (
  request: SignableRequest,
  key: CosKey,
  options: SignCosOptions,
): Promise<string> => {
  const coverage = coverageOf(request, options.signedHeaders, options.signedParams)
  const canonical = canonicalRequest(request, coverage)
  // Programmer error: the coverage comes from this very request.
  if (canonical === null) throw new Error('signCos: the request changed while it was signed')
  const now = Math.floor(options.now / 1000)
  // A bucket with a slow clock would refuse a window that starts now.
  const validity = windowOf(now - CLOCK_SKEW_SECONDS, now + options.validSeconds)
  const signing = await signKey(key.secret, validity.text)
  const digest = hex(await crypto.subtle.sign('HMAC', signing, await stringToSign(validity.text, canonical)))
  return formatCosSignature({ keyId: key.id, signTime: validity, keyTime: validity, coverage, digest })
}

const refuse = (code: CosRefusal['code'], message: string): CosRefusal => ({ ok: false, code, message })

const mismatch = (): CosRefusal => refuse('SignatureDoesNotMatch', 'The Signature you specified is invalid.')

/**
 * Verifies a signature: both windows hold, the request has every covered name, and the secret access key made the
 * signature. Compares in constant time.
 * @param request as it arrived, with the `host` that it was sent to
 * @param now the current time, in milliseconds since 1970
 */
export const verifyCos = async (
  signature: CosSignature,
  request: SignableRequest,
  secret: string,
  now: number,
): Promise<{ readonly ok: true } | CosRefusal> => {
  const seconds = Math.floor(now / 1000)
  const { signTime, keyTime, coverage, digest } = signature
  if (Math.max(signTime.start, keyTime.start) > seconds + CLOCK_SKEW_SECONDS) {
    return refuse(
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
    )
  }
  // The SDKs recognise an expired signature by exactly this code and message.
  if (Math.min(signTime.end, keyTime.end) < seconds) return refuse('AccessDenied', 'Request has expired')
  const canonical = canonicalRequest(request, coverage)
  if (canonical === null) return mismatch()
  const signing = await signKey(secret, keyTime.text)
  const claimed = Uint8Array.from(digest.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
  const text = await stringToSign(signTime.text, canonical)
  return (await crypto.subtle.verify('HMAC', signing, claimed, text)) ? { ok: true } : mismatch()
}
