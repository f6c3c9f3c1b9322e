import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Publications } from '../../../src/rules/publications.ts'
import { makeRecord } from '../../../src/rules/record.ts'

const NOW = Date.parse('2026-03-04T05:06:07Z')
const publishedAt = (ms: number) =>
  makeRecord({ rules: [], responseVary: false }, 'cos', {
    publishedAt: new Date(ms).toISOString(),
    source: 'test',
  })
const RECORD = await publishedAt(NOW)
const TEXT = JSON.stringify(RECORD)
const shown = (rules: string | null, isDefault = false) => ({ rules, bucket: '{}', isDefault })
const OLDER = JSON.stringify(await publishedAt(NOW - 1))
const NEWER = JSON.stringify(await publishedAt(NOW + 1))

beforeEach(() => {
  vi.useFakeTimers({ now: NOW })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('Publications', () => {
  test('stand in for what KV shows of their host while that is older, or nothing', () => {
    const publications = new Publications()
    publications.add('a.example', TEXT, RECORD)
    for (const rules of [OLDER, null])
      expect(publications.newest('a.example', shown(rules))).toEqual(shown(TEXT))
    // The default's rules are not the host's own, however new.
    expect(publications.newest('a.example', shown(NEWER, true))).toEqual(shown(TEXT))
    expect(publications.newest('b.example', shown(OLDER))).toEqual(shown(OLDER))
  })

  test('are forgotten once KV shows something newer', () => {
    const publications = new Publications()
    publications.add('a.example', TEXT, RECORD)
    expect(publications.newest('a.example', shown(NEWER))).toEqual(shown(NEWER))
    expect(publications.newest('a.example', shown(OLDER))).toEqual(shown(OLDER))
  })

  test('are forgotten after two minutes', () => {
    const publications = new Publications()
    publications.add('a.example', TEXT, RECORD)
    vi.advanceTimersByTime(119_999)
    expect(publications.newest('a.example', shown(OLDER))).toEqual(shown(TEXT))
    vi.advanceTimersByTime(1)
    expect(publications.newest('a.example', shown(OLDER))).toEqual(shown(OLDER))
  })

  test('of the default are the default', () => {
    const publications = new Publications()
    publications.add('default', TEXT, RECORD)
    expect(publications.newest('default', shown(OLDER, true))).toEqual(shown(TEXT, true))
  })

  test('tell what is newer than a record', async () => {
    const publications = new Publications()
    publications.add('a.example', TEXT, RECORD)
    expect(publications.hasNewer('a.example', await publishedAt(NOW - 1))).toBe(true)
    expect(publications.hasNewer('a.example', RECORD)).toBe(false)
    expect(publications.hasNewer('b.example', await publishedAt(NOW - 1))).toBe(false)
  })

  test.each([
    ['hosts', 300, TEXT, 256],
    ['characters', 20, 'x'.repeat(1024 * 1024), 8],
  ])('are bounded in %s: the oldest is forgotten first', (_, added, text, kept) => {
    const publications = new Publications()
    for (let at = 0; at < added; at++) publications.add(`h${at}.example`, text, RECORD)
    const remembered = Array.from({ length: added }, (_, at) => at).filter(
      at => publications.newest(`h${at}.example`, shown(OLDER)).rules === text,
    )
    expect(remembered).toEqual(Array.from({ length: kept }, (_, at) => added - kept + at))
  })
})
