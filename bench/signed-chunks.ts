/**
 * @module
 * `node bench/signed-chunks.ts [MiB] [KiB of a chunk]`: an upload that is signed chunk by chunk, and the same bytes with
 * an unsigned payload, through the built Worker in workerd. The bucket verifies every chunk. Run by hand, on Linux.
 */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AwsV4Signer } from 'aws4fetch'
import { type ChunkKey, frameOf, signerOf } from '../tools/chunked-body.ts'
import { cpuMicros, startWorkerd } from './workerd.ts'

const MIB = 1024 * 1024
const [objectMib = 512, chunkKib = 64] = process.argv.slice(2).map(Number)
const OBJECT_BYTES = objectMib * MIB
const CHUNK_BYTES = chunkKib * 1024
const KEY = { accessKeyId: 'AKIAbench', secretAccessKey: 'secret-of-bench' }
const REGION = 'us-east-1'

const seedOf = (authorization: string): string => /Signature=(\w+)/.exec(authorization)?.[1] ?? ''
const keyOf = (headers: { authorization: string; date: string }): ChunkKey => ({
  ...{ secret: KEY.secretAccessKey, region: REGION, date: headers.date },
  seed: seedOf(headers.authorization),
})

/** Every chunk is another one. */
function* payload(): Generator<Buffer> {
  const chunk = Buffer.alloc(CHUNK_BYTES, 'x')
  for (let at = 0; at < OBJECT_BYTES; at += CHUNK_BYTES) {
    chunk.writeUInt32BE(at / CHUNK_BYTES)
    yield Buffer.from(chunk)
  }
}

function* frames(key: ChunkKey): Generator<Buffer> {
  const sign = signerOf(key)
  let previous = key.seed
  const next = (data: Buffer): Buffer => {
    previous = sign('PAYLOAD', previous, data)
    return frameOf(data, previous)
  }
  for (const data of payload()) yield next(data)
  yield next(Buffer.alloc(0))
}

/** Verifies the chunks as they come, and returns how many there are. Throws at the first that is wrong. */
async function verify(body: IncomingMessage, key: ChunkKey): Promise<number> {
  const sign = signerOf(key)
  let previous = key.seed
  let held = Buffer.alloc(0)
  let count = 0
  for await (const piece of body) {
    held = Buffer.concat([held, piece as Buffer])
    for (;;) {
      const end = held.indexOf('\r\n')
      if (end === -1) break
      const [digits = '', signature] = held.toString('latin1', 0, end).split(';chunk-signature=')
      const size = Number.parseInt(digits, 16)
      if (held.length < end + size + 4) break
      previous = sign('PAYLOAD', previous, held.subarray(end + 2, end + 2 + size))
      assert.equal(signature, previous, `chunk ${count}`)
      held = held.subarray(end + size + 4)
      count++
    }
  }
  assert.equal(held.length, 0)
  return count
}

const chunksSeen: number[] = []
const bucket = createServer(async (incoming, response) => {
  const { headers } = incoming
  if (String(headers['x-amz-content-sha256']).startsWith('STREAMING-')) {
    const signed = { authorization: String(headers.authorization), date: String(headers['x-amz-date']) }
    chunksSeen.push(await verify(incoming, keyOf(signed)))
  } else {
    const hash = createHash('sha256')
    for await (const piece of incoming) hash.update(piece as Buffer)
  }
  response.end()
})
await new Promise<void>(done => bucket.listen(0, '127.0.0.1', done))

const workerd = await startWorkerd(
  [
    {
      name: 'edge',
      source: readFileSync('dist/index.js', 'utf8'),
      kv: true,
      vars: {
        ORIGIN: `http://127.0.0.1:${(bucket.address() as AddressInfo).port}`,
        ...{ DIALECT: 's3', RESIGN: 'on' },
        KEYS: JSON.stringify({ [KEY.accessKeyId]: KEY.secretAccessKey }),
      },
    },
  ],
  '[{"AllowedOrigins":["https://app.example"],"AllowedMethods":["PUT"]}]',
)

/** Uploads the object. Returns milliseconds of CPU for a MiB, seconds, and the peak of resident memory in MiB. */
async function upload(contentHash: string) {
  const { host, origin } = new URL(workerd.url('edge'))
  const signer = new AwsV4Signer({
    ...{ method: 'PUT', url: `${origin}/large`, service: 's3', region: REGION, ...KEY, allHeaders: true },
    headers: { 'x-amz-content-sha256': contentHash },
  })
  const headers = Object.fromEntries((await signer.sign()).headers)
  const isSigned = contentHash.startsWith('STREAMING-')
  const key = keyOf({ authorization: headers.authorization ?? '', date: headers['x-amz-date'] ?? '' })
  const frameBytes = (size: number) => size.toString(16).length + 83 + size + 2
  const length = isSigned
    ? (OBJECT_BYTES / CHUNK_BYTES) * frameBytes(CHUNK_BYTES) + frameBytes(0)
    : OBJECT_BYTES
  writeFileSync(`/proc/${workerd.pid}/clear_refs`, '5')
  const cpu = cpuMicros(workerd.pid)
  const started = performance.now()
  const sent = request(`${origin}/large`, {
    method: 'PUT',
    headers: { ...headers, host, 'content-length': length },
  })
  const answered = new Promise<IncomingMessage>((done, fail) => sent.on('response', done).on('error', fail))
  await pipeline(Readable.from(isSigned ? frames(key) : payload()), sent)
  const response = await answered
  const text = await response.setEncoding('utf8').toArray()
  assert.equal(response.statusCode, 200, text.join(''))
  const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${workerd.pid}/status`, 'utf8'))?.[1])
  return {
    'CPU ms per MiB': Number(((cpuMicros(workerd.pid) - cpu) / 1000 / objectMib).toFixed(1)),
    'MiB/s': Math.round(objectMib / ((performance.now() - started) / 1000)),
    'peak RSS in MiB': Math.round(peak / 1024),
  }
}

try {
  const rows: Record<string, object> = {}
  rows['unsigned payload'] = await upload('UNSIGNED-PAYLOAD')
  rows[`signed chunks of ${chunkKib} KiB`] = await upload('STREAMING-AWS4-HMAC-SHA256-PAYLOAD')
  assert.deepEqual(chunksSeen, [OBJECT_BYTES / CHUNK_BYTES + 1])
  console.log(`${objectMib} MiB:`)
  console.table(rows)
} finally {
  await workerd.stop()
  bucket.close()
}
