import { describe, expect, test } from 'vitest'
import type { Configuration, Rule } from '../../../src/cors/configuration.ts'
import { decide, MAX_ORIGIN_LENGTH } from '../../../src/cors/decide.ts'
import { compile, hydrate, type ReadyPolicy } from '../../../src/cors/policy.ts'

const rule = (fields: Partial<Rule>): Rule => ({
  id: null,
  allowedOrigins: ['https://a.example'],
  allowedMethods: ['GET'],
  allowedHeaders: [],
  exposeHeaders: [],
  maxAgeSeconds: null,
  ...fields,
})
const policy = (...rules: Partial<Rule>[]) =>
  hydrate(compile({ rules: rules.map(rule), responseVary: false } satisfies Configuration, 'cos'))

/** The decision on a request of these three values. */
const ask = (
  ready: ReadyPolicy,
  origin: string | null,
  method: string | null,
  requestedHeaders: string | null = null,
) => decide(ready, { origin, method, requestedHeaders })

describe('decide()', () => {
  test('takes the first rule that matches in full, not the first whose origin matches', () => {
    const ready = policy(
      { allowedMethods: ['PUT'] },
      { allowedHeaders: ['x-a'] },
      { allowedHeaders: ['x-a', 'x-b'] },
      { allowedOrigins: ['*'] },
    )
    const position = (method: string, headers: string | null) => {
      const decision = ask(ready, 'https://a.example', method, headers)
      return decision.outcome === 'allowed' ? decision.rule.position : decision
    }
    expect(position('PUT', null)).toBe(0)
    expect(position('GET', null)).toBe(1)
    expect(position('GET', 'x-b')).toBe(2)
    expect(position('PUT', 'x-b')).toEqual({ outcome: 'refused', check: 'header', value: 'x-b' })
    expect(ask(ready, 'https://b.example', 'GET')).toMatchObject({ rule: { position: 3 } })
  })

  test('names the first condition that no rule meets', () => {
    const ready = policy({ allowedMethods: ['PUT'], allowedHeaders: ['x-a'] })
    expect(ask(ready, 'https://b.example', 'GET', 'x-b')).toMatchObject({
      check: 'origin',
      value: 'https://b.example',
    })
    expect(ask(ready, 'https://a.example', 'GET', 'x-b')).toMatchObject({ check: 'method', value: 'GET' })
    expect(ask(ready, 'https://a.example', 'PUT', 'x-a,x-b')).toMatchObject({
      check: 'header',
      value: 'x-b',
    })
    expect(ask(ready, null, 'PUT')).toMatchObject({ check: 'origin' })
    expect(ask(ready, 'https://a.example', null)).toMatchObject({ check: 'method' })
    expect(ask(policy(), 'https://a.example', 'GET')).toEqual({ outcome: 'no-rules' })
  })

  test('never matches a value that is not one origin', () => {
    const ready = policy({ allowedOrigins: ['*', '', 'https://a.example, https://b.example'] })
    const long = 'https://'.padEnd(MAX_ORIGIN_LENGTH + 1, 'a')
    for (const origin of ['', 'https://a.example, https://b.example', 'https://a.example,', long])
      expect(ask(ready, origin, 'GET')).toMatchObject({ outcome: 'refused', check: 'origin' })
    expect(ask(ready, long.slice(0, -1), 'GET').outcome).toBe('allowed')
  })

  test('null is matched by * or a listed null alone, and never gets credentials', () => {
    const outcome = (origins: string[]) => ask(policy({ allowedOrigins: origins }), 'null', 'GET')
    expect(outcome(['n*l', 'n*', '*ll']).outcome).toBe('refused')
    const listed = outcome(['https://a.example', 'null'])
    expect(
      listed.outcome === 'allowed' && listed.sets.preflight.has('access-control-allow-credentials'),
    ).toBe(false)
    expect(outcome(['*'])).toMatchObject({ outcome: 'allowed', rule: { anyOrigin: true } })
  })

  test('what one policy was asked changes no answer of another', () => {
    const names = Array.from({ length: 100 }, (_, at) => `n${at}`)
    const few = policy({ allowedHeaders: ['n0'] })
    const many = policy({ allowedHeaders: names })
    const list = [...names.slice(0, 70), 'evil'].join()
    for (const [ready, value] of [
      [few, 'more than 64 names'],
      [many, 'evil'],
      [few, 'more than 64 names'],
    ] as const)
      expect(ask(ready, 'https://a.example', 'GET', list)).toMatchObject({ outcome: 'refused', value })
    const stars = (origin: string) => policy({ allowedOrigins: [origin] })
    const first = stars('https://*.example')
    expect(ask(first, 'https://x.example', 'GET').outcome).toBe('allowed')
    expect(ask(stars('https://*.other'), 'https://x.example', 'GET').outcome).toBe('refused')
    expect(ask(first, 'https://x.example', 'GET').outcome).toBe('allowed')
  })

  test('names of Object.prototype are no methods, headers or origins', () => {
    const ready = policy({ allowedHeaders: ['x-a'] })
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect(ask(ready, 'https://a.example', name)).toMatchObject({ check: 'method' })
      expect(ask(ready, name, 'GET')).toMatchObject({ check: 'origin' })
      expect(ask(ready, 'https://a.example', 'GET', name)).toMatchObject({ check: 'header' })
    }
  })
})
