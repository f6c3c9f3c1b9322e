/**
 * Inclusion and difference of configurations, exhaustively in a small scope: every pair is held to all requests, tried one by one.
 * `MODEL_RUNS` widens the share that is tried (`npm run test:deep`).
 */

import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compare } from '../../src/compare/compare.ts'
import type { Configuration, Method } from '../../src/cors/configuration.ts'
import type { CorsRequest } from '../../src/cors/request.ts'
import { type Side, sideOf } from '../../src/cors/side.ts'
import { withinSides } from '../../src/cors/within.ts'
import { explain } from '../../src/explain/explain.ts'
import { modelRule } from '../../tools/model.ts'
import { runs } from './runs.ts'
import {
  configurationOf,
  differencesByTrial,
  patternsOf,
  ruleOf,
  Scope,
  withinByTrial,
} from './small-scope.ts'

const METHOD_SETS: Method[][] = [['GET'], ['GET', 'PUT'], ['PUT']]
const DEEP = process.env.MODEL_RUNS !== undefined
/** Millions of pairs take minutes. */
const LONG = DEEP ? { timeout: 24 * 3_600_000 } : {}

const judged = new WeakMap<Configuration, Map<string, number | null>>()

/**
 * Returns the rule that answers by the naive model. `explain` must name the same: it is asked once for a configuration and
 * a request, which come again in thousands of pairs.
 */
function answeredBy(configuration: Configuration, request: CorsRequest): number | null {
  const known = judged.get(configuration) ?? new Map<string, number | null>()
  judged.set(configuration, known)
  const key = `${request.method} ${request.origin} ${request.requestedHeaders}`
  const before = known.get(key)
  if (before !== undefined) return before
  const rule = modelRule(configuration, request)
  if (explain(configuration, request).answeredBy !== rule)
    expect.fail(`${JSON.stringify(configuration.rules)}: explain disagrees about ${key}`)
  known.set(key, rule)
  return rule
}

/** Holds a comparison to all requests of the scope, and each of its examples to the naive model and to `explain`. */
function agreeOnDifferences(
  answers: ReturnType<Scope['answers']>,
  one: Configuration,
  other: Configuration,
): void {
  const expected = differencesByTrial(answers, one, other)
  const { differences, cut } = compare(one, other, 'cos')
  const has = (...kinds: string[]) => differences.some(({ kind }) => kinds.includes(kind))
  const found = {
    lost: has('method-lost', 'header-lost'),
    gained: has('method-gained', 'header-gained'),
    credentials: has('credentials'),
    // Left out where access differs, too.
    methods: expected.lost || expected.gained ? expected.methods : has('allow-methods'),
  }
  const texts = () => JSON.stringify([one.rules, other.rules])
  if (cut || !isDeepStrictEqual(found, expected))
    expect({ cut, ...found }, texts()).toEqual({ cut: false, ...expected })
  for (const { kind, example } of differences) {
    const [of, by] = [one, other].map(configuration => answeredBy(configuration, example.request))
    const isSo =
      kind === 'method-lost' || kind === 'header-lost'
        ? typeof of === 'number' && by === null
        : kind === 'method-gained' || kind === 'header-gained'
          ? of === null && typeof by === 'number'
          : typeof of === 'number' && typeof by === 'number'
    if (!isSo) expect.fail(`${texts()}: no ${kind} with ${JSON.stringify(example.request)}`)
  }
}

/** Holds a proof to all requests of the scope, and its counterexample to the naive model and to `explain`. */
function agree(scope: Scope, file: Side, upper: Side): void {
  const answers = scope.answers(file.configuration, upper.configuration)
  agreeOnDifferences(answers, file.configuration, upper.configuration)
  const expected = withinByTrial(answers, file.configuration, upper.configuration)
  const { access, credentials, widenings } = withinSides(file, upper)
  const texts = () => JSON.stringify([file, upper].map(({ configuration }) => configuration.rules))
  if (access !== expected.access || credentials !== expected.credentials)
    expect({ access, credentials }, texts()).toEqual(expected)
  for (const { claim, request } of widenings) {
    const [of, by] = [file, upper].map(({ configuration }) => answeredBy(configuration, request))
    const open = (side: Side, rule: number) =>
      side.configuration.rules[rule]?.allowedOrigins.includes('*') === true
    const isBeyond =
      typeof of === 'number' &&
      (claim === 'access' ? by === null : !open(file, of) && (typeof by !== 'number' || open(upper, by)))
    if (!isBeyond) expect.fail(`${texts()} is not refuted by ${JSON.stringify(request)}`)
  }
}

/** Every `step`th pair of these configurations, from a place that changes with the step. */
function eachPair(configurations: readonly Configuration[], share: number, scope: Scope): number {
  const sides = configurations.map(sideOf)
  const total = sides.length * sides.length
  const step = DEEP ? 1 : Math.max(1, Math.floor(total / share))
  let count = 0
  for (let at = 0; at < total; at += step) {
    const [file, upper] = [sides[Math.floor(at / sides.length)], sides[at % sides.length]]
    if (file === undefined || upper === undefined) continue
    agree(scope, file, upper)
    count++
  }
  return count
}

describe('within() and compare()', () => {
  test('agree with all requests for every pair of one-rule configurations', LONG, () => {
    const headers = [[], ...patternsOf(2).map(pattern => [pattern])]
    const all = patternsOf(2).flatMap(origin =>
      METHOD_SETS.slice(0, 2).flatMap(methods =>
        headers.map(names => configurationOf(ruleOf([origin], methods, names))),
      ),
    )
    const count = eachPair(all, 4_000, new Scope(4))
    expect(count).toBeGreaterThanOrEqual(DEEP ? 1_000_000 : 4_000)
    if (DEEP) console.log(`${count} pairs of one-rule configurations`)
  })

  test('agree with all requests for every pair of two-rule configurations of a smaller set', LONG, () => {
    const rules = ['a', '*', 'a*', '*b'].flatMap(origin =>
      METHOD_SETS.slice(0, 2).flatMap(methods =>
        [[], ['a'], ['*'], ['a*'], ['*b']].map(names => ruleOf([origin], methods, names)),
      ),
    )
    const all = rules.flatMap(first => rules.map(second => configurationOf(first, second)))
    const count = eachPair(all, 4_000, new Scope(3))
    expect(count).toBeGreaterThanOrEqual(DEEP ? 1_000_000 : 4_000)
    if (DEEP) console.log(`${count} pairs of two-rule configurations`)
  })

  test('agree with all requests for configurations of up to three rules and three letters', () => {
    const scope = new Scope(7)
    const pattern = fc.constantFrom(...patternsOf(3))
    const rule = fc
      .tuple(
        fc.array(pattern, { minLength: 1, maxLength: 2 }),
        fc.constantFrom(...METHOD_SETS),
        fc.array(pattern, { maxLength: 3 }),
      )
      .map(([origins, methods, names]) => ruleOf(origins, methods, names))
    const configuration = fc.array(rule, { minLength: 1, maxLength: 3 }).map(list => configurationOf(...list))
    fc.assert(
      fc.property(configuration, configuration, (file, upper) => {
        agree(scope, sideOf(file), sideOf(upper))
      }),
      runs(500, 100_000),
    )
  })
})
