/**
 * @module
 * Bodies that are signed chunk by chunk, made and verified from S3's documents with `node:crypto` alone: they share no
 * code with the edge. One frame is a chunk with its header, or the trailers.
 */

import { createHash, createHmac } from 'node:crypto'

export interface ChunkKey {
  readonly secret: string
  readonly region: string
  /** `20260131T235959Z`. */
  readonly date: string
  /** The signature of the request. */
  readonly seed: string
}

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')

/** Returns a function that makes the next signature, after `previous`. */
export function signerOf({ secret, region, date }: ChunkKey) {
  const parts = [date.slice(0, 8), region, 's3', 'aws4_request']
  const key = parts.reduce<Buffer | string>(
    (each, part) => createHmac('sha256', each).update(part).digest(),
    `AWS4${secret}`,
  )
  return (kind: 'PAYLOAD' | 'TRAILER', previous: string, bytes: Buffer | string): string => {
    const hashes = kind === 'PAYLOAD' ? `${sha256('')}\n${sha256(bytes)}` : sha256(bytes)
    const text = `AWS4-HMAC-SHA256-${kind}\n${date}\n${parts.join('/')}\n${previous}\n${hashes}`
    return createHmac('sha256', key).update(text).digest('hex')
  }
}

export const frameOf = (data: Buffer, signature: string, end = '\r\n'): Buffer =>
  Buffer.concat([
    Buffer.from(`${data.length.toString(16)};chunk-signature=${signature}\r\n`),
    data,
    Buffer.from(end),
  ])

/**
 * Returns the frames of a body: its chunks, the last of which is empty, and the trailers if there are any.
 *
 * @param trailers lines with their ends, as a client writes them
 */
export function signedFrames(
  chunks: readonly Buffer[],
  key: ChunkKey,
  trailers: string | null = null,
): Buffer[] {
  const sign = signerOf(key)
  let previous = key.seed
  const frames = [...chunks, Buffer.alloc(0)].map((data, at) => {
    previous = sign('PAYLOAD', previous, data)
    return frameOf(data, previous, at === chunks.length && trailers !== null ? '' : '\r\n')
  })
  if (trailers === null) return frames
  const signature = sign('TRAILER', previous, trailers.replaceAll(/[\r\n]+/g, '\n'))
  return [...frames, Buffer.from(`${trailers}x-amz-trailer-signature:${signature}\r\n\r\n`)]
}

/** Returns the payload of a body that a strict S3 would accept, or why it would not. */
export function verifyFrames(body: Buffer, key: ChunkKey, hasTrailers = false): Buffer | string {
  const sign = signerOf(key)
  const payload: Buffer[] = []
  let previous = key.seed
  for (let at = 0; ; ) {
    const end = body.indexOf('\r\n', at)
    const [, digits = '', signature] =
      /^([0-9a-f]+);chunk-signature=([0-9a-f]{64})$/.exec(body.toString('latin1', at, end)) ?? []
    const size = Number.parseInt(digits, 16)
    const data = body.subarray(end + 2, end + 2 + size)
    previous = sign('PAYLOAD', previous, data)
    if (signature !== previous) return `the signature at ${at} does not match`
    payload.push(data)
    at = end + 2 + size
    if (size === 0) {
      if (!hasTrailers) return body.toString('latin1', at) === '\r\n' ? Buffer.concat(payload) : 'no end'
      const [, trailers = '', last] =
        /^([\s\S]*)x-amz-trailer-signature:([0-9a-f]{64})\r\n\r\n$/.exec(body.toString('latin1', at)) ?? []
      const expected = sign('TRAILER', previous, trailers.replaceAll(/[\r\n]+/g, '\n'))
      return last === expected ? Buffer.concat(payload) : 'the signature of the trailers does not match'
    }
    if (body.toString('latin1', at, at + 2) !== '\r\n') return `no end of the chunk at ${at}`
    at += 2
  }
}
