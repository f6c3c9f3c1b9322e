/**
 * Preflights and other OPTIONS requests, in both dialects: none costs a request to the bucket.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, Edge, RecordingBucket } from './harness.ts'

const RULES = JSON.stringify([
  {
    AllowedOrigins: ['https://app.example', 'null', 'https://*.team.example'],
    AllowedMethods: ['GET', 'PUT'],
    AllowedHeaders: ['Content-Type', 'X-Cos-Meta-*'],
    ExposeHeaders: ['ETag'],
    MaxAgeSeconds: 0,
  },
  { AllowedOrigins: ['*', 'https://concrete.example'], AllowedMethods: ['GET'], AllowedHeaders: ['*'] },
])

let bucket: RecordingBucket
let cos: Edge
let s3: Edge

beforeAll(async () => {
  bucket = await RecordingBucket.start()
  const rules = { 'cors:edge.example': RULES }
  const start = (DIALECT: string) =>
    Edge.start({ vars: { ORIGIN: bucket.origin, DIALECT, DEBUG_REFUSALS: 'off' }, rules })
  ;[cos, s3] = await Promise.all([start('cos'), start('s3')])
})
afterAll(async () => {
  expect(bucket.received, 'no OPTIONS request may reach the bucket').toEqual([])
  await Promise.all([cos.stop(), s3.stop(), bucket.stop()])
})

const element = (answer: Answer, name: string): string | undefined =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(answer.text)?.[1]?.replaceAll('&apos;', "'")

const corsHeaders = (answer: Answer): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(answer.headers).filter(([name]) => name.startsWith('access-control-') || name === 'vary'),
  )

describe('allowed', () => {
  test('a concrete origin gets credentials; a rule with a star in a header name answers with the requested names', async () => {
    const answer = await cos.preflight('/k', 'https://app.example', 'PUT', 'X-Cos-Meta-A, content-type')
    expect(corsHeaders(answer)).toEqual({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'x-cos-meta-a,content-type',
      'access-control-allow-methods': 'GET,PUT',
      'access-control-expose-headers': 'ETag',
      'access-control-max-age': '0',
    })
  })

  test('S3 separates with a comma and a space and sends its three Vary names', async () => {
    const answer = await s3.preflight('/k', 'https://app.example', 'PUT', 'X-Cos-Meta-A,content-type')
    expect(corsHeaders(answer)).toEqual({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'x-cos-meta-a, content-type',
      'access-control-allow-methods': 'GET, PUT',
      'access-control-expose-headers': 'ETag',
      'access-control-max-age': '0',
      vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
    })
    expect(answer.headers['x-amz-request-id']).toMatch(/^[0-9A-F]{16}$/)
    expect(answer.headers['x-cos-request-id']).toBeUndefined()
  })

  test('a listed null never gets credentials', async () => {
    const answer = await cos.preflight('/k', 'null', 'PUT')
    expect(answer.status).toBe(200)
    expect(corsHeaders(answer)).toMatchObject({ 'access-control-allow-origin': 'null' })
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined()
  })

  test('a rule with * beside a concrete origin answers * without credentials, for every origin', async () => {
    for (const origin of ['https://concrete.example', 'https://any.example', 'null']) {
      const answer = await cos.preflight('/k', origin, 'GET', 'range')
      expect(answer.headers['access-control-allow-origin'], origin).toBe('*')
      expect(answer.headers['access-control-allow-credentials'], origin).toBeUndefined()
      expect(answer.headers['access-control-allow-headers'], origin).toBe('range')
      expect(answer.headers['access-control-max-age'], origin).toBeUndefined()
    }
  })

  test('requested headers on several lines count as one list', async () => {
    const answer = await cos.send('/k', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': ['content-type', 'x-cos-meta-b'],
      },
    })
    expect(answer.headers['access-control-allow-headers']).toBe('content-type,x-cos-meta-b')
  })

  test('ResponseVary adds Vary: Origin to a COS preflight', async () => {
    const rule =
      '<CORSRule><AllowedOrigin>https://v.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>'
    const document = `<CORSConfiguration>${rule}<ResponseVary>true</ResponseVary></CORSConfiguration>`
    await cos.putRules('cors:vary.example', document)
    const answer = await cos.preflight('/k', 'https://v.example', 'GET', undefined, 'vary.example')
    expect(answer.headers.vary).toBe('Origin')
  })
})

describe('docs/parity.md: other stores allow what the edge refuses', () => {
  const names = (count: number) => Array.from({ length: count }, (_, i) => `x-name-${i}`).join(',')

  test('more than 64 requested names under AllowedHeader *', async () => {
    for (const edge of [cos, s3]) {
      const ask = (count: number) => edge.preflight('/k', 'https://any.example', 'GET', names(count))
      expect([(await ask(64)).status, (await ask(65)).status]).toEqual([200, 403])
    }
  })

  test('a requested header named * under AllowedHeader *', async () => {
    for (const edge of [cos, s3]) {
      const ask = (list: string) => edge.preflight('/k', 'https://any.example', 'GET', list)
      expect([(await ask('a')).status, (await ask('*')).status, (await ask('a,*')).status]).toEqual([
        200, 403, 403,
      ])
    }
  })
})

describe('refused', () => {
  test.each([
    ['an origin that no rule has', 'https://evil.example', 'PUT', undefined],
    ['a method that no rule of the origin has', 'https://app.example', 'DELETE', undefined],
    ['a header that no rule allows', 'https://app.example', 'PUT', 'content-type,x-other'],
    ['two origins on two lines', 'https://app.example, https://app.example', 'PUT', undefined],
    ['two methods', 'https://app.example', 'GET, PUT', undefined],
    ['a lower-case method', 'https://app.example', 'put', undefined],
    ['a method outside the five', 'https://app.example', 'PATCH', undefined],
    ['an origin in another case', 'https://APP.example', 'PUT', undefined],
  ])('COS refuses %s with its 403, without CORS headers', async (_case, origin, method, headers) => {
    const answer = await cos.preflight('/k', origin, method, headers)
    expect(answer.status).toBe(403)
    expect(element(answer, 'Code')).toBe('AccessForbidden')
    expect(corsHeaders(answer)).toEqual({})
    expect(answer.text).toContain(String(answer.headers['x-cos-request-id']))
  })

  test('S3 names the method and the kind of resource', async () => {
    const object = await s3.preflight('/k', 'https://evil.example', 'PUT')
    expect([object.status, element(object, 'Method'), element(object, 'ResourceType')]).toEqual([
      403,
      'PUT',
      'OBJECT',
    ])
    expect(element(object, 'Message')).toMatch(
      /Access-Control-Request-Headers are not whitelisted.*CORS spec\.$/,
    )
    expect(corsHeaders(object)).toEqual({})
    const root = await s3.preflight('/', 'https://evil.example', 'PUT')
    expect(element(root, 'ResourceType')).toBe('BUCKET')
    expect(element(root, 'HostId')).toBe(root.headers['x-amz-id-2'])
  })

  test('S3 quotes a method outside the five only when it is a short token', async () => {
    const message = async (method: string) => {
      const answer = await s3.preflight('/k', 'https://app.example', method)
      expect(answer.status).toBe(400)
      return element(answer, 'Message')
    }
    expect(await message('PATCH')).toBe('Invalid Access-Control-Request-Method: PATCH')
    expect(await message('GET, PUT')).toBe('Invalid Access-Control-Request-Method: null')
    expect(await message('<script>')).toBe('Invalid Access-Control-Request-Method: null')
    expect(await message('X'.repeat(33))).toBe('Invalid Access-Control-Request-Method: null')
  })

  test('a host without rules: COS refuses as usual, S3 says that CORS is not enabled', async () => {
    const cosAnswer = await cos.preflight('/k', 'https://app.example', 'PUT', undefined, 'unknown.example')
    expect([cosAnswer.status, element(cosAnswer, 'Code')]).toEqual([403, 'AccessForbidden'])
    const s3Answer = await s3.preflight('/k', 'https://app.example', 'PUT', undefined, 'unknown.example')
    expect(element(s3Answer, 'Message')).toBe('CORSResponse: CORS is not enabled for this bucket.')
    expect([element(s3Answer, 'Method'), element(s3Answer, 'ResourceType')]).toEqual(['PUT', 'BUCKET'])
  })

  test('hostile values are escaped or left out, and answered in time', async () => {
    const hostile = [
      ["/&'k", 'https://<app>&.example', 'DELETE', undefined],
      ['/k', `https://${'a'.repeat(60_000)}.example`, 'PUT', undefined],
      ['/k', 'https://app.example', 'PUT', ','.repeat(60_000)],
      ['/k', 'https://app.example', 'PUT', `content-type,${' '.repeat(60_000)}x`],
      ['/k', 'https://app.example', 'PUT', 'content-type,'.repeat(5000)],
      ['/k', 'https://app.example', 'PUT', 'x'.repeat(60_000)],
    ] as const
    for (const [path, origin, method, headers] of hostile) {
      const answer = await cos.preflight(path, origin, method, headers)
      expect(answer.status).toBe(403)
      expect(answer.body.length).toBeLessThan(1000)
      expect(answer.text).not.toMatch(/&'|<app>/)
    }
  })
})

describe('OPTIONS that is not a preflight', () => {
  const options = (edge: Edge, headers: Record<string, string>, host = 'edge.example') =>
    edge.send('/k', { method: 'OPTIONS', host, headers })

  test('without Origin it is a bad request in both dialects, whatever the rules', async () => {
    for (const edge of [cos, s3])
      for (const host of ['edge.example', 'unknown.example']) {
        const answer = await options(edge, { 'access-control-request-method': 'GET' }, host)
        expect([answer.status, element(answer, 'Code')]).toEqual([400, 'BadRequest'])
        expect(element(answer, 'Message')).toBe('Insufficient information. Origin request header needed.')
      }
  })

  test('without a request method it is a bad request, but S3 without rules refuses it', async () => {
    const origin = { origin: 'https://app.example' }
    for (const edge of [cos, s3]) {
      const answer = await options(edge, origin)
      expect(answer.status).toBe(400)
      expect(element(answer, 'Message')).toBe('Invalid Access-Control-Request-Method: null')
    }
    expect((await options(cos, origin, 'unknown.example')).status).toBe(400)
    const s3Answer = await options(s3, origin, 'unknown.example')
    expect([s3Answer.status, element(s3Answer, 'Method')]).toEqual([403, 'OPTIONS'])
  })
})

describe('request ids', () => {
  test('are unique', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => cos.preflight('/k', 'https://app.example', 'PUT')),
    )
    expect(new Set(answers.map(answer => answer.headers['x-cos-request-id'])).size).toBe(50)
  })
})
