/**
 * Per-host settings under hostile texts: nothing thrown, every problem told within its bounds, and what is accepted
 * within the limits of its field.
 */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readHostSettings } from '../../src/settings/host-settings.ts'
import { type Env, readSettings } from '../../src/settings/settings.ts'
import { runs } from '../model/runs.ts'
import { fixtures, hostile, type Language } from './texts.ts'
import { type Json, reshaped } from './trees.ts'

const FOUND = fixtures('host-settings')
const SEEDS = [FOUND['every-field.json'] ?? '', FOUND['texts-and-empty.json'] ?? '']
const SETTINGS: Language = {
  seeds: SEEDS,
  pieces: [/,?"\w+":(?:"[^"]*"|\d+|null)|[{}]/g, /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^"[\]{},:]+|"/g],
  words: [
    ',"signing":"cos"',
    ',"cache":"origin"',
    ',"cache":31536001',
    ',"origin":"route"',
    ',"origin":"https://user@b.example"',
    ',"origin":"https:\\\\\\\\b.example"',
    ',"origin":"javascript:alert(1)"',
    ',"__proto__":{"resign":"on"}',
    '"toString"',
    '"resign"',
    '"on"',
    'null',
    '1e3',
    '-0',
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    '"',
    '\\',
    '\n',
    '\u0000',
    '\uFEFF',
  ],
}

const env = { RULES: { get: () => null }, SECRET_ID: 'AKIDexample', SECRET_KEY: 'hidden-secret' }
const { settings: base } = readSettings(env as unknown as Env)

/** Reads a value and holds the reading to everything that is true of any. */
function check(text: string): 'settings' | 'problems' {
  const { settings, problems } = readHostSettings(text, env as unknown as Env, base)
  for (const { code, name, value, accepted } of problems) {
    expect(code).toMatch(/^[A-Za-z]+$/)
    expect(name.length).toBeLessThanOrEqual(100)
    expect(value.length).toBeLessThanOrEqual(100)
    expect(accepted.length).toBeLessThanOrEqual(400)
    expect(name + value + accepted).not.toContain('hidden-secret')
  }
  if (problems.length > 0) return 'problems'
  const { upstream, dialect, unmatched, upstreamTimeoutMs, cache, signing, region, secretId, resign } =
    settings
  if (upstream?.kind === 'url') {
    const url = new URL(upstream.base)
    expect(url.protocol === 'https:' || /^(localhost|\[::1\]|127\..*)$/.test(url.hostname)).toBe(true)
    expect([url.username, url.password, url.search, url.hash]).toEqual(['', '', '', ''])
    expect(`${url.origin}${url.pathname}`.replace(/\/$/, '')).toBe(upstream.base)
  } else expect([null, 'route', 'service']).toContain(upstream?.kind ?? null)
  expect(['cos', 's3']).toContain(dialect)
  expect(['refuse', 'forward']).toContain(unmatched)
  expect(Number.isInteger(upstreamTimeoutMs) && upstreamTimeoutMs >= 1 && upstreamTimeoutMs <= 600_000).toBe(
    true,
  )
  if (typeof cache === 'number')
    expect(Number.isInteger(cache) && cache >= 1 && cache <= 31_536_000).toBe(true)
  else expect(['off', 'origin']).toContain(cache)
  expect(['none', 'cos', 's3']).toContain(signing)
  expect(region).toMatch(/^[a-z0-9-]{0,64}$/)
  expect(secretId).toMatch(/^[\x21-\x7e]{0,256}$/)
  expect(typeof resign).toBe('boolean')
  return 'settings'
}

describe('readHostSettings()', () => {
  test.each(Object.keys(FOUND))('reads %s or reports why not', file => {
    expect(check(FOUND[file] ?? '') === 'settings').toBe(SEEDS.includes(FOUND[file] ?? ''))
  })

  test('never throws, stays within its bounds, and accepts only what its fields may hold', () => {
    const read = new Set<string>()
    const trees = fc.constantFrom(...SEEDS).chain(seed => reshaped(JSON.parse(seed) as Json))
    fc.assert(
      fc.property(
        fc.oneof(
          hostile(SETTINGS),
          trees.map(tree => JSON.stringify(tree)),
        ),
        text => {
          read.add(check(text))
        },
      ),
      runs(800),
    )
    expect([...read].sort()).toEqual(['problems', 'settings'])
  })

  test.each(Object.keys(JSON.parse(SEEDS[0] ?? '') as object))(
    'a %s nested 100,000 deep is a problem',
    field => {
      const deep = '['.repeat(100_000) + ']'.repeat(100_000)
      expect(check(`{${JSON.stringify(field)}:${deep}}`)).toBe('problems')
    },
  )

  test('10,000 unknown fields are no more problems than can be reported', () => {
    const record = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`unknown${at}`, at]))
    const { problems } = readHostSettings(JSON.stringify(record), env as unknown as Env, base)
    expect(problems.length).toBeGreaterThan(0)
    expect(problems.length).toBeLessThanOrEqual(20)
  })
})
