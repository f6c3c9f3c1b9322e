import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { LOG_EVENTS, log } from '../../../src/telemetry/log.ts'

const lines: { level: string; line: string }[] = []
let minutes = 0

beforeEach(() => {
  // Counts are kept per minute: each test has one of its own.
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) + ++minutes * 3_600_000 })
  lines.length = 0
  for (const level of ['info', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation(line => void lines.push({ level, line }))
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const parsed = () => lines.map(({ line }) => JSON.parse(line))

describe('log()', () => {
  test('writes the event and its fields as one line of JSON, at its level', () => {
    log('warn', 'sync-hosts-left-out', {
      host: 'a.example',
      count: 2,
      lastGood: true,
      origin: null,
      list: [{ a: 'b' }],
    })
    expect(lines.map(({ level }) => level)).toEqual(['warn'])
    expect(parsed()).toEqual([
      {
        event: 'sync-hosts-left-out',
        host: 'a.example',
        count: 2,
        lastGood: true,
        origin: null,
        list: [{ a: 'b' }],
      },
    ])
  })

  test('escapes CR, LF, NUL, ESC and the other controls of ASCII, so that a line stays one line', () => {
    const controls = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join('')
    const origin = `https://a.example\r\n{"event":"forged"}\u001b[2J${controls}`
    log('info', 'signature-refused', { origin, list: [{ origin }] })
    expect(lines[0]?.line).not.toMatch(/[\u0000-\u001f]/)
    expect(parsed()).toEqual([{ event: 'signature-refused', origin, list: [{ origin }] }])
  })

  test('keeps 256 characters of a text and 20 items of a list', () => {
    const long = 'x'.repeat(60_000)
    log('info', 'signature-refused', { fits: 'x'.repeat(256), long, list: Array(1000).fill({ long }) })
    const [line] = parsed()
    expect(line.fits).toBe('x'.repeat(256))
    expect(line.long).toBe(`${'x'.repeat(256)}…`)
    expect(line.list).toEqual(Array(20).fill({ long: `${'x'.repeat(256)}…` }))
    expect(lines[0]?.line.length).toBeLessThan(10_000)
  })

  test('writes 300 lines of an event in a minute, says so in the last, and in the next how many were left out', () => {
    for (let count = 0; count < 1000; count++) log('info', 'upstream-failed', { count })
    log('error', 'internal-error', {})
    const written = parsed()
    expect(written.filter(({ event }) => event === 'upstream-failed')).toHaveLength(300)
    expect(written.filter(({ silencedForThisMinute }) => silencedForThisMinute)).toEqual([
      { event: 'upstream-failed', count: 299, silencedForThisMinute: true },
    ])
    expect(written.at(-1)).toEqual({ event: 'internal-error' })
    vi.advanceTimersByTime(60_000)
    log('info', 'upstream-failed', { count: 1000 })
    expect(parsed().at(-1)).toEqual({ event: 'upstream-failed', count: 1000, leftOut: 700 })
    log('info', 'upstream-failed', { count: 1001 })
    expect(parsed().at(-1)).toEqual({ event: 'upstream-failed', count: 1001 })
  })
})

describe('LOG_EVENTS', () => {
  /** The events of the tables in a document: the code in the first cell of each row under a head of `event`. */
  const eventsIn = (document: string): string[] =>
    readFileSync(document, 'utf8')
      .split(/\n{2,}/)
      .filter(block => /^\| event \| (?:when|level) /.test(block))
      .flatMap(table => [...table.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, event = '']) => event))

  test('are each told in docs/reliability.md, with what to do, and no other is', () => {
    expect(eventsIn('docs/reliability.md').sort()).toEqual([...LOG_EVENTS].sort())
  })

  test('of the sync are those of docs/sync.md', () => {
    const ofSync = LOG_EVENTS.filter(event => /^(?:sync-|rules-published|cors-write-)/.test(event))
    expect(eventsIn('docs/sync.md').sort()).toEqual(ofSync)
  })

  test('are each logged somewhere: by its name, which log() checks', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts') && name !== 'log.ts' && !name.startsWith('cli'))
      .map(name => readFileSync(join('src', name), 'utf8'))
      .join('\n')
    for (const event of LOG_EVENTS) expect(sources, event).toContain(`'${event}'`)
  })
})
