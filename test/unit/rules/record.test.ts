import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Configuration, MAX_DOCUMENT_BYTES } from '../../../src/cors/configuration.ts'
import { decide } from '../../../src/cors/decide.ts'
import { DIALECTS } from '../../../src/cors/dialect.ts'
import { compile, hydrate, type ReadyPolicy } from '../../../src/cors/policy.ts'
import { writeS3Json } from '../../../src/formats/s3-json.ts'
import { writeXml } from '../../../src/formats/xml.ts'
import { type BadValue, decodeValue, MAX_VALUE_LENGTH } from '../../../src/rules/decode.ts'
import { makeRecord, revisionOf, settingsDigest } from '../../../src/rules/record.ts'
import { Rules, UNDATED } from '../../../src/rules/rules.ts'
import { makeSchema1 } from '../../schema-1.ts'
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
    expect(await makeRecord(CONFIGURATION, FACTS)).toEqual({
      schema: 2,
      revision: expect.stringMatching(/^[0-9a-f]{12}$/),
      ...FACTS,
      configuration: CONFIGURATION,
      settings: null,
      guardrail: null,
    })
  })

  test('of either schema goes through KV unchanged: configuration, publication and the policy of each dialect', async () => {
    await fc.assert(
      fc.asyncProperty(anyConfiguration, dialects, fc.boolean(), async (configuration, dialect, isOld) => {
        const facts = { ...FACTS, settings: 'ab', guardrail: 'cd' }
        const record = isOld
          ? await makeSchema1(configuration, 'cos', FACTS)
          : await makeRecord(configuration, facts)
        const rules = await decodeGood(JSON.stringify(record))
        expect(rules.configuration).toEqual(configuration)
        expect(rules.revision).toBe(record.revision)
        const publishedAt = Date.parse(FACTS.publishedAt)
        // Rules of schema 1 go with any settings.
        expect(rules.publication).toEqual(
          isOld ? { publishedAt } : { publishedAt, settings: 'ab', guardrail: 'cd' },
        )
        const ready = rules.ready(dialect)
        expect(answersOf(ready, configuration)).toEqual(
          answersOf(hydrate(compile(configuration, dialect)), configuration),
        )
        expect(rules.ready(dialect)).toBe(ready)
      }),
      { numRuns: 50 },
    )
  })

  test.each(['\uFEFF', '\n\uFEFF', '\uFEFF\n\uFEFF \u00A0', '\r\n'])(
    'that was pasted with %j around it is read all the same',
    async around => {
      const text = `${around}${JSON.stringify(await makeRecord(CONFIGURATION, FACTS))}${around}`
      expect((await decodeGood(text)).configuration).toEqual(CONFIGURATION)
    },
  )

  test('of no rules is a bucket without rules', async () => {
    const none = await makeRecord({ rules: [], responseVary: false }, FACTS)
    expect((await decodeGood(JSON.stringify(none))).ready('s3').rules).toEqual([])
  })

  test.each([0, 3, '2', null, undefined])(
    'of schema %j is rejected with its code, whatever else it holds',
    async schema => {
      const record = { ...(await makeRecord(CONFIGURATION, FACTS)), schema: schema ?? null }
      expect(await decodeBad(record)).toMatchObject({ code: 'record-schema', findings: [] })
    },
  )

  test('whose rules were changed no longer has its revision, or in schema 1 its digest', async () => {
    const open = { ...CONFIGURATION, rules: CONFIGURATION.rules.map(r => ({ ...r, allowedOrigins: ['*'] })) }
    const record = await makeRecord(CONFIGURATION, FACTS)
    const old = await makeSchema1(CONFIGURATION, 'cos', FACTS)
    for (const changed of [
      { ...record, configuration: open },
      { ...record, revision: '0'.repeat(12) },
      { ...old, configuration: open },
      { ...old, policy: compile(open, 'cos') },
      { ...old, configuration: open, policy: compile(open, 'cos') },
      { ...old, sha256: '0'.repeat(64) },
      { ...old, sha256: undefined },
      { ...old, configuration: null },
    ])
      expect(await decodeBad(changed)).toMatchObject({ code: 'record-digest' })
  })

  test('without a part, or with the right revision over the wrong shape, is rejected without a throw', async () => {
    const record = await makeRecord(CONFIGURATION, FACTS)
    const [rule] = CONFIGURATION.rules
    for (const part of ['revision', 'configuration'])
      expect(await decodeBad({ ...record, [part]: undefined })).toMatchObject({ code: 'record-shape' })
    for (const configuration of [
      null,
      {},
      { rules: {}, responseVary: false },
      { rules: [null], responseVary: false },
      ...[
        ...[{ id: 1 }, { maxAgeSeconds: '600' }, { maxAgeSeconds: 0.5 }],
        ...[{ allowedOrigins: [null] }, { allowedMethods: 'GET' }, { exposeHeaders: [1] }],
      ].map(wrong => ({ rules: [{ ...rule, ...wrong }], responseVary: false })),
      { rules: [rule], responseVary: 'false' },
    ]) {
      const revision = await revisionOf(configuration as unknown as Configuration).catch(
        () => record.revision,
      )
      expect(await decodeBad({ ...record, revision, configuration })).toMatchObject({ code: 'record-shape' })
    }
  })

  test('has one size limit, at which it is read and over which it is not', async () => {
    const record = JSON.stringify(await makeRecord(CONFIGURATION, FACTS))
    await decodeGood(record.padEnd(MAX_VALUE_LENGTH))
    expect(await decodeBad(record.padEnd(MAX_VALUE_LENGTH + 1))).toMatchObject({ code: 'value-too-large' })
  })
})

describe('a document at the limit of its size', () => {
  test('makes a record far within the limit of a value', async () => {
    const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789']
    const names = letters.flatMap(a => letters.flatMap(b => letters.map(c => a + b + c))).slice(0, 10_800)
    const text = JSON.stringify([
      { AllowedOrigins: ['https://a.example'], AllowedMethods: ['GET'], AllowedHeaders: names },
    ])
    expect(text.length).toBeGreaterThan(0.98 * MAX_DOCUMENT_BYTES)
    const { configuration } = await decodeGood(text)
    const record = JSON.stringify(await makeRecord(configuration, FACTS))
    expect(record.length).toBeLessThan(MAX_VALUE_LENGTH / 4)
    expect((await decodeGood(record)).configuration).toEqual(configuration)
  })
})

describe('a pasted document', () => {
  test('has the revision of the same configuration written as XML, as JSON or published', async () => {
    await fc.assert(
      fc.asyncProperty(anyConfiguration, async configuration => {
        const published = await makeRecord(configuration, FACTS)
        const xml = await decodeGood(writeXml(configuration))
        const json = await decodeGood(writeS3Json(configuration))
        expect([xml.revision, json.revision]).toEqual([published.revision, published.revision])
        expect(xml.configuration).toEqual(json.configuration)
        expect(xml.publication).toEqual({ publishedAt: UNDATED })
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
  test('differs when any value, its order or its place does, but for the order of origins', async () => {
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
    const [first, second] = rule.allowedOrigins
    for (const allowedOrigins of [rule.allowedOrigins.toReversed(), [first ?? '', second ?? '', first ?? '']])
      expect(await revisionOf(having({ allowedOrigins }))).toBe(revisions[0])
  })

  test('does not depend on the order in which the fields stand', async () => {
    const reversed = (value: object) => Object.fromEntries(Object.entries(value).toReversed())
    const { rules, responseVary } = CONFIGURATION
    const other = { responseVary, rules: rules.map(reversed) } as unknown as Configuration
    expect(await revisionOf(other)).toBe(await revisionOf(CONFIGURATION))
  })
})

describe('settingsDigest()', () => {
  test('does not depend on white space or the order of fields, and differs with any value', async () => {
    const same = ['{"dialect":"s3","cache":60}', '{ "cache": 60,\n"dialect": "s3" }']
    const others = ['{"dialect":"s3","cache":61}', '{"dialect":"s3"}', '{}', 'no JSON', '{', '']
    const digests = await Promise.all([...same, ...others].map(settingsDigest))
    expect(digests[0]).toBe(digests[1])
    expect(new Set(digests).size).toBe(digests.length - 1)
    expect(await settingsDigest(null)).toBeNull()
  })
})
