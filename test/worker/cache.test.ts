/**
 * CACHE: what one client gets that was fetched for another, and what never. (threats 10, 22, 31, 32)
 */

import { brotliCompressSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../eventually.ts'
import {
  type Answer,
  type BucketHandler,
  Edge,
  RecordingBucket,
  type RequestOptions,
  settled,
} from './harness.ts'
import { Connection, exchange, requestBytes, responseBytes, WireBucket } from './wire.ts'

const A = 'https://a.example'
const B = 'https://b.example'
const RULES = JSON.stringify([
  { AllowedOrigins: [A, B], AllowedMethods: ['GET', 'PUT'], ExposeHeaders: ['ETag'] },
])

let bucket: RecordingBucket
let edge: Edge
let counter = 0

beforeAll(async () => {
  bucket = await RecordingBucket.start()
  edge = await Edge.start({
    vars: {
      ...{ ORIGIN: bucket.origin, CACHE: '300', CACHE_PARAMETERS: 'x, y,poisoned' },
      ...{ SECRET_ID: 'id', SECRET_KEY: 'key' },
    },
    rules: {
      'cors:default': RULES,
      'bucket:short.example': JSON.stringify({ cache: 1 }),
      'bucket:off.example': JSON.stringify({ cache: 'off' }),
      'bucket:own-parameters.example': JSON.stringify({ cacheParameters: 'size' }),
      'bucket:s3.example': JSON.stringify({ dialect: 's3' }),
      'bucket:origin.example': JSON.stringify({ cache: 'origin' }),
      'bucket:private.example': JSON.stringify({ signing: 'cos' }),
      'bucket:private-origin.example': JSON.stringify({ signing: 'cos', cache: 'origin' }),
    },
    around: settled('GET'),
  })
})
afterAll(() => Promise.all([edge.stop(), bucket.stop()]))
beforeEach(() => {
  bucket.received.length = 0
  bucket.answer = whole({})
})

/** Headers that authorise a request somewhere, or that nobody knows (threat 31). */
const UNKNOWN_HEADERS = [
  ...['x-auth-token', 'x-api-key', 'private-token', 'dpop', 'x-tos-security-token', 'x-ms-date', 'x-custom'],
  ...['signature', 'x-goog-user-project', 'x-csrf-token', 'sec-session-response'],
]
/** What clients send of themselves. */
const CLIENTS = {
  Chromium: {
    'accept-language': 'en-US,en;q=0.9',
    'sec-ch-ua': '"Chromium";v="156"',
    'sec-fetch-mode': 'cors',
    'upgrade-insecure-requests': '1',
    priority: 'u=1, i',
    dnt: '1',
    referer: 'https://page.example/',
  },
  Firefox: { te: 'trailers', 'sec-gpc': '1', 'sec-fetch-dest': 'image', 'x-moz': 'prefetch' },
  'a CDN': {
    'cdn-loop': 'a',
    via: '1.1 a',
    'x-forwarded-for': '192.0.2.1',
    'cf-ray': 'r',
    'x-request-id': '1',
  },
}

/** A path that no other test has asked for. */
const fresh = (): string => `/object-${++counter}`

/** Answers with a whole object: the path, and how often it has been asked for. */
function whole(headers: Record<string, string | string[]>, status = 200): BucketHandler {
  return ({ url }, response) => {
    const body = `${url} #${timesAsked(url)}`
    response.writeHead(status, { 'content-length': body.length, etag: '"e"', ...headers }).end(body)
  }
}

const timesAsked = (url: string): number => bucket.received.filter(each => each.url === url).length

/** Asks until an answer comes from the cache; fails when none ever does. */
async function untilKept(path: string, options: RequestOptions = {}): Promise<Answer> {
  let answer = await edge.send(path, options)
  await expect
    .poll(async () => {
      const before = bucket.received.length
      answer = await edge.send(path, options)
      return bucket.received.length === before
    })
    .toBe(true)
  return answer
}

/** Asks twice, with enough between for the first answer to have been kept; true: the bucket was asked twice. */
async function isNeverKept(path: string, options: RequestOptions = {}): Promise<boolean> {
  const { answer } = bucket
  await edge.send(path, options)
  bucket.answer = whole({})
  await untilKept(fresh())
  bucket.answer = answer
  const before = bucket.received.length
  await edge.send(path, options)
  return bucket.received.length > before
}

const corsOf = ({ headers }: Answer) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')))
const decorated = (origin: string) => ({
  'access-control-allow-origin': origin,
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': 'ETag',
})

describe('a cache entry', () => {
  test.each([
    [A, B, undefined],
    [undefined, A, B],
    [B, undefined, A],
  ])('fetched for origin %s serves %s and %s with their own headers', async (...origins) => {
    bucket.answer = whole({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'x-secret',
      vary: 'Origin, Accept-Encoding, Access-Control-Request-Method',
    })
    const path = fresh()
    const [first] = origins
    const from = (origin: string | undefined) => ({ headers: origin === undefined ? {} : { origin } })
    await untilKept(path, from(first))
    const asked = bucket.received.length
    for (const origin of [...origins, 'https://evil.example']) {
      const headers = { ...from(origin).headers, 'sec-fetch-mode': 'no-cors' }
      const answer = await edge.send(path, { headers })
      expect([answer.status, answer.text.startsWith(path)]).toEqual([200, true])
      expect(corsOf(answer)).toEqual(origin === A || origin === B ? decorated(origin) : {})
      expect(answer.headers.vary).toBe('Origin, Accept-Encoding, Access-Control-Request-Method')
    }
    const refused = await edge.send(path, from('https://evil.example'))
    expect([refused.status, corsOf(refused)]).toEqual([403, {}])
    expect(bucket.received.length).toBe(asked)
    for (const { headers } of bucket.received) expect(headers).not.toHaveProperty('origin')
  })

  test('has the bucket’s headers and bytes, and an Age', async () => {
    const body = brotliCompressSync(Buffer.from('an object '.repeat(100)))
    const sent = {
      'cache-control': 'max-age=5, must-revalidate',
      'content-encoding': 'br',
      'content-type': 'text/plain',
      'content-length': String(body.length),
      expires: 'Thu, 01 Jan 1970 00:00:00 GMT',
      etag: '"tag"',
      'last-modified': 'Wed, 21 Oct 2026 07:28:00 GMT',
      'x-cos-meta-a': 'b',
    }
    bucket.answer = (_request, response) => response.writeHead(200, { ...sent, age: '1000' }).end(body)
    const path = fresh()
    const headers = { 'accept-encoding': 'gzip, br' }
    const answer = await untilKept(path, { headers })
    expect(answer.headers).toMatchObject(sent)
    expect(Number(answer.headers.age)).toBeLessThan(60)
    expect(answer.body.equals(body)).toBe(true)
    expect(Object.keys(answer.headers).filter(name => name.startsWith('x-edge-'))).toEqual([])
    // A client that reads no br gets what the bucket has for it.
    const asked = bucket.received.length
    await edge.send(path, { headers: { 'accept-encoding': 'gzip' } })
    await edge.send(path)
    expect(bucket.received.length).toBe(asked + 2)
  })

  test('is served without Cache-Control if the bucket sent none, even if the bucket sends the edge’s own header', async () => {
    bucket.answer = whole({ 'x-edge-preflight-cache-control': 'max-age=9' })
    expect((await untilKept(fresh())).headers).not.toHaveProperty('cache-control')
  })

  test('answers conditional requests with 304 or 200, with CORS headers', async () => {
    bucket.answer = whole({
      etag: '"tag"',
      'last-modified': 'Wed, 21 Oct 2026 07:28:00 GMT',
      'cache-control': 'max-age=7',
    })
    const path = fresh()
    await untilKept(path)
    const asked = bucket.received.length
    const ask = (headers: Record<string, string>) => edge.send(path, { headers: { origin: A, ...headers } })
    for (const [headers, status] of [
      [{ 'if-none-match': '"tag"' }, 304],
      [{ 'if-none-match': '"a", W/"tag"' }, 304],
      [{ 'if-none-match': '"other"' }, 200],
      [{ 'if-modified-since': 'Wed, 21 Oct 2026 07:28:00 GMT' }, 304],
      [{ 'if-modified-since': 'Wed, 21 Oct 2026 07:27:59 GMT' }, 200],
    ] as const) {
      const answer = await ask(headers)
      expect([answer.status, answer.body.length > 0], JSON.stringify(headers)).toEqual([
        status,
        status === 200,
      ])
      expect(corsOf(answer)).toEqual(decorated(A))
      expect(answer.headers).toMatchObject({ etag: '"tag"', 'cache-control': 'max-age=7', vary: 'Origin' })
    }
    expect(bucket.received.length).toBe(asked)
  })

  test('does not answer HEAD, Range and the other conditions', async () => {
    const path = fresh()
    await untilKept(path)
    for (const options of [
      { method: 'HEAD' },
      { headers: { range: 'bytes=0-1' } },
      { headers: { range: 'bytes=0-1', 'if-range': '"e"' } },
      { headers: { 'if-match': '"other"' } },
      { headers: { 'if-unmodified-since': 'Wed, 21 Oct 2026 07:28:00 GMT' } },
    ]) {
      const before = bucket.received.length
      await edge.send(path, options)
      expect(bucket.received.length, JSON.stringify(options)).toBe(before + 1)
      expect(bucket.last.method).toBe(options.method ?? 'GET')
      expect(bucket.last.headers).toMatchObject(options.headers ?? {})
    }
    bucket.answer = (_request, response) =>
      response.writeHead(206, { 'content-range': 'bytes 0-1/9', 'content-length': 2 }).end('ab')
    const part = await edge.send(path, { headers: { range: 'bytes=0-1', origin: B } })
    expect([part.status, part.text, corsOf(part)]).toEqual([206, 'ab', decorated(B)])
  })

  test('is requested again when it is stale', async () => {
    const path = fresh()
    const options = { host: 'short.example' }
    const { text } = await edge.send(path, options)
    await expect
      .poll(async () => (await edge.send(path, options)).text, { timeout: 10_000, interval: 250 })
      .not.toBe(text)
  })

  test('is invalidated when the object is changed through the edge, in one request or in parts', async () => {
    for (const [method, query] of [
      ['PUT', ''],
      ['DELETE', ''],
      ['POST', '?uploadId=u'],
    ] as const) {
      const path = fresh()
      await untilKept(path)
      const asked = timesAsked(path)
      bucket.answer = (_request, response) => response.writeHead(403).end()
      await edge.send(path + query, { method })
      expect(timesAsked(path) - (query === '' ? 1 : 0), 'refused: nothing has changed').toBe(asked)
      bucket.answer = whole({})
      expect((await edge.send(path)).text).toContain(`#${asked}`)
      await edge.send(path + query, { method })
      await expect.poll(async () => (await edge.send(path)).text).not.toContain(`#${asked}`)
    }
  })
})

describe('a response requested before its object changed', () => {
  /** Answers a GET with its length and, once it may, with its body; other methods at once. */
  function held(body: string): { arrived: Promise<void>; release: () => void } {
    let release = () => {}
    const released = new Promise<void>(resolve => {
      release = resolve
    })
    const arrived = new Promise<void>(resolve => {
      bucket.answer = ({ method }, response) => {
        if (method !== 'GET') return void response.end()
        response.writeHead(200, { 'content-length': body.length }).flushHeaders()
        resolve()
        void released.then(() => response.end(body))
      }
    })
    return { arrived, release }
  }

  test.each([
    ['PUT', ''],
    ['DELETE', ''],
    ['POST', '?uploadId=u'],
  ])('by %s%s is served and not stored', async (method, query) => {
    const path = fresh()
    const { arrived, release } = held('old')
    const slow = edge.send(path)
    await arrived
    expect((await edge.send(path + query, { method })).status).toBe(200)
    release()
    expect((await slow).text).toBe('old')
    bucket.answer = whole({})
    await untilKept(fresh())
    expect((await edge.send(path)).text).toContain(path)
    // What is asked for after the change is kept as ever.
    await untilKept(path)
  })

  test('through another isolate of the data centre is deleted soon after', async () => {
    // Pauses are a twentieth of those of production.
    const around = `
import edge from './edge.js'
const realSetTimeout = setTimeout
globalThis.setTimeout = (then, ms) => realSetTimeout(then, ms / 20)
export default edge`
    const options = { vars: { ORIGIN: bucket.origin, CACHE: '300' }, around }
    const { one, other } = await Edge.startAll({ one: options, other: options })
    try {
      const path = fresh()
      const { arrived, release } = held('old')
      const slow = one.send(path)
      await arrived
      await other.send(path, { method: 'PUT', body: 'new' })
      release()
      expect((await slow).text).toBe('old')
      bucket.answer = whole({})
      await eventually(async () => expect((await one.send(path)).text).toContain(path))
    } finally {
      await one.stop()
    }
  })
})

describe('no two objects share a cache entry', () => {
  test.each([
    ['/key/a?x=1&y=2', '/key/a?y=2&x=1'],
    ['/key/b?v=1', '/key/b'],
    ['/key/c', '/key/C'],
    ['/key/d%2Fe', '/key/d/e'],
    ['/key/f\\g', '/key/f/g'],
    ['/key//h', '/key/h'],
    ['/key/i%20', '/key/i+'],
    ['/key/j/', '/key/j'],
    ['/key/k%25', '/key/k%'],
  ])('%s and %s', async (one, other) => {
    await untilKept(one)
    const before = bucket.received.length
    const answer = await edge.send(other)
    expect(bucket.received.length).toBe(before + 1)
    expect(answer.text.startsWith(other)).toBe(true)
  })

  test('nor two hosts, however the Host is written', async () => {
    const path = fresh()
    await untilKept(path)
    for (const host of ['other.example', 'edge.example:81']) {
      const before = bucket.received.length
      await edge.send(path, { host })
      expect(bucket.received.length, host).toBe(before + 1)
    }
    await edge.send('/k', { host: 'edge.example?poisoned=' })
    expect((await edge.send('/?poisoned=/k')).text).toMatch(/^\/\?poisoned=\/k /)
  })
})

describe('is never stored, nor answered from the cache', () => {
  test.each<[string, RequestOptions]>([
    ['an Authorization', { headers: { authorization: 'q-sign-algorithm=sha1&q-ak=x' } }],
    ['temporary credentials', { headers: { 'x-cos-security-token': 't' } }],
    ['a customer key', { headers: { 'x-cos-server-side-encryption-customer-key': 'k' } }],
    ['a customer key of S3', { headers: { 'x-amz-server-side-encryption-customer-key': 'k' } }],
    ['a payer', { headers: { 'x-amz-request-payer': 'requester' } }],
    ['cookies', { headers: { cookie: 'session=1' } }],
    ['no-cache', { headers: { 'cache-control': 'no-cache' } }],
    ['no-store', { headers: { 'cache-control': 'max-age=0, no-store' } }],
    ['Pragma', { headers: { pragma: 'no-cache' } }],
    ['a body', { body: 'x' }],
    ...UNKNOWN_HEADERS.map((name): [string, RequestOptions] => [name, { headers: { [name]: 'secret' } }]),
  ])('a request with %s', async (_case, options) => {
    const path = fresh()
    expect(await isNeverKept(path, options)).toBe(true)
    const kept = await untilKept(path)
    const mine = await edge.send(path, options)
    expect(mine.text).not.toBe(kept.text)
    expect((await edge.send(path)).text).toBe(kept.text)
  })

  test.each([
    ...['q-signature=s', 'sign=s', 'X-Amz-Signature=s', 'Signature=s', 'x-cos-security-token=t', 'sig=s'],
    ...[
      'X-Amz-Signatur%65=s',
      'q%2Dsignature=s',
      'token=k:s:e',
      'authorization=bce-auth-v1%2Fk',
      'access_token=s',
    ],
    ...['X-Tos-Signature=s', 'auth_key=1-0-0-s', '_upt=s', 'Policy=p&Key-Pair-Id=k', 'v=1&jwt=s'],
  ])('a presigned URL with %s', async parameter => {
    expect(await isNeverKept(`${fresh()}?x=b&${parameter}`)).toBe(true)
  })

  test.each([
    ...['imageMogr2/thumbnail/1x|saveas/a', 'imageMogr2/thumbnail/1x%7Csaveas/a', 'x-image-save-object=a'],
    ...['acl', 'versionId=1', 'response-content-type=text/html', 'ci-process=snapshot', 'unknown=1'],
  ])('a read with ?%s', async query => {
    expect(await isNeverKept(`${fresh()}?${query}`)).toBe(true)
  })

  test.each([
    [{ 'cache-control': 'private' }],
    [{ 'cache-control': 'public, No-Store' }],
    [{ 'cache-control': 'max-age=60,no-cache' }],
    [{ 'cache-control': 'no-cache="set-cookie", max-age=60' }],
    [{ 'cache-control': 'private="x", s-maxage=60' }],
    [{ 'cache-control': 'max-age=0' }],
    [{ 'cache-control': 's-maxage="0", max-age=60' }],
    [{ pragma: 'no-cache' }],
    [{ expires: '0' }],
    [{ expires: '9999' }],
    [{ expires: 'Thu, 01 Jan 1970 00:00:00 GMT' }],
    [{ expires: '-1', 'cache-control': 'public' }],
    [{ 'set-cookie': ['a=1', 'b=2'] }],
    [{ vary: '*' }],
    [{ vary: 'Accept' }],
    [{ vary: 'origin, Cookie' }],
    [{ vary: 'Accept-Encoding,'.repeat(200) }],
    [{ 'content-range': 'bytes 0-1/2' }],
    [{ 'cdn-cache-control': 'no-store', 'cache-control': 'max-age=60' }],
    [{ 'cloudflare-cdn-cache-control': 'private', 'cdn-cache-control': 'max-age=60' }],
    [{ 'surrogate-control': 'max-age=0', 'cache-control': 'public, max-age=60' }],
    [{ 'cache-control': 'max-age=60; private' }],
  ])('a response with %j', async headers => {
    bucket.answer = whole(headers as Record<string, string | string[]>)
    expect(await isNeverKept(fresh())).toBe(true)
  })

  test.each([203, 206, 301, 302, 404, 410, 500, 503])('a response with status %i', async status => {
    bucket.answer = whole({}, status)
    expect(await isNeverKept(fresh())).toBe(true)
  })

  test('a response without a length, or longer than 1 MiB; 1 MiB is stored', async () => {
    bucket.answer = (_request, response) => {
      response.write('in')
      response.end('chunks')
    }
    expect(await isNeverKept(fresh())).toBe(true)
    const MIB = 1024 * 1024
    bucket.answer = (_request, response) =>
      response.writeHead(200, { 'content-length': MIB + 1 }).end(Buffer.alloc(MIB + 1, 'x'))
    expect(await isNeverKept(fresh())).toBe(true)
    bucket.answer = (_request, response) =>
      response.writeHead(200, { 'content-length': MIB }).end(Buffer.alloc(MIB, 'x'))
    expect((await untilKept(fresh())).body.length).toBe(MIB)
  })

  test('a response with a future Expires is stored, and one with max-age whatever its Expires', async () => {
    bucket.answer = whole({ expires: 'Fri, 31 Dec 2999 23:59:59 GMT' })
    await untilKept(fresh())
    bucket.answer = whole({ expires: '0', 'cache-control': 's-maxage=5' })
    await untilKept(fresh())
  })

  test('the request origin does not reach the bucket without credentials, so the response is stored', async () => {
    bucket.answer = ({ headers }, response) => {
      const body = `for ${headers.origin}`
      response.writeHead(200, { vary: 'Origin', 'content-length': body.length }).end(body)
    }
    const headers = { origin: A }
    expect((await untilKept(fresh(), { headers })).text).toBe('for undefined')
    expect((await edge.send(`${fresh()}?SignedHeaders=origin`, { headers })).text).toBe('for undefined')
  })

  test('a response with max-age=05 or an unknown directive is stored', async () => {
    bucket.answer = whole({ 'cache-control': 'max-age=05, privately, immutable' })
    await untilKept(fresh())
  })
})

describe('is stored', () => {
  test.each([
    'v=1.2',
    't=1764103000',
    '1764103000',
    'hash=3fdba35f',
    'imageMogr2/thumbnail/200x/format/webp',
    'x=%20',
  ])('a read with ?%s', async query => {
    await untilKept(`${fresh()}?${query}`)
  })

  test('a read with image processing of the host’s dialect, and with the host’s own parameters', async () => {
    await untilKept(`${fresh()}?x-oss-process=image/resize,w_1`, { host: 's3.example' })
    expect(await isNeverKept(`${fresh()}?imageMogr2/thumbnail/200x`, { host: 's3.example' })).toBe(true)
    await untilKept(`${fresh()}?size=a%2Fb`, { host: 'own-parameters.example' })
    expect(await isNeverKept(`${fresh()}?x=1`, { host: 'own-parameters.example' })).toBe(true)
  })

  test.each(Object.entries(CLIENTS))('what %s asks for', async (_client, headers) => {
    await untilKept(fresh(), { headers })
  })

  test.each(['cloudflare-cdn-cache-control', 'cdn-cache-control', 'surrogate-control'])(
    'a response that %s allows, with its own headers',
    async name => {
      const headers = { [name]: 'max-age=600', 'cache-control': 'no-store', expires: '0' }
      bucket.answer = whole(headers)
      const kept = await untilKept(fresh(), { headers: { 'accept-encoding': 'gzip' } })
      expect(kept.headers).toMatchObject(headers)
      expect(JSON.stringify(kept.headers)).not.toContain('edge-preflight')
    },
  )
})

describe('a change that does not name its objects in the URL', () => {
  test.each<[string, string, RequestOptions]>([
    ['a deletion of many', '/?delete', { body: '<Delete><Object><Key>a</Key></Object></Delete>' }],
    ['a form upload', '/', { headers: { 'content-type': 'multipart/form-data; boundary=b' }, body: '--b--' }],
    ['a rename', '/new?renameObject', { method: 'PUT', headers: { 'x-amz-rename-source': '/old' } }],
    ['the deletion of a folder', '/folder/', { method: 'DELETE' }],
  ])('%s invalidates all entries of the host, and of no other', async (_what, target, options) => {
    const [one, two] = [fresh(), `${fresh()}?v=1`]
    const old = [await untilKept(one), await untilKept(two)].map(({ text }) => text)
    const other = await untilKept(one, { host: 'other.example' })
    const change = { method: 'POST', ...options }
    bucket.answer = (_request, response) => response.writeHead(403).end()
    await edge.send(target, change)
    bucket.answer = whole({})
    expect([(await edge.send(one)).text, (await edge.send(two)).text]).toEqual(old)
    await edge.send(target, change)
    const { length } = bucket.received
    await edge.send(one)
    await edge.send(two)
    expect(bucket.received.length).toBe(length + 2)
    expect((await edge.send(one, { host: 'other.example' })).text).toBe(other.text)
    await untilKept(one)
  })

  test('is seen by another isolate of the data centre', async () => {
    const options = { vars: { ORIGIN: bucket.origin, CACHE: '300' }, around: settled('GET') }
    const { one, other } = await Edge.startAll({ one: options, other: options })
    try {
      const path = fresh()
      let kept = ''
      await eventually(async () => {
        kept = (await one.send(path)).text
        expect((await one.send(path)).text).toBe(kept)
      })
      await other.send('/?delete', { method: 'POST', body: 'x' })
      await eventually(async () => expect((await one.send(path)).text).not.toBe(kept))
    } finally {
      await one.stop()
    }
  })
})

test('a truncated body is not stored, and a body whose client left is stored whole or not at all', async () => {
  const wire = await WireBucket.start()
  const cut = await Edge.start({ vars: { ORIGIN: wire.origin, CACHE: '300' } })
  try {
    let times = 0
    wire.answer = socket => {
      times++
      if (times === 1) {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')
        setImmediate(() => socket.end())
      } else socket.write(responseBytes('200 OK', [], `whole ${times}`))
    }
    const get = (path: string) => exchange(cut.origin, requestBytes('GET', path))
    expect(await get('/cut')).toMatch(/half$/)
    expect(await get('/cut')).toMatch(/whole 2$/)

    wire.answer = socket => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabort')
      setTimeout(() => socket.write('ended'), 50)
    }
    const gone = new Connection(cut.origin)
    gone.write(requestBytes('GET', '/gone'))
    await gone.until('abort')
    gone.socket.resetAndDestroy()
    await gone.closed
    wire.answer = socket => socket.write(responseBytes('200 OK', [], 'asked again'))
    expect(await get('/gone')).toMatch(/(?:abortended|asked again)$/)
  } finally {
    await Promise.all([cut.stop(), wire.stop()])
  }
})

/** Cloudflare's cache under `fetch` is not there locally: `no-store` shows by what workerd adds to the request. */
describe('the cache under fetch', () => {
  const bypassed = async (host: string, options: RequestOptions = {}): Promise<boolean> => {
    await edge.send(fresh(), { host, ...options })
    return bucket.last.headers['cache-control'] === 'no-cache'
  }

  test('is not used with CACHE=off, nor with a number of seconds', async () => {
    expect([await bypassed('off.example'), await bypassed('edge.example')]).toEqual([true, true])
    const path = fresh()
    for (const times of [1, 2, 3]) {
      await edge.send(path, { host: 'off.example' })
      expect(timesAsked(path)).toBe(times)
    }
  })

  test('is used with CACHE=origin, but never for HEAD, Range, signed requests or conditions that only the bucket can judge', async () => {
    const host = 'origin.example'
    for (const headers of [{}, { cookie: 'a=1' }, { 'if-none-match': '"e"' }])
      expect(await bypassed(host, { headers }), JSON.stringify(headers)).toBe(false)
    expect(await bypassed(host, { method: 'HEAD' })).toBe(true)
    for (const headers of [
      { range: 'bytes=0-1' },
      { authorization: 'x' },
      { 'x-amz-security-token': 't' },
      { 'if-match': '"e"' },
    ])
      expect(await bypassed(host, { headers }), JSON.stringify(headers)).toBe(true)
    const path = fresh()
    await edge.send(path, { host })
    await edge.send(path, { host })
    expect(timesAsked(path)).toBe(2)
  })

  test.each(['off.example', 'origin.example', 'edge.example'])(
    'never shows in an upload through %s',
    async host => {
      for (const method of ['PUT', 'POST', 'DELETE']) {
        await edge.send(fresh(), { host, method, headers: { authorization: 'x' } })
        expect(bucket.last.headers).not.toHaveProperty('cache-control')
        expect(bucket.last.headers).not.toHaveProperty('pragma')
      }
    },
  )

  test('is not used for what the edge signs; with seconds, a signed read is stored like any other', async () => {
    expect(await bypassed('private-origin.example')).toBe(true)
    expect(bucket.last.headers.authorization).toContain('q-signature=')
    const path = fresh()
    const answer = await untilKept(path, { host: 'private.example', headers: { origin: A } })
    expect([answer.text.startsWith(path), corsOf(answer)]).toEqual([true, decorated(A)])
  })
})
