/**
 * State that went wrong: KV that is bad, down or slow, rules that change under way, and what must not grow. What
 * test/worker/rules.test.ts shows of them is not repeated; test/conformance/README.md says what stands where.
 */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { FaultyEdge } from './faulty-kv.ts'
import { type Answer, RecordingBucket, type RequestOptions } from './harness.ts'

const GOOD = 'https://good.example'
const OPEN = JSON.stringify([{ AllowedOrigins: ['*'], AllowedMethods: ['GET'], AllowedHeaders: ['*'] }])

let bucket: RecordingBucket
/** Reads KV before every answer. */
let edge: FaultyEdge
let isolates = 0
const newIsolate = () => `isolate-${++isolates}`

beforeAll(async () => {
  bucket = await RecordingBucket.start()
  edge = await FaultyEdge.start({ ORIGIN: bucket.origin, POLICY_TTL_SECONDS: '0' })
})
afterAll(() => Promise.all([edge.stop(), bucket.stop()]))
beforeEach(async () => {
  edge.log.length = 0
  bucket.received.length = 0
  bucket.answer = (_request, response) => response.end('object')
})

const corsOf = (answer: Answer): Record<string, unknown> =>
  Object.fromEntries(Object.entries(answer.headers).filter(([name]) => name.startsWith('access-control-')))
const preflight = (isolate: string, host: string, headers: Record<string, string> = {}) =>
  edge.send(isolate, '/k', {
    method: 'OPTIONS',
    host,
    headers: { origin: GOOD, 'access-control-request-method': 'GET', ...headers },
  })
const get = (isolate: string, host: string, options: RequestOptions = {}) =>
  edge.send(isolate, '/k', { host, headers: { origin: GOOD }, ...options })

describe('no usable rules', () => {
  test.each([
    ['are bad', '[{"AllowedOrigins":["*"],"AllowedMethods":["ANY"]}]'],
    ['are no document', 'allow everything'],
    ['are of an unknown schema', '{"schema":99,"configuration":{"rules":[{"allowedOrigins":["*"]}]}}'],
    ['are empty text', ''],
    ['can’t be read', null],
  ])(
    'opened the bucket: where they %s, nothing is granted, and the default rules stand in for none',
    async (kind, value) => {
      const host = `${kind.replaceAll(/\W/g, '')}.example`
      await edge.put('cors:default', OPEN)
      if (value === null) await edge.failReads(host, 'reject')
      else await edge.put(`cors:${host}`, value)
      const isolate = newIsolate()

      bucket.answer = (_request, response) =>
        response.writeHead(200, { 'access-control-allow-origin': '*', vary: 'Accept' }).end('object')
      const answer = await get(isolate, host)
      expect([answer.status, answer.text, corsOf(answer)]).toEqual([200, 'object', {}])

      bucket.answer = (_request, response) => response.destroy()
      const refused = await preflight(isolate, host)
      expect([refused.status, corsOf(refused)]).toEqual([503, {}])
      expect(refused.text).toContain('<Code>ServiceUnavailable</Code>')
      await edge.put('cors:default', null)
    },
  )

  test('refused what the bucket would allow: a forwarded preflight is the bucket’s answer, and a refusal stays one', async () => {
    await edge.put('cors:asked.example', 'allow everything')
    const isolate = newIsolate()
    bucket.answer = (_request, response) => response.writeHead(403).end('the bucket refuses')
    const answer = await preflight(isolate, 'asked.example', { 'access-control-request-headers': 'x-a' })
    expect([answer.status, answer.text, corsOf(answer)]).toEqual([403, 'the bucket refuses', {}])
    expect(bucket.last.headers).toMatchObject({ origin: GOOD, 'access-control-request-headers': 'x-a' })
    await preflight(isolate, 'asked.example', { origin: '' })
    expect(bucket.received, 'what is no preflight is not forwarded').toHaveLength(1)
  })
})

/** Two policies of one host that share no header value but the origin. */
const POLICIES = ['old', 'new'].map((name, at) => ({
  value: JSON.stringify([
    {
      AllowedOrigins: [GOOD],
      AllowedMethods: at === 0 ? ['GET', 'PUT'] : ['GET', 'DELETE'],
      AllowedHeaders: [`x-${name}`, 'x-both'],
      ExposeHeaders: [`x-${name}-1`, `x-${name}-2`],
      MaxAgeSeconds: at + 1,
    },
  ]),
  preflight: {
    'access-control-allow-origin': GOOD,
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': at === 0 ? 'GET,PUT' : 'GET,DELETE',
    'access-control-allow-headers': `x-${name},x-both`,
    'access-control-expose-headers': `x-${name}-1,x-${name}-2`,
    'access-control-max-age': String(at + 1),
  },
  actual: {
    'access-control-allow-origin': GOOD,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': `x-${name}-1,x-${name}-2`,
  },
}))
const [OLD, NEW] = POLICIES

describe('a change of rules', () => {
  test('was seen in halves: while it happens, every answer comes entirely from the old or the new policy', async () => {
    const host = 'changing.example'
    const isolate = newIsolate()
    await edge.put(`cors:${host}`, OLD?.value ?? '')
    for (let round = 0; round < 6; round++) {
      const sent = Array.from({ length: 30 }, (_, at) =>
        at % 3 === 0
          ? get(isolate, host).then(answer => ['actual', answer] as const)
          : preflight(isolate, host, { 'access-control-request-headers': 'x-both' }).then(
              answer => ['preflight', answer] as const,
            ),
      )
      const next = POLICIES[(round + 1) % 2]
      const changed = edge.put(`cors:${host}`, next?.value ?? '')
      for (const [kind, answer] of await Promise.all(sent)) {
        const whole = POLICIES.findIndex(
          policy => JSON.stringify(sorted(policy[kind])) === sortedCors(answer),
        )
        expect(whole, `${kind} ${sortedCors(answer)}`).not.toBe(-1)
      }
      await changed
      expect(corsOf(await preflight(isolate, host))).toEqual(next?.preflight)
      expect(corsOf(await get(isolate, host))).toEqual(next?.actual)
    }
  })

  test('reached a request in progress: its answer comes from the policy that allowed it', async () => {
    const host = 'underway.example'
    const isolate = newIsolate()
    await edge.put(`cors:${host}`, OLD?.value ?? '')
    let answerBucket: () => void = () => {}
    const arrived = new Promise<void>(resolve => {
      bucket.answer = (_request, response) => {
        answerBucket = () => response.end('object')
        resolve()
      }
    })
    const underWay = get(isolate, host, { method: 'PUT', body: 'x' })
    await arrived
    await edge.put(`cors:${host}`, NEW?.value ?? '')
    expect(corsOf(await preflight(isolate, host))).toEqual(NEW?.preflight)
    answerBucket()
    expect(corsOf(await underWay)).toEqual(OLD?.actual)
    expect((await get(isolate, host, { method: 'PUT', body: 'x' })).status).toBe(403)
  })
})

const sorted = (headers: Record<string, unknown>) => Object.entries(headers).sort()
const sortedCors = (answer: Answer) => JSON.stringify(sorted(corsOf(answer)))

describe('what a client sends', () => {
  test.each(['default', 'user@host.example', 'host.example,other', 'a'.repeat(254), 'a'.repeat(50_000)])(
    'took memory and KV reads for an invalid Host: %.20s is a 400 before either',
    async host => {
      const isolate = newIsolate()
      for (const answer of [await preflight(isolate, host), await get(isolate, host)]) {
        expect(answer.status).toBe(400)
        expect(answer.text).toContain('<Code>InvalidURI</Code>')
      }
      expect([await edge.reads(host), bucket.received.length]).toEqual([0, 0])
    },
  )

  test('made logs grow: 700 refusals, each of another origin, are 300 lines in a minute', async () => {
    const host = 'noisy.example'
    const isolate = newIsolate()
    await edge.put(`cors:${host}`, OLD?.value ?? '')
    const refuse = (at: number) => preflight(isolate, host, { origin: `https://${at}.${'x'.repeat(1000)}` })
    for (let at = 0; at < 700; at += 50)
      for (const answer of await Promise.all(Array.from({ length: 50 }, (_, more) => refuse(at + more))))
        expect(answer.status).toBe(403)
    const lines = (await edge.wholeLog()).filter(line =>
      line.includes('"event":"preflight","outcome":"refused"'),
    )
    // A minute may end meanwhile: then one of the two has more than 300.
    expect(lines.length).toBeLessThanOrEqual(600)
    expect(lines.some(line => line.includes('silencedForThisMinute'))).toBe(true)
    expect(Math.max(...lines.map(line => line.length))).toBeLessThan(1500)
  })
})
