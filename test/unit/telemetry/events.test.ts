import type { AnalyticsEngineDataPoint, AnalyticsEngineDataset } from '@cloudflare/workers-types'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Decision, decide } from '../../../src/cors/decide.ts'
import { rulesOf } from '../../../src/rules/decode.ts'
import { makeRecord } from '../../../src/rules/record.ts'
import { type EventFacts, Events, MAX_POINTS, PREFLIGHT, REQUEST } from '../../../src/telemetry/events.ts'
import { MAX_LINES } from '../../../src/telemetry/log.ts'

const lines: string[] = []
const points: AnalyticsEngineDataPoint[] = []
const dataset: AnalyticsEngineDataset = { writeDataPoint: point => void points.push(point ?? {}) }
let minutes = 0

beforeEach(() => {
  // Counts are kept per minute: each test has one of its own.
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) + ++minutes * 3_600_000 })
  lines.length = points.length = 0
  for (const level of ['info', 'error'] as const)
    vi.spyOn(console, level).mockImplementation(line => void lines.push(line))
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const configuration = (id: string | null = 'partners-read') => ({
  rules: [
    {
      id,
      allowedOrigins: ['https://a.example'],
      allowedMethods: ['GET' as const],
      allowedHeaders: ['range'],
      exposeHeaders: [],
      maxAgeSeconds: null,
    },
  ],
  responseVary: false,
})
const record = await makeRecord(configuration(), { publishedAt: '', source: '' })
const rules = rulesOf(record)

/** What a preflight for GET comes to. */
function facts(
  origin: string | null,
  requestedHeaders: string | null = null,
  method: string | null = 'GET',
): EventFacts & { decision: Decision } {
  const decision = decide(rules.ready('cos'), { origin, method, requestedHeaders })
  return {
    host: 'files.example',
    origin,
    method,
    requestedHeaders,
    decision,
    revision: record.revision,
    source: 'memory',
    ms: 0,
  }
}
const tell = (events: Events, from: ReturnType<typeof facts>) =>
  events.record(PREFLIGHT[from.decision.outcome], from)
const parsed = (): Record<string, unknown>[] => lines.map(line => JSON.parse(line))
const bytes = (value: unknown) => Buffer.byteLength(String(value))

describe('record() writes', () => {
  test('the fields that are known, in their order, as a line and as a point', () => {
    const events = new Events(1, dataset)
    tell(events, facts('https://a.example', 'Range'))
    tell(events, { ...facts('https://a.example', 'Range, X-A,x-b'), source: 'kv', ms: 12.4 })
    expect(lines).toEqual([
      `{"event":"preflight","outcome":"allowed","host":"files.example","origin":"https://a.example","method":"GET","rule":"1 partners-read","revision":"${record.revision}","source":"memory","ms":0,"weight":1}`,
      `{"event":"preflight","outcome":"refused","host":"files.example","origin":"https://a.example","method":"GET","headers":"Range, X-A,x-b","check":"header","header":"x-a","revision":"${record.revision}","source":"kv","ms":12,"weight":1}`,
    ])
    const seen = ['files.example', 'https://a.example', 'GET']
    expect(points).toEqual([
      {
        indexes: ['files.example'],
        blobs: ['preflight', 'allowed', ...seen, '', '', '1 partners-read', record.revision, 'memory'],
        doubles: [0, 1],
      },
      {
        indexes: ['files.example'],
        blobs: ['preflight', 'refused', ...seen, 'header', 'x-a', '', record.revision, 'kv'],
        doubles: [12, 1],
      },
    ])
  })

  test('nothing of an OPTIONS without Origin or without a request method: it is no preflight', () => {
    const events = new Events(1, dataset)
    tell(events, facts(null))
    tell(events, facts(''))
    tell(events, facts('https://b.example', null, null))
    tell(events, facts('https://b.example', null, ''))
    expect([lines, points]).toEqual([[], []])
    tell(events, facts('https://b.example'))
    expect(parsed()).toMatchObject([{ check: 'origin' }])
    expect(parsed()[0]).not.toHaveProperty('header')
  })

  test('no header values, no query and no user of an Origin that has them', () => {
    const events = new Events(0, dataset)
    tell(events, facts('https://user:hush@b.example/p?token=hush#hush'))
    tell(events, facts('//hush@b.example#hush\n?hush'))
    expect(parsed().map(({ origin }) => origin)).toEqual(['https://…@b.example/p?…', '//…@b.example?…'])
    expect(JSON.stringify([lines, points])).not.toContain('hush')
  })

  test('texts within their bounds, controls escaped, and no half character', () => {
    const wide = '\u{1F600}'.repeat(2000)
    const events = new Events(0, dataset)
    const from = facts(`https://${wide}`, 'x,'.repeat(8000))
    tell(events, { ...from, host: `${'h'.repeat(95)}é.example`, method: `\u001b[2J\r\n\u202e${wide}` })
    const [line = {}] = parsed()
    expect([line.origin, line.method, line.headers].map(text => String(text).length)).toEqual([
      511, 512, 1024,
    ])
    expect(String(line.origin).isWellFormed()).toBe(true)
    expect(String(line.origin).endsWith('…')).toBe(true)
    expect(lines[0]).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)

    const [point] = points
    expect(point?.indexes).toEqual(['h'.repeat(95)])
    for (const blob of point?.blobs ?? []) {
      expect(String(blob)).not.toMatch(/[\u0000-\u001f\u202e\ufffd]/)
      expect(String(blob).isWellFormed()).toBe(true)
      expect(bytes(blob)).toBeLessThanOrEqual(1024)
    }
    expect(bytes(point?.blobs?.[3])).toBeGreaterThan(1010)
  })
})

describe('sampling', () => {
  test('records the configured share of the allowed, by weight, and every refusal', () => {
    const events = new Events(0.25, dataset)
    const random = vi.spyOn(Math, 'random')
    for (const value of [0, 0.2499, 0.25, 0.9]) {
      random.mockReturnValue(value)
      tell(events, facts('https://a.example'))
      tell(events, facts('https://b.example'))
    }
    const weights = (outcome: string) =>
      parsed()
        .filter(line => line.outcome === outcome)
        .map(({ weight }) => weight)
    expect([weights('allowed'), weights('refused')]).toEqual([
      [4, 4],
      [1, 1, 1, 1],
    ])
    expect(points.map(({ doubles }) => doubles?.[1])).toEqual([4, 1, 4, 1, 1, 1])
  })

  test('of 0 records no allowed one, and is seen before anything is done for it', () => {
    const events = new Events(0, dataset)
    expect([events.recordsAllowed, new Events(0.001, null).recordsAllowed]).toEqual([false, true])
    vi.spyOn(Math, 'random').mockReturnValue(0)
    tell(events, facts('https://a.example'))
    expect([lines, points]).toEqual([[], []])
  })
})

describe('bounds of a minute', () => {
  test('are those of each kind: no flood of one pushes out another, and the next minute tells what was left out', () => {
    const events = new Events(1, dataset)
    const refused = facts('https://b.example')
    for (let count = 0; count < MAX_LINES + 100; count++) tell(events, refused)
    tell(events, facts('https://a.example'))
    events.record(REQUEST.refused, refused)
    expect(lines).toHaveLength(MAX_LINES + 2)
    expect(points).toHaveLength(MAX_LINES + 102)
    const silenced = parsed().filter(line => line.silencedForThisMinute === true)
    expect(silenced).toEqual([expect.objectContaining({ event: 'preflight', outcome: 'refused' })])
    expect(Object.keys(silenced[0] ?? {}).at(-1)).toBe('silencedForThisMinute')

    vi.advanceTimersByTime(60_000)
    lines.length = 0
    tell(events, facts('https://a.example'))
    tell(events, refused)
    tell(events, refused)
    expect(parsed().map(({ leftOut }) => leftOut)).toEqual([undefined, 100, undefined])
  })

  test('are far wider for points, and a line tells of those that were left out', () => {
    const events = new Events(0, dataset)
    const refused = facts('https://b.example')
    for (let count = 0; count < MAX_POINTS + 7; count++) events.record(REQUEST.refused, refused)
    expect([lines.length, points.length]).toEqual([MAX_LINES, MAX_POINTS])
    vi.advanceTimersByTime(60_000)
    lines.length = 0
    events.record(REQUEST.refused, refused)
    expect(parsed()).toMatchObject([{ pointsLeftOut: 7, leftOut: MAX_POINTS + 7 - MAX_LINES }])
  })

  test('cost nothing once they are reached: what was sent is not looked at', () => {
    const events = new Events(0, null)
    for (let count = 0; count < MAX_LINES; count++)
      events.record(REQUEST.forwarded, facts('https://b.example'))
    const { decision: _, ...rest } = facts('https://b.example')
    const unread = Object.defineProperty({ ...rest }, 'decision', {
      get: () => expect.unreachable('read'),
    }) as EventFacts
    expect(() => events.record(REQUEST.forwarded, unread)).not.toThrow()
    vi.advanceTimersByTime(60_000)
    expect(() => events.record(REQUEST.forwarded, unread)).toThrow('read')
  })
})

describe('a dataset that fails', () => {
  const told = () => parsed().filter(({ event }) => event === 'events-unwritten')

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('quota')
      },
    ],
    ['rejects, as a binding of another kind does', () => Promise.reject(new Error('quota'))],
  ])('and %s changes nothing, and is logged once a minute', async (_how, writeDataPoint) => {
    const events = new Events(0, { writeDataPoint } as AnalyticsEngineDataset)
    const refuseThrice = async () => {
      for (let count = 0; count < 3; count++) tell(events, facts('https://b.example'))
      await vi.advanceTimersByTimeAsync(0)
    }
    await refuseThrice()
    expect(told()).toMatchObject([{ detail: 'quota', silencedForThisMinute: true }])
    expect(lines).toHaveLength(4)
    vi.advanceTimersByTime(60_000)
    await refuseThrice()
    expect(told()).toMatchObject([{}, { leftOut: 2 }])
  })
})
