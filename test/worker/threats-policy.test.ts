/**
 * Policy logic that went wrong in other CORS software, on the built Worker. Each test begins with what went wrong;
 * test/conformance/README.md says which record it is, and which of them are shown elsewhere.
 */

import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeRecord } from '../../src/rules/record.ts'
import { type Answer, Edge, type Received, RecordingBucket, type RequestOptions } from './harness.ts'

const A = 'https://a.example'
const B = 'https://b.example'
const EVIL = 'https://evil.example'
const S3 = JSON.stringify({ dialect: 's3' })
const FORWARD = JSON.stringify({ unmatched: 'forward' })

const RULES = JSON.stringify([
  {
    AllowedOrigins: [A, B, 'null', 'https://*.team.example'],
    AllowedMethods: ['GET', 'PUT'],
    AllowedHeaders: ['x-a', 'x-b'],
    ExposeHeaders: ['ETag'],
    MaxAgeSeconds: 60,
  },
])
const STAR = JSON.stringify([
  {
    AllowedOrigins: [A, '*', 'null', 'https://*.team.example'],
    AllowedMethods: ['GET', 'PUT'],
    AllowedHeaders: ['*'],
  },
])

let bucket: RecordingBucket
let edge: Edge

beforeAll(async () => {
  bucket = await RecordingBucket.start()
  edge = await Edge.start({
    vars: { ORIGIN: bucket.origin },
    rules: {
      'cors:rules.example': RULES,
      'cors:rules-s3.example': RULES,
      'bucket:rules-s3.example': S3,
      'cors:forward.example': RULES,
      'bucket:forward.example': FORWARD,
      'cors:star.example': STAR,
      'cors:star-s3.example': STAR,
      'bucket:star-s3.example': S3,
      'cors:no-rules.example': JSON.stringify(await emptyRecord()),
    },
  })
})
afterAll(() => Promise.all([edge.stop(), bucket.stop()]))
beforeEach(() => {
  bucket.received.length = 0
  bucket.answer = (_request, response) => response.end('object')
})

/** What `rules publish` writes for a bucket without rules. */
const emptyRecord = () => makeRecord({ rules: [], responseVary: false }, { publishedAt: '', source: '' })

const corsOf = (answer: Answer): Record<string, unknown> =>
  Object.fromEntries(Object.entries(answer.headers).filter(([name]) => name.startsWith('access-control-')))
const originOf = (answer: Answer) => answer.headers['access-control-allow-origin']
const varyOf = (answer: Answer) =>
  [answer.headers.vary ?? []].flat().flatMap(line => line.split(',').map(name => name.trim()))

const actual = (host: string, options: RequestOptions = {}, path = '/k') =>
  edge.send(path, { host, ...options })
const fromOrigin = (origin: string | null, mode?: string) => ({
  ...(origin === null ? {} : { origin }),
  ...(mode === undefined ? {} : { 'sec-fetch-mode': mode }),
})

/** Sends bytes that no HTTP client would, and gives the first line of the answer. */
function sendBytes(bytes: string): Promise<string> {
  const { hostname, port } = new URL(edge.origin)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.end(bytes))
    let text = ''
    socket.on('data', chunk => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text.split('\r\n')[0] ?? ''))
  })
}

describe('origins', () => {
  test('a rule for every origin granted credentials: * is answered with exactly *, to every origin', async () => {
    for (const host of ['star.example', 'star-s3.example'])
      for (const origin of [A, EVIL, 'null', 'https://x.team.example', 'http://localhost:3000', '*', 'a']) {
        for (const answer of [
          await edge.preflight('/k', origin, 'PUT', 'authorization', host),
          await actual(host, { headers: { origin } }),
          await actual(host, { method: 'PUT', headers: { origin, cookie: 'a=1' }, body: 'x' }),
        ]) {
          expect(answer.status).toBe(200)
          expect(originOf(answer)).toBe('*')
          expect(answer.headers).not.toHaveProperty('access-control-allow-credentials')
        }
      }
  })

  test('a pattern was read as a regular expression, without its ends, or over itself: it stands for one text', async () => {
    const patterns = [
      'https://example.*.example.com',
      'https://www.foo.com',
      'https://bar.com',
      'https://*.baz.com',
      'https://app.com:*',
      'https://a+(b).com',
    ]
    await edge.putRules(
      'cors:patterns.example',
      JSON.stringify([{ AllowedOrigins: patterns, AllowedMethods: ['GET'] }]),
    )
    const allowed = async (origin: string) => {
      const answer = await edge.preflight('/k', origin, 'GET', undefined, 'patterns.example')
      expect([200, 403]).toContain(answer.status)
      expect(originOf(answer)).toBe(answer.status === 200 ? origin : undefined)
      return answer.status === 200
    }
    for (const origin of [
      'https://example.a.example.com',
      'https://example..example.com',
      'https://bar.com',
      'https://x.y.baz.com',
      'https://evil.com/.baz.com',
      'https://app.com:8443',
      'https://a+(b).com',
    ])
      expect(await allowed(origin), origin).toBe(true)
    for (const origin of [
      'https://example.example.com',
      'https://www.fooXcom',
      'https://wwwXfoo.com',
      'https://barwww.foo.com',
      'https://foo.com',
      'https://bar.com.evil.com',
      'https://bar.comhttps://bar.com',
      'xhttps://bar.com',
      'https://evilbaz.com',
      'https://baz.com',
      'https://x.baz.com.evil.com',
      'https://app.com',
      'https://aab.com',
      'https://a(b).com',
    ])
      expect(await allowed(origin), origin).toBe(false)
  })

  test('null was a wildcard or broke navigations: it is allowed where it is listed, without credentials', async () => {
    const listed = await actual('rules.example', { headers: fromOrigin('null', 'cors') })
    expect(corsOf(listed)).toEqual({
      'access-control-allow-origin': 'null',
      'access-control-expose-headers': 'ETag',
    })
    await edge.putRules(
      'cors:unlisted.example',
      JSON.stringify([{ AllowedOrigins: ['n*', 'https://*', '*l', A], AllowedMethods: ['GET'] }]),
    )
    expect((await edge.preflight('/k', 'null', 'GET', undefined, 'unlisted.example')).status).toBe(403)
    for (const [mode, status] of [
      ['cors', 403],
      ['navigate', 200],
      ['no-cors', 200],
    ] as const) {
      const answer = await actual('unlisted.example', { headers: fromOrigin('null', mode) })
      expect([answer.status, corsOf(answer)]).toEqual([status, {}])
    }
  })

  test('a request method that no rule can have came back as allowed: it is refused and in no CORS header', async () => {
    for (const host of ['rules.example', 'star.example', 'rules-s3.example', 'star-s3.example'])
      for (const method of ['PATCH', 'get', 'Get', '*', 'OPTIONS', 'GET,PUT', 'PROPFIND', 'X'.repeat(4000)]) {
        const answer = await edge.preflight('/k', A, method, undefined, host)
        expect(answer.status, `${host} ${method}`).toBe(host.includes('s3') ? 400 : 403)
        expect(corsOf(answer)).toEqual({})
      }
    const patch = await actual('forward.example', { method: 'PATCH', headers: { origin: A } })
    expect([patch.status, corsOf(patch)]).toEqual([405, {}])
  })
})

describe('what a client writes', () => {
  test('a control character in Origin forged a log line: it is escaped there, or the request is refused', async () => {
    const preflight = (origin: string) =>
      sendBytes(
        `OPTIONS /k HTTP/1.1\r\nHost: rules.example\r\nConnection: close\r\nAccess-Control-Request-Method: GET\r\nOrigin: ${origin}\r\n\r\n`,
      )
    edge.log.length = 0
    expect(await preflight('https://x\rforged')).toContain(' 400 ')
    expect(await preflight('https://x\r\n {"event":"forged"}')).toContain(' 400 ')
    expect(await edge.wholeLog()).toEqual([])
    for (const control of ['\u0001', '\t', '\u0008', '\u001b[2J', '\u001f']) {
      expect(await preflight(`https://x${control}"forged`)).toContain(' 403 ')
      const line = (await edge.wholeLog()).at(-1) ?? ''
      expect(line).not.toMatch(/[\u0000-\u001f]/)
      expect(JSON.parse(line)).toMatchObject({
        event: 'preflight',
        outcome: 'refused',
        origin: `https://x${control}"forged`,
      })
    }
  })

  test('a decoded path decided on CORS: no path changes the answer, and none adds a header', async () => {
    const paths = [
      '/k',
      '/%0d%0aAccess-Control-Allow-Origin:%20*',
      '/k?a=%0d%0aAccess-Control-Allow-Origin:%20*',
      '/a%2F..%2Fb',
      '/+%20%2B',
      '//evil.example/',
      '/%',
      '/%ff%00',
      '/?cors',
    ]
    const without = ({ headers: { 'x-cos-request-id': _, ...headers } }: Answer) => headers
    const [first] = await Promise.all(
      paths.map(path => edge.preflight(path, A, 'PUT', 'x-a', 'rules.example')),
    )
    expect(first?.status).toBe(200)
    for (const path of paths) {
      const allowed = await edge.preflight(path, A, 'PUT', 'x-a', 'rules.example')
      expect([allowed.status, without(allowed)], path).toEqual([
        200,
        first === undefined ? null : without(first),
      ])
      expect((await edge.preflight(path, EVIL, 'PUT', 'x-a', 'rules.example')).status, path).toBe(403)
      const decorated = await actual('rules.example', { headers: { origin: A } }, path)
      expect([decorated.status, originOf(decorated)], path).toEqual([200, A])
      expect((await actual('rules.example', { headers: { origin: EVIL } }, path)).status, path).toBe(403)
    }
  })
})

describe('caches', () => {
  test.each([200, 206, 304, 404, 500])(
    'Vary was lost or filled with request headers: on %i it is the bucket’s and Origin once',
    async status => {
      bucket.answer = (_request, response) =>
        response.writeHead(status, { vary: 'Accept-Encoding, X-Cos-Meta' }).end()
      const requested = { 'access-control-request-headers': 'x-a, x-secret', 'x-custom': '1' }
      for (const headers of [
        fromOrigin(A),
        fromOrigin(A, 'cors'),
        fromOrigin(EVIL, 'no-cors'),
        fromOrigin(EVIL, 'navigate'),
        fromOrigin(null),
      ]) {
        const answer = await actual('rules.example', { headers: { ...headers, ...requested } })
        expect([answer.status, varyOf(answer)]).toEqual([status, ['Accept-Encoding', 'X-Cos-Meta', 'Origin']])
      }
      const unmatched = await actual('forward.example', { headers: { ...fromOrigin(EVIL), ...requested } })
      expect(varyOf(unmatched)).toEqual(['Accept-Encoding', 'X-Cos-Meta', 'Origin'])
      const s3 = await actual('rules-s3.example', { headers: fromOrigin(A) })
      expect(varyOf(s3)).toEqual([
        'Accept-Encoding',
        'X-Cos-Meta',
        'Origin',
        'Access-Control-Request-Headers',
        'Access-Control-Request-Method',
      ])
    },
  )

  test.each([[A], [B], [null]])(
    'a cache behind the edge gave one origin’s headers to all: filled by %s, it serves each its own',
    async first => {
      const stored = new Map<string, Record<string, string>>()
      bucket.answer = (request, response) => {
        // Keyed by the URL alone, in front of a bucket that answers CORS itself.
        const headers = stored.get(request.url) ?? {
          'cache-control': 'public, max-age=600',
          ...(request.headers.origin === undefined
            ? {}
            : { 'access-control-allow-origin': request.headers.origin, vary: 'Origin' }),
        }
        stored.set(request.url, headers)
        response.writeHead(200, headers).end('object')
      }
      for (const origin of [first, A, B, null, A]) {
        const answer = await actual('rules.example', { headers: fromOrigin(origin) })
        expect([originOf(answer), varyOf(answer)]).toEqual([origin ?? undefined, ['Origin']])
      }
      const different = new Set(bucket.received.map(({ headers }: Received) => JSON.stringify(headers)))
      expect(different.size, 'one cached object serves them all').toBe(1)
    },
  )

  test('a cache before the edge gave one origin’s headers to all: by Vary, each has a response of its own', async () => {
    const stored: { names: string[]; asked: Record<string, string>; answer: Answer }[] = []
    /** RFC 9111 4.1: a stored response is selected by the request headers that its Vary names. */
    const get = async (asked: Record<string, string>) => {
      const held = stored.find(one => one.names.every(name => one.asked[name] === asked[name]))
      if (held !== undefined) return held.answer
      const answer = await actual('rules.example', { headers: asked })
      stored.push({ names: varyOf(answer).map(name => name.toLowerCase()), asked, answer })
      return answer
    }
    for (const origin of [null, A, B, null, B, A])
      expect(originOf(await get(fromOrigin(origin)))).toBe(origin ?? undefined)
    expect(bucket.received).toHaveLength(3)
  })

  test('two layers sent two Allow-Origin headers: the bucket’s are gone, and none is left without a match', async () => {
    bucket.answer = (_request, response) =>
      response
        .writeHead(404, [
          ...['Access-Control-Allow-Origin', '*', 'access-control-allow-origin', EVIL],
          ...['ACCESS-CONTROL-ALLOW-CREDENTIALS', 'true', 'Access-Control-Allow-Private-Network', 'true'],
          ...['Access-Control-Expose-Headers', '*', 'Access-Control-Unknown', '1'],
        ])
        .end()
    const matched = await actual('rules.example', { headers: { origin: A } })
    expect(corsOf(matched)).toEqual({
      'access-control-allow-origin': A,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'ETag',
    })
    for (const answer of [
      await actual('forward.example', { headers: fromOrigin(EVIL) }),
      await actual('rules.example', { headers: fromOrigin(EVIL, 'no-cors') }),
      await actual('rules.example', { headers: fromOrigin(null) }),
      await actual('no-rules.example', { headers: fromOrigin(A) }),
      await actual('unknown.example', { headers: fromOrigin(A) }),
    ])
      expect([answer.status, corsOf(answer)]).toEqual([404, {}])
  })
})

/** Another module around the built Worker, in the same isolate, that changes the headers of what it receives. */
const RECEIVER = `
import edge from './edge.js'
export default {
  async fetch(request, env, context) {
    const response = await edge.fetch(request, env, context)
    if (request.headers.has('x-test-change')) {
      for (const name of [...response.headers.keys()]) response.headers.set(name, 'changed')
      response.headers.append('vary', 'changed')
      response.headers.set('access-control-allow-origin', 'changed')
    }
    return response
  },
}`

describe('state between requests', () => {
  test('a receiver changed the headers of a response and of all later ones: each answer has headers of its own', async () => {
    const changing = await Edge.start({
      vars: { ORIGIN: bucket.origin },
      rules: { 'cors:rules.example': RULES, 'cors:star.example': STAR },
      around: RECEIVER,
    })
    try {
      for (const host of ['rules.example', 'star.example'])
        for (const origin of [A, 'null'])
          for (const method of ['OPTIONS', 'GET']) {
            const headers = { origin, 'access-control-request-method': 'GET' }
            const ask = (more: Record<string, string>) =>
              changing.send('/k', { host, method, headers: { ...headers, ...more } })
            const first = corsOf(await ask({}))
            expect(first).toHaveProperty('access-control-allow-origin')
            expect(originOf(await ask({ 'x-test-change': '1' }))).toBe('changed')
            expect(corsOf(await ask({}))).toEqual(first)
          }
    } finally {
      await changing.stop()
    }
  })

  test('a middleware kept one request’s state for the next: interleaved requests get their own answers', async () => {
    const tenants = Array.from({ length: 8 }, (_, at) => ({
      host: `tenant-${at}.example`,
      origin: `https://tenant-${at}.example`,
      exposed: `x-tenant-${at}`,
    }))
    for (const { host, origin, exposed } of tenants)
      await edge.putRules(
        `cors:${host}`,
        JSON.stringify([{ AllowedOrigins: [origin], AllowedMethods: ['GET'], ExposeHeaders: [exposed] }]),
      )
    // The bucket answers when all have arrived, the last one first: every request waits with all others under way.
    const waiting: (() => void)[] = []
    bucket.answer = (request, response) => {
      waiting.push(() => response.end(`${request.url}`))
      if (waiting.length === 64) for (const answer of waiting.reverse()) answer()
    }
    const requests = Array.from({ length: 64 }, (_, at) => {
      const own = tenants[at % tenants.length]
      const other = tenants[(at + 1) % tenants.length]
      if (own === undefined || other === undefined) throw new Error('no tenant')
      return { own, other, path: `/${own.host}/${at}` }
    })
    await Promise.all(
      requests.map(async ({ own, other, path }) => {
        const [answer, preflight, refused] = await Promise.all([
          edge.send(path, { host: own.host, headers: { origin: own.origin } }),
          edge.preflight(path, own.origin, 'GET', undefined, own.host),
          edge.preflight(path, other.origin, 'GET', undefined, own.host),
        ])
        expect(answer.text).toBe(path)
        for (const allowed of [answer, preflight])
          expect(corsOf(allowed)).toMatchObject({
            'access-control-allow-origin': own.origin,
            'access-control-expose-headers': own.exposed,
          })
        expect([refused.status, corsOf(refused)]).toEqual([403, {}])
        expect(refused.text).toContain(`<Resource>${own.host}${path}</Resource>`)
      }),
    )
  })
})

describe('buckets without rules', () => {
  test('CORS became a condition for every request: without rules a bucket is served as before', async () => {
    const body = Buffer.from([0, 255, 1, 254])
    bucket.answer = (request, response) =>
      response.writeHead(request.method === 'PUT' ? 201 : 200, { vary: 'Accept', etag: '"e"' }).end(body)
    for (const host of ['no-rules.example', 'unknown.example'])
      for (const method of ['GET', 'PUT', 'DELETE'])
        for (const headers of [fromOrigin(EVIL, 'cors'), fromOrigin('null', 'cors'), fromOrigin(null)]) {
          const answer = await actual(host, { method, headers, ...(method === 'PUT' ? { body } : {}) })
          expect(answer.status).toBe(method === 'PUT' ? 201 : 200)
          expect(answer.body).toEqual(body)
          expect([answer.headers.etag, answer.headers.vary, corsOf(answer)]).toEqual(['"e"', 'Accept', {}])
          expect(bucket.last.method).toBe(method)
        }
  })

  test('a refusal revealed which hosts exist: an unknown host is refused byte for byte like one without rules', async () => {
    // Of one length, so that the bytes can be compared once names and ids are taken out.
    const [unknown, known] = ['never-set-up.example', 'set-to-empty.example']
    const empty = JSON.stringify(await emptyRecord())
    await edge.putRules(`cors:${known}`, empty)
    await edge.putRules(`cors:s3-${known}`, empty)
    for (const host of [unknown, known]) await edge.putRules(`bucket:s3-${host}`, S3)

    const told = ({ status, headers, text }: Answer, host: string) => {
      const ids = Object.entries(headers).filter(([name]) => /^x-(cos|amz)-/.test(name))
      const bytes = [host, ...ids.map(([, value]) => String(value))].reduce(
        (left, value) => left.replaceAll(value, '.'.repeat(value.length)),
        JSON.stringify({ status, headers, text }),
      )
      return { bytes, idLengths: ids.map(([name, value]) => [name, value.length]) }
    }
    for (const prefix of ['', 's3-'])
      for (const headers of [
        { origin: A, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-a' },
        { origin: A, 'access-control-request-method': 'PATCH' },
        { origin: 'null' },
        {},
      ] as Record<string, string>[]) {
        const refused = async (host: string) => {
          const answer = await edge.send('/k', { method: 'OPTIONS', host: prefix + host, headers })
          expect([400, 403]).toContain(answer.status)
          return told(answer, prefix + host)
        }
        expect(await refused(unknown)).toEqual(await refused(known))
      }
  })
})
