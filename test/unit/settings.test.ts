import { describe, expect, test } from 'vitest'
import { type Env, readHostSettings, readSettings } from '../../src/settings.ts'

const env = (vars: Record<string, unknown>): Env =>
  ({ RULES: { get: () => null }, ...vars }) as unknown as Env

describe('readSettings()', () => {
  test('defaults are the contract’s', () => {
    expect(readSettings(env({}))).toEqual({
      settings: {
        origin: null,
        dialect: 'cos',
        unmatched: 'refuse',
        originTimeoutMs: 30_000,
        policyTtlSeconds: 60,
        debugRefusals: false,
      },
      problems: [],
    })
  })

  test.each([
    ['https://b.example', 'https://b.example'],
    ['https://b.example/', 'https://b.example'],
    ['https://b.example:8443/pre/fix//', 'https://b.example:8443/pre/fix'],
    ['http://localhost:9000', 'http://localhost:9000'],
    ['http://127.0.0.1', 'http://127.0.0.1'],
    ['http://[::1]:80/bucket', 'http://[::1]/bucket'],
  ])('ORIGIN %s is %s', (text, base) => {
    const { settings, problems } = readSettings(env({ ORIGIN: text }))
    expect([settings.origin, problems]).toEqual([{ kind: 'url', base }, []])
  })

  test.each([
    'ftp://x.example',
    'http://x.example',
    'http://127.0.0.1.x.example',
    'https://user:pass@x.example',
    'https://x.example/?q',
    'https://x.example?',
    'https://x.example/#f',
    'https://x.example /a',
    'https:\\\\x.example',
    'x.example',
    'Route',
    '//x.example',
    'https://',
  ])('ORIGIN %s is refused, and said how it should be', text => {
    const { problems } = readSettings(env({ ORIGIN: text }))
    expect(problems).toMatchObject([{ code: 'InvalidVariable', name: 'ORIGIN', value: text }])
    expect(problems[0]?.accepted).toContain('https://host[:port][/prefix]')
  })

  test('tells all problems at once', () => {
    const { problems } = readSettings({
      ORIGIN: 'service',
      DIALECT: 'S3',
      ORIGIN_TIMEOUT_MS: '0',
      DEBUG_REFUSALS: 'true',
    })
    expect(problems.map(({ code, name }) => `${code} ${name}`)).toEqual([
      'InvalidVariable DIALECT',
      'InvalidVariable ORIGIN_TIMEOUT_MS',
      'InvalidVariable DEBUG_REFUSALS',
      'MissingBinding RULES',
      'MissingBinding BUCKET',
    ])
  })
})

describe('readHostSettings()', () => {
  const base = readSettings(env({ ORIGIN: 'https://base.example' })).settings
  const read = (value: unknown) => readHostSettings(JSON.stringify(value), env({}), base)

  test('is over the variables, field by field', () => {
    const { settings, problems } = read({
      origin: 'https://own.example/b',
      unmatched: 'forward',
      originTimeoutMs: 500,
    })
    expect(problems).toEqual([])
    expect(settings).toMatchObject({
      origin: { kind: 'url', base: 'https://own.example/b' },
      unmatched: 'forward',
      originTimeoutMs: 500,
      dialect: 'cos',
    })
  })

  test.each([
    [[]],
    ['text'],
    [null],
    [{ dialect: ['cos'] }],
    [{ policyTtlSeconds: 1 }],
    [{ origin: 'service' }],
  ])('%j is a problem', value => {
    expect(read(value).problems.length).toBe(1)
  })

  test('what is no JSON is a problem', () => {
    expect(readHostSettings('{', env({}), base).problems).toMatchObject([{ accepted: 'JSON', value: '{' }])
  })
})
