/**
 * Rules from KV: every kind of value, memory and its refresh, and the chain of last resorts.
 */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeRecord } from '../../src/rules/record.ts'
import { makeSchema1 } from '../schema-1.ts'
import { type Circumstances, EVERY_HOST, FaultyEdge } from './faulty-kv.ts'
import { type Answer, RecordingBucket } from './harness.ts'

const rulesFor = (origin: string) => JSON.stringify([{ AllowedOrigins: [origin], AllowedMethods: ['GET'] }])
const configurationFor = (origin: string) => ({
  rules: [
    {
      id: null,
      allowedOrigins: [origin],
      allowedMethods: ['GET' as const],
      allowedHeaders: [],
      exposeHeaders: [],
      maxAgeSeconds: null,
    },
  ],
  responseVary: false,
})
const FACTS = { publishedAt: '2026-01-01T00:00:00Z', source: 'test' }
const recordFor = (origin: string) => makeRecord(configurationFor(origin), FACTS)

let bucket: RecordingBucket
/** Reads KV before every answer. */
let edge: FaultyEdge
/** Keeps policies for a minute of its own clock. */
let keeping: FaultyEdge
const TTL_SECONDS = 60
let isolates = 0
const newIsolate = () => `isolate-${++isolates}`

beforeAll(async () => {
  bucket = await RecordingBucket.start()
  edge = await FaultyEdge.start({ ORIGIN: bucket.origin, POLICY_TTL_SECONDS: '0', DEBUG_REFUSALS: 'on' })
  keeping = await FaultyEdge.start({
    ORIGIN: bucket.origin,
    POLICY_TTL_SECONDS: String(TTL_SECONDS),
    DEBUG_REFUSALS: 'on',
  })
})
afterAll(() => Promise.all([edge.stop(), keeping.stop(), bucket.stop()]))
beforeEach(async () => {
  await edge.failReads(EVERY_HOST, 'none')
  edge.log.length = 0
  bucket.received.length = 0
  bucket.answer = (_request, response) => response.end('object')
})

const GOOD = 'https://good.example'
const preflight = (
  to: FaultyEdge,
  isolate: string,
  host: string,
  origin = GOOD,
  circumstances: Circumstances = {},
): Promise<Answer> => {
  const headers = { origin, 'access-control-request-method': 'GET' }
  return to.send(isolate, '/k', { method: 'OPTIONS', host, headers }, circumstances)
}
const source = (answer: Answer) => /desc="([^"]*)"/.exec(String(answer.headers['server-timing']))?.[1]

describe('values', () => {
  test.each([
    [
      'raw XML',
      async () =>
        `<CORSConfiguration><CORSRule><AllowedOrigin>${GOOD}</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`,
    ],
    ['a bare S3 JSON array', async () => rulesFor(GOOD)],
    ['S3 JSON', async () => `\n { "CORSRules": ${rulesFor(GOOD)} }`],
    ['a published record', async () => JSON.stringify(await recordFor(GOOD))],
    [
      'a record of schema 1',
      async () => JSON.stringify(await makeSchema1(configurationFor(GOOD), 's3', FACTS)),
    ],
  ])('%s answers', async (_kind, value) => {
    await edge.put('cors:kinds.example', await value())
    const answer = await preflight(edge, 'values', 'kinds.example')
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': GOOD,
      'access-control-allow-methods': 'GET',
    })
    expect(answer.headers.vary).toBeUndefined()
    expect((await preflight(edge, 'values', 'kinds.example', 'https://bad.example')).status).toBe(403)
  })

  test('a host without its own rules has the default rules; its own come first; case and port do not matter', async () => {
    await edge.put('cors:default', rulesFor('https://default.example'))
    await edge.put('cors:own.example', rulesFor(GOOD))
    expect((await preflight(edge, 'default', 'any.example', 'https://default.example')).status).toBe(200)
    expect((await preflight(edge, 'default', 'own.example', 'https://default.example')).status).toBe(403)
    expect((await preflight(edge, 'default', 'OWN.example:8443')).status).toBe(200)
    await edge.put('cors:default', null)
    // KV may show the missing key of a data centre where the new one has not arrived.
    await edge.later(120)
    expect((await preflight(edge, 'default', 'any.example', 'https://default.example')).status).toBe(403)
  })

  test('an explicit record of no rules is a bucket without rules', async () => {
    await edge.put('cors:default', rulesFor(GOOD))
    const none = await makeRecord({ rules: [], responseVary: false }, { publishedAt: '', source: '' })
    await edge.put('cors:empty.example', JSON.stringify(none))
    expect((await preflight(edge, 'none', 'empty.example')).status).toBe(403)
    await edge.put('cors:default', null)
  })

  test('per-host settings override the variables; wrong ones are a 500 that names the key, until they are corrected', async () => {
    await edge.put('cors:set.example', rulesFor(GOOD))
    await edge.put('bucket:set.example', '{"dialect":"s3"}')
    expect((await preflight(edge, 'set', 'set.example')).headers.vary).toContain(
      'Access-Control-Request-Method',
    )
    await edge.put('bucket:set.example', '{"dialect":"gcs"}')
    expect((await preflight(edge, 'set', 'set.example')).headers.vary).toContain(
      'Access-Control-Request-Method',
    )
    const cold = await preflight(edge, newIsolate(), 'unset.example')
    expect(cold.status).toBe(403)
    await edge.put('bucket:wrong.example', '{"orgin":"https://x.example"}')
    const wrong = await preflight(edge, newIsolate(), 'wrong.example')
    expect([wrong.status, wrong.text.includes('bucket:wrong.example')]).toEqual([500, true])
    expect((await edge.wholeLog()).join('\n')).toContain('only the fields origin, dialect')

    // A page's script may read why.
    await edge.put('cors:wrong.example', rulesFor(GOOD))
    const actual = await edge.send(newIsolate(), '/k', { host: 'wrong.example', headers: { origin: GOOD } })
    expect(actual).toMatchObject({
      status: 500,
      headers: { 'access-control-allow-origin': GOOD, vary: 'Origin' },
    })
  })
})

describe('a bad value', () => {
  const bad: [string, () => Promise<string>, string][] = [
    ['text', async () => 'allow everything', 'document'],
    ['broken XML', async () => '<CORSConfiguration><CORSRule>', 'document'],
    ['rules with errors', async () => rulesFor('https://*.*.example'), 'document'],
    [
      'a record of a later schema',
      async () => JSON.stringify({ ...(await recordFor(GOOD)), schema: 3 }),
      'record-schema',
    ],
    [
      'a record that was changed',
      async () => JSON.stringify({ ...(await recordFor(GOOD)), configuration: configurationFor('*') }),
      'record-digest',
    ],
    ['a record without a policy', async () => '{"schema":1}', 'record-shape'],
  ]

  test.each(bad)('%s never replaces good rules, and is logged once', async (_kind, value, code) => {
    const isolate = newIsolate()
    await edge.put('cors:bad.example', rulesFor(GOOD))
    expect((await preflight(edge, isolate, 'bad.example')).status).toBe(200)
    await edge.put('cors:bad.example', await value())
    for (let times = 0; times < 3; times++) {
      const answer = await preflight(edge, isolate, 'bad.example')
      expect([answer.status, source(answer)]).toEqual([200, 'memory'])
    }
    const told = (await edge.wholeLog()).filter(line => line.includes('rules-unusable'))
    expect(told.length).toBe(1)
    expect(told[0]).toContain(`"code":"${code}"`)
    expect(told[0]).toContain('"lastGood":true')
    await edge.put('cors:bad.example', rulesFor('https://next.example'))
    expect((await preflight(edge, isolate, 'bad.example', 'https://next.example')).status).toBe(200)
  })

  test('without an earlier good value, the bucket answers the preflight itself', async () => {
    await edge.put('cors:cold.example', 'allow everything')
    bucket.answer = (request, response) =>
      response
        .writeHead(200, { 'access-control-allow-origin': String(request.headers.origin), 'x-bucket': '1' })
        .end()
    const answer = await preflight(edge, newIsolate(), 'cold.example')
    expect([
      answer.status,
      answer.headers['x-bucket'],
      answer.headers['access-control-allow-origin'],
    ]).toEqual([200, '1', GOOD])
    expect(bucket.last.headers).toMatchObject({ origin: GOOD, 'access-control-request-method': 'GET' })
  })
})

describe('KV that fails', () => {
  test.each(['reject', 'hang'] as const)(
    '(%s): memory answers, then the last known good, then the bucket, then 503',
    async fault => {
      const host = `${fault}.example`
      await edge.put(`cors:${host}`, rulesFor(GOOD))
      const warm = newIsolate()
      expect(source(await preflight(edge, warm, host, GOOD, { settle: true }))).toBe('kv')
      await edge.failReads(EVERY_HOST, fault)
      const [fromMemory, fromCache, cold] = await Promise.all([
        preflight(edge, warm, host),
        preflight(edge, newIsolate(), host),
        preflight(edge, newIsolate(), `unknown-${host}`),
      ])
      expect([fromMemory.status, source(fromMemory)]).toEqual([200, 'memory'])
      expect([fromCache.status, source(fromCache)]).toEqual([200, 'last-known-good'])
      expect([cold.status, bucket.last.method]).toEqual([200, 'OPTIONS'])
      expect((await edge.wholeLog()).join('\n')).toContain('"event":"kv-unavailable"')

      bucket.answer = (_request, response) => response.writeHead(500).end()
      const unavailable = await preflight(edge, newIsolate(), `unknown-${host}`)
      expect([unavailable.status, unavailable.headers['retry-after']]).toEqual([503, '5'])
      expect(Object.keys(unavailable.headers).filter(name => name.startsWith('access-control-'))).toEqual([])

      bucket.answer = (_request, response) =>
        response.writeHead(200, { 'access-control-allow-origin': '*' }).end('x')
      const actual = await edge.send(newIsolate(), '/k', {
        host: `unknown-${host}`,
        headers: { origin: GOOD },
      })
      expect([actual.status, actual.text, actual.headers['access-control-allow-origin']]).toEqual([
        200,
        'x',
        undefined,
      ])
    },
  )
})

describe('memory', () => {
  test('answers while fresh, is refreshed in the background when stale, and stays in effect when KV fails', async () => {
    const [isolate, host] = [newIsolate(), 'kept.example']
    const NEXT = 'https://next.example'
    /** Whether an origin is allowed, and by rules from where. What is left for the background is done then. */
    const ask = async (origin: string) => {
      const answer = await preflight(keeping, isolate, host, origin, { settle: true })
      return [answer.status === 200, source(answer)]
    }
    await keeping.put(`cors:${host}`, rulesFor(GOOD))
    expect(await ask(GOOD)).toEqual([true, 'kv'])
    await keeping.put(`cors:${host}`, rulesFor(NEXT))
    for (let times = 0; times < 5; times++) expect(await ask(GOOD)).toEqual([true, 'memory'])
    expect(await keeping.reads(host)).toBe(1)

    await keeping.later(TTL_SECONDS + 1)
    expect(await ask(GOOD)).toEqual([true, 'memory'])
    expect(await keeping.reads(host)).toBe(2)
    expect(await ask(NEXT)).toEqual([true, 'memory'])
    expect(await ask(GOOD)).toEqual([false, 'memory'])

    await keeping.failReads(host, 'reject')
    for (let times = 0; times < 2; times++) {
      await keeping.later(TTL_SECONDS + 1)
      expect(await ask(NEXT)).toEqual([true, 'memory'])
    }
    expect(await keeping.reads(host)).toBe(4)
  })
})
