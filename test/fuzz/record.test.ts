/**
 * The decoder of KV values under hostile texts: records whose text was edited, and records of any shape with the
 * digest that fits. Nothing rejects, and what is accepted can be served.
 */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Configuration } from '../../src/cors/configuration.ts'
import { decide } from '../../src/cors/decide.ts'
import { DIALECTS } from '../../src/cors/dialect.ts'
import { decodeValue } from '../../src/rules/decode.ts'
import { revisionOf } from '../../src/rules/record.ts'
import { Rules } from '../../src/rules/rules.ts'
import { runs } from '../model/runs.ts'
import { fixtures, hostile, type Language } from './texts.ts'
import { type Json, reshaped } from './trees.ts'

const FOUND = fixtures('record')
const SEEDS = [FOUND['schema-2.json'] ?? '', FOUND['schema-1.json'] ?? '']
const RECORDS: Language = {
  seeds: Object.values(FOUND),
  pieces: [
    /,?\s*"\w+":\s*(?:"[^"]*"|\d+|true|null|\[[^[\]{}]*\])|[[\]{},:]|[^"[\]{},:]+|"/g,
    /,\s*"(?:[^"\\]|\\.)*"(?!:)|"(?:[^"\\]|\\.)*"|[[\]{},:]|[^"[\]{},:]+|"/g,
  ],
  words: [
    ',"schema":2',
    ',"schema":3',
    ',"schema":null',
    ',"__proto__":{"schema":1}',
    ',"configuration":null',
    ',"policy":{"dialect":"cos","rules":[]}',
    '{"CORSRules":[]}',
    '<CORSConfiguration/>',
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    'null',
    '1',
    '""',
    '"',
    '\\',
    '\n',
    '\u0000',
    '\uFEFF',
  ],
}

/** Decodes a value and serves what it holds, to every kind of request. */
async function check(text: string): Promise<string> {
  const decoded = await decodeValue(text)
  if (!(decoded instanceof Rules)) {
    expect(decoded.reason).not.toBe('')
    expect(decoded.findings.every(finding => finding.severity === 'error')).toBe(true)
    return decoded.code
  }
  // What the memory of an isolate counts.
  for (const { allowedOrigins, allowedHeaders } of decoded.configuration.rules)
    expect(allowedOrigins.length + allowedHeaders.length).toBeGreaterThanOrEqual(0)
  for (const dialect of DIALECTS) {
    const policy = decoded.ready(dialect)
    for (const origin of ['https://a.example', 'https://b.a.example', 'null', null]) {
      const { outcome } = decide(policy, { origin, method: 'GET', requestedHeaders: 'x-a, x-cos-b' })
      expect(outcome).toBeOneOf(['allowed', 'refused', 'no-rules'])
    }
  }
  return 'rules'
}

describe('decodeValue()', () => {
  test.each(Object.keys(FOUND))('reads %s or reports why not', async file => {
    const code = await check(FOUND[file] ?? '')
    expect(code === 'rules').toBe(SEEDS.includes(FOUND[file] ?? ''))
  })

  test('of an edited text never rejects, and serves what it accepts', async () => {
    const codes = new Set<string>()
    await fc.assert(
      fc.asyncProperty(hostile(RECORDS), async text => {
        codes.add(await check(text))
      }),
      runs(800),
    )
    expect([...codes].sort()).toEqual(['document', 'record-digest', 'record-schema', 'record-shape', 'rules'])
  })

  test('of a record of another shape, with the digest that fits, never rejects and serves what it accepts', async () => {
    const records = fc.constantFrom(...SEEDS).chain(seed => reshaped(JSON.parse(seed) as Json))
    await fc.assert(
      fc.asyncProperty(records, async record => {
        if (typeof record !== 'object' || record === null || Array.isArray(record)) return
        // A configuration of another shape may have no revision.
        const revision = await revisionOf(record.configuration as unknown as Configuration).catch(() => '')
        await check(JSON.stringify({ ...record, schema: 2, revision }))
      }),
      runs(400),
    )
  })

  test.each(['configuration', 'settings', 'guardrail', 'source'])(
    'of a %s nested 100,000 deep never rejects',
    async key => {
      const deep = '['.repeat(100_000) + ']'.repeat(100_000)
      const record = (SEEDS[0] ?? '').replace(`"${key}":`, `"${key}":${deep},"other":`)
      expect(record).toContain(deep)
      await check(record)
    },
  )
})
