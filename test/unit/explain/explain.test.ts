import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decide } from '../../../src/cors/decide.ts'
import { compile, hydrate } from '../../../src/cors/policy.ts'
import { explain } from '../../../src/explain/explain.ts'
import { smallestChange } from '../../../src/explain/smallest-change.ts'
import { cases } from '../../model/generators.ts'

const RUNS = Number(process.env.MODEL_RUNS ?? 2000)

describe('explain()', () => {
  test('names the rule that decide() answers with, whatever the rules and the request', () => {
    fc.assert(
      fc.property(cases, ({ configuration, dialect, request }) => {
        const ready = hydrate(compile(configuration, dialect))
        const decision = decide(ready, request)
        const explanation = explain(configuration, request)
        expect(explanation.answeredBy).toBe(decision.outcome === 'allowed' ? decision.rule.position : null)
        if (decision.outcome === 'refused' && decision.check === 'header-list')
          expect(explanation.unusable).toEqual({ check: 'header-list', reason: decision.value })
      }),
      { numRuns: RUNS },
    )
  })
})

describe('smallestChange()', () => {
  test('allows exactly the refused request that it was made for, or says that nothing can', () => {
    fc.assert(
      fc.property(cases, ({ configuration, dialect, request }) => {
        const change = smallestChange(configuration, request)
        const ask = (rules: typeof configuration) => decide(hydrate(compile(rules, dialect)), request)
        const before = ask(configuration).outcome
        if (change === null) expect(before).toBe('allowed')
        else {
          expect(before).not.toBe('allowed')
          if ('configuration' in change) {
            expect(ask(change.configuration).outcome).toBe('allowed')
            expect(change.steps.length).toBeGreaterThan(0)
          }
        }
      }),
      { numRuns: RUNS },
    )
  })

  const rule = {
    id: null,
    allowedOrigins: ['https://a.example'],
    allowedMethods: ['GET' as const],
    allowedHeaders: ['content-type'],
    exposeHeaders: [],
    maxAgeSeconds: null,
  }
  const ask = (origin: string, method: string, requestedHeaders: string | null = null) =>
    smallestChange({ rules: [rule], responseVary: false }, { origin, method, requestedHeaders })

  test('adds to the nearest rule what it lacks, and says what else that allows', () => {
    expect(ask('https://a.example', 'GET', 'content-type,x-a')).toMatchObject({
      steps: [{ kind: 'add-header', rule: 1, value: 'x-a' }],
      alsoAllows: ['https://a.example may send x-a with GET.'],
    })
    expect(ask('https://b.example', 'GET')).toMatchObject({
      steps: [{ kind: 'add-origin', rule: 1, value: 'https://b.example' }],
      alsoAllows: ['https://b.example may use GET with content-type.'],
    })
    expect(ask('https://a.example', 'PUT', 'x-a')).toMatchObject({
      steps: [
        { kind: 'add-method', rule: 1, value: 'PUT' },
        { kind: 'add-header', rule: 1, value: 'x-a' },
      ],
    })
  })

  test('prefers, of two rules that lack as much, the one where the addition gives less to others', () => {
    const [everyone, pattern] = [['*'], ['https://*.example']]
    const rules = [everyone, pattern, ['https://a.example']].map(allowedOrigins => ({
      ...rule,
      allowedOrigins,
    }))
    const ruleFor = (origin: string, some: typeof rules) => {
      const change = smallestChange(
        { rules: some, responseVary: false },
        { origin, method: 'PUT', requestedHeaders: null },
      )
      return change !== null && 'steps' in change ? change.steps[0]?.rule : change
    }
    expect(ruleFor('https://a.example', rules)).toBe(3)
    expect(ruleFor('https://b.example', rules)).toBe(2)
    // What lets everyone read does not let everyone write for the sake of one.
    expect(ruleFor('https://b.test', rules)).toBe(4)
  })

  test('makes a rule of its own for a request that shares too little with any', () => {
    expect(ask('https://b.example', 'PUT', 'x-a')).toMatchObject({ steps: [{ kind: 'add-rule', rule: 2 }] })
  })

  test('warns where it would be unwise, and says where it is impossible', () => {
    expect(ask('null', 'GET')).toMatchObject({ warnings: [expect.stringContaining('sandboxed')] })
    expect(ask('https://a.example', 'PATCH')).toMatchObject({ impossible: expect.stringContaining('PATCH') })
    expect(ask('https://a.example, https://a.example', 'GET')).toHaveProperty('impossible')
    expect(ask('https://*.example', 'GET')).toMatchObject({ impossible: expect.stringContaining('star') })
    expect(ask('https://a.example', 'GET', 'x-*')).toMatchObject({
      impossible: expect.stringContaining('star'),
    })
  })
})
