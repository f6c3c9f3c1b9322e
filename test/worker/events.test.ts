/**
 * Events of the built Worker in workerd: the lines it logs and the points it writes to an Analytics Engine dataset,
 * held to the table of docs/operations.md; and which revision an answer says it comes from.
 */

import { readFileSync } from 'node:fs'
import type { AnalyticsEngineDataPoint } from '@cloudflare/workers-types'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeRecord } from '../../src/rules/record.ts'
import { MAX_POINTS } from '../../src/telemetry/events.ts'
import { eventually } from '../eventually.ts'
import { type Answer, Edge, RecordingBucket, type RequestOptions } from './harness.ts'

const APP = 'https://app.example'
const EVIL = 'https://evil.example'
/** How long KV takes, in milliseconds. */
const KV_MS = 20

/** The Worker between a dataset that shows what it is given, a KV that takes its time, and a clock of its own. */
const AROUND = `
import edge from './edge.js'
const realNow = Date.now
let aheadMs = 0
Date.now = () => realNow() + aheadMs
const points = []
let around
function environment(env) {
  around ??= {
    ...env,
    EVENTS: { writeDataPoint: point => { points.push(point); env.EVENTS.writeDataPoint(point) } },
    RULES: {
      get: async (keys, options) => {
        await scheduler.wait(${KV_MS})
        if (keys[0].includes('down')) throw new Error('KV is not there')
        return env.RULES.get(keys, options)
      },
    },
  }
  return around
}
const COMMANDS = {
  points: () => JSON.stringify(points.splice(0)),
  later: seconds => { aheadMs += 1000 * Number(seconds) },
  async flood(count, env, context) {
    const headers = { origin: '${EVIL}', 'access-control-request-method': 'GET' }
    const request = new Request('https://files.example/', { method: 'OPTIONS', headers })
    for (let sent = 0; sent < Number(count); sent++) await edge.fetch(request, env, context)
    return points.splice(0).length
  },
}
export default {
  async fetch(request, env, context) {
    const command = request.headers.get('x-test-command')
    if (command === null) return edge.fetch(request, environment(env), context)
    const argument = request.headers.get('x-test-argument')
    return new Response(String(await COMMANDS[command](argument, environment(env), context)))
  },
}`

const rulesOf = (id: string | null) => ({
  rules: [
    {
      id: null,
      allowedOrigins: ['https://other.example'],
      allowedMethods: ['GET' as const],
      allowedHeaders: [],
      exposeHeaders: [],
      maxAgeSeconds: null,
    },
    {
      id,
      allowedOrigins: [APP],
      allowedMethods: ['GET' as const, 'PUT' as const],
      allowedHeaders: ['range'],
      exposeHeaders: [],
      maxAgeSeconds: 600,
    },
  ],
  responseVary: false,
})
const published = await makeRecord(rulesOf('app-writes'), {
  publishedAt: '2026-01-01T00:00:00Z',
  source: 'test',
})
const pasted = JSON.stringify([
  { AllowedOrigins: ['https://other.example'], AllowedMethods: ['GET'] },
  {
    ID: 'app-writes',
    AllowedOrigins: [APP],
    AllowedMethods: ['GET', 'PUT'],
    AllowedHeaders: ['range'],
    MaxAgeSeconds: 600,
  },
])

type Line = Record<string, string | number | boolean>

let bucket: RecordingBucket
let edge: Edge

beforeAll(async () => {
  bucket = await RecordingBucket.start()
  const record = JSON.stringify(published)
  edge = await Edge.start({
    vars: { ORIGIN: bucket.origin, DEBUG_REFUSALS: 'on', CACHE: '60' },
    rules: {
      'cors:files.example': record,
      'cors:cold.example': pasted,
      'cors:forward.example': record,
      'cors:s3.example': record,
      'bucket:forward.example': JSON.stringify({ unmatched: 'forward' }),
      'bucket:s3.example': JSON.stringify({ dialect: 's3', unmatched: 'forward' }),
    },
    withEvents: true,
    around: AROUND,
  })
})
afterAll(() => Promise.all([edge.stop(), bucket.stop()]))

async function command(name: string, argument: string | number = ''): Promise<string> {
  const headers = { 'x-test-command': name, 'x-test-argument': String(argument) }
  const answer = await edge.send('/', { headers })
  expect(answer.status, answer.text).toBe(200)
  return answer.text
}

const preflight = (from: string, method: string, headers?: string, host = 'files.example', path = '/k') =>
  edge.send(path, {
    method: 'OPTIONS',
    host,
    headers: {
      origin: from,
      'access-control-request-method': method,
      ...(headers === undefined ? {} : { 'access-control-request-headers': headers }),
    },
  })
const get = (host: string, headers: Record<string, string>, options: RequestOptions = {}, path = '/k') =>
  edge.send(path, { host, headers, ...options })

/** All lines and points since it was asked last: as many lines as points, and the same requests. */
async function recorded(): Promise<{ lines: Line[]; points: AnalyticsEngineDataPoint[] }> {
  const points: AnalyticsEngineDataPoint[] = JSON.parse(await command('points'))
  const log = await edge.wholeLog()
  const lines = log
    .filter(line => /^\{"event":"(?:preflight|request)",/.test(line))
    .map(line => JSON.parse(line) as Line)
  log.length = 0
  expect(lines).toHaveLength(points.length)
  return { lines, points }
}
const inShort = ({ event, outcome, check, header, rule }: Line): string =>
  [event, outcome, check, header, rule].filter(part => part !== undefined).join(' ')

describe('an event is written', () => {
  // Counts are kept per minute: each test begins with none.
  beforeEach(async () => {
    await command('later', 61)
    await recorded()
  })

  test('for each preflight, by its outcome', async () => {
    bucket.answer = ({ method }, response) => response.writeHead(method === 'OPTIONS' ? 204 : 200).end()
    await preflight(APP, 'PUT', 'Range')
    await preflight(EVIL, 'PUT')
    await preflight(APP, 'DELETE')
    await preflight(APP, 'GET', 'range,X-One,x-two')
    await preflight(APP, 'GET', 'a b')
    await preflight(APP, 'GET', undefined, 'no-rules.example')
    expect((await preflight(APP, 'GET', undefined, 'down.example')).status).toBe(204)
    expect((await recorded()).lines.map(inShort)).toEqual([
      'preflight allowed 2 app-writes',
      'preflight refused origin',
      'preflight refused method',
      'preflight refused header x-one',
      expect.stringMatching(/^preflight refused header-list \w/),
      'preflight no-rules',
      'preflight forwarded',
    ])
  })

  test('for each cross-origin actual request that no rule allows', async () => {
    bucket.answer = (_request, response) => response.end('object')
    expect((await get('files.example', { origin: EVIL })).status).toBe(403)
    expect((await get('files.example', { origin: EVIL, 'sec-fetch-mode': 'no-cors' })).status).toBe(200)
    expect((await get('forward.example', { origin: APP }, { method: 'DELETE' })).status).toBe(200)
    const asked = { origin: APP, 'access-control-request-headers': 'x-a' }
    expect((await get('s3.example', asked)).status).toBe(200)
    const { lines } = await recorded()
    expect(lines.map(inShort)).toEqual([
      'request refused origin',
      'request forwarded origin',
      'request forwarded method',
      'request forwarded header x-a',
    ])
    expect(lines.map(({ method }) => method)).toEqual(['GET', 'GET', 'DELETE', 'GET'])
  })

  test('for no other request: not without Origin, from the edge’s own origin, or allowed', async () => {
    bucket.answer = (_request, response) => response.end('object')
    await get('files.example', {})
    await get('files.example', { origin: APP })
    await get('files.example', { origin: 'http://files.example' })
    await get('no-rules.example', { origin: EVIL })
    await edge.send('/k', { method: 'OPTIONS', host: 'files.example' })
    await edge.send('/k', { method: 'OPTIONS', host: 'files.example', headers: { origin: EVIL } })
    expect(await recorded()).toEqual({ lines: [], points: [] })
  })

  test('with the time that KV took, and 0 for a policy in memory', async () => {
    for (let time = 0; time < 2; time++) await preflight(APP, 'GET', undefined, 'cold.example')
    const [cold, warm] = (await recorded()).lines
    expect([cold?.source, warm?.source, warm?.ms]).toEqual(['kv', 'memory', 0])
    expect(Number(cold?.ms)).toBeGreaterThan(KV_MS - 5)
    expect(Number(cold?.ms)).toBeLessThan(10_000)
  })

  test('without the URL, the headers’ values and the body of the request', async () => {
    const secrets = { authorization: 'hush', cookie: 'a=hush', 'user-agent': 'hush', referer: 'https://hush' }
    await get(
      'files.example',
      { origin: EVIL, ...secrets },
      { method: 'PUT', body: 'hush' },
      '/hush?sign=hush',
    )
    await preflight(EVIL, 'PUT', 'x-a', 'files.example', '/hush?sign=hush')
    await preflight('https://hush@evil.example/?hush', 'PUT')
    const { lines, points } = await recorded()
    expect(lines).toHaveLength(3)
    expect(JSON.stringify([lines, points])).not.toContain('hush')
  })
})

interface Row {
  readonly where: readonly string[]
  /** Of a text; or else `oneOf`, the only ones that it can be. */
  readonly characters: number | null
  readonly oneOf: readonly string[]
}

/** field → where it is written and what bounds it, in the order of the document. */
function documented(): Map<string, Row> {
  const document = readFileSync('docs/operations.md', 'utf8')
  const table = document.split(/\n{2,}/).find(block => block.startsWith('| field | where |')) ?? ''
  const rows = [...table.matchAll(/^\| `(\w+)` \| ([^|]*) \| [^|]* \| ([^|]*) \|$/gm)]
  return new Map(
    rows.map(([, field = '', where = '', bound = '']) => {
      const [, characters] = /^([\d,]+) characters/.exec(bound) ?? []
      return [
        field,
        {
          where: where.split(', ').map(place => place.replaceAll('`', '')),
          characters: characters === undefined ? null : Number(characters.replace(',', '')),
          oneOf: [...bound.matchAll(/`([^`]+)`/g)].map(([, value = '']) => value),
        },
      ]
    }),
  )
}

describe('the table of docs/operations.md', () => {
  const table = documented()
  const fields = [...table.keys()]
  const places = [...table.values()].flatMap(({ where }) => where)
  /** Everything that the Worker can write: each kind, texts over their bounds, a minute too full and the one after. */
  const all: { lines: Line[]; points: AnalyticsEngineDataPoint[] } = { lines: [], points: [] }

  beforeAll(async () => {
    await command('later', 61)
    await recorded()
    const long = 'x'.repeat(3000)
    await preflight(APP, 'PUT', 'range')
    await preflight(EVIL, 'PUT')
    await preflight(APP, 'GET', 'x-one')
    await preflight(
      `https://${long}`,
      long,
      `${'x-long,'.repeat(200)}`,
      `${'h'.repeat(60)}.${'é'.repeat(600)}`,
    )
    await preflight(`https://${long}`, long, `${'x-long,'.repeat(200)}`)
    await get('files.example', { origin: EVIL })
    const ordinary = await recorded()
    expect(Number(await command('flood', MAX_POINTS + 5))).toBeLessThanOrEqual(MAX_POINTS)
    await command('later', 61)
    const silenced = () => edge.log.filter(line => line.includes('silencedForThisMinute'))
    await eventually(() => expect(silenced()).toHaveLength(1))
    const [last = ''] = silenced()
    edge.log.length = 0
    await preflight(EVIL, 'PUT')
    const next = await recorded()
    all.lines.push(...ordinary.lines, ...next.lines, JSON.parse(last) as Line)
    all.points.push(...ordinary.points, ...next.points)
  })

  test('lists every field of every log line, in order, and no others', () => {
    const seen = new Set(all.lines.flatMap(line => Object.keys(line)))
    const ofLines = fields.filter(field => table.get(field)?.where.includes('line'))
    expect([...seen].sort()).toEqual([...ofLines].sort())
    for (const line of all.lines) expect(Object.keys(line)).toEqual(fields.filter(field => field in line))
  })

  test('lists every blob, double and index of every data point with its meaning', () => {
    for (const [at, { indexes = [], blobs = [], doubles = [] }] of all.points.entries()) {
      const written = [
        ...indexes.map((_, i) => `index${i + 1}`),
        ...blobs.map((_, i) => `blob${i + 1}`),
        ...doubles.map((_, i) => `double${i + 1}`),
      ]
      expect([...written].sort()).toEqual(places.filter(place => place !== 'line').sort())
      const line = all.lines[at] ?? {}
      const valueAt = (place: string) => {
        const position = Number(/\d+$/.exec(place)?.[0]) - 1
        if (place.startsWith('index')) return indexes[position]
        return place.startsWith('blob') ? blobs[position] : doubles[position]
      }
      for (const [field, { where }] of table)
        for (const place of where.filter(place => place !== 'line'))
          expect(valueAt(place), `${field} in ${place}`).toBe(line[field] ?? '')
    }
  })

  test('has the bounds, which are what Analytics Engine accepts', () => {
    for (const line of all.lines)
      for (const [field, value] of Object.entries(line)) {
        const { characters = null, oneOf = [] } = table.get(field) ?? {}
        if (characters !== null) expect(String(value).length, field).toBeLessThanOrEqual(characters)
        else if (oneOf.length > 0) expect(oneOf, field).toContain(String(value))
        else expect(Number(value), field).toBeGreaterThanOrEqual(0)
      }
    const longest = (field: string) => Math.max(...all.lines.map(line => String(line[field] ?? '').length))
    for (const field of ['origin', 'method', 'headers'])
      expect(longest(field), field).toBe(table.get(field)?.characters)
    for (const { indexes = [], blobs = [], doubles = [] } of all.points) {
      expect([blobs.length <= 20, doubles.length <= 20, indexes.length]).toEqual([true, true, 1])
      expect(Buffer.byteLength(String(indexes[0]))).toBeLessThanOrEqual(96)
      expect(Buffer.byteLength(blobs.join(''))).toBeLessThanOrEqual(16_384)
    }
  })

  test('counts the lines and points that the minute before dropped', () => {
    expect(all.lines.filter(line => 'leftOut' in line || 'pointsLeftOut' in line)).toHaveLength(1)
    const first = all.lines.find(line => 'leftOut' in line)
    // Before the flood, three were refused; or fewer in the same minute of the real clock.
    expect([5, 6, 7, 8]).toContain(first?.pointsLeftOut)
    expect(Number(first?.leftOut) - Number(first?.pointsLeftOut)).toBe(MAX_POINTS - 300)
  })
})

describe('Server-Timing with DEBUG_REFUSALS=on', () => {
  const timing = (answer: Answer) => [answer.headers['server-timing'] ?? []].flat().join(', ')
  const told = (answer: Answer) =>
    /^policy;desc="(memory|kv|last-known-good)", decide;dur=\d+\.\d{3}, revision;desc="(\w+)"(.*)$/
      .exec(timing(answer))
      ?.slice(1)

  beforeAll(async () => {
    await preflight(APP, 'GET')
  })

  test('names source and revision on every answer from a policy', async () => {
    bucket.answer = (_request, response) => response.end('object')
    const answers = [
      await preflight(APP, 'GET'),
      await preflight(EVIL, 'GET'),
      await get('files.example', { origin: EVIL }),
      await get('files.example', { origin: APP }),
      await get('files.example', { origin: APP }, { method: 'PUT', body: 'x' }),
      await get('files.example', {}, {}, '/a/..'),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 403, 403, 200, 200, expect.any(Number)])
    for (const answer of answers) expect(told(answer)).toEqual(['memory', published.revision, ''])
  })

  test('and on cached responses: the current revision, not the revision when they were stored', async () => {
    bucket.answer = (_request, response) => response.end('object')
    const path = '/kept'
    await get('files.example', { origin: APP }, {}, path)
    await eventually(async () => {
      const before = bucket.received.length
      const answer = await get('files.example', { origin: APP }, {}, path)
      expect(bucket.received.length).toBe(before)
      expect(told(answer)).toEqual(['memory', published.revision, ''])
    })
  })

  test('before the bucket’s own Server-Timing', async () => {
    bucket.answer = (_request, response) =>
      response.writeHead(200, { 'server-timing': 'disk;dur=3, policy;desc="forged"' }).end('object')
    const answer = await get('files.example', { origin: APP }, {}, '/timed')
    expect(told(answer)).toEqual(['memory', published.revision, ', disk;dur=3, policy;desc="forged"'])
  })

  test('has the revision that a publication of the same rules would have when they were pasted, and "none" without rules', async () => {
    expect(told(await preflight(APP, 'GET', undefined, 'cold.example'))?.[1]).toBe(published.revision)
    expect(told(await preflight(APP, 'GET', undefined, 'no-rules.example'))?.[1]).toBe('none')
  })

  test('names no revision where no policy is available', async () => {
    bucket.answer = (_request, response) => response.end('object')
    const answers = [
      await preflight(APP, 'GET', undefined, 'down.example'),
      await get('down.example', { origin: APP }),
    ]
    for (const answer of answers)
      expect([answer.status, timing(answer)]).toEqual([200, expect.not.stringContaining('revision')])
  })
})
