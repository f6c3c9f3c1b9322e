import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { log } from '../../src/log.ts'

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
    log('warn', 'some-event', {
      host: 'a.example',
      count: 2,
      lastGood: true,
      origin: null,
      list: [{ a: 'b' }],
    })
    expect(lines.map(({ level }) => level)).toEqual(['warn'])
    expect(parsed()).toEqual([
      { event: 'some-event', host: 'a.example', count: 2, lastGood: true, origin: null, list: [{ a: 'b' }] },
    ])
  })

  test('escapes CR, LF, NUL, ESC and the other controls of ASCII, so that a line stays one line', () => {
    const controls = Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join('')
    const origin = `https://a.example\r\n{"event":"forged"}\u001b[2J${controls}`
    log('info', 'preflight-refused', { origin, list: [{ origin }] })
    expect(lines[0]?.line).not.toMatch(/[\u0000-\u001f]/)
    expect(parsed()).toEqual([{ event: 'preflight-refused', origin, list: [{ origin }] }])
  })

  test('keeps 256 characters of a text and 20 items of a list', () => {
    const long = 'x'.repeat(60_000)
    log('info', 'some-event', { fits: 'x'.repeat(256), long, list: Array(1000).fill({ long }) })
    const [line] = parsed()
    expect(line.fits).toBe('x'.repeat(256))
    expect(line.long).toBe(`${'x'.repeat(256)}…`)
    expect(line.list).toEqual(Array(20).fill({ long: `${'x'.repeat(256)}…` }))
    expect(lines[0]?.line.length).toBeLessThan(10_000)
  })

  test('writes 300 lines of an event in a minute, says so in the last, and goes on in the next minute', () => {
    for (let count = 0; count < 1000; count++) log('info', 'often', { count })
    log('error', 'seldom', {})
    const written = parsed()
    expect(written.filter(({ event }) => event === 'often')).toHaveLength(300)
    expect(written.filter(({ silencedForThisMinute }) => silencedForThisMinute)).toEqual([
      { event: 'often', count: 299, silencedForThisMinute: true },
    ])
    expect(written.at(-1)).toEqual({ event: 'seldom' })
    vi.advanceTimersByTime(60_000)
    log('info', 'often', { count: 1000 })
    expect(parsed().at(-1)).toEqual({ event: 'often', count: 1000 })
  })
})
