/**
 * KV and the bucket in every state that they can be in, and what the edge answers: the tables of docs/reliability.md.
 * The tables are made from observations (`UPDATE_DOCS=1` writes them). The tests below each matrix do not depend on the
 * tables, so rewriting a table can't turn a fault into a feature.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeRecord } from '../../src/rules/record.ts'
import { freePort } from '../../tools/free-port.ts'
import { eventually } from '../eventually.ts'
import { type Fault, FaultyEdge } from './faulty-kv.ts'
import { type Answer, Edge, RecordingBucket } from './harness.ts'
import { merged, type Row, readTable, table, updateTable } from './tables.ts'
import { Connection, parse, requestBytes, responseBytes, valuesOf, WireBucket } from './wire.ts'

const DOCUMENT = 'docs/reliability.md'
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
const recordOf = (revision: string, origin?: string) =>
  makeRecord(rulesOf(revision, origin), 'cos', { publishedAt: '2026-01-01T00:00:00Z', source: 'test' })
const OLD = JSON.stringify(await recordOf('old'))
const NEW = await recordOf('new')
/** What no state of KV may ever bring into effect. */
const OPEN = await recordOf('new', '*')

const originsOf = (document: string | null): string[] =>
  JSON.parse(document ?? '[]').flatMap((rule: { AllowedOrigins: string[] }) => rule.AllowedOrigins)
const corsNames = (headers: Iterable<string>) =>
  [...headers].filter(name => name.startsWith('access-control-'))

function writeOrCompare(name: string, content: string): void {
  updateTable(DOCUMENT, name, content)
  expect(content, `${DOCUMENT} (${name}): UPDATE_DOCS=1 rewrites it`).toBe(readTable(DOCUMENT, name))
}

interface KvState {
  readonly name: string
  /** What stands in the host's `cors:` key; null: no such key. */
  readonly value: string | null
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
  failing('fails (500)', 'reject'),
  failing('throws', 'throw'),
  failing('hangs', 'hang'),
  bad('value cut off', JSON.stringify(OPEN).slice(0, -20), 'document'),
  bad('record of an older schema', JSON.stringify({ ...OPEN, schema: 0 }), 'record-schema'),
  bad('record of a newer schema', JSON.stringify({ ...OPEN, schema: 2 }), 'record-schema'),
  bad('record changed by hand', JSON.stringify({ ...NEW, policy: OPEN.policy }), 'record-digest'),
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
    await edge.put(`cors:${host}`, OLD)
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
    return values.length === BAD.length && rest.length === 0 ? '**not usable**' : values.join(', ')
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

  test('every state was brought about', () => {
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

  test('new rules, or none, are in effect at once where nothing was in memory, else after one answer', () => {
    for (const each of observed.filter(({ kv, memory }) => kv.told === undefined && memory !== 'fresh')) {
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

describe('KV can’t be read, and the host has no last known good values', () => {
  /** Behind ORIGIN, and behind the host's own settings. */
  let shared: RecordingBucket
  let own: RecordingBucket
  /** Without `ORIGIN`, every host's bucket stands in KV. */
  let edges: { all: FaultyEdge; none: FaultyEdge }
  let hosts = 0

  beforeAll(async () => {
    ;[shared, own] = await Promise.all([RecordingBucket.start(), RecordingBucket.start()])
    const vars = {
      SYNC: 'write-through',
      DIALECT: 's3',
      CACHE: '3600',
      SECRET_ID: 'AKID',
      SECRET_KEY: 'secret',
    }
    const [all, none] = await Promise.all([
      FaultyEdge.start({ ...vars, ORIGIN: shared.origin, SIGNING: 's3', RESIGN: 'on' }),
      FaultyEdge.start(vars),
    ])
    edges = { all, none }
  })
  afterAll(() => Promise.all([edges.all.stop(), edges.none.stop(), shared.stop(), own.stop()]))

  /** A host with rules and a bucket of its own; KV can be read no longer, and every isolate is a new one. */
  async function failing(edge: FaultyEdge, fault: Fault = 'reject') {
    const host = `own-${++hosts}.example`
    await edge.put(
      `cors:${host}`,
      JSON.stringify([{ AllowedOrigins: [APP], AllowedMethods: ['GET', 'PUT'] }]),
    )
    await edge.put(`bucket:${host}`, JSON.stringify({ origin: own.origin, signing: 'none', resign: 'off' }))
    await edge.failReads(host, fault)
    shared.received.length = 0
    own.received.length = 0
    const send = (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
      edge.send(
        host,
        path,
        { method, host, headers: { origin: APP, ...headers }, ...(body === undefined ? {} : { body }) },
        { settle: true },
      )
    return { host, send }
  }
  const SIGNED = {
    authorization: 'AWS4-HMAC-SHA256 Credential=AKIDofClient/20260101/us-east-1/s3/aws4_request',
  }
  const unavailable = ({ status, headers }: Answer) => [
    status,
    headers['retry-after'],
    corsNames(Object.keys(headers)),
  ]

  test('a write is a 503, and reaches no bucket', async () => {
    const { host, send } = await failing(edges.all)
    const document = `<CORSConfiguration><CORSRule><AllowedOrigin>${EVIL}</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`
    for (const [method, path, body] of [
      ['PUT', '/k', 'x'],
      ['POST', '/', 'x'],
      ['DELETE', '/k', undefined],
      ['PUT', '/?cors', document],
      ['DELETE', '/?cors', undefined],
      ['PATCH', '/k', 'x'],
    ] as const)
      expect(unavailable(await send(method, path, SIGNED, body)), `${method} ${path}`).toEqual([503, '5', []])
    expect([shared.received, own.received]).toEqual([[], []])
    expect(originsOf(await edges.all.get(`cors:${host}`))).toEqual([APP])
    const told = (await edges.all.wholeLog()).filter(line => line.includes(host))
    expect(told.join()).toContain('"event":"policy-unavailable"')
  })

  test('no key is used, neither to sign a read nor to re-sign one', async () => {
    const { send } = await failing(edges.all)
    for (const method of ['GET', 'HEAD'])
      expect(unavailable(await send(method, '/k')), method).toEqual([503, '5', []])
    expect(shared.received).toEqual([])
  })

  test('a read that needs no key goes to the bucket of the variables, and no cache stores the response', async () => {
    const { host, send } = await failing(edges.all)
    shared.answer = (_request, response) =>
      response
        .writeHead(200, {
          'content-length': 6,
          'cache-control': 'max-age=60',
          'access-control-allow-origin': '*',
        })
        .end('shared')
    own.answer = (_request, response) => response.end('own')
    for (const [path, headers] of [
      ['/k', SIGNED],
      ['/?prefix=a', {}],
    ] as const) {
      const answer = await send('GET', path, headers)
      expect([answer.status, answer.text, answer.headers['cache-control']]).toEqual([
        200,
        'shared',
        'no-store',
      ])
      expect(corsNames(Object.keys(answer.headers))).toEqual([])
      expect(shared.last.headers).toMatchObject(headers)
    }

    shared.answer = (_request, response) =>
      response.writeHead(200, { 'access-control-allow-origin': APP, 'access-control-max-age': '7200' }).end()
    const preflight = await send('OPTIONS', '/k', { 'access-control-request-method': 'PUT' })
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([200, APP])
    expect(preflight.headers['access-control-max-age'], 'it is not remembered').toBeUndefined()

    await edges.all.failReads(host, 'none')
    expect((await send('GET', '/k')).status, 'KV is tried again after 5 seconds').toBe(503)
    await edges.all.later(5)
    for (const path of ['/k', '/?prefix=a']) {
      const after = await send('GET', path)
      expect([after.status, after.text, corsNames(Object.keys(after.headers)).length > 0]).toEqual([
        200,
        'own',
        true,
      ])
    }
    // Not until all is settled: what a change makes invalid is forgotten once more, after a pause.
    const put = { method: 'PUT', host, headers: { origin: APP }, body: 'x' }
    expect((await edges.all.send(host, '/k', put)).status).toBe(200)
    expect(own.received.map(({ method }) => method)).toEqual(['GET', 'GET', 'PUT'])
  })

  test('an isolate that saw it long ago does not rely on it once KV is back', async () => {
    const { host, send } = await failing(edges.all, 'hang')
    await send('GET', '/k')
    await edges.all.failReads(host, 'none')
    await edges.all.later(3600)
    own.answer = (_request, response) => response.end('own')
    expect((await send('GET', '/k')).text).toBe('own')
  })

  test('where the variables name no bucket, all of it is a 503', async () => {
    const { send } = await failing(edges.none)
    for (const method of ['GET', 'PUT', 'OPTIONS']) {
      const headers = method === 'OPTIONS' ? { 'access-control-request-method': 'GET' } : SIGNED
      expect(unavailable(await send(method, '/k', headers)), method).toEqual([503, '5', []])
    }
  })
})

interface BucketState {
  readonly name: string
  /** Sends what it sends; a state without it is that of a closed port. */
  readonly answer?: WireBucket['answer']
  /** The client is let wait: its answer never ends. */
  readonly endless?: true
}

const HALF = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\nAccess-Control-Allow-Origin: *\r\n\r\nhalf!'
const WIDE = ['Access-Control-Allow-Origin: *', 'Access-Control-Allow-Credentials: true']

const BUCKET: readonly BucketState[] = [
  { name: 'refuses connections' },
  { name: 'resets the connection', answer: socket => socket.resetAndDestroy() },
  { name: 'hangs before its headers', answer: () => {} },
  { name: 'hangs in the body', endless: true, answer: socket => socket.write(HALF) },
  { name: 'dies in the body', answer: socket => socket.end(HALF) },
  {
    name: 'answers 500',
    answer: socket => socket.end(responseBytes('500 Internal Server Error', WIDE, 'x')),
  },
  { name: 'answers 503', answer: socket => socket.end(responseBytes('503 Slow Down', WIDE, 'x')) },
  { name: 'answers what is no HTTP', answer: socket => socket.end('SSH-2.0-internal\r\n\r\n') },
  {
    name: 'sends two lengths',
    answer: socket => socket.end(responseBytes('200 OK', ['Content-Length: 6', ...WIDE], 'x')),
  },
  {
    name: 'redirects in a circle',
    answer: socket => socket.end(responseBytes('302 Found', ['Location: /k', ...WIDE])),
  },
]
const BUCKET_REQUESTS = ['GET', 'PUT', 'preflight', 'preflight, no rules to be had'] as const

interface Through {
  readonly state: BucketState
  readonly request: (typeof BUCKET_REQUESTS)[number]
  readonly bytes: string
  /** How often the bucket was asked. */
  readonly asked: number
}

describe('bucket × request', () => {
  let bucket: WireBucket
  let edge: Edge
  const observed: Through[] = []

  const hostOf = (state: BucketState, request: Through['request']) =>
    `${request.endsWith('had') ? 'none' : 'known'}-${BUCKET.indexOf(state)}.example`

  async function observe(state: BucketState, request: Through['request']): Promise<Through> {
    const method = request.startsWith('preflight') ? 'OPTIONS' : request
    const headers = {
      GET: [],
      PUT: ['Content-Length: 4'],
      OPTIONS: ['Access-Control-Request-Method: PUT'],
    }[method as 'GET' | 'PUT' | 'OPTIONS']
    const body = method === 'PUT' ? 'body' : ''
    bucket.received.length = 0
    bucket.answer = state.answer ?? (() => {})
    const connection = new Connection(edge.origin)
    const bytes = requestBytes(method, '/k', [`Origin: ${APP}`, ...headers], body)
    connection.write(bytes.replace('Host: edge.example', `Host: ${hostOf(state, request)}`))
    if (state.endless && request !== 'preflight') {
      const closed = bucket.closed
      await connection.until('half!')
      connection.socket.resetAndDestroy()
      // The client has gone, so nobody waits for the bucket any longer.
      await eventually(() => expect(bucket.closed).toBeGreaterThan(closed))
    } else await connection.closed
    return { state, request, bytes: connection.received, asked: bucket.received.length }
  }

  beforeAll(async () => {
    bucket = await WireBucket.start()
    const rules = JSON.stringify([
      { AllowedOrigins: [APP], AllowedMethods: ['GET', 'PUT'], ExposeHeaders: ['ETag'], MaxAgeSeconds: 5 },
    ])
    const closed = JSON.stringify({ origin: `http://127.0.0.1:${await freePort()}` })
    edge = await Edge.start({
      vars: { ORIGIN: bucket.origin, ORIGIN_TIMEOUT_MS: '300' },
      rules: { 'cors:default': rules },
    })
    for (const state of BUCKET)
      for (const request of BUCKET_REQUESTS) {
        const host = hostOf(state, request)
        if (host.startsWith('none')) await edge.putRules(`cors:${host}`, 'allow everything')
        if (state.answer === undefined) await edge.putRules(`bucket:${host}`, closed)
        observed.push(await observe(state, request))
      }
    await edge.wholeLog()
  })
  afterAll(() => Promise.all([edge.stop(), bucket.stop()]))

  const logOf = (state: BucketState, request: Through['request']) =>
    edge.log.filter(line => line.includes(`"host":"${hostOf(state, request)}"`))
  const statusOf = (bytes: string) => Number(parse(bytes).line.split(' ')[1])
  const isEdgeMade = (bytes: string) => valuesOf(parse(bytes), 'x-cos-request-id').length > 0
  const isWhole = (bytes: string) => {
    const message = parse(bytes)
    return message.body.length >= Number(valuesOf(message, 'content-length')[0] ?? 0)
  }

  function told({ state, bytes, asked }: Through): string {
    const status = statusOf(bytes)
    const code = /<Code>(\w+)</.exec(bytes)?.[1]
    const times = asked > 1 ? ', asked twice' : ''
    if (isEdgeMade(bytes)) return `${status}${code === undefined ? '' : ` \`${code}\``}${times}`
    const how = isWhole(bytes) ? 'as it came' : state.endless ? 'and waits on' : 'and is cut off'
    return `${status} ${how}${times}`
  }
  const where = ({ state, request }: Through) => `the bucket ${state.name}, ${request}`
  const only = (request: Through['request']) => observed.filter(each => each.request === request)

  test('the table of the document equals the observations', () => {
    const rows = BUCKET.map((state): Row => {
      const cells = observed.filter(each => each.state === state)
      const events = new Set(
        logOf(state, 'GET')
          .map(line => JSON.parse(line) as { event: string; failure?: string })
          .map(({ event, failure }) => `\`${event}\`: \`${failure}\``),
      )
      return { conditions: [[state.name]], outcome: [...cells.map(told), [...events].join(', ') || '–'] }
    })
    writeOrCompare(
      'bucket',
      table(
        ['the bucket', ...BUCKET_REQUESTS, 'log'],
        merged(rows, [0]).map(({ conditions, outcome }) => [conditions.flat().join(', '), ...outcome]),
      ),
    )
  })

  test('a preflight is answered without the bucket', () => {
    for (const each of only('preflight')) {
      expect([statusOf(each.bytes), each.asked], where(each)).toEqual([200, 0])
      expect(valuesOf(parse(each.bytes), 'access-control-max-age')).toEqual(['5'])
    }
  })

  test('a script can read every answer: one Allow-Origin, its own, and Origin in Vary', () => {
    for (const each of [...only('GET'), ...only('PUT')]) {
      const message = parse(each.bytes)
      expect(valuesOf(message, 'access-control-allow-origin'), where(each)).toEqual([APP])
      expect(valuesOf(message, 'access-control-expose-headers'), where(each)).toEqual(['ETag'])
      expect(valuesOf(message, 'vary'), where(each)).toEqual(['Origin'])
    }
  })

  test('an upload is sent once, a read at most twice', () => {
    for (const each of only('PUT')) expect(each.asked, where(each)).toBeLessThanOrEqual(1)
    for (const each of only('GET')) expect(each.asked, where(each)).toBeLessThanOrEqual(2)
  })

  test('a partial object never looks complete, and no answer contains details of a failure', () => {
    for (const each of observed) {
      if (each.bytes.includes('half!')) expect(isWhole(each.bytes), where(each)).toBe(false)
      expect(each.bytes, where(each)).not.toMatch(/SSH|internal|127\.0\.0\.1|ECONN|\.js\b/)
    }
  })

  test('without usable rules, the edge itself grants nothing, and says when to retry', () => {
    for (const each of only('preflight, no rules to be had').filter(each => isEdgeMade(each.bytes))) {
      const message = parse(each.bytes)
      expect([statusOf(each.bytes), ...valuesOf(message, 'retry-after')], where(each)).toEqual([503, '5'])
      expect(corsNames(message.headers.map(([name]) => name)), where(each)).toEqual([])
      expect(logOf(each.state, each.request).join(), where(each)).toContain('"event":"policy-unavailable"')
    }
  })
})
