/**
 * @module
 * The signatures of a body that is signed chunk by chunk: each depends on the one before, the first on the request's.
 * Source: S3 "Signature calculations: transferring payload in multiple chunks", and "… including trailing headers".
 */

import { hex } from './hex.ts'

/** What a signature in the body is for: the bytes of a chunk, or the trailers. */
export type SignedPart = 'PAYLOAD' | 'TRAILER'

/** The request's signature that the first chunk depends on. */
export interface ChunkSeed {
  /** `20260131T235959Z`. */
  readonly date: string
  readonly region: string
  /** 64 lower-case hex digits. */
  readonly digest: string
}

/** SHA-256 of nothing. */
const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

const encoder = new TextEncoder()

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(encoder.encode(text))

export const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  hex(await crypto.subtle.digest('SHA-256', bytes))

const hmacKey = (secret: Uint8Array<ArrayBuffer> | ArrayBuffer): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify'])

/** Returns the key of a day, region and service (SigV4 "Derive a signing key"). */
async function signingKey(secret: string, scope: string): Promise<CryptoKey> {
  let key = await hmacKey(utf8(`AWS4${secret}`))
  for (const part of scope.split('/')) key = await hmacKey(await crypto.subtle.sign('HMAC', key, utf8(part)))
  return key
}

/** The signatures of one body, in their order. */
export class ChunkChain {
  readonly #key: CryptoKey
  readonly #date: string
  readonly #scope: string
  #previous: string

  private constructor(key: CryptoKey, date: string, scope: string, seed: string) {
    this.#key = key
    this.#date = date
    this.#scope = scope
    this.#previous = seed
  }

  static async of(secret: string, { date, region, digest }: ChunkSeed): Promise<ChunkChain> {
    const scope = `${date.slice(0, 8)}/${region}/s3/aws4_request`
    return new ChunkChain(await signingKey(secret, scope), date, scope, digest)
  }

  #textToSign(part: SignedPart, hash: string): Uint8Array<ArrayBuffer> {
    const hashes = part === 'PAYLOAD' ? `${EMPTY_HASH}\n${hash}` : hash
    return utf8(`AWS4-HMAC-SHA256-${part}\n${this.#date}\n${this.#scope}\n${this.#previous}\n${hashes}`)
  }

  /** Returns the next signature. */
  async sign(part: SignedPart, hash: string): Promise<string> {
    this.#previous = hex(await crypto.subtle.sign('HMAC', this.#key, this.#textToSign(part, hash)))
    return this.#previous
  }

  /**
   * Returns whether a signature is the next one. Compares in constant time.
   * @param claimed 64 lower-case hex digits
   */
  async verify(part: SignedPart, hash: string, claimed: string): Promise<boolean> {
    const bytes = Uint8Array.from(claimed.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
    const isNext = await crypto.subtle.verify('HMAC', this.#key, bytes, this.#textToSign(part, hash))
    this.#previous = claimed
    return isNext
  }
}
