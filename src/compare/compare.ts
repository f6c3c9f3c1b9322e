/**
 * @module
 * The difference of two configurations, as requests see it: which of them get another answer. Found for each family of
 * origins and each method by pairs of rules, so it is complete for every configuration within the limits.
 */

import { type Configuration, METHODS, type Method } from '../cors/configuration.ts'
import { confirmedRequest } from '../cors/counterexample.ts'
import { decide } from '../cors/decide.ts'
import type { DialectName } from '../cors/dialect.ts'
import { compile, hydrate, type ReadyPolicy, type ReadyRule } from '../cors/policy.ts'
import type { CorsRequest } from '../cors/request.ts'
import { common, emptySet, isEmpty } from '../cors/rule-set.ts'
import { sideOf } from '../cors/side.ts'
import { MAX_PAIRS } from '../cors/within.ts'
import { type Comparison, type Difference, type DifferenceKind, ORDER } from './difference.ts'
import { requestText } from './difference-text.ts'
import { type Compared, type Fact, Facts } from './facts.ts'
import {
  type Families,
  type Family,
  isWithin,
  type Left,
  originFamilies,
  withoutCovered,
} from './families.ts'
import { PARTS, type Part, partsOf } from './parts.ts'

const ACCESS: ReadonlySet<DifferenceKind> = new Set([
  'method-lost',
  'header-lost',
  'method-gained',
  'header-gained',
])
const LISTS: ReadonlySet<DifferenceKind> = new Set(['allow-methods', 'allow-headers'])
/** Places that are merged. Of more, each kind of difference keeps its first one. */
const MAX_PLACES = 50_000
/** Of one difference: patterns of the two configurations, other origins, and patterns whose exceptions are looked for. */
const MAX_PATTERNS = 400
const MAX_SHARED = 300
const MAX_EXCEPTIONS = 100
/** Places of a difference that are tried for its example. */
const MAX_TRIED = 100

/** Where a fact holds. */
interface Place {
  readonly family: Family
  readonly method: Method
  readonly fact: Fact
}

export interface CompareOptions {
  /** Pairs of header patterns after which the comparison is cut. Default `MAX_PAIRS`. */
  readonly maxPairs?: number
}

/**
 * Compares what two configurations answer in a dialect. Order and repetition within a list make no difference; order of
 * rules does, where two of them match the same request.
 *
 * The bounds of a header list (64 names, 8192 characters) are no part of the comparison. They grow with the configuration's
 * own names, and so can differ by themselves.
 *
 * @example
 * compare(before, after, 'cos').differences.length // 0: every request gets the same answer
 */
export function compare(
  before: Configuration,
  after: Configuration,
  dialect: DialectName,
  options: CompareOptions = {},
): Comparison {
  return new Comparing(before, after, dialect, options.maxPairs ?? MAX_PAIRS).run()
}

class Comparing {
  readonly #before: Compared
  readonly #after: Compared
  readonly #families: Families
  readonly #facts: Facts
  readonly #patterns: ReadonlySet<string>
  readonly #undecided: string[] = []

  constructor(before: Configuration, after: Configuration, dialect: DialectName, maxPairs: number) {
    this.#before = { side: sideOf(before), policy: hydrate(compile(before, dialect)) }
    this.#after = { side: sideOf(after), policy: hydrate(compile(after, dialect)) }
    this.#families = originFamilies(this.#before.side, this.#after.side)
    this.#patterns = new Set([...this.#families.patterns, 'null'])
    this.#facts = new Facts(this.#before, this.#after, maxPairs)
  }

  run(): Comparison {
    const differences = [...this.#ofAll(), ...this.#merged(this.#places())]
    differences.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))
    const { problem } = this.#facts
    const undecided = [...(problem === null ? [] : [problem]), ...this.#undecided]
    return { differences, cut: undecided.length > 0, undecided }
  }

  #places(): Place[] {
    const places: Place[] = []
    const kept = new Set<string>()
    for (const family of this.#families.list) {
      const own = METHODS.flatMap(method =>
        this.#facts.of(this.#leftFor(family, method), family.isNull).map(fact => ({ family, method, fact })),
      )
      // The names of a list follow from what is allowed: they are reported only if nothing else differs.
      const access = own.some(({ fact }) => ACCESS.has(fact.kind))
      for (const place of own) {
        if (access && LISTS.has(place.fact.kind)) continue
        if (places.length >= MAX_PLACES) {
          const key = keyOfFact(place.fact)
          if (kept.has(key)) continue
          kept.add(key)
        }
        places.push(place)
      }
    }
    return places
  }

  #leftFor({ left }: Family, method: Method): Left {
    const allowing = ({ policy }: Compared) => policy.methods.get(method) ?? emptySet()
    return {
      before: common(left.before, allowing(this.#before)),
      after: common(left.after, allowing(this.#after)),
    }
  }

  /** What concerns every request alike. */
  #ofAll(): Difference[] {
    const [before, after] = [this.#before.policy.rules, this.#after.policy.rules]
    const base = { origins: ['*'], exceptions: [], methods: METHODS, headers: [], before: '', after: '' }
    if ((before.length === 0) !== (after.length === 0)) {
      const request = { origin: 'https://stranger.example', method: 'GET', requestedHeaders: null }
      return [{ kind: 'rules', ...base, example: this.#example(request) }]
    }
    const varies = (rules: readonly ReadyRule[]) => rules[0]?.sets.preflight.get('vary') ?? ''
    if (varies(before) === varies(after)) return []
    for (const family of this.#families.list) {
      for (const method of METHODS) {
        const left = this.#leftFor(family, method)
        if (isEmpty(left.before) || isEmpty(left.after)) continue
        const pattern = family.labels[0] ?? ''
        const request = confirmedRequest({ pattern, method, names: [] }, asked => this.#areAllowed(asked))
        if (request === null) continue
        return [
          {
            ...{ kind: 'vary', ...base, before: varies(before), after: varies(after) },
            example: this.#example(request),
          },
        ]
      }
    }
    return []
  }

  /** Facts that are alike for several origins, methods or header names, each told once. */
  #merged(places: readonly Place[]): Difference[] {
    const number = new Map(this.#families.list.map((family, at) => [family, at]))
    const byFact = groupBy(places, ({ fact }) => keyOfFact(fact))
    const alike = byFact.flatMap(same => {
      const methods = new Map<Family, string>()
      for (const { family, method } of same) methods.set(family, `${methods.get(family) ?? ''},${method}`)
      return groupBy(same, ({ family }) => methods.get(family) ?? '')
    })
    const merged = groupBy(alike, group => {
      const { kind, before, after, asked } = group[0].fact
      const where = group.map(({ family, method }) => [number.get(family), method])
      return JSON.stringify([kind, before, after, asked.length === 0, where])
    })
    return merged.flatMap(sets => this.#difference(sets))
  }

  /** @param sets places that differ only in the header names, one list for each set of these */
  #difference(sets: NonEmpty<NonEmpty<Place>>): Difference[] {
    const [places] = sets
    const [{ fact: told }] = places
    const request = this.#requestOf(sets.flat())
    if (request === null) {
      const { labels } = places[0].family
      this.#undecided.push(
        `${requestText({ origin: labels[0] ?? '', method: places[0].method, requestedHeaders: null })} may be answered otherwise only with a header list that is longer than the edge reads: ${told.asked.length} names.`,
      )
      return []
    }
    const families = new Set(places.map(place => place.family))
    const { origins, more, own } = this.#originsOf(families)
    const others = [...this.#families.patterns, 'null'].filter(label => !own.has(label))
    const named = sets.map(([place]) => place.fact.asked).filter(asked => asked.length > 0)
    const single = named.filter(asked => asked.length === 1).flat()
    return [
      {
        kind: told.kind,
        origins,
        ...(more > 0 ? { moreOrigins: more } : {}),
        exceptions: origins
          .slice(0, MAX_EXCEPTIONS)
          .filter(
            label =>
              label.includes('*') &&
              (others.some(other => isWithin(other, label)) ||
                [...(this.#families.crossings.get(label) ?? [])].some(family => !families.has(family))),
          ),
        methods: METHODS.filter(name => places.some(place => place.method === name)),
        headers: [
          ...withoutCovered(single).map(label => [label]),
          ...named.filter(asked => asked.length > 1),
        ],
        before: told.before,
        after: told.after,
        example: this.#example(request),
      },
    ]
  }

  /** Returns the origins of families: the patterns of the two configurations, then what these share beyond them. */
  #originsOf(families: ReadonlySet<Family>): { origins: string[]; more: number; own: ReadonlySet<string> } {
    const own = new Set<string>()
    const shared: string[] = []
    let left = 0
    for (const { labels, more } of families) {
      left += more
      for (const label of labels) {
        if (this.#patterns.has(label)) own.add(label)
        else if (shared.length < MAX_SHARED) shared.push(label)
        else left++
      }
    }
    const patterns = [...own].slice(0, MAX_PATTERNS)
    const starred = patterns.filter(label => label.includes('*'))
    const beyond = shared.filter(label => !starred.some(pattern => isWithin(label, pattern)))
    const more = own.size - patterns.length + (beyond.length > 0 ? left : 0)
    return { origins: withoutCovered([...patterns, ...beyond]), more, own }
  }

  /** Returns a request that shows the difference: the engine has confirmed it. */
  #requestOf(places: readonly Place[]): CorsRequest | null {
    for (const { family, method, fact } of places.slice(0, MAX_TRIED)) {
      const exactFirst = [...family.labels].sort((a, b) => Number(a.includes('*')) - Number(b.includes('*')))
      for (const pattern of exactFirst.slice(0, MAX_TRIED)) {
        const request = confirmedRequest({ pattern, method, names: fact.asked }, asked =>
          this.#shows(fact, asked),
        )
        if (request !== null) return request
      }
    }
    return null
  }

  #shows({ kind, before, after }: Fact, request: CorsRequest): boolean {
    const [was, is] = [this.#before, this.#after].map(({ policy }) => ruleFor(policy, request))
    if (kind === 'method-lost' || kind === 'header-lost') return was !== null && is === null
    if (kind === 'method-gained' || kind === 'header-gained') return was === null && is !== null
    if (!isPart(kind) || !was || !is) return false
    const isNull = request.origin === 'null'
    return partsOf(was, isNull)[kind] === before && partsOf(is, isNull)[kind] === after
  }

  #areAllowed(request: CorsRequest): boolean {
    return [this.#before, this.#after].every(({ policy }) => ruleFor(policy, request) !== null)
  }

  #example(request: CorsRequest): Difference['example'] {
    const outcome = ({ policy }: Compared): string => {
      if (policy.rules.length === 0) return 'no rules'
      const rule = ruleFor(policy, request)
      return rule === null ? 'refused' : `allowed by rule ${rule.position + 1}`
    }
    return { request, before: outcome(this.#before), after: outcome(this.#after) }
  }
}

function ruleFor(policy: ReadyPolicy, request: CorsRequest): ReadyRule | null {
  const decision = decide(policy, request)
  return decision.outcome === 'allowed' ? decision.rule : null
}

const isPart = (kind: DifferenceKind): kind is Part => (PARTS as readonly string[]).includes(kind)

const keyOfFact = ({ kind, asked, before, after }: Fact): string =>
  JSON.stringify([kind, asked, before, after])

type NonEmpty<T> = readonly [T, ...T[]]

const groupBy = <T>(items: readonly T[], key: (item: T) => string): NonEmpty<T>[] =>
  [...Map.groupBy(items, key).values()] as unknown as NonEmpty<T>[]
