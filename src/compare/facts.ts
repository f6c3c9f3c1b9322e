/**
 * @module
 * What differs for the origins of one family and one method, by pairs of rules: rule r of the one configuration and rule t of
 * the other answer the same request if and only if no earlier rule of either allows all header names that both allow.
 */

import { witnessOfName } from '../cors/meeting.ts'
import type { ReadyPolicy } from '../cors/policy.ts'
import {
  common,
  isEmpty,
  keyOfSet,
  positionsBelow,
  positionsIn,
  type RuleSet,
  sizeOf,
} from '../cors/rule-set.ts'
import { type RulesOfBoth, SharedNames } from '../cors/shared-names.ts'
import type { Side } from '../cors/side.ts'
import type { DifferenceKind } from './difference.ts'
import { keyOfLeft, type Left } from './families.ts'
import { PARTS, type Part, partsOf, REPEATED, sortedList } from './parts.ts'

/** What differs for a family and a method. */
export interface Fact {
  readonly kind: DifferenceKind
  /** Header names or patterns that are asked for together. */
  readonly asked: readonly string[]
  readonly before: string
  readonly after: string
}

/** One of the two configurations, compiled for the dialect. */
export interface Compared {
  readonly side: Side
  readonly policy: ReadyPolicy
}

const factOf = (kind: DifferenceKind, asked: readonly string[] = [], before = '', after = ''): Fact => ({
  kind,
  asked,
  before,
  after,
})

export class Facts {
  readonly #before: Compared
  readonly #after: Compared
  readonly #names: SharedNames
  readonly #lost: NamesRefused
  readonly #gained: NamesRefused
  readonly #known = new Map<string, readonly Fact[]>()
  readonly #allowing = new Map<number, RulesOfBoth | null>()
  readonly #asked = new Map<string, readonly string[] | null>()
  readonly #parts = new Map<number, readonly (readonly [Part, string, string])[]>()

  constructor(before: Compared, after: Compared, maxPairs: number) {
    this.#before = before
    this.#after = after
    this.#names = new SharedNames(before.side, after.side, maxPairs)
    this.#lost = new NamesRefused(before.side, after.side)
    this.#gained = new NamesRefused(after.side, before.side)
  }

  /** Why not every pair of rules could be looked at; null if all were. */
  get problem(): string | null {
    return this.#names.problem
  }

  /** Returns what differs where these rules allow the origin and the method. */
  of(left: Left, isNull: boolean): readonly Fact[] {
    const key = `${isNull} ${keyOfLeft(left)}`
    let facts = this.#known.get(key)
    if (facts === undefined) {
      facts = this.#find(left, isNull)
      this.#known.set(key, facts)
    }
    return facts
  }

  #find(left: Left, isNull: boolean): Fact[] {
    if (isEmpty(left.before)) return isEmpty(left.after) ? [] : [factOf('method-gained')]
    if (isEmpty(left.after)) return [factOf('method-lost')]
    return [
      ...this.#partFacts(left, isNull),
      ...this.#lost.of(left.before, left.after).map(names => factOf('header-lost', names)),
      ...this.#gained.of(left.after, left.before).map(names => factOf('header-gained', names)),
    ]
  }

  /** The parts of the answers that differ, the fewest header names first. */
  #partFacts(left: Left, isNull: boolean): Fact[] {
    const found: Fact[] = []
    for (const rule of positionsIn(left.before)) {
      for (const other of positionsIn(left.after)) {
        const parts = this.#partsThatDiffer(rule, other, isNull)
        const asked = parts.length === 0 ? null : this.#namesFor(rule, other, left)
        if (asked === null) continue
        for (const [part, was, is] of parts)
          if (meant(was, asked) !== meant(is, asked)) found.push(factOf(part, asked, was, is))
      }
    }
    // Single names are all told. More names, or any where a request without them shows the same, add nothing.
    const fewest = new Map<string, number>()
    const isNews = ({ kind, asked, before, after }: Fact): boolean => {
      const key = JSON.stringify([kind, before, after])
      const told = fewest.get(key)
      fewest.set(key, told ?? asked.length)
      return told === undefined || (told === 1 && asked.length === 1)
    }
    return found.sort((a, b) => a.asked.length - b.asked.length).filter(isNews)
  }

  #partsThatDiffer(
    rule: number,
    other: number,
    isNull: boolean,
  ): readonly (readonly [Part, string, string])[] {
    const key = (rule * 128 + other) * 2 + Number(isNull)
    let parts = this.#parts.get(key)
    if (parts === undefined) {
      const [one, two] = [this.#before.policy.rules[rule], this.#after.policy.rules[other]]
      const [was, is] = [one && partsOf(one, isNull), two && partsOf(two, isNull)]
      parts = PARTS.flatMap(part => {
        const [a, b] = [was?.[part] ?? '', is?.[part] ?? '']
        return a.toLowerCase() === b.toLowerCase() ? [] : [[part, a, b] as const]
      })
      this.#parts.set(key, parts)
    }
    return parts
  }

  /**
   * Returns header names with which these two rules answer, where those of `left` allow origin and method: as few as a greedy
   * choice finds. Null if they never do, or if that is unknown.
   */
  #namesFor(rule: number, other: number, left: Left): readonly string[] | null {
    const earlier = {
      file: common(left.before, positionsBelow(rule)),
      upper: common(left.after, positionsBelow(other)),
    }
    if (isEmpty(earlier.file) && isEmpty(earlier.upper)) return []
    const isBlocked = (allowing: RulesOfBoth) =>
      !isEmpty(common(earlier.file, allowing.file)) || !isEmpty(common(earlier.upper, allowing.upper))
    const covering = this.#names.covering(rule, other)
    if (isBlocked(covering)) return null
    const allowing = this.#allowingAll(rule, other, covering)
    if (allowing === null || isBlocked(allowing)) return null
    const key = `${rule} ${other} ${keyOfSet(earlier.file)} ${keyOfSet(earlier.upper)}`
    let names = this.#asked.get(key)
    if (names === undefined) {
      names = this.#names.namesAgainst(rule, other, earlier)?.map(patternOf) ?? null
      this.#asked.set(key, names)
    }
    return names
  }

  #allowingAll(rule: number, other: number, covering: RulesOfBoth): RulesOfBoth | null {
    const key = rule * 128 + other
    let allowing = this.#allowing.get(key)
    if (allowing === undefined) {
      const among = { file: positionsBelow(rule), upper: positionsBelow(other) }
      allowing = this.#names.allowingAll(rule, other, covering, among)
      this.#allowing.set(key, allowing)
    }
    return allowing
  }
}

/** The header names of one configuration's rules that rules of the other refuse. */
class NamesRefused {
  readonly #headers: readonly (readonly { readonly name: string; readonly allowing: RuleSet }[])[]
  /** Per rule, the rules of the other that allow all of its names. */
  readonly #covering: readonly RuleSet[]

  constructor(one: Side, other: Side) {
    this.#headers = one.headers.map(list =>
      list.map(name => ({ name, allowing: other.policy.headers.match(witnessOfName(name)) })),
    )
    const all = positionsBelow(other.policy.rules.length)
    this.#covering = this.#headers.map(list =>
      list.reduce((rules, { allowing }) => common(rules, allowing), all),
    )
  }

  /**
   * Returns names that one of `rules` allows and none of `left`: each single one, and per rule one set of names that are
   * refused only together.
   */
  of(rules: RuleSet, left: RuleSet): string[][] {
    const sets = new Map<string, string[]>()
    for (const rule of positionsIn(rules)) {
      if (!isEmpty(common(left, this.#covering[rule] ?? left))) continue
      const together: { name: string; allowing: RuleSet }[] = []
      for (const header of this.#headers[rule] ?? []) {
        if (isEmpty(common(left, header.allowing))) sets.set(header.name, [header.name])
        else together.push(header)
      }
      const names = refusedTogether(together, left)
      if (names !== null) sets.set(names.join(), names)
    }
    return [...sets.values()]
  }
}

/** Returns a smallest set of names, in the sense that none can be left out, such that no rule of `left` allows all; or null. */
function refusedTogether(
  headers: readonly { readonly name: string; readonly allowing: RuleSet }[],
  left: RuleSet,
): string[] | null {
  const chosen: { readonly name: string; readonly allowing: RuleSet }[] = []
  for (let rest = left; !isEmpty(rest); ) {
    let best: { header: (typeof headers)[number]; rest: RuleSet; size: number } | null = null
    for (const header of headers) {
      const after = common(rest, header.allowing)
      const size = sizeOf(after)
      if (best === null || size < best.size) best = { header, rest: after, size }
    }
    if (best === null || best.size === sizeOf(rest)) return null
    chosen.push(best.header)
    rest = best.rest
  }
  const isRefused = (some: typeof chosen) =>
    isEmpty(some.reduce((rest, { allowing }) => common(rest, allowing), left))
  for (const header of [...chosen]) {
    const fewer = chosen.filter(other => other !== header)
    if (isRefused(fewer)) chosen.splice(chosen.indexOf(header), 1)
  }
  return chosen.map(({ name }) => name).sort()
}

/** The pattern that a witness stands for. */
const patternOf = (witness: string): string => (witness === '**' ? '*' : witness)

/** What a part means where it repeats the names that were asked for. */
const meant = (part: string, asked: readonly string[]): string =>
  (part === REPEATED ? sortedList(asked.join()) : part).toLowerCase()
