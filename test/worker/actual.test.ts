/**
 * Actual requests: what reaches the bucket, and what of its answer reaches the client.
 */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Edge, RecordingBucket } from './harness.ts'

const RULES = JSON.stringify([
  {
    AllowedOrigins: ['https://app.example'],
    AllowedMethods: ['GET', 'PUT', 'HEAD'],
    AllowedHeaders: ['*'],
    ExposeHeaders: ['ETag', 'x-cos-request-id'],
    MaxAgeSeconds: 600,
  },
])

let bucket: RecordingBucket
let edge: Edge

beforeAll(async () => {
  bucket = await RecordingBucket.start()
  edge = await Edge.start({
    vars: { ORIGIN: `${bucket.origin}/prefix`, ORIGIN_TIMEOUT_MS: '400' },
    rules: {
      'cors:edge.example': RULES,
      'cors:s3.example': RULES,
      'bucket:s3.example': JSON.stringify({ dialect: 's3', unmatched: 'forward' }),
      'cors:forward.example': RULES,
      'bucket:forward.example': JSON.stringify({ unmatched: 'forward' }),
      'cors:star.example': JSON.stringify([{ AllowedOrigins: ['*'], AllowedMethods: ['GET'] }]),
    },
  })
})
afterAll(() => Promise.all([edge.stop(), bucket.stop()]))
beforeEach(() => {
  bucket.received.length = 0
  bucket.answer = (_request, response) => response.end('object')
})

const CORS = {
  'access-control-allow-origin': 'https://app.example',
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': 'ETag,x-cos-request-id',
}
const corsOf = (headers: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')))

describe('to the bucket', () => {
  test('path and query arrive byte for byte behind the prefix', async () => {
    const path = "/a//b/%2F+%2B%20~!'()*/%E4%BD%A0.?x=%20+&y=a/../b&z"
    await edge.send(path)
    expect(bucket.last.url).toBe(`/prefix${path}`)
  })

  test('the Host is the bucket’s, whatever host the client names', async () => {
    await edge.send('/k', { headers: { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' } })
    expect(bucket.last.headers.host).toBe(new URL(bucket.origin).host)
    expect(bucket.last.headers).not.toHaveProperty('x-forwarded-host')
    expect(bucket.last.headers).not.toHaveProperty('forwarded')
    await edge.send('//evil.example/@k')
    expect(bucket.last.url).toBe('/prefix//evil.example/@k')
  })

  test('a dot segment is refused, never resolved to another key', async () => {
    for (const path of ['/a/../b', '/a/./b', '/..', '/a/%2e%2E/b', '/a/.%2e', '/a/\\..\\b', '/%2e/b']) {
      const answer = await edge.send(path)
      expect([answer.status, answer.text.includes('<Code>InvalidURI</Code>')], path).toEqual([400, true])
    }
    expect(bucket.received).toEqual([])
    for (const path of ['/a/..b', '/a/.../b', '/a..', '/.hidden', '/a%2fb']) {
      await edge.send(path)
      expect(bucket.last.url).toBe(`/prefix${path}`)
    }
  })

  test('an upload arrives with its length, its headers and its bytes', async () => {
    const body = Buffer.from(Uint8Array.from({ length: 70_000 }, (_, at) => at % 251))
    const headers = {
      origin: 'https://app.example',
      authorization: 'q-sign-algorithm=sha1&q-header-list=content-length;host',
      'content-type': 'image/png',
      'content-md5': 'abc=',
      'x-cos-meta-name': 'v',
      'if-match': '"e"',
      'x-unknown': '1',
    }
    await edge.send('/k?partNumber=1&uploadId=u', { method: 'PUT', headers, body })
    const { origin, ...sent } = headers
    expect(bucket.last.method).toBe('PUT')
    expect(bucket.last.headers).toMatchObject({ ...sent, 'content-length': '70000' })
    expect(bucket.last.headers).not.toHaveProperty('transfer-encoding')
    // What the bucket would keep as the object's own must not come from the edge.
    expect(bucket.last.headers).not.toHaveProperty('cache-control')
    expect(bucket.last.body.equals(body)).toBe(true)
  })

  test('Origin and the preflight headers do not reach the bucket, unless a signature covers Origin', async () => {
    const origin = 'https://app.example'
    const plain = { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'x' }
    await edge.send('/k', { headers: plain })
    for (const name of Object.keys(plain)) expect(bucket.last.headers).not.toHaveProperty(name)
    await edge.send('/k', {
      headers: { origin, authorization: 'q-sign-algorithm=sha1&q-header-list=host;origin&q-url-param-list=' },
    })
    expect(bucket.last.headers).toHaveProperty('origin')
    await edge.send('/k?X-Amz-SignedHeaders=host%3Borigin&X-Amz-Signature=s', { headers: { origin } })
    expect(bucket.last.headers).toHaveProperty('origin')
    await edge.send('/k?q-header-list=origins&q-signature=s', { headers: { origin } })
    expect(bucket.last.headers).not.toHaveProperty('origin')
  })

  test('hop-by-hop fields and those that Connection names are dropped', async () => {
    await edge.send('/k', {
      headers: {
        connection: 'keep-alive, x-hop, authorization',
        'x-hop': '1',
        authorization: 'kept',
        'proxy-authorization': 'secret',
        te: 'trailers',
        'keep-alive': 'timeout=5',
      },
    })
    for (const name of ['x-hop', 'proxy-authorization', 'te', 'keep-alive'])
      expect(bucket.last.headers).not.toHaveProperty(name)
    expect(bucket.last.headers.authorization).toBe('kept')
  })

  test('HEAD arrives as HEAD and keeps the length; Range and conditions arrive unchanged', async () => {
    bucket.answer = (_request, response) =>
      response.writeHead(200, { 'content-length': '1234', etag: '"e"' }).end()
    const answer = await edge.send('/k', { method: 'HEAD', headers: { origin: 'https://app.example' } })
    expect(bucket.last.method).toBe('HEAD')
    expect(answer.headers).toMatchObject({ ...CORS, 'content-length': '1234', etag: '"e"' })
    bucket.answer = (_request, response) => response.writeHead(304, { etag: '"e"' }).end()
    const conditions = { range: 'bytes=0-1,5-', 'if-range': '"e"', 'if-none-match': '"a", "b"' }
    await edge.send('/k', { headers: conditions })
    expect(bucket.last.headers).toMatchObject(conditions)
  })
})

describe('to the client', () => {
  test.each([200, 206, 301, 304, 400, 403, 404, 412, 416, 500])(
    'status %i comes as it is, with the edge’s CORS headers alone',
    async status => {
      bucket.answer = (_request, response) =>
        response
          .writeHead(status, {
            'access-control-allow-origin': '*',
            'access-control-allow-credentials': 'false',
            'access-control-allow-private-network': 'true',
            vary: 'Accept-Encoding',
            location: 'https://elsewhere.example/',
            'set-cookie': ['a=1', 'b=2'],
            etag: '"e"',
          })
          .end()
      const answer = await edge.send('/k', { headers: { origin: 'https://app.example' } })
      expect(answer.status).toBe(status)
      expect(corsOf(answer.headers)).toEqual(CORS)
      expect(answer.headers).toMatchObject({
        vary: 'Accept-Encoding, Origin',
        location: 'https://elsewhere.example/',
        'set-cookie': ['a=1', 'b=2'],
      })
      expect(bucket.received.length).toBe(1)
    },
  )

  test.each([
    ['', 'Origin'],
    ['Accept', 'Accept, Origin'],
    ['origin, Accept', 'origin, Accept'],
    ['*', '*'],
  ])('Vary %j becomes %j, with or without an Origin', async (upstream, expected) => {
    bucket.answer = (_request, response) =>
      response.writeHead(200, upstream === '' ? {} : { vary: upstream }).end('x')
    for (const headers of [
      { origin: 'https://app.example' },
      {},
      { origin: 'https://evil.example', 'sec-fetch-mode': 'no-cors' },
    ])
      expect((await edge.send('/k', { headers })).headers.vary).toBe(expected)
  })

  test('without rules a response loses the bucket’s CORS headers and gets none, and no Vary', async () => {
    bucket.answer = (_request, response) =>
      response.writeHead(200, { 'access-control-allow-origin': '*' }).end('x')
    const answer = await edge.send('/k', { host: 'none.example', headers: { origin: 'https://app.example' } })
    expect(answer.status).toBe(200)
    expect(corsOf(answer.headers)).toEqual({})
    expect(answer.headers.vary).toBeUndefined()
  })

  test('S3 repeats methods and max-age, sends its Vary, and reads the preflight headers of a GET', async () => {
    const get = (headers: Record<string, string>) =>
      edge.send('/k', { host: 's3.example', headers: { origin: 'https://app.example', ...headers } })
    expect((await get({})).headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-methods': 'GET, PUT, HEAD',
      'access-control-expose-headers': 'ETag, x-cos-request-id',
      'access-control-max-age': '600',
      vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
    })
    const refused = await get({ 'access-control-request-method': 'DELETE' })
    expect([refused.status, corsOf(refused.headers)]).toEqual([200, {}])
  })

  test('a body that breaks off ends the client’s body, too', async () => {
    bucket.answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('half')
      setImmediate(() => response.destroy())
    }
    await expect(edge.send('/k')).rejects.toThrow()
  })
})

describe('unmatched', () => {
  const from = (origin: string, mode?: string) => ({
    origin,
    ...(mode === undefined ? {} : { 'sec-fetch-mode': mode }),
  })

  test('refuse: a cross-origin request in CORS mode is refused before it reaches the bucket', async () => {
    for (const headers of [
      from('https://evil.example'),
      from('https://evil.example', 'cors'),
      from('null', 'cors'),
    ]) {
      const answer = await edge.send('/k', { method: 'PUT', headers, body: 'unread'.repeat(1000) })
      expect(answer.status).toBe(403)
      expect(answer.text).toContain('<Code>AccessForbidden</Code>')
      expect(corsOf(answer.headers)).toEqual({})
      expect(answer.headers.vary).toBe('Origin')
    }
    const head = await edge.send('/k', { method: 'HEAD', headers: from('https://evil.example') })
    expect([head.status, head.body.length]).toEqual([403, 0])
    expect(bucket.received).toEqual([])
  })

  test('refuse: navigations, no-cors requests, the edge’s own origin and requests without Origin pass undecorated', async () => {
    const passing = [
      from('https://evil.example', 'navigate'),
      from('https://evil.example', 'no-cors'),
      from('null', 'navigate'),
      from('http://edge.example', 'cors'),
      {},
    ]
    for (const headers of passing) {
      const answer = await edge.send('/k', { headers })
      expect([answer.status, corsOf(answer.headers), answer.headers.vary]).toEqual([200, {}, 'Origin'])
    }
    expect(bucket.received.length).toBe(passing.length)
    // No browser writes the port, but other clients do.
    const own = { host: 'edge.example:80', headers: from('http://edge.example', 'cors') }
    expect((await edge.send('/k', own)).status).toBe(200)
  })

  test('forward: the request is executed and its response undecorated', async () => {
    const answer = await edge.send('/k', { host: 'forward.example', headers: from('https://evil.example') })
    expect([answer.status, corsOf(answer.headers), answer.headers.vary]).toEqual([200, {}, 'Origin'])
  })

  test('a public rule answers * to every origin', async () => {
    const answer = await edge.send('/k', { host: 'star.example', headers: from('https://any.example') })
    expect(corsOf(answer.headers)).toEqual({ 'access-control-allow-origin': '*' })
  })
})

describe('a failing bucket', () => {
  const origin = { origin: 'https://app.example' }

  test('that resets is a 502 in XML with CORS headers, after one retry', async () => {
    bucket.answer = (_request, response) => response.destroy()
    const answer = await edge.send('/k', { headers: origin })
    expect([answer.status, answer.headers['content-type']]).toEqual([502, 'application/xml'])
    expect(answer.text).toContain('<Code>BadGateway</Code>')
    expect(corsOf(answer.headers)).toEqual(CORS)
    expect(answer.headers.vary).toBe('Origin')
    expect(bucket.received.length).toBe(2)
    expect((await edge.wholeLog()).join('\n')).toContain('"event":"upstream-failed"')
  })

  test('that sends no headers in time is a 504, and its connection is closed', async () => {
    const letGo = new Promise<void>(resolve => {
      bucket.answer = (_request, response) => void response.on('close', resolve)
    })
    const answer = await edge.send('/k', { headers: origin })
    await letGo
    expect([answer.status, answer.text.includes('<Code>GatewayTimeout</Code>')]).toEqual([504, true])
    expect(corsOf(answer.headers)).toEqual(CORS)
  })

  test('that recovers gets a GET twice, and an upload only once', async () => {
    bucket.answer = (_request, response) =>
      response.writeHead(bucket.received.length === 1 ? 503 : 200).end('x')
    expect((await edge.send('/k')).status).toBe(200)
    bucket.received.length = 0
    expect((await edge.send('/k', { method: 'PUT', body: 'x' })).status).toBe(503)
    expect(bucket.received.length).toBe(1)
  })

  test('a redirect is passed on, not followed', async () => {
    bucket.answer = (_request, response) => response.writeHead(302, { location: '/again' }).end()
    const answer = await edge.send('/k', { headers: origin })
    expect([answer.status, answer.headers.location, bucket.received.length]).toEqual([302, '/again', 1])
  })
})
