/**
 * KV in every state that it can be in, and what the edge answers: the tables of docs/reliability.md. The files beside
 * this one have the states of the bucket, and a host of which nothing can be read.
 * The tables are made from observations (`UPDATE_DOCS=1` writes them). The tests below each matrix do not depend on the
 * tables, so rewriting a table can't turn a fault into a feature.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeRecord } from '../../src/rules/record.ts'
import { type Fault, FaultyEdge } from './faulty-kv.ts'
import { type Answer, RecordingBucket } from './harness.ts'
import { corsNames, writeOrCompare } from './reliability.ts'
import { merged, type Row, table } from './tables.ts'

const APP = 'https://app.example'
const EVIL = 'https://evil.example'

const rulesOf = (revision: string, origin = APP) => ({
  rules: [
    {
      id: null,
      allowedOrigins: [origin],
      allowedMethods: ['GET' as const, 'PUT' as const],
      allowedHeaders: [],
      exposeHeaders: [`x-${revision}`],
      maxAgeSeconds: null,
    },
  ],
  responseVary: false,
})
const recordOf = (revision: string, origin?: string, publishedAt = '2026-01-01T00:00:00Z') =>
  makeRecord(rulesOf(revision, origin), { publishedAt, source: 'test' })
const secondsAgo = (seconds: number) => new Date(Date.now() - 1000 * seconds).toISOString()
const OLD = JSON.stringify(await recordOf('old'))
const NEW = await recordOf('new')
/** What no state of KV may ever bring into effect. */
const OPEN = await recordOf('new', '*')

interface KvState {
  readonly name: string
  /** What stands in the host's `cors:` key; null: no such key. */
  readonly value: string | null
  /** What stood there before, if it is not OLD. */
  readonly before?: string
  readonly fault?: Fault
  /** The log line of a read that can't be used; none: it can. */
  readonly told?: { event: string; code: string }
}

const failing = (name: string, fault: Fault): KvState => ({
  name,
  value: JSON.stringify(NEW),
  fault,
  told: { event: 'kv-unavailable', code: 'kv-read' },
})
const bad = (name: string, value: string, code: string): KvState => ({
  name,
  value,
  told: { event: 'rules-unusable', code },
})

const KV: readonly KvState[] = [
  { name: 'answers', value: JSON.stringify(NEW) },
  { name: 'has no such key', value: null },
  {
    name: 'alternates, and shows an older record',
    value: JSON.stringify(await recordOf('older', APP, secondsAgo(1))),
    before: JSON.stringify(await recordOf('old', APP, secondsAgo(0))),
  },
  failing('fails (500)', 'reject'),
  failing('throws', 'throw'),
  failing('hangs', 'hang'),
  bad('value cut off', JSON.stringify(OPEN).slice(0, -20), 'document'),
  bad('record of an older schema', JSON.stringify({ ...OPEN, schema: 0 }), 'record-schema'),
  bad('record of a newer schema', JSON.stringify({ ...OPEN, schema: 3 }), 'record-schema'),
  bad(
    'record changed by hand',
    JSON.stringify({ ...NEW, configuration: OPEN.configuration }),
    'record-digest',
  ),
]
const MEMORY = ['cold', 'fresh', 'stale'] as const
const LAST_GOOD = ['there', 'not there'] as const
const REQUESTS = {
  'preflight, allowed': { method: 'OPTIONS', origin: APP },
  'preflight, refused': { method: 'OPTIONS', origin: EVIL },
  'request, allowed': { method: 'GET', origin: APP },
  'request, refused': { method: 'GET', origin: EVIL },
} as const
type RequestName = keyof typeof REQUESTS
const REQUEST_NAMES = Object.keys(REQUESTS) as RequestName[]

interface KvCase {
  readonly kv: KvState
  readonly memory: (typeof MEMORY)[number]
  readonly lastGood: (typeof LAST_GOOD)[number]
  readonly name: RequestName
  readonly host: string
  /** `/down`: the bucket resets each connection that asks for it. */
  readonly path: '/up' | '/down'
}

interface Observed extends KvCase {
  readonly answer: Answer
  /** The answer to the same request once all that the first one left for the background is done. */
  readonly then: Answer
  /** KV reads of both. */
  readonly reads: number
}

describe('KV × memory × last known good × request', () => {
  let bucket: RecordingBucket
  let edge: FaultyEdge
  let observed: Observed[] = []
  /** As above, cold and without a last known good, where the bucket is down as well. */
  let withoutBucket: Observed[] = []

  const ask = ({ host, name, path }: KvCase, isolate = host) => {
    const { method, origin } = REQUESTS[name]
    const headers = { origin, ...(method === 'OPTIONS' ? { 'access-control-request-method': 'GET' } : {}) }
    return edge.send(isolate, path, { method, host, headers }, { settle: true })
  }

  async function observe(each: KvCase): Promise<Observed> {
    const before = await edge.reads(each.host)
    const answer = await ask(each)
    const then = await ask(each)
    return { ...each, answer, then, reads: (await edge.reads(each.host)) - before }
  }

  /** Brings one host into its state. Each has an isolate of its own, called as the host is. */
  async function prepare(each: KvCase): Promise<void> {
    const { kv, memory, lastGood, host } = each
    await edge.put(`cors:${host}`, kv.before ?? OLD)
    if (memory !== 'cold') await ask(each)
    else if (lastGood === 'there') await ask(each, `another-isolate-${host}`)
    if (lastGood === 'not there') await edge.forgetLastKnownGood(host)
    await edge.put(`cors:${host}`, kv.value)
    await edge.failReads(host, kv.fault ?? 'none')
  }

  beforeAll(async () => {
    bucket = await RecordingBucket.start()
    // It answers preflights as its own rules say, and everything else with more than anyone was granted.
    bucket.answer = ({ method, url, headers }, response) => {
      if (url === '/down') return void response.destroy()
      const granted =
        method === 'OPTIONS'
          ? {
              'x-answered-by': 'bucket',
              ...(headers.origin === APP ? { 'access-control-allow-origin': APP } : {}),
            }
          : { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true' }
      response.writeHead(method === 'OPTIONS' && headers.origin !== APP ? 403 : 200, granted).end('object')
    }
    edge = await FaultyEdge.start({ ORIGIN: bucket.origin, POLICY_TTL_SECONDS: '60', DEBUG_REFUSALS: 'on' })

    let hosts = 0
    const cases = KV.flatMap(kv =>
      MEMORY.flatMap(memory =>
        LAST_GOOD.flatMap(lastGood =>
          REQUEST_NAMES.flatMap(name => {
            const at: KvCase = { kv, memory, lastGood, name, host: `h${++hosts}.example`, path: '/up' }
            const alone = kv.told !== undefined && memory === 'cold' && lastGood === 'not there'
            return alone ? [at, { ...at, host: `h${++hosts}.example`, path: '/down' } as const] : [at]
          }),
        ),
      ),
    )
    const old = cases.filter(({ memory }) => memory === 'stale')
    const young = cases.filter(({ memory }) => memory !== 'stale')
    await Promise.all(old.map(prepare))
    await edge.later(61)
    await Promise.all(young.map(prepare))
    const all = await Promise.all(cases.map(observe))
    observed = all.filter(({ path }) => path === '/up')
    withoutBucket = all.filter(({ path }) => path === '/down')
    await edge.wholeLog()
  })
  afterAll(() => Promise.all([edge.stop(), bucket.stop()]))

  const logOf = ({ host }: KvCase) => edge.log.filter(line => line.includes(`"host":"${host}"`))
  const exposed = ({ headers }: Answer) => headers['access-control-expose-headers']
  const isBucketsOwn = ({ headers }: Answer) => headers['x-answered-by'] === 'bucket'
  const sourceOf = ({ headers }: Answer) => /desc="([^"]*)"/.exec(String(headers['server-timing']))?.[1]

  /** An answer in a few words. */
  function told(answer: Answer): string {
    const rules = exposed(answer)?.toString().replace('x-', '')
    if (isBucketsOwn(answer)) return `${answer.status}, the bucket’s own`
    if (answer.status !== 200) return String(answer.status)
    if (rules !== undefined) return `200, ${rules} rules`
    return corsNames(Object.keys(answer.headers)).length === 0 ? '200 without CORS' : '200, the bucket’s CORS'
  }
  const toldBoth = ({ answer, then }: Observed): string =>
    told(answer) === told(then) ? told(answer) : `${told(answer)}; then ${told(then)}`

  /** Where the rules of an answer came from, by the preflight that is allowed. */
  function answeredFrom({ answer }: Observed): string {
    const from = { memory: 'memory', kv: 'KV', 'last-known-good': 'last known good' }
    if (isBucketsOwn(answer)) return 'the bucket'
    return from[(sourceOf(answer) ?? '') as keyof typeof from] ?? '–'
  }

  const rowsOf = (cases: readonly Observed[]): Row[] => {
    const states = new Map(cases.map(each => [[each.kv.name, each.memory, each.lastGood].join(), each]))
    return [...states.values()].map(({ kv, memory, lastGood }) => {
      const requests = REQUEST_NAMES.map(name => {
        const found = cases.find(
          each =>
            each.kv === kv && each.memory === memory && each.lastGood === lastGood && each.name === name,
        )
        if (found === undefined) throw new Error(`${kv.name} ${memory} ${lastGood} ${name} was not observed`)
        return found
      })
      const from = requests.slice(0, 1).map(answeredFrom)
      return {
        conditions: [[kv.name], [memory], [lastGood]],
        outcome: [...from, ...requests.map(toldBoth)],
      }
    })
  }
  const HEAD = ['KV', 'in memory', 'last known good', 'rules from', ...REQUEST_NAMES]
  const BAD = KV.filter(kv => kv.told !== undefined).map(({ name }) => name)
  const called = (values: readonly string[], all: readonly string[]) => {
    const rest = values.filter(value => !BAD.includes(value))
    if (values.length === all.length) return 'any'
    return values.length - rest.length === BAD.length
      ? [...rest, '**not usable**'].join(', ')
      : values.join(', ')
  }
  const lines = (rows: readonly Row[]) =>
    rows.map(({ conditions: [kv = [], memory = [], lastGood = []], outcome }) => [
      called(
        kv,
        KV.map(({ name }) => name),
      ),
      called(memory, MEMORY),
      called(lastGood, LAST_GOOD),
      ...outcome,
    ])

  test('the tables of the document equal the observations', () => {
    writeOrCompare('kv', table(HEAD, lines(merged(rowsOf(observed), [2, 0, 1]))))
    writeOrCompare('no-bucket', table(HEAD, lines(merged(rowsOf(withoutBucket), [2, 0, 1]))))
    const events = merged(
      KV.filter(kv => kv.told !== undefined).map(kv => {
        const cold = observed.find(each => each.kv === kv && each.memory === 'cold')
        const { event, code } = JSON.parse((cold && logOf(cold)[0]) ?? '{}') as {
          event?: string
          code?: string
        }
        return { conditions: [[kv.name]], outcome: [`\`${event}\``, `\`${code}\``] }
      }),
      [0],
    )
    writeOrCompare(
      'kv-log',
      table(
        ['KV', 'event', 'code'],
        events.map(({ conditions, outcome }) => [conditions.flat().join(', '), ...outcome]),
      ),
    )
  })

  const all = () => [...observed, ...withoutBucket].flatMap(each => [each, { ...each, answer: each.then }])
  const hasPolicy = ({ kv, memory, lastGood }: KvCase) =>
    kv.told === undefined || memory !== 'cold' || lastGood === 'there'
  const where = ({ kv, memory, lastGood, name, path }: KvCase) =>
    `KV ${kv.name}, ${memory}, last known good ${lastGood}, ${name}, bucket ${path}`

  test('every state occurs', () => {
    expect(observed).toHaveLength(KV.length * MEMORY.length * LAST_GOOD.length * REQUEST_NAMES.length)
    expect(withoutBucket).toHaveLength(BAD.length * REQUEST_NAMES.length)
    for (const each of [...observed, ...withoutBucket])
      expect(each.reads, where(each)).toBe(each.memory === 'fresh' ? 0 : 1)
  })

  test('nothing is ever granted to every origin, nor by an unusable value', () => {
    for (const each of all()) {
      expect(each.answer.headers['access-control-allow-origin'], where(each)).not.toBe('*')
      if (each.kv.told !== undefined) expect(exposed(each.answer), where(each)).not.toBe('x-new')
    }
  })

  test('a request that no rules allow never gets an allowing answer from the edge', () => {
    for (const each of all().filter(({ name }) => name.endsWith('refused'))) {
      expect(corsNames(Object.keys(each.answer.headers)), where(each)).toEqual([])
      if (each.name.startsWith('preflight')) expect([403, 503], where(each)).toContain(each.answer.status)
    }
  })

  test('without a policy no answer of the edge has a CORS header, and nobody’s request is refused', () => {
    for (const each of all().filter(each => !hasPolicy(each))) {
      if (isBucketsOwn(each.answer)) continue
      expect(corsNames(Object.keys(each.answer.headers)), where(each)).toEqual([])
      // Kept by a cache, it would be without CORS headers for as long.
      if (each.name.startsWith('request')) expect(each.answer.headers.vary, where(each)).toBe('Origin')
      if (each.name.startsWith('request') && each.path === '/up') expect(each.answer.status).toBe(200)
      if (each.name.startsWith('preflight')) {
        expect([each.answer.status, each.answer.headers['retry-after']], where(each)).toEqual([503, '5'])
        expect(each.path).toBe('/down')
      }
    }
  })

  test('good rules stay in effect, whatever KV does', () => {
    const good = all().filter(each => each.kv.told !== undefined && hasPolicy(each))
    expect(good.length).toBeGreaterThan(0)
    for (const each of good) {
      const isAllowed = each.name.endsWith('allowed')
      expect([each.answer.status, exposed(each.answer)], where(each)).toEqual(
        isAllowed ? [200, 'x-old'] : [403, undefined],
      )
    }
  })

  test('an older record never replaces the one in memory; only a cold isolate has nothing newer', () => {
    const alternating = observed.filter(({ kv }) => kv.before !== undefined)
    expect(alternating.length).toBeGreaterThan(0)
    for (const each of alternating.filter(({ name }) => name.endsWith('allowed')))
      for (const answer of [each.answer, each.then])
        expect(exposed(answer), where(each)).toBe(each.memory === 'cold' ? 'x-older' : 'x-old')
  })

  test('new rules, or none, are in effect at once where nothing was in memory, else after one answer', () => {
    for (const each of observed.filter(
      ({ kv, memory }) => kv.told === undefined && kv.before === undefined && memory !== 'fresh',
    )) {
      const isNew = { answers: '200 x-new', 'has no such key': '' }[each.kv.name] ?? 'unknown'
      if (!each.name.endsWith('allowed')) continue
      const first = each.memory === 'stale' ? '200 x-old' : isNew
      const seen = (answer: Answer) =>
        exposed(answer) === undefined ? '' : `${answer.status} ${exposed(answer)}`
      expect([seen(each.answer), seen(each.then)], where(each)).toEqual([first, isNew])
    }
  })

  test('each failed read is logged once, with its code and whether good rules stay in effect', () => {
    for (const each of [...observed, ...withoutBucket]) {
      const troubles = logOf(each).filter(line => /kv-unavailable|rules-unusable/.test(line))
      if (each.kv.told === undefined || each.memory === 'fresh') expect(troubles, where(each)).toEqual([])
      else {
        expect(troubles, where(each)).toHaveLength(1)
        expect(JSON.parse(troubles[0] ?? '{}'), where(each)).toMatchObject({
          ...each.kv.told,
          lastGood: hasPolicy(each),
        })
      }
    }
  })

  test('a KV that hangs delays no request whose rules are in memory', async () => {
    const each: KvCase = {
      kv: failing('stalls', 'stall'),
      memory: 'stale',
      lastGood: 'not there',
      name: 'preflight, allowed',
      host: 'waiting.example',
      path: '/up',
    }
    await prepare(each)
    await edge.later(61)
    const headers = { origin: APP, 'access-control-request-method': 'GET' }
    const answer = await edge.send(each.host, '/up', { method: 'OPTIONS', host: each.host, headers })
    expect([answer.status, exposed(answer)]).toEqual([200, 'x-old'])
    expect((await edge.wholeLog()).filter(line => line.includes(each.host))).toEqual([])
  })
})
