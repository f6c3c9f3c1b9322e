/**
 * @module
 * The difference of two configurations, as requests see it: which of them get another answer. Found by asking, of each
 * kind of origin that the patterns can tell apart, each method, and each set of header names that leaves other rules.
 */

import { type Configuration, METHODS, type Method } from '../cors/configuration.ts'
import type { DialectName } from '../cors/dialect.ts'
import { compile, hydrate, type ReadyPolicy, type ReadyRule } from '../cors/policy.ts'
import { copyOf, firstPosition, intersect, isEmpty, type RuleSet } from '../cors/rule-set.ts'
import { type Comparison, type Difference, type DifferenceKind, ORDER } from './difference.ts'
import {
  accessOf,
  type Group,
  headerGroups,
  isWithin,
  keyOf,
  type Left,
  narrowed,
  originGroups,
  withoutCovered,
} from './groups.ts'
import { PARTS, partsOf, REPEATED, sortedList } from './parts.ts'

/**
 * What a comparison asks at most, in sets of header names per kind of origin and method. Two configurations at the
 * limits, written to need more, are compared in part.
 */
export const MAX_QUESTIONS = 200_000

const ACCESS: ReadonlySet<DifferenceKind> = new Set([
  'method-lost',
  'header-lost',
  'method-gained',
  'header-gained',
])
const LISTS: ReadonlySet<DifferenceKind> = new Set(['allow-methods', 'allow-headers'])

/** What differs for one kind of origin and one method. */
interface Fact {
  readonly kind: DifferenceKind
  /** The header names asked for, as groups. */
  readonly asked: readonly Group[]
  readonly before: string
  readonly after: string
  readonly left: Left
}

/** Where a fact holds. */
interface RulePair {
  readonly origin: Group
  readonly method: Method
  readonly fact: Fact
}

/**
 * Compares what two configurations answer in a dialect. Order and repetition within a list make no difference; order of
 * rules does, where two of them match the same request.
 *
 * Requests with more than 64 header names or 8192 characters of them are not asked: the bounds of a list grow with the
 * configuration's own names, and so can differ by themselves.
 *
 * @example
 * compare(before, after, 'cos').differences.length // 0: every request gets the same answer
 */
export function compare(before: Configuration, after: Configuration, dialect: DialectName): Comparison {
  return new Comparing(before, after, dialect).run()
}

class Comparing {
  readonly #before: ReadyPolicy
  readonly #after: ReadyPolicy
  readonly #origins: readonly Group[]
  readonly #headers: readonly Group[]
  readonly #known = new Map<string, readonly Fact[]>()
  #questions = 0
  #cut: boolean

  constructor(before: Configuration, after: Configuration, dialect: DialectName) {
    this.#before = hydrate(compile(before, dialect))
    this.#after = hydrate(compile(after, dialect))
    const rules = [...before.rules, ...after.rules]
    const origins = originGroups(rules, this.#before, this.#after)
    const headers = headerGroups(rules, this.#before, this.#after)
    this.#origins = origins.list
    this.#headers = headers.list
    this.#cut = origins.cut || headers.cut
  }

  run(): Comparison {
    const places: RulePair[] = []
    for (const origin of this.#origins) {
      const own = METHODS.flatMap(method =>
        this.#factsOf(origin, method).map(fact => ({ origin, method, fact })),
      )
      // The names of a list follow from what is allowed: they are reported only if nothing else differs.
      const access = own.some(({ fact }) => ACCESS.has(fact.kind))
      places.push(...own.filter(({ fact }) => !(access && LISTS.has(fact.kind))))
    }
    const differences = [...this.#ofAll(), ...this.#merged(places)]
    differences.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))
    return { differences, cut: this.#cut }
  }

  /** What concerns every request alike. */
  #ofAll(): Difference[] {
    const [before, after] = [this.#before.rules, this.#after.rules]
    const base = { origins: ['*'], exceptions: [], methods: METHODS, headers: [], before: '', after: '' }
    if ((before.length === 0) !== (after.length === 0)) {
      const stranger = this.#origins.find(({ labels }) => labels.includes('*'))
      if (stranger === undefined) return []
      return [
        {
          kind: 'rules',
          ...base,
          example: this.#example(stranger, 'GET', [], this.#leftFor(stranger, 'GET')),
        },
      ]
    }
    const varies = (rules: readonly ReadyRule[]) => rules[0]?.sets.preflight.get('vary') ?? ''
    if (varies(before) === varies(after)) return []
    for (const origin of this.#origins) {
      for (const method of METHODS) {
        const left = this.#leftFor(origin, method)
        if (isEmpty(left.before) || isEmpty(left.after)) continue
        const example = this.#example(origin, method, [], left)
        return [{ kind: 'vary', ...base, before: varies(before), after: varies(after), example }]
      }
    }
    return []
  }

  #leftFor(origin: Group, method: Method): Left {
    const allowing = (policy: ReadyPolicy) => policy.methods.get(method)
    const [before, after] = [copyOf(origin.left.before), copyOf(origin.left.after)]
    intersect(before, allowing(this.#before) ?? before)
    intersect(after, allowing(this.#after) ?? after)
    return { before, after }
  }

  #factsOf(origin: Group, method: Method): readonly Fact[] {
    const left = this.#leftFor(origin, method)
    const isNull = origin.texts.includes('null')
    const key = `${isNull} ${keyOf(left)}`
    let facts = this.#known.get(key)
    if (facts === undefined) {
      facts = this.#explore(left, isNull)
      this.#known.set(key, facts)
    }
    return facts
  }

  /** What differs, from no header names to ever larger sets of them. A set that leaves no new rules is not asked. */
  #explore(start: Left, isNull: boolean): Fact[] {
    const access = accessOf(start)
    if (access === 'none') return []
    if (access !== 'both') return [fact(access === 'before' ? 'method-lost' : 'method-gained', [], start)]
    const facts = this.#parts(start, [], isNull)
    const seen = new Set([keyOf(start)])
    const queue: { left: Left; asked: readonly Group[] }[] = [{ left: start, asked: [] }]
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      // Each single name is reported, and sets of names only if they add something.
      const told = next.asked.length === 0 ? [...facts] : facts
      for (const header of this.#headers) {
        if (++this.#questions > MAX_QUESTIONS) {
          this.#cut = true
          return facts
        }
        const left = narrowed(next.left, header)
        const key = keyOf(left)
        // Single names are all told, even where several leave the same rules.
        if (seen.has(key) && (next.asked.length > 0 || key === keyOf(next.left))) continue
        const asked = [...next.asked, header]
        facts.push(...this.#ofSet(start, asked, left, told, isNull))
        if (!seen.has(key) && accessOf(left) === 'both') queue.push({ left, asked })
        seen.add(key)
      }
    }
    return facts
  }

  /** What differs with a set of header names and does not already with fewer. */
  #ofSet(
    start: Left,
    asked: readonly Group[],
    left: Left,
    told: readonly Fact[],
    isNull: boolean,
  ): readonly Fact[] {
    const access = accessOf(left)
    if (access === 'none') return []
    if (access === 'both') {
      const isTold = (part: Fact) =>
        told.some(
          ({ kind, before, after }) => kind === part.kind && before === part.before && after === part.after,
        )
      return this.#parts(left, asked, isNull).filter(part => !isTold(part))
    }
    const side = access === 'before' ? 'after' : 'before'
    const isSmallest = asked.every(header => {
      const fewer = asked.filter(other => other !== header).reduce(narrowed, start)
      return !isEmpty(fewer[side])
    })
    return isSmallest ? [fact(access === 'before' ? 'header-lost' : 'header-gained', asked, left)] : []
  }

  /** The parts of the answer that differ between the rules that answer. */
  #parts(left: Left, asked: readonly Group[], isNull: boolean): Fact[] {
    const before = this.#before.rules[firstPosition(left.before)]
    const after = this.#after.rules[firstPosition(left.after)]
    if (before === undefined || after === undefined) return []
    const [was, is] = [partsOf(before, isNull), partsOf(after, isNull)]
    const repeated = sortedList(asked.map(({ texts }) => texts[0] ?? '').join())
    const meant = (part: string) => (part === REPEATED ? repeated : part).toLowerCase()
    return PARTS.filter(kind => meant(was[kind]) !== meant(is[kind])).map(kind =>
      fact(kind, asked, left, was[kind], is[kind]),
    )
  }

  /** Facts that are alike for several origins, methods or header names, each told once. */
  #merged(places: readonly RulePair[]): Difference[] {
    const byFact = groupBy(places, ({ fact: { kind, asked, before, after } }) =>
      JSON.stringify([kind, asked.map(group => this.#headers.indexOf(group)), before, after]),
    )
    const alike = byFact.flatMap(same => {
      const methodsOf = (origin: Group) =>
        METHODS.filter(method => same.some(place => place.origin === origin && place.method === method))
      return groupBy(same, ({ origin }) => methodsOf(origin).join())
    })
    const merged = groupBy(alike, places => {
      const { kind, before, after, asked } = places[0].fact
      const origins = places.map(({ origin, method }) => [this.#origins.indexOf(origin), method])
      return JSON.stringify([kind, before, after, asked.length === 0, origins])
    })
    return merged.map(sets => this.#difference(sets))
  }

  /** @param sets places that differ only in the header names, one list for each set of these */
  #difference(sets: NonEmpty<NonEmpty<RulePair>>): Difference {
    const [places] = sets
    const [{ origin, method, fact: told }] = places
    const within = new Set(places.map(place => place.origin))
    const origins = withoutCovered([...within].flatMap(({ labels }) => labels))
    const others = this.#origins.filter(group => !within.has(group)).flatMap(({ labels }) => labels)
    const named = sets.map(([place]) => place.fact.asked).filter(asked => asked.length > 0)
    return {
      kind: told.kind,
      origins,
      exceptions: origins.filter(
        label => label.includes('*') && others.some(other => isWithin(other, label)),
      ),
      methods: METHODS.filter(name => places.some(place => place.method === name)),
      headers: named.flatMap(asked =>
        asked.length === 1
          ? withoutCovered(asked[0]?.labels ?? []).map(label => [label])
          : [asked.map(({ labels }) => labels[0] ?? '')],
      ),
      before: told.before,
      after: told.after,
      example: this.#example(origin, method, told.asked, told.left),
    }
  }

  #example(origin: Group, method: Method, asked: readonly Group[], left: Left): Difference['example'] {
    const outcome = (policy: ReadyPolicy, rules: RuleSet): string => {
      if (policy.rules.length === 0) return 'no rules'
      return isEmpty(rules) ? 'refused' : `allowed by rule ${firstPosition(rules) + 1}`
    }
    const names = asked.map(({ texts }) => texts[0] ?? '')
    return {
      request: {
        // What a browser could send makes the better example.
        origin: origin.texts.find(text => URL.parse(text)?.origin === text) ?? origin.texts[0] ?? '',
        method,
        requestedHeaders: names.length === 0 ? null : names.join(','),
      },
      before: outcome(this.#before, left.before),
      after: outcome(this.#after, left.after),
    }
  }
}

const fact = (kind: DifferenceKind, asked: readonly Group[], left: Left, before = '', after = ''): Fact => ({
  kind,
  asked,
  left,
  before,
  after,
})

type NonEmpty<T> = readonly [T, ...T[]]

const groupBy = <T>(items: readonly T[], key: (item: T) => string): NonEmpty<T>[] =>
  [...Map.groupBy(items, key).values()] as unknown as NonEmpty<T>[]
