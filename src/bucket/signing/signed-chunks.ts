/**
 * @module
 * RESIGN for a body that is signed chunk by chunk (`STREAMING-AWS4-HMAC-SHA256-PAYLOAD`, `-TRAILER`). Each chunk is read
 * whole, verified, re-signed in place, and only then sent: length, framing and trailers stay as they are. After a
 * wrong chunk the upload ends before its Content-Length is reached, so that the bucket keeps nothing.
 */

import type { PassBody } from '../send.ts'
import type { Refusal } from './authorization.ts'
import { ByteSource } from './byte-source.ts'
import { ChunkChain, sha256, utf8 } from './s3-chunks.ts'
import type { S3Signature } from './s3-signature.ts'
import { CONTENT_HASH } from './sign-s3.ts'

/** The largest chunk that is held, in bytes. SDKs send 64 KiB to 128 KiB. */
export const MAX_CHUNK_BYTES = 1024 * 1024
/** The longest header line of a chunk, with its end. In bytes. */
const MAX_HEAD_BYTES = 120
/** The longest trailers, with their signature. In bytes. */
const MAX_TRAILER_BYTES = 4096

/** `<hex size>;chunk-signature=<64 hex digits>` CR LF. */
const HEAD = /^([0-9a-fA-F]{1,16});chunk-signature=([0-9a-f]{64})\r\n$/
const TRAILER_SIGNATURE = /^(x-amz-trailer-signature:)([0-9a-f]{64})\r\n$/i
const DIGITS = 64

export interface SignedChunks {
  /** Passes the body on. Nothing is sent before `start`. */
  readonly pass: PassBody
  /** Begins, once the new signature of the request is known, with the chain that depends on it. */
  start(to: ChunkChain): void
  /** Returns why the body was refused; null: it was not. */
  refusal(): Refusal | null
}

/** The payload hashes of such bodies → whether they end with signed trailers. */
const FORMS: ReadonlyMap<string, boolean> = new Map([
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', false],
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', true],
])

/**
 * Returns how to pass the body of a verified request on if it is signed chunk by chunk, or why it is refused, or null
 * for any other body. (Unsigned chunks, `STREAMING-UNSIGNED-…`, have no signatures.)
 */
export async function readSignedBody(
  signature: S3Signature,
  { method, body, headers }: Request,
  secret: string,
): Promise<SignedChunks | { readonly refused: Refusal } | null> {
  const hash = headers.get(CONTENT_HASH)
  if (!hash?.startsWith('STREAMING-AWS4-')) return null
  const hasTrailers = FORMS.get(hash)
  if (hasTrailers === undefined || signature.form === 'query') return { refused: NOT_IMPLEMENTED }
  if (!/^\d{1,15}$/.test(headers.get('content-length') ?? '')) return { refused: NO_LENGTH }
  if (body === null || method === 'GET' || method === 'HEAD') return { refused: incomplete('no chunks') }
  return signedChunks(await ChunkChain.of(secret, signature), hasTrailers)
}

/**
 * @param from the chain that depends on the client's signature
 * @param hasTrailers true for `-TRAILER`
 */
function signedChunks(from: ChunkChain, hasTrailers: boolean): SignedChunks {
  const { promise: started, resolve: start } = Promise.withResolvers<ChunkChain>()
  let refusal: Refusal | null = null
  return {
    start,
    refusal: () => refusal,
    async pass(body, writable) {
      const source = new ByteSource(body)
      const writer = writable.getWriter()
      try {
        const to = await started
        refusal = await passChunks(source, writer, from, to)
        if (refusal === null && hasTrailers) refusal = await passTrailers(source, writer, from, to)
        if (refusal === null && (await source.fill(1))) refusal = incomplete('data after its last chunk')
        if (refusal !== null) return false
        await writer.close()
        return true
      } finally {
        source.release()
      }
    },
  }

  async function passChunks(
    source: ByteSource,
    writer: WritableStreamDefaultWriter,
    old: ChunkChain,
    to: ChunkChain,
  ): Promise<Refusal | null> {
    for (;;) {
      const head = await source.lineEnd(0, MAX_HEAD_BYTES)
      const [, digits, signature] = HEAD.exec(head === null ? '' : source.text(0, head)) ?? []
      if (head === null || digits === undefined || signature === undefined)
        return incomplete('no header of a chunk where one has to be')
      const size = Number.parseInt(digits, 16)
      if (size > MAX_CHUNK_BYTES) return TOO_LARGE
      const isLast = size === 0
      // The trailers follow the header of the last chunk.
      const end = head + size + (isLast && hasTrailers ? 0 : 2)
      if (!(await source.fill(end))) return incomplete('no last chunk')
      if (end > head + size && source.text(head + size, end) !== '\r\n')
        return incomplete('a chunk of another size than its header says')
      const hash = await sha256(source.bytes(head, head + size))
      if (!(await old.verify('PAYLOAD', hash, signature))) return MISMATCH
      source.write(head - 2 - DIGITS, await to.sign('PAYLOAD', hash))
      await writer.write(source.take(end))
      if (isLast) return null
    }
  }

  async function passTrailers(
    source: ByteSource,
    writer: WritableStreamDefaultWriter,
    old: ChunkChain,
    to: ChunkChain,
  ): Promise<Refusal | null> {
    let signed = ''
    for (let at = 0; ; ) {
      const end = await source.lineEnd(at, MAX_TRAILER_BYTES - at)
      if (end === null) return incomplete('no signature of its trailers')
      const line = source.text(at, end)
      const [, name, signature] = TRAILER_SIGNATURE.exec(line) ?? []
      if (name !== undefined && signature !== undefined) {
        const hash = await sha256(utf8(signed))
        if (!(await old.verify('TRAILER', hash, signature))) return MISMATCH
        source.write(at + name.length, await to.sign('TRAILER', hash))
        // The empty line that ends the trailers. What follows it is refused.
        const isEnded = (await source.fill(end + 2)) && source.text(end, end + 2) === '\r\n'
        await writer.write(source.take(isEnded ? end + 2 : end))
        return null
      }
      const colon = line.indexOf(':')
      // minio-go ends a trailer with LF and CR LF.
      if (line.trim() !== '')
        signed += `${line.slice(0, colon).trim().toLowerCase()}:${line.slice(colon + 1).trim()}\n`
      at = end
    }
  }
}

const MISMATCH: Refusal = {
  status: 403,
  code: 'SignatureDoesNotMatch',
  message:
    'The signature of a chunk does not match: a chunk was changed, left out, repeated, or is in another place.',
}

const NOT_IMPLEMENTED: Refusal = {
  status: 501,
  code: 'NotImplemented',
  message:
    'A body of signed chunks can not be re-signed in this form. Send STREAMING-AWS4-HMAC-SHA256-PAYLOAD with the signature in a header, or UNSIGNED-PAYLOAD.',
}

/** S3's own message. */
const NO_LENGTH: Refusal = {
  status: 411,
  code: 'MissingContentLength',
  message: 'You must provide the Content-Length HTTP header.',
}

const TOO_LARGE: Refusal = {
  status: 400,
  code: 'EntityTooLarge',
  message: `A signed chunk has more than ${MAX_CHUNK_BYTES} bytes. Send smaller chunks, or UNSIGNED-PAYLOAD.`,
}

const incomplete = (what: string): Refusal => ({
  status: 400,
  code: 'IncompleteBody',
  message: `The body is not a sequence of signed chunks: it has ${what}.`,
})
