/**
 * RESIGN for bodies that are signed chunk by chunk: each chunk is verified and re-signed while it passes. Of a body
 * with a wrong chunk the bucket gets less than its Content-Length, and keeps nothing.
 */

import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { AwsV4Signer } from 'aws4fetch'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { seal } from '../../src/package/seal.ts'
import { type ChunkKey, signedFrames, verifyFrames } from '../../tools/chunked-body.ts'
import { type Answer, Edge, type Received } from './harness.ts'
import { verifySigV4 } from './strict-signatures.ts'

const PAGE = 'https://page.example'
const HOST = 'edge.example'
const KEY = { id: 'AKIAchunks', secret: 'secret-of-chunks', token: '' }
const TEMPORARY = { id: 'ASIAchunks', secret: 'secret-of-sts', token: 'the/real+token==' }
const SEAL_KEY = { only: Buffer.alloc(32, 3).toString('base64') }
const REGION = 'eu-west-1'
const PAYLOAD = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'
const TRAILER = `${PAYLOAD}-TRAILER`

let bucket: Server
/** Uploads that arrived whole. A bucket stores these. */
const stored: Received[] = []
/** How many uploads of a path have begun, and how many of them ended before their Content-Length. */
const uploads = new Map<string, { begun: number; cut: number }>()
/** One for each test: the bucket may notice the end of an upload after its test. */
let path = ''
let tests = 0
const seen = () => uploads.get(path) ?? { begun: 0, cut: 0 }
let edge: Edge

beforeAll(async () => {
  bucket = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    const count = uploads.get(url) ?? { begun: 0, cut: 0 }
    uploads.set(url, count)
    count.begun++
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      count.cut++
      return
    }
    stored.push({ method, url, headers, body: Buffer.concat(chunks) })
    response.setHeader('etag', '"e"').end()
  })
  await new Promise<void>(done => bucket.listen(0, '127.0.0.1', done))
  edge = await Edge.start({
    vars: {
      ORIGIN: `http://127.0.0.1:${(bucket.address() as AddressInfo).port}`,
      DIALECT: 's3',
      RESIGN: 'on',
      KEYS: JSON.stringify({ [KEY.id]: KEY.secret }),
      SEAL_KEYS: JSON.stringify(SEAL_KEY),
    },
    rules: {
      'cors:default': JSON.stringify([
        { AllowedOrigins: [PAGE], AllowedMethods: ['PUT'], AllowedHeaders: ['*'] },
      ]),
    },
  })
})
afterAll(async () => {
  await edge?.stop()
  bucket.closeAllConnections()
  bucket.close()
})
beforeEach(() => {
  stored.length = 0
  path = `/dir/k%20%C3%BC-${tests++}`
  edge.log.length = 0
})

interface Signed {
  readonly headers: Record<string, string>
  readonly key: ChunkKey
}

/** Signs the head of an upload. */
async function signHead(hash: string, { id, secret, token } = KEY, sealedToken = token): Promise<Signed> {
  const signer = new AwsV4Signer({
    ...{
      method: 'PUT',
      url: `https://${HOST}${path}`,
      service: 's3',
      region: REGION,
      allHeaders: true,
    },
    ...{ accessKeyId: id, secretAccessKey: secret },
    ...(sealedToken !== '' && { sessionToken: sealedToken }),
    headers: {
      'x-amz-content-sha256': hash,
      'content-encoding': 'aws-chunked',
      ...(hash === TRAILER && { 'x-amz-trailer': 'x-amz-checksum-crc32c' }),
    },
  })
  const { headers } = await signer.sign()
  const seed = /Signature=(\w+)/.exec(headers.get('authorization') ?? '')?.[1] ?? ''
  const date = headers.get('x-amz-date') ?? ''
  return { headers: Object.fromEntries(headers), key: { secret, region: REGION, date, seed } }
}

const put = ({ headers }: Signed, body: Buffer, more: Record<string, string> = {}): Promise<Answer> =>
  edge.send(path, {
    method: 'PUT',
    host: HOST,
    body,
    headers: { origin: PAGE, ...headers, ...more },
  })

/** Begins an upload and sends a part of its body. Resolves when the bucket has seen it. */
async function begin({ headers }: Signed, body: Buffer, sent: Buffer): Promise<Socket> {
  const socket = connect(Number(new URL(edge.origin).port), '127.0.0.1')
  const lines = Object.entries({ ...headers, host: HOST, 'content-length': String(body.length) })
  socket.write(
    `PUT ${path} HTTP/1.1\r\n${lines.map(line => line.join(': ')).join('\r\n')}\r\nconnection: close\r\n\r\n`,
  )
  socket.write(sent)
  await expect.poll(() => seen().begun).toBe(1)
  return socket
}

/** The chain that a bucket expects, which begins with the signature that the edge has made. */
const keyOf = ({ headers }: Received, secret: string): ChunkKey => ({
  ...{ secret, region: REGION, date: String(headers['x-amz-date']) },
  seed: /Signature=(\w+)/.exec(String(headers.authorization))?.[1] ?? '',
})

const codeOf = ({ text }: Answer) => /<Code>(\w+)<\/Code>/.exec(text)?.[1]

/** Bytes that differ everywhere. */
const bytes = (size: number, salt = 0): Buffer =>
  Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8) + salt) & 255))
const CHUNKS = [bytes(65_536), bytes(65_536, 1), bytes(8192, 2), bytes(5, 3)]
const CHECKSUM = 'x-amz-checksum-crc32c:sOO8/Q==\r\n'

describe('a body of signed chunks', () => {
  test.each([
    ['of 64 KiB, with a rest', CHUNKS],
    ['of one byte', Array.from({ length: 40 }, (_, i) => bytes(1, i))],
    ['of the largest size', [bytes(1024 * 1024), bytes(1024 * 1024, 5)]],
    ['without data', []],
    ['of sizes that cross the buffer', Array.from({ length: 30 }, (_, i) => bytes(40_000 + i * 977, i))],
  ])('%s is re-signed and arrives, with its length and framing', async (_, chunks) => {
    const head = await signHead(PAYLOAD)
    const body = Buffer.concat(signedFrames(chunks, head.key))
    expect((await put(head, body)).status).toBe(200)
    const [received] = stored
    if (received === undefined) throw new Error('nothing arrived')
    expect(verifySigV4(received, KEY)).toBe('ok')
    expect(verifyFrames(received.body, keyOf(received, KEY.secret))).toEqual(Buffer.concat(chunks))
    expect(received.headers).toMatchObject({
      'content-length': String(body.length),
      'x-amz-content-sha256': PAYLOAD,
      'content-encoding': 'aws-chunked',
    })
    expect(received.headers.authorization).not.toBe(head.headers.authorization)
  })

  test.each([
    ['as S3 documents them', CHECKSUM],
    ['as minio-go sends them', 'x-amz-checksum-crc32c:sOO8/Q==\n\r\n'],
    ['two of them', `${CHECKSUM}x-amz-meta-a:b\r\n`],
  ])('with trailers, %s, is re-signed', async (_, trailers) => {
    const head = await signHead(TRAILER)
    const body = Buffer.concat(signedFrames(CHUNKS, head.key, trailers))
    expect((await put(head, body)).status).toBe(200)
    const [received] = stored
    if (received === undefined) throw new Error('nothing arrived')
    expect(verifySigV4(received, KEY)).toBe('ok')
    expect(verifyFrames(received.body, keyOf(received, KEY.secret), true)).toEqual(Buffer.concat(CHUNKS))
    expect(received.body.length).toBe(body.length)
    expect(received.body.toString('latin1')).toContain(trailers)
  })

  test('with sealed credentials is signed with the real secret', async () => {
    const { sessionToken } = await seal(
      {
        ...{ accessKeyId: TEMPORARY.id, secretAccessKey: TEMPORARY.secret, sessionToken: TEMPORARY.token },
        expiration: Date.now() / 1000 + 600,
      },
      SEAL_KEY,
      { hosts: [HOST] },
    )
    const head = await signHead(PAYLOAD, TEMPORARY, sessionToken)
    expect((await put(head, Buffer.concat(signedFrames(CHUNKS, head.key)))).status).toBe(200)
    const [received] = stored
    if (received === undefined) throw new Error('nothing arrived')
    expect(verifySigV4(received, TEMPORARY)).toBe('ok')
    expect(verifyFrames(received.body, keyOf(received, TEMPORARY.secret))).toEqual(Buffer.concat(CHUNKS))
  })

  test('arrives in whatever pieces the client sends it', async () => {
    const head = await signHead(PAYLOAD)
    const body = Buffer.concat(signedFrames([bytes(300), bytes(70, 1)], head.key))
    const socket = await begin(head, body, body.subarray(0, 1))
    socket.setNoDelay(true)
    for (const byte of body.subarray(1)) await new Promise(done => socket.write(Uint8Array.of(byte), done))
    const answer: Buffer[] = []
    for await (const chunk of socket) answer.push(chunk as Buffer)
    expect(Buffer.concat(answer).toString()).toMatch(/^HTTP\/1\.1 200 /)
    expect(
      verifyFrames(stored[0]?.body ?? Buffer.alloc(0), keyOf(stored[0] as Received, KEY.secret)),
    ).toEqual(Buffer.concat([bytes(300), bytes(70, 1)]))
  })
})

/** Changes the frames of a valid body. The first four are chunks with data, the fifth is the last chunk. */
type Attack = (frames: Buffer[], key: ChunkKey) => Buffer[]

const replace = (frame: Buffer, from: string | RegExp, to: string): Buffer =>
  Buffer.from(frame.toString('latin1').replace(from, to), 'latin1')
/** Replaces the first hex digit after a text by another. */
const otherDigit = (frame: Buffer, after: string): Buffer => {
  const at = frame.indexOf(after) + after.length
  return replace(
    frame,
    `${after}${frame.toString('latin1', at, at + 1)}`,
    `${after}${frame[at] === 48 ? 1 : 0}`,
  )
}
const flip = (frame: Buffer, at: number): Buffer =>
  Buffer.from(frame.map((byte, i) => (i === at ? byte ^ 1 : byte)))
const changed = (frames: Buffer[], at: number, change: (frame: Buffer) => Buffer): Buffer[] =>
  frames.map((frame, i) => (i === at ? change(frame) : frame))

const SHAPE = 'IncompleteBody'
const WRONG = 'SignatureDoesNotMatch'

const ATTACKS: [what: string, attack: Attack, code: string][] = [
  ['reordered', ([a, b, ...rest]) => [b, a, ...rest] as Buffer[], WRONG],
  ['dropped, the first', frames => frames.slice(1), WRONG],
  ['dropped, one within', frames => frames.toSpliced(2, 1), WRONG],
  ['dropped, all with data', frames => frames.slice(4), WRONG],
  ['repeated', frames => [...frames.slice(0, 2), ...frames.slice(1)], WRONG],
  ['missing, the last', frames => frames.slice(0, 4), SHAPE],
  ['missing, the last two', frames => frames.slice(0, 3), SHAPE],
  ['changed by a bit of its data', frames => changed(frames, 2, frame => flip(frame, 500)), WRONG],
  ['changed by a bit of the first byte', frames => changed(frames, 0, frame => flip(frame, 89)), WRONG],
  [
    'changed by a digit of its signature',
    frames => changed(frames, 1, frame => otherDigit(frame, 'signature=')),
    WRONG,
  ],
  ['re-sized, larger', frames => changed(frames, 2, frame => replace(frame, /^2000/, '2001')), SHAPE],
  ['re-sized, smaller', frames => changed(frames, 2, frame => replace(frame, /^2000/, '1fff')), SHAPE],
  [
    're-sized, over the next',
    frames => changed(frames, 0, frame => replace(frame, /^10000/, '20000')),
    SHAPE,
  ],
  [
    'cut in two, with one signature',
    frames => changed(frames, 3, frame => replace(frame, /^5(;[^\r]*\r\n)(..)(...)/s, '2$1$2\r\n3$1$3')),
    WRONG,
  ],
  ['added after the last', frames => [...frames, ...frames.slice(0, 1)], SHAPE],
  ['added after the last, an empty one', frames => [...frames, frames[4] as Buffer], SHAPE],
  ['followed by a byte', frames => [...frames, Buffer.from('x')], SHAPE],
  ['without the end of its data', frames => changed(frames, 1, frame => frame.subarray(0, -2)), SHAPE],
  ['with LF for CR LF', frames => changed(frames, 1, frame => replace(frame, '\r\n', '\n')), SHAPE],
  ['with an extension', frames => changed(frames, 1, frame => replace(frame, '\r\n', ';x=y\r\n')), SHAPE],
  ['without a signature', frames => changed(frames, 1, frame => replace(frame, /;[^\r]*/, '')), SHAPE],
  ['with a header that does not end', frames => changed(frames, 1, () => Buffer.alloc(200_000, '0')), SHAPE],
  ['with a negative size', frames => changed(frames, 1, frame => replace(frame, /^/, '-')), SHAPE],
  [
    'of a size beyond every number',
    frames => changed(frames, 1, frame => replace(frame, /^10000/, 'ffffffffffffffff')),
    'EntityTooLarge',
  ],
  ['signed with another secret', (_, key) => signedFrames(CHUNKS, { ...key, secret: 'another' }), WRONG],
  ['signed for another day', (_, key) => signedFrames(CHUNKS, { ...key, date: '20200101T000000Z' }), WRONG],
  ['signed for another region', (_, key) => signedFrames(CHUNKS, { ...key, region: 'auto' }), WRONG],
  ['signed for another request', (_, key) => signedFrames(CHUNKS, { ...key, seed: '0'.repeat(64) }), WRONG],
  ['larger than a chunk may be', (_, key) => signedFrames([bytes(1024 * 1024 + 1)], key), 'EntityTooLarge'],
  ['no chunk', () => [Buffer.from('the plain object')], SHAPE],
  ['with trailers that were not announced', (_, key) => signedFrames(CHUNKS, key, CHECKSUM), SHAPE],
]

const TRAILER_ATTACKS: [what: string, attack: Attack, code: string][] = [
  ['changed', frames => changed(frames, 5, frame => replace(frame, 'sOO8', 'sOO9')), WRONG],
  ['changed in the signature', frames => changed(frames, 5, frame => otherDigit(frame, 'signature:')), WRONG],
  [
    'added',
    frames => changed(frames, 5, frame => replace(frame, 'x-amz-trailer', 'x-amz-meta-a:b\r\nx-amz-trailer')),
    WRONG,
  ],
  ['dropped', frames => changed(frames, 5, frame => replace(frame, CHECKSUM, '')), WRONG],
  ['without a signature', frames => changed(frames, 5, () => Buffer.from(`${CHECKSUM}\r\n`)), SHAPE],
  ['missing', frames => frames.slice(0, 5), SHAPE],
  [
    'missing, for an end without trailers',
    frames => changed(frames.slice(0, 5), 4, frame => Buffer.concat([frame, Buffer.from('\r\n')])),
    SHAPE,
  ],
  [
    'too long',
    (_, key) => signedFrames(CHUNKS, key, `${CHECKSUM}x-amz-meta-a:${'b'.repeat(5000)}\r\n`),
    SHAPE,
  ],
  ['repeated', frames => [...frames, frames[5] as Buffer], SHAPE],
]

/** Refused as the client's fault, readably, with no whole upload at the bucket. */
async function expectRefused(answer: Answer, code: string): Promise<void> {
  const status = code === WRONG ? 403 : 400
  expect([answer.status, codeOf(answer)]).toEqual([status, code])
  expect(answer.headers['access-control-allow-origin']).toBe(PAGE)
  expect(stored).toEqual([])
  // A connection may be dropped before the bucket has seen it.
  await expect.poll(() => seen().begun - seen().cut).toBe(0)
  const log = (await edge.wholeLog()).join('\n')
  expect(log).toMatch(new RegExp(`"signature-refused".*"${code}"`))
  expect(log).not.toContain('upstream-failed')
  for (const { secret } of [KEY, TEMPORARY]) expect(log + answer.text).not.toContain(secret)
}

describe('the bucket keeps nothing of a body', () => {
  test.each(ATTACKS)('with a chunk %s', async (_, attack, code) => {
    const head = await signHead(PAYLOAD)
    const frames = attack(signedFrames(CHUNKS, head.key), head.key)
    await expectRefused(await put(head, Buffer.concat(frames)), code)
  })

  test.each(TRAILER_ATTACKS)('with trailers %s', async (_, attack, code) => {
    const head = await signHead(TRAILER)
    const frames = attack(signedFrames(CHUNKS, head.key, CHECKSUM), head.key)
    await expectRefused(await put(head, Buffer.concat(frames)), code)
  })

  test('that is wrong after its first chunks have gone out', async () => {
    const head = await signHead(PAYLOAD)
    const frames = signedFrames(CHUNKS, head.key)
    const body = Buffer.concat(changed(frames, 3, frame => flip(frame, 87)))
    const socket = await begin(head, body, Buffer.concat(frames.slice(0, 3)))
    socket.write(body.subarray(Buffer.concat(frames.slice(0, 3)).length))
    const answer: Buffer[] = []
    for await (const chunk of socket) answer.push(chunk as Buffer)
    expect(Buffer.concat(answer).toString()).toMatch(/^HTTP\/1\.1 403 [\s\S]*<Code>SignatureDoesNotMatch</)
    await expect.poll(seen).toEqual({ begun: 1, cut: 1 })
    expect(stored).toEqual([])
  })

  test('that the client stops sending', async () => {
    const head = await signHead(PAYLOAD)
    const body = Buffer.concat(signedFrames(CHUNKS, head.key))
    const socket = await begin(head, body, body.subarray(0, 100_000))
    socket.destroy()
    await expect.poll(seen).toEqual({ begun: 1, cut: 1 })
    expect(stored).toEqual([])
    expect((await edge.wholeLog()).join()).not.toContain('upstream-failed')
  })
})

describe('the edge refuses before it asks the bucket', () => {
  const expectUnsent = async (answer: Answer, status: number, code: string) => {
    expect([answer.status, codeOf(answer)]).toEqual([status, code])
    expect(seen().begun).toBe(0)
  }

  test('a wrong signature of the request', async () => {
    const head = await signHead(PAYLOAD, { ...KEY, secret: 'another' })
    await expectUnsent(await put(head, Buffer.concat(signedFrames(CHUNKS, head.key))), 403, WRONG)
  })

  test('a body without Content-Length', async () => {
    const head = await signHead(PAYLOAD)
    const body = Buffer.concat(signedFrames(CHUNKS, head.key))
    const more = { 'transfer-encoding': 'chunked', 'content-length': [] as never }
    await expectUnsent(await put(head, body, more), 411, 'MissingContentLength')
  })

  test('no body', async () => {
    const head = await signHead(PAYLOAD)
    await expectUnsent(await put(head, Buffer.alloc(0)), 400, SHAPE)
  })

  test.each([`${PAYLOAD}-SHA512`, 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD'])('%s', async hash => {
    const head = await signHead(hash)
    const answer = await put(head, Buffer.concat(signedFrames(CHUNKS, head.key)))
    await expectUnsent(answer, 501, 'NotImplemented')
    expect(answer.text).toContain('UNSIGNED-PAYLOAD')
  })
})
