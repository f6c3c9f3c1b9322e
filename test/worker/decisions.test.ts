/**
 * The decisions of semantics 3 that no other file shows, in both dialects: which requests match, what the edge's own
 * answers carry, and what never reaches the bucket.
 */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, Edge, RecordingBucket } from './harness.ts'

const APP = 'https://app.example'
const UPLOAD = 'https://upload.example'
const RULES = JSON.stringify([
  {
    AllowedOrigins: [APP],
    AllowedMethods: ['GET'],
    AllowedHeaders: ['Range'],
    ExposeHeaders: ['ETag'],
    MaxAgeSeconds: 600,
  },
  { AllowedOrigins: [UPLOAD], AllowedMethods: ['PUT'] },
])
const STAR = JSON.stringify([{ AllowedOrigins: ['*'], AllowedMethods: ['GET'] }])
const S3 = JSON.stringify({ dialect: 's3' })

/** The same rules in each dialect. */
const HOSTS = ['cos.example', 's3.example']
const STAR_HOSTS = ['star-cos.example', 'star-s3.example']

let bucket: RecordingBucket
let edge: Edge

beforeAll(async () => {
  bucket = await RecordingBucket.start()
  edge = await Edge.start({
    vars: { ORIGIN: bucket.origin },
    rules: {
      'cors:cos.example': RULES,
      'cors:s3.example': RULES,
      'cors:star-cos.example': STAR,
      'cors:star-s3.example': STAR,
      'bucket:s3.example': S3,
      'bucket:star-s3.example': S3,
      'bucket:none-s3.example': S3,
    },
  })
})
afterAll(() => Promise.all([edge.stop(), bucket.stop()]))
beforeEach(() => {
  bucket.received.length = 0
  bucket.answer = (_request, response) => response.end('object')
})

const corsOf = (answer: Answer) =>
  Object.fromEntries(Object.entries(answer.headers).filter(([name]) => name.startsWith('access-control-')))
const isDecorated = (answer: Answer) => answer.headers['access-control-allow-origin'] !== undefined

type Headers = Record<string, string | string[]>
const options = (host: string, headers: Headers, path = '/k') =>
  edge.send(path, { method: 'OPTIONS', host, headers })

describe('OPTIONS', () => {
  test('that is not a preflight is a 400 in the error document of the dialect', async () => {
    for (const headers of [{ origin: APP }, { 'access-control-request-method': 'GET' }, {}]) {
      const cos = await options('cos.example', headers)
      expect(cos.status).toBe(400)
      expect(cos.text).toMatch(
        /^<\?xml version='1\.0' encoding='utf-8' \?>\n<Error>\n\t<Code>BadRequest<\/Code>\n/,
      )
      expect(cos.text).toContain(`<TraceId>${cos.headers['x-cos-trace-id']}</TraceId>`)
      const s3 = await options('s3.example', headers)
      expect(s3.status).toBe(400)
      expect(s3.text).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<Error><Code>BadRequest<\/Code>/)
      expect(s3.text).toContain(`<HostId>${s3.headers['x-amz-id-2']}</HostId>`)
      for (const answer of [cos, s3]) expect(corsOf(answer)).toEqual({})
    }
  })

  test('never costs a request to the bucket, whatever it asks for', async () => {
    const statuses = new Set<number>()
    for (const host of [...HOSTS, 'none.example', 'none-s3.example'])
      for (const origin of [APP, 'https://evil.example', null])
        for (const method of ['GET', 'PATCH', null])
          for (const path of ['/', '/k', '/?cors', '/k?uploads', '/a/../b']) {
            const headers = {
              ...(origin === null ? {} : { origin }),
              ...(method === null ? {} : { 'access-control-request-method': method }),
            }
            statuses.add((await options(host, headers, path)).status)
          }
    expect([...statuses].sort()).toEqual([200, 400, 403])
    expect(bucket.received).toEqual([])
  })

  test('with two Origin lines, or two of the method, matches nothing', async () => {
    for (const host of [...HOSTS, ...STAR_HOSTS])
      for (const headers of [
        { origin: [APP, APP], 'access-control-request-method': 'GET' },
        { origin: [APP, 'https://evil.example'], 'access-control-request-method': 'GET' },
        { origin: APP, 'access-control-request-method': ['GET', 'GET'] },
      ]) {
        const answer = await options(host, headers)
        expect([400, 403]).toContain(answer.status)
        expect(corsOf(answer)).toEqual({})
      }
  })

  test('never has a header of Private or Local Network Access', async () => {
    for (const host of [...HOSTS, ...STAR_HOSTS]) {
      const answer = await options(host, {
        origin: APP,
        'access-control-request-method': 'GET',
        'access-control-request-private-network': 'true',
        'access-control-request-local-network': 'true',
      })
      expect(answer.status).toBe(200)
      expect(Object.keys(answer.headers).filter(name => name.includes('network'))).toEqual([])
    }
  })
})

describe('an actual request', () => {
  const actual = (host: string, method: string, headers: Headers) =>
    edge.send('/k', { host, method, headers, ...(method === 'PUT' ? { body: 'x' } : {}) })

  test('is matched by its own method, and its own headers are not checked', async () => {
    const custom = { 'x-custom': '1', 'content-type': 'image/png' }
    for (const host of HOSTS) {
      expect(isDecorated(await actual(host, 'GET', { origin: APP, ...custom }))).toBe(true)
      expect(isDecorated(await actual(host, 'PUT', { origin: UPLOAD, ...custom }))).toBe(true)
      expect(bucket.last.headers).toMatchObject(custom)
      expect((await actual(host, 'PUT', { origin: APP })).status).toBe(403)
      expect((await actual(host, 'GET', { origin: UPLOAD })).status).toBe(403)
      expect((await actual(host, 'DELETE', { origin: APP })).status).toBe(403)
    }
    expect(bucket.received.map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET', 'PUT'])
  })

  test('is matched by its Access-Control-Request-* in S3, and never in COS', async () => {
    const cases: [Headers, cos: boolean, s3: boolean][] = [
      [{ 'access-control-request-method': 'GET' }, true, true],
      [{ 'access-control-request-method': 'PUT' }, true, false],
      [{ 'access-control-request-method': '' }, true, true],
      [{ 'access-control-request-headers': 'Range' }, true, true],
      [{ 'access-control-request-headers': 'x-other' }, true, false],
      [{ 'access-control-request-method': 'GET', 'access-control-request-headers': 'x-other' }, true, false],
    ]
    for (const [headers, cos, s3] of cases) {
      const decorated = async (host: string) =>
        isDecorated(await actual(host, 'GET', { origin: APP, ...headers }))
      expect(
        [await decorated('cos.example'), await decorated('s3.example')],
        JSON.stringify(headers),
      ).toEqual([cos, s3])
    }
  })

  test('of a bucket whose rules are all * has Origin in its Vary too, with and without an Origin', async () => {
    for (const host of STAR_HOSTS)
      for (const headers of [{ origin: APP }, {}]) {
        const answer = await actual(host, 'GET', headers)
        expect(String(answer.headers.vary).split(', ')[0]).toBe('Origin')
        expect(answer.headers['access-control-allow-origin']).toBe('origin' in headers ? '*' : undefined)
      }
  })

  test('that the edge itself answers has the CORS headers of its rule, so that a script can read the error', async () => {
    for (const host of HOSTS) {
      const answer = await edge.send('/a/../b', { host, headers: { origin: APP } })
      expect([answer.status, answer.text.includes('<Code>InvalidURI</Code>')]).toEqual([400, true])
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': APP,
        'access-control-expose-headers': 'ETag',
      })
      expect(String(answer.headers.vary)).toContain('Origin')
    }
    expect(bucket.received).toEqual([])
  })

  test('from an origin that only looks like the edge’s own is unmatched', async () => {
    const mode = { 'sec-fetch-mode': 'cors' }
    for (const origin of [
      'https://cos.example',
      'http://cos.example:8080',
      'http://cos.example.evil.example',
      'http://cos.exampl',
      'http://cos.example/',
      'null',
    ])
      expect((await actual('cos.example', 'GET', { origin, ...mode })).status, origin).toBe(403)
    expect(bucket.received).toEqual([])
    expect((await actual('cos.example', 'GET', { origin: 'http://cos.example', ...mode })).status).toBe(200)
  })

  test('for the CORS configuration goes to the bucket, and the bucket’s answer comes back', async () => {
    const document = '<Error><Code>NoSuchCORSConfiguration</Code></Error>'
    for (const [method, status] of [
      ['PUT', 200],
      ['GET', 200],
      ['DELETE', 204],
      ['GET', 404],
    ] as const) {
      bucket.answer = (_request, response) => response.writeHead(status).end(status === 404 ? document : '')
      const body = method === 'PUT' ? { body: '<x/>' } : {}
      const answer = await edge.send('/?cors', { host: 'cos.example', method, ...body })
      expect([answer.status, answer.text]).toEqual([status, status === 404 ? document : ''])
      expect([bucket.last.method, bucket.last.url]).toEqual([method, '/?cors'])
    }
  })
})
