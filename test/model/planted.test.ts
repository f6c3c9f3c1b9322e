/**
 * Planted changes: each kind of widening that people make is found with a request that shows it, and no narrowing or
 * reordering that changes nothing is taken for one.
 */

import { describe, expect, test } from 'vitest'
import { compare } from '../../src/compare/compare.ts'
import type { Configuration, Method, Rule } from '../../src/cors/configuration.ts'
import { decide } from '../../src/cors/decide.ts'
import { compile, hydrate } from '../../src/cors/policy.ts'
import type { CorsRequest } from '../../src/cors/request.ts'
import { within } from '../../src/cors/within.ts'
import { explain } from '../../src/explain/explain.ts'
import { configurationOf, ruleOf } from './small-scope.ts'

/** Changes of each kind. */
const EACH = 40

/** Numbers from 0 below `end`, always the same ones for a seed. */
class Choice {
  #state: number

  constructor(seed: number) {
    this.#state = seed + 1
  }

  below(end: number): number {
    this.#state = (this.#state * 48_271) % 2_147_483_647
    return this.#state % end
  }

  some<T>(items: readonly [T, ...T[]]): T[] {
    const chosen = items.filter(() => this.below(2) === 0)
    return chosen.length === 0 ? [items[0]] : chosen
  }
}

/** Rules of a few customers of one bucket, then one for everybody. */
interface Base {
  /** Each for origins that no other has. */
  readonly own: readonly Rule[]
  readonly open: Rule
  /** One of `own`. */
  readonly at: number
}

function baseOf(choice: Choice): Base {
  const own = Array.from({ length: 2 + choice.below(12) }, (_, at) =>
    ruleOf(
      [`https://*.customer${at}.example`, `https://app${at}.example`, `http://localhost:${3000 + at}`],
      ['GET', ...choice.some<Method>(['PUT', 'POST', 'HEAD'])],
      ['content-type', 'x-cos-meta-*', ...choice.some(['range', 'x-cos-acl', 'authorization'])],
    ),
  )
  return { own, open: ruleOf(['*'], ['GET'], ['*']), at: choice.below(own.length) }
}

const edited = (rules: readonly Rule[], at: number, edit: (rule: Rule) => Partial<Rule>): Configuration =>
  configurationOf(...rules.map((rule, index) => (index === at ? { ...rule, ...edit(rule) } : rule)))
const replacing = (from: string, to: string) => (texts: readonly string[]) =>
  texts.map(text => text.replace(from, to))
const whole = ({ own, open }: Base) => configurationOf(...own, open)

type Change = (base: Base, choice: Choice) => readonly [before: Configuration, after: Configuration]

const WIDENINGS: Readonly<Record<string, Change>> = {
  'a moved star': base => [
    whole(base),
    edited([...base.own, base.open], base.at, rule => ({
      allowedOrigins: replacing('://*.customer', '://*customer')(rule.allowedOrigins),
    })),
  ],
  'a rule before the rule for everybody': (base, choice) => {
    const { own, open } = base
    const stranger = ruleOf(
      [`https://${'s'.repeat(1 + choice.below(9))}.stranger.example`],
      ['GET'],
      ['range'],
    )
    return [whole(base), configurationOf(...own, stranger, open)]
  },
  'a looser header pattern': (base, choice) => [
    whole(base),
    edited([...base.own, base.open], base.at, rule => ({
      allowedHeaders: choice.below(2)
        ? replacing('x-cos-meta-*', 'x-cos-*')(rule.allowedHeaders)
        : replacing('content-type', 'content-*')(rule.allowedHeaders),
    })),
  ],
  'a method more': base => [
    whole(base),
    edited([...base.own, base.open], base.at, rule => ({
      allowedMethods: [...rule.allowedMethods, 'DELETE'],
    })),
  ],
  'another order': ({ own, open, at }) => {
    // Before, the rule for everybody answers this customer without credentials.
    const before = own.toSpliced(at, 0, open)
    return [configurationOf(...before), configurationOf(...own.toSpliced(at + 1, 0, open))]
  },
}

const NARROWINGS: Readonly<Record<string, Change>> = {
  'a star less': base => [
    whole(base),
    edited([...base.own, base.open], base.at, rule => ({
      allowedOrigins: replacing('https://*.', 'https://www.')(rule.allowedOrigins),
    })),
  ],
  'a rule less': base => [whole(base), configurationOf(...base.own.toSpliced(base.at, 1), base.open)],
  'a narrower header pattern': (base, choice) => [
    whole(base),
    edited([...base.own, base.open], base.at, rule => ({
      allowedHeaders: choice.below(2)
        ? replacing('x-cos-meta-*', 'x-cos-meta-a*')(rule.allowedHeaders)
        : rule.allowedHeaders.slice(1),
    })),
  ],
  'a method less': base => [
    whole(base),
    edited([...base.own, base.open], base.at, rule => ({ allowedMethods: rule.allowedMethods.slice(1) })),
  ],
}

/** Orders that no request can tell apart: the rule for everybody stays last, and the others share no origin. */
const REORDERED: Change = (base, choice) => {
  const { own, open, at } = base
  const moved = own.toSpliced(at, 1).toSpliced(choice.below(own.length), 0, own[at] ?? open)
  const shuffled = moved.map(rule => ({
    ...rule,
    allowedOrigins: [...rule.allowedOrigins].reverse(),
    allowedHeaders: [...rule.allowedHeaders, ...rule.allowedHeaders.slice(0, 1)],
  }))
  return [whole(base), configurationOf(...shuffled, open)]
}

/** Rule that answers, by the engine and by `explain`, and whether it gives credentials. */
function answerOf(configuration: Configuration, request: CorsRequest) {
  const decision = decide(hydrate(compile(configuration, 'cos')), request)
  const rule = decision.outcome === 'allowed' ? decision.rule.position : null
  expect(explain(configuration, request).answeredBy).toBe(rule)
  return { rule, credentials: decision.outcome === 'allowed' && !decision.rule.anyOrigin }
}

describe('within()', () => {
  let found = 0
  test.each(Object.entries(WIDENINGS))(
    'finds %s, and shows a request that decide() and explain() confirm',
    (_, widen) => {
      for (let seed = 0; seed < EACH; seed++) {
        const choice = new Choice(seed)
        const [before, after] = widen(baseOf(choice), choice)
        const { holds, widenings } = within(after, before)
        expect([holds, widenings.length > 0], `seed ${seed}`).toEqual([false, true])
        for (const { claim, request } of widenings) {
          const [was, is] = [answerOf(before, request), answerOf(after, request)]
          if (claim === 'access') expect([was.rule, is.rule === null]).toEqual([null, false])
          else expect([was.credentials, is.credentials]).toEqual([false, true])
        }
        expect(compare(before, after, 'cos').differences.length).toBeGreaterThan(0)
        found++
      }
    },
  )

  let proven = 0
  test.each(Object.entries(NARROWINGS))('proves %s, which widens nothing', (_, narrow) => {
    for (let seed = 0; seed < EACH; seed++) {
      const choice = new Choice(seed)
      const [before, after] = narrow(baseOf(choice), choice)
      expect(within(after, before), `seed ${seed}`).toMatchObject({ holds: true, widenings: [] })
      proven++
    }
  })

  test('proves another order that no request can tell apart, in both directions, and compare() finds nothing', () => {
    for (let seed = 0; seed < EACH; seed++) {
      const choice = new Choice(seed)
      const [before, after] = REORDERED(baseOf(choice), choice)
      expect([within(after, before).holds, within(before, after).holds], `seed ${seed}`).toEqual([true, true])
      expect(compare(before, after, 'cos')).toMatchObject({ differences: [], cut: false })
      proven++
    }
  })

  test('was tried on 200 widenings and 200 others', () => {
    expect([found, proven]).toEqual([200, 200])
  })
})
