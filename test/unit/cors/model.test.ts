/**
 * @module
 * The engine against the naive model of the documents, on generated configurations and requests.
 */

import fc from 'fast-check'
import { XMLParser } from 'fast-xml-parser'
import { describe, expect, it } from 'vitest'
import { answerPreflight } from '../../../src/answers/preflight.ts'
import { type Configuration, METHODS, type Rule } from '../../../src/cors/configuration.ts'
import { type Allowed, type Decision, decide } from '../../../src/cors/decide.ts'
import { compile, hydrate, type Policy, type ReadyPolicy } from '../../../src/cors/policy.ts'
import type { CorsRequest } from '../../../src/cors/request.ts'
import {
  type ModelDialect,
  type ModelHeaders,
  modelActual,
  modelPreflight,
  modelRequestedNames,
  modelRule,
} from '../../../tools/model.ts'
import {
  cases,
  dialects,
  headerEntries,
  nameOf,
  originPatterns,
  originsNear,
  rules,
  spaced,
} from '../../model/generators.ts'
import { runs } from '../../model/runs.ts'

const OPEN_RULE: Rule = {
  id: null,
  allowedOrigins: ['*'],
  allowedMethods: ['GET'],
  allowedHeaders: ['*'],
  exposeHeaders: [],
  maxAgeSeconds: null,
}
const OPEN_REQUEST: CorsRequest = { origin: 'https://example.com', method: 'GET', requestedHeaders: null }

const ask = (policy: ReadyPolicy, request: CorsRequest): Decision => decide(policy, request)

/** The CORS headers of an answer: a header set of the decision, and the two that the request decides. */
function answered(decision: Allowed, kind: 'preflight' | 'actual', origin: string | null): ModelHeaders {
  const headers = new Headers([...decision.sets[kind]].map(([name, value]) => [name, value]))
  if (!headers.has('access-control-allow-origin')) headers.set('access-control-allow-origin', origin ?? '')
  if (decision.allowHeaders !== null) headers.set('access-control-allow-headers', decision.allowHeaders)
  return Object.fromEntries(headers)
}

const corsHeaders = (response: Response): ModelHeaders =>
  Object.fromEntries([...response.headers].filter(([name]) => /^(access-control-|vary$)/.test(name)))

/** All that one request can get, as one value to compare. */
function answersOf(policy: ReadyPolicy, request: CorsRequest) {
  const decision = ask(policy, request)
  if (decision.outcome !== 'allowed') return decision
  return {
    outcome: decision.outcome,
    rule: decision.rule.position,
    preflight: answered(decision, 'preflight', request.origin),
    actual: answered(decision, 'actual', request.origin),
  }
}

/**
 * The first condition that no rule meets, judged without the later ones. A list over a bound is refused before
 * its names are judged; a name longer than any that is allowed may count as either.
 */
function modelChecks(configuration: Configuration, request: CorsRequest): string[] {
  const bare = { ...request, requestedHeaders: null }
  const anyMethod = configuration.rules.map(rule => ({ ...rule, allowedMethods: METHODS }))
  if (modelRule({ ...configuration, rules: anyMethod }, { ...bare, method: 'GET' }) === null)
    return ['origin']
  if (modelRule(configuration, bare) === null) return ['method']
  const isList = modelRequestedNames(configuration, request.requestedHeaders) !== null
  return isList ? ['header', 'header-list'] : ['header-list']
}

/** Whether a rule that allows every origin, GET and every header, but for `conditions`, allows a request. */
function allows(
  conditions: Partial<Rule>,
  request: Partial<CorsRequest>,
  dialect: ModelDialect = 'cos',
): boolean {
  const rule: Rule = { ...OPEN_RULE, ...conditions }
  const policy = hydrate(compile({ rules: [rule], responseVary: false }, dialect))
  return ask(policy, { ...OPEN_REQUEST, ...request }).outcome === 'allowed'
}

describe('decide()', () => {
  it('answers as the model does when rules and requests are generated', () => {
    fc.assert(
      fc.property(cases, ({ configuration, dialect, request }) => {
        const policy = hydrate(compile(configuration, dialect))
        const decision = ask(policy, request)
        const position = modelRule(configuration, request)
        if (configuration.rules.length === 0) {
          expect(decision).toEqual({ outcome: 'no-rules' })
        } else if (position === null) {
          const checks = modelChecks(configuration, request)
          expect(decision).toMatchObject({ outcome: 'refused', check: expect.toBeOneOf(checks) })
        } else {
          expect(answersOf(policy, request)).toMatchObject({
            outcome: 'allowed',
            rule: position,
            preflight: modelPreflight(configuration, dialect, { ...request, path: '/key' }).headers,
          })
        }
      }),
      runs(2000),
    )
  })

  it('decorates an actual request as the model does', () => {
    fc.assert(
      fc.property(cases, ({ configuration, dialect, request }) => {
        const method = request.method ?? 'GET'
        const facts = { ...request, method, ...(dialect === 'cos' && { requestedHeaders: null }) }
        const decision = ask(hydrate(compile(configuration, dialect)), facts)
        const model = modelActual(configuration, dialect, {
          method,
          origin: request.origin,
          requestMethodHeader: null,
          requestHeadersHeader: request.requestedHeaders,
        })
        expect(decision.outcome === 'allowed').toBe(model.matched)
        if (decision.outcome === 'allowed')
          expect(answered(decision, 'actual', request.origin)).toEqual(model.headers)
      }),
      runs(600),
    )
  })

  it('allows an origin exactly when one pattern of the set alone does', () => {
    const setAndOrigin = originPatterns.chain(set => fc.tuple(fc.constant(set), originsNear(set)))
    fc.assert(
      fc.property(setAndOrigin, ([set, origin]) => {
        const alone = set.map(pattern => allows({ allowedOrigins: [pattern] }, { origin }))
        expect(allows({ allowedOrigins: set }, { origin })).toBe(alone.includes(true))
      }),
      runs(400),
    )
  })

  it('allows a header name exactly when one entry of the set alone does', () => {
    const entries = fc.array(headerEntries, { minLength: 1, maxLength: 12 })
    const setAndName = entries.chain(set =>
      fc.tuple(fc.constant(set), fc.oneof(fc.constantFrom(...set), headerEntries).chain(nameOf)),
    )
    fc.assert(
      fc.property(setAndName, ([set, requestedHeaders]) => {
        const alone = set.map(entry => allows({ allowedHeaders: [entry] }, { requestedHeaders }))
        expect(allows({ allowedHeaders: set }, { requestedHeaders })).toBe(alone.includes(true))
      }),
      runs(400),
    )
  })

  it('allows any selection of the allowed headers in any order, case and allowed spacing', () => {
    const selection = (set: string[]) =>
      fc
        .shuffledSubarray(set)
        .chain(entries => fc.tuple(...entries.map(nameOf)))
        .chain(spaced)
    const setAndList = fc
      .array(headerEntries, { minLength: 1, maxLength: 12 })
      .chain(set => fc.tuple(fc.constant(set), selection(set)))
    fc.assert(
      fc.property(setAndList, dialects, ([set, requestedHeaders], dialect) => {
        expect(allows({ allowedHeaders: set }, { requestedHeaders }, dialect)).toBe(true)
        expect(allows({ allowedHeaders: ['*'] }, { requestedHeaders }, dialect)).toBe(true)
      }),
      runs(400),
    )
  })

  it('allows an origin of 2048 characters and none longer', () => {
    for (const allowedOrigins of [['*'], ['https://*.example']]) {
      const origin = (length: number) => `https://${'a'.repeat(length - 16)}.example`
      expect(allows({ allowedOrigins }, { origin: origin(2048) })).toBe(true)
      expect(allows({ allowedOrigins }, { origin: origin(2049) })).toBe(false)
    }
  })

  it('allows all headers of a rule at once when its list is longer than the usual bounds', () => {
    const allowedHeaders = Array.from({ length: 200 }, (_, i) => `${'x'.repeat(100)}-${i}`)
    const requestedHeaders = allowedHeaders.map(name => `  ${name}  `).join(',')
    expect(allows({ allowedHeaders }, { requestedHeaders })).toBe(true)
    expect(allows({ allowedHeaders }, { requestedHeaders: `${requestedHeaders},x` })).toBe(false)
  })

  it('keeps an allowed answer when a rule is added at the end', () => {
    fc.assert(
      fc.property(cases, rules, ({ configuration, dialect, request }, added) => {
        const before = answersOf(hydrate(compile(configuration, dialect)), request)
        fc.pre(before.outcome === 'allowed')
        const longer = { ...configuration, rules: [...configuration.rules, added] }
        expect(answersOf(hydrate(compile(longer, dialect)), request)).toEqual(before)
      }),
      runs(300),
    )
  })

  it('never gives credentials with * or null, and always with any other origin', () => {
    fc.assert(
      fc.property(cases, ({ configuration, dialect, request }) => {
        const answers = answersOf(hydrate(compile(configuration, dialect)), request)
        fc.pre(answers.outcome === 'allowed')
        for (const headers of [answers.preflight, answers.actual]) {
          const origin = headers['access-control-allow-origin']
          const credentials = origin === '*' || origin === 'null' ? undefined : 'true'
          expect(headers['access-control-allow-credentials']).toBe(credentials)
          expect(origin === '*' ? request.origin : origin).toBe(request.origin)
        }
      }),
      runs(500),
    )
  })
})

describe('answerPreflight()', () => {
  const paths = fc.constantFrom('/', '/?lifecycle', '/key', '//', '/a/b?x=/', '/%2F')
  const xml = new XMLParser({ parseTagValue: false })

  it('gives the status, the headers and the error that the model gives, to every OPTIONS', async () => {
    await fc.assert(
      fc.asyncProperty(cases, paths, async ({ configuration, dialect, request }, path) => {
        const policy = hydrate(compile(configuration, dialect))
        const options = { ...request, url: `https://bucket.example${path}` }
        const response = answerPreflight(policy.dialect, ask(policy, request), options, false)
        const model = modelPreflight(configuration, dialect, { ...request, path: path.replace(/\?.*/, '') })

        expect(response.status).toBe(model.status)
        expect(corsHeaders(response)).toEqual(model.headers)
        const body = await response.text()
        if (model.error === undefined) {
          expect(body).toBe('')
          return
        }
        const { code: Code, message: Message, method: Method, resourceType: ResourceType } = model.error
        const s3Only = { Method, ResourceType }
        const { Error: error } = xml.parse(body)
        expect({ Method: undefined, ResourceType: undefined, ...error }).toMatchObject({
          Code,
          Message,
          ...s3Only,
        })
      }),
      runs(500),
    )
  })
})

describe('hydrate()', () => {
  it('answers the same when the policy has been through JSON', () => {
    fc.assert(
      fc.property(cases, ({ configuration, dialect, request }) => {
        const compiled = compile(configuration, dialect)
        const stored: Policy = JSON.parse(JSON.stringify(compiled))
        expect(stored).toEqual(compiled)
        expect(answersOf(hydrate(stored), request)).toEqual(answersOf(hydrate(compiled), request))
      }),
      runs(300),
    )
  })
})

describe('the generators', () => {
  it('give between 30 and 70 % allowed requests, and refusals by every check', () => {
    const sample = fc.sample(cases, { numRuns: 1000, seed: 1 })
    const outcomes = sample.map(({ configuration, dialect, request }) => {
      const decision = ask(hydrate(compile(configuration, dialect)), request)
      return decision.outcome === 'refused' ? decision.check : decision.outcome
    })
    const share = (outcome: string) => outcomes.filter(one => one === outcome).length / outcomes.length
    expect(share('allowed')).toBeGreaterThan(0.3)
    expect(share('allowed')).toBeLessThan(0.7)
    for (const check of ['origin', 'method', 'header', 'header-list', 'no-rules'])
      expect(share(check), check).toBeGreaterThan(0.01)
  })
})
