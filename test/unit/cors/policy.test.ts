import { describe, expect, test } from 'vitest'
import { METHODS, type Rule } from '../../../src/cors/configuration.ts'
import { decide } from '../../../src/cors/decide.ts'
import type { DialectName } from '../../../src/cors/dialect.ts'
import { compile, hydrate, type ReadyPolicy } from '../../../src/cors/policy.ts'

const rule = (fields: Partial<Rule> = {}): Rule => ({
  id: null,
  allowedOrigins: ['https://a.example'],
  allowedMethods: ['PUT', 'GET'],
  allowedHeaders: ['X-A', 'Content-Type'],
  exposeHeaders: ['ETag', 'x-cos-Meta-A'],
  maxAgeSeconds: 600,
  ...fields,
})

/** The compiled rule, with its header sets as objects. */
function compiled(fields: Partial<Rule>, dialect: DialectName, responseVary = false) {
  const [only] = compile({ rules: [rule(fields)], responseVary }, dialect).rules
  if (only === undefined) throw new Error('the rule is missing')
  return { ...only, preflight: Object.fromEntries(only.preflight), actual: Object.fromEntries(only.actual) }
}

/** The decision on a request of these three values. */
const ask = (
  ready: ReadyPolicy,
  origin: string | null,
  method: string | null,
  requestedHeaders: string | null = null,
) => decide(ready, { origin, method, requestedHeaders })

describe('compile()', () => {
  test('COS joins with a bare comma, keeps the order of methods and the case of exposed headers', () => {
    const { preflight, actual } = compiled({}, 'cos')
    expect(preflight).toEqual({
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'PUT,GET',
      'access-control-allow-headers': 'x-a,content-type',
      'access-control-expose-headers': 'ETag,x-cos-Meta-A',
      'access-control-max-age': '600',
    })
    expect(actual).toEqual({
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'ETag,x-cos-Meta-A',
    })
  })

  test('S3 joins with a comma and a space, always varies, and repeats methods and max-age', () => {
    const { preflight, actual } = compiled({}, 's3')
    const both = {
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'PUT, GET',
      'access-control-expose-headers': 'ETag, x-cos-Meta-A',
      'access-control-max-age': '600',
    }
    expect(actual).toEqual(both)
    expect(preflight).toEqual({
      ...both,
      vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
    })
  })

  test('Allow-Headers stands in the set only where COS answers with a list of names', () => {
    const answered = (allowedHeaders: string[], dialect: DialectName) => {
      const { preflight, echoesHeaders } = compiled({ allowedHeaders }, dialect)
      return [preflight['access-control-allow-headers'], echoesHeaders]
    }
    expect(answered(['X-A', 'Range'], 'cos')).toEqual(['x-a,range', false])
    expect(answered(['X-A', 'Range'], 's3')).toEqual([undefined, true])
    expect(answered([], 'cos')).toEqual([undefined, false])
    for (const star of ['*', 'x-*', '*-a'])
      for (const dialect of ['cos', 's3'] as const)
        expect(answered(['x-a', star], dialect)).toEqual([undefined, true])
  })

  test('* among the origins is answered with * and without credentials, wherever it stands', () => {
    for (const dialect of ['cos', 's3'] as const)
      for (const allowedOrigins of [['*'], ['https://a.example', '*'], ['*', 'https://a.example', 'null']]) {
        const { preflight, actual, anyOrigin } = compiled({ allowedOrigins }, dialect)
        expect(anyOrigin).toBe(true)
        for (const set of [preflight, actual]) {
          expect(set['access-control-allow-origin']).toBe('*')
          expect(set).not.toHaveProperty('access-control-allow-credentials')
        }
      }
    expect(compiled({ allowedOrigins: ['https://*', '*.example'] }, 'cos').anyOrigin).toBe(false)
  })

  test('max-age 0 is sent; no max-age and no exposed header send no header', () => {
    expect(compiled({ maxAgeSeconds: 0 }, 'cos').preflight).toHaveProperty('access-control-max-age', '0')
    const { preflight } = compiled({ maxAgeSeconds: null, exposeHeaders: [] }, 'cos')
    expect(Object.keys(preflight)).toEqual([
      'access-control-allow-credentials',
      'access-control-allow-methods',
      'access-control-allow-headers',
    ])
  })

  test('ResponseVary is for the preflights of COS alone', () => {
    expect(compiled({}, 'cos', true).preflight.vary).toBe('Origin')
    expect(compiled({}, 'cos', true).actual.vary).toBeUndefined()
    expect(compiled({}, 's3', true)).toEqual(compiled({}, 's3', false))
  })
})

describe('hydrate()', () => {
  const ready = (...rules: Partial<Rule>[]) =>
    hydrate(compile({ rules: rules.map(rule), responseVary: false }, 'cos'))

  test('has credentials for the origins of a rule and none for its null', () => {
    const [only] = ready({ allowedOrigins: ['null', 'https://a.example'] }).rules
    expect(only?.sets.preflight.get('access-control-allow-credentials')).toBe('true')
    expect(only?.sets.actual).toContainEqual(['access-control-allow-credentials', 'true'])
    expect(only?.setsForNull.preflight.has('access-control-allow-credentials')).toBe(false)
    expect(only?.setsForNull.actual).not.toContainEqual(['access-control-allow-credentials', 'true'])
    expect(only?.setsForNull.preflight.get('access-control-max-age')).toBe('600')
  })

  test('an empty AllowedOrigin matches nothing', () => {
    const policy = ready({ allowedOrigins: [''] })
    expect(policy.origins.match('')).toEqual({ a: 0, b: 0, c: 0, d: 0 })
    for (const origin of ['', ' ', 'https://a.example', 'null'])
      expect(ask(policy, origin, 'GET').outcome).toBe('refused')
  })

  test('any of 100 rules answers for itself', () => {
    const rules = Array.from({ length: 100 }, (_, at) => ({
      id: `rule ${at}`,
      allowedOrigins: [`https://${at}.example`, `https://*.${at}.example`],
      allowedMethods: METHODS.filter((_, method) => method !== at % METHODS.length),
      allowedHeaders: [`x-${at}`],
    }))
    const policy = ready(...rules)
    for (const [at, { id, allowedMethods }] of rules.entries())
      for (const method of METHODS) {
        const outcome = allowedMethods.includes(method)
          ? { outcome: 'allowed', rule: { position: at, id } }
          : { outcome: 'refused', check: 'method' }
        expect(ask(policy, `https://${at}.example`, method, `X-${at}`)).toMatchObject(outcome)
        expect(ask(policy, `https://a.${at}.example`, method)).toMatchObject(outcome)
      }
    expect(ask(policy, 'https://7.example', 'GET', 'x-8')).toMatchObject({ check: 'header' })
  })
})
