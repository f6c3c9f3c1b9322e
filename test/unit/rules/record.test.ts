import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Configuration, MAX_DOCUMENT_BYTES } from '../../../src/cors/configuration.ts'
import { decide } from '../../../src/cors/decide.ts'
import { DIALECTS } from '../../../src/cors/dialect.ts'
import { compile, hydrate, type ReadyPolicy } from '../../../src/cors/policy.ts'
import { writeS3Json } from '../../../src/formats/s3-json.ts'
import { writeXml } from '../../../src/formats/xml.ts'
import {
  type BadValue,
  decodeValue,
  MAX_VALUE_LENGTH,
  makeRecord,
  publishedAtOf,
  Rules,
  revisionOf,
  SCHEMA,
  sha256,
} from '../../../src/rules/record.ts'
import { anyConfiguration } from '../formats/configurations.ts'

const FACTS = { publishedAt: '2026-01-01T00:00:00Z', source: 'rules/a.example.xml' }
const CONFIGURATION: Configuration = {
  rules: [
    {
      id: 'one',
      allowedOrigins: ['https://a.example', 'https://*.a.example'],
      allowedMethods: ['GET', 'PUT'],
      allowedHeaders: ['X-A', 'x-cos-*'],
      exposeHeaders: ['ETag'],
      maxAgeSeconds: 600,
    },
  ],
  responseVary: true,
}
const dialects = fc.constantFrom(...DIALECTS)

/** What a policy answers to requests of its own configuration. */
const answersOf = (policy: ReadyPolicy, { rules }: Configuration) =>
  rules.flatMap(({ allowedOrigins, allowedMethods, allowedHeaders }) =>
    allowedOrigins.map(pattern => {
      const origin = pattern.replace('*', () => 'a.b')
      const names = allowedHeaders.join().replaceAll('*', 'c')
      const decision = decide(policy, { origin, method: allowedMethods[0] ?? null, requestedHeaders: names })
      if (decision.outcome !== 'allowed') return decision
      const { rule, sets, allowHeaders } = decision
      return [policy.dialect.name, rule.position, [...sets.preflight], [...sets.actual], allowHeaders]
    }),
  )

async function decodeGood(text: string): Promise<Rules> {
  const decoded = await decodeValue(text)
  if (!(decoded instanceof Rules)) throw new Error(`${decoded.code}: ${decoded.reason}`)
  return decoded
}

async function decodeBad(value: unknown): Promise<BadValue> {
  const decoded = await decodeValue(typeof value === 'string' ? value : JSON.stringify(value))
  if (decoded instanceof Rules) throw new Error('the value was accepted')
  return decoded
}

describe('a record', () => {
  test('has the fields that docs/storage.md names', async () => {
    expect(await makeRecord(CONFIGURATION, 'cos', FACTS)).toEqual({
      schema: SCHEMA,
      revision: expect.stringMatching(/^[0-9a-f]{12}$/),
      ...FACTS,
      configuration: CONFIGURATION,
      policy: compile(CONFIGURATION, 'cos'),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })

  test('goes through KV unchanged: configuration, revision and the policy of either dialect', async () => {
    await fc.assert(
      fc.asyncProperty(anyConfiguration, dialects, dialects, async (configuration, published, asked) => {
        const record = await makeRecord(configuration, published, FACTS)
        const rules = await decodeGood(JSON.stringify(record))
        expect(rules.configuration).toEqual(configuration)
        expect(rules.revision).toBe(record.revision)
        const ready = rules.ready(asked)
        expect(answersOf(ready, configuration)).toEqual(
          answersOf(hydrate(compile(configuration, asked)), configuration),
        )
        expect(rules.ready(asked)).toBe(ready)
      }),
      { numRuns: 50 },
    )
  })

  test.each(['\uFEFF', '\n\uFEFF', '\uFEFF\n\uFEFF \u00A0', '\r\n'])(
    'that was pasted with %j around it is read all the same',
    async around => {
      const text = `${around}${JSON.stringify(await makeRecord(CONFIGURATION, 'cos', FACTS))}${around}`
      expect((await decodeGood(text)).configuration).toEqual(CONFIGURATION)
      expect(publishedAtOf(text)).toBe(Date.parse(FACTS.publishedAt))
    },
  )

  test('of no rules is a bucket without rules', async () => {
    const none = await makeRecord({ rules: [], responseVary: false }, 's3', FACTS)
    expect((await decodeGood(JSON.stringify(none))).ready('s3').rules).toEqual([])
  })

  test.each([0, 2, '1', null, undefined])(
    'of schema %j is rejected with its code, whatever else it holds',
    async schema => {
      const record = { ...(await makeRecord(CONFIGURATION, 'cos', FACTS)), schema: schema ?? null }
      expect(await decodeBad(record)).toMatchObject({ code: 'record-schema', findings: [] })
    },
  )

  test('that was changed in any part of what it serves has another digest', async () => {
    const record = await makeRecord(CONFIGURATION, 'cos', FACTS)
    const open = { ...CONFIGURATION, rules: CONFIGURATION.rules.map(r => ({ ...r, allowedOrigins: ['*'] })) }
    for (const changed of [
      { ...record, configuration: open },
      { ...record, policy: compile(open, 'cos') },
      { ...record, policy: { ...record.policy, dialect: 's3' } },
      { ...record, configuration: open, policy: compile(open, 'cos') },
      { ...record, sha256: '0'.repeat(64) },
      { ...record, sha256: undefined },
      { ...record, configuration: null },
    ])
      expect(await decodeBad(changed)).toMatchObject({ code: 'record-digest' })
  })

  test('without a part, or with the right digest over the wrong shape, is rejected without a throw', async () => {
    const record = await makeRecord(CONFIGURATION, 'cos', FACTS)
    for (const part of ['revision', 'configuration', 'policy'])
      expect(await decodeBad({ ...record, [part]: undefined })).toMatchObject({ code: 'record-shape' })
    for (const policy of [null, {}, { dialect: 'cos' }, { dialect: 'cos', rules: [null] }, []]) {
      const digest = await sha256(JSON.stringify([CONFIGURATION, policy]))
      expect(await decodeBad({ ...record, policy, sha256: digest })).toMatchObject({ code: 'record-shape' })
    }
  })

  test('has one size limit, at which it is read and over which it is not', async () => {
    const record = JSON.stringify(await makeRecord(CONFIGURATION, 'cos', FACTS))
    await decodeGood(record.padEnd(MAX_VALUE_LENGTH))
    expect(await decodeBad(record.padEnd(MAX_VALUE_LENGTH + 1))).toMatchObject({ code: 'value-too-large' })
  })
})

describe('a document at the limit of its size', () => {
  test('makes a record far within the limit of a value, in either dialect', async () => {
    const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789']
    const names = letters.flatMap(a => letters.flatMap(b => letters.map(c => a + b + c))).slice(0, 10_800)
    const text = JSON.stringify([
      { AllowedOrigins: ['https://a.example'], AllowedMethods: ['GET'], AllowedHeaders: names },
    ])
    expect(text.length).toBeGreaterThan(0.98 * MAX_DOCUMENT_BYTES)
    const { configuration } = await decodeGood(text)
    for (const dialect of DIALECTS) {
      const record = JSON.stringify(await makeRecord(configuration, dialect, FACTS))
      expect(record.length).toBeLessThan(MAX_VALUE_LENGTH / 4)
      expect((await decodeGood(record)).configuration).toEqual(configuration)
    }
  })
})

describe('a pasted document', () => {
  test('has the revision of the same configuration written as XML, as JSON or published', async () => {
    await fc.assert(
      fc.asyncProperty(anyConfiguration, dialects, async (configuration, dialect) => {
        const published = await makeRecord(configuration, dialect, FACTS)
        const xml = await decodeGood(writeXml(configuration))
        const json = await decodeGood(writeS3Json(configuration))
        expect([xml.revision, json.revision]).toEqual([published.revision, published.revision])
        expect(xml.configuration).toEqual(json.configuration)
      }),
      { numRuns: 100 },
    )
  })

  test('with errors is rejected with its errors, and nothing of it is served', async () => {
    const bad = await decodeBad([
      { AllowedOrigins: ['https://*.*.a', 'null'], AllowedMethods: ['get'], Comment: '' },
    ])
    expect(bad.code).toBe('document')
    expect(bad.findings.map(({ code, severity }) => [code, severity])).toEqual([
      ['origin-two-stars', 'error'],
      ['method-unknown', 'error'],
    ])
  })

  test.each([
    '',
    'allow everything',
    '{',
    '[',
    '{}',
    '[]',
    'null',
    '1',
    '<a/>',
    '{"__proto__":{"schema":1}}',
  ])('%j holds no rules', async text => {
    expect(await decodeBad(text)).toMatchObject({ code: 'document' })
  })
})

describe('revisionOf()', () => {
  test('differs when any value, its order or its place does', async () => {
    const [rule] = CONFIGURATION.rules
    if (rule === undefined) throw new Error('the rule is missing')
    const having = (...rules: Partial<typeof rule>[]) => ({
      rules: rules.map(fields => ({ ...rule, ...fields })),
      responseVary: true,
    })
    const configurations: Configuration[] = [
      CONFIGURATION,
      { ...CONFIGURATION, responseVary: false },
      having({ id: null }),
      having({ allowedOrigins: rule.allowedOrigins.toReversed() }),
      having({ allowedMethods: ['PUT', 'GET'] }),
      having({ allowedHeaders: ['x-a', 'x-cos-*'] }),
      having({ allowedHeaders: ['X-A'], exposeHeaders: ['x-cos-*', 'ETag'] }),
      having({ exposeHeaders: [] }),
      having({ maxAgeSeconds: 0 }),
      having({ maxAgeSeconds: null }),
      having({}, {}),
      having({}, { id: 'two' }),
      having({ id: 'two' }, {}),
    ]
    const revisions = await Promise.all(configurations.map(revisionOf))
    expect(new Set(revisions).size).toBe(configurations.length)
  })

  test('does not depend on the order in which the fields stand', async () => {
    const reversed = (value: object) => Object.fromEntries(Object.entries(value).toReversed())
    const { rules, responseVary } = CONFIGURATION
    const other = { responseVary, rules: rules.map(reversed) } as unknown as Configuration
    expect(await revisionOf(other)).toBe(await revisionOf(CONFIGURATION))
  })
})
