/**
 * @module
 * The header names that a rule of one configuration and a rule of another both allow, and the rules that allow all of them.
 */

import { eachMeeting, witnessOfName } from './meeting.ts'
import {
  common,
  emptySet,
  intersect,
  isEmpty,
  keyOfSet,
  type RuleSet,
  sizeOf,
  unite,
  without,
} from './rule-set.ts'
import { rulesForHeaders, type Side } from './side.ts'

/** In place of a rule of the second configuration: the names are those that the first one's rule allows. */
export const NO_RULE = -1

/** Names that miss different rules, of which a greedy choice takes some. Each wanted rule has its name, whatever the bound. */
const MAX_SIGNATURES = 20_000

/** Texts without a star that are remembered, so that each is looked at once. */
const MAX_OVERLAPS = 100_000

/** Rules of both configurations. */
export interface RulesOfBoth {
  readonly file: RuleSet
  readonly upper: RuleSet
}

export class SharedNames {
  readonly #file: Side
  readonly #upper: Side
  readonly #maxPairs: number
  #pairs = 0
  #problem: string | null = null
  /** Rules of either configuration that allow all headers of a rule. */
  readonly #coverOfFile: readonly RulesOfBoth[]
  readonly #coverOfUpper: readonly RulesOfBoth[]

  /** @param maxPairs pairs of header patterns that are looked at */
  constructor(file: Side, upper: Side, maxPairs: number) {
    this.#file = file
    this.#upper = upper
    this.#maxPairs = maxPairs
    const coverOf = (headers: readonly string[]): RulesOfBoth => ({
      file: rulesForHeaders(file, headers),
      upper: rulesForHeaders(upper, headers),
    })
    this.#coverOfFile = file.headers.map(coverOf)
    this.#coverOfUpper = upper.headers.map(coverOf)
  }

  /** Why a question was not answered; null if all were. */
  get problem(): string | null {
    return this.#problem
  }

  /** Returns rules that allow all names of the one rule, or all of the other: that decides nearly every question. */
  covering(rule: number, open: number): RulesOfBoth {
    const [ofRule, ofOpen] = [this.#coverOfFile[rule], this.#coverOfUpper[open]]
    const both = { file: emptySet(), upper: emptySet() }
    for (const cover of [ofRule, ofOpen]) {
      if (cover === undefined) continue
      unite(both.file, cover.file)
      unite(both.upper, cover.upper)
    }
    return both
  }

  /**
   * Returns those of the rules `among` that allow all names that both rules allow, null if that takes too many pairs.
   *
   * @param known what `covering` returned
   */
  allowingAll(rule: number, open: number, known: RulesOfBoth, among: RulesOfBoth): RulesOfBoth | null {
    const left = { file: without(among.file, known.file), upper: without(among.upper, known.upper) }
    const isSettled = () => isEmpty(left.file) && isEmpty(left.upper)
    if (isSettled()) return known
    const complete = this.#eachName(rule, open, left, ({ file, upper }) => {
      intersect(left.file, file)
      intersect(left.upper, upper)
      return !isSettled()
    })
    if (complete === null) return null
    unite(left.file, known.file)
    unite(left.upper, known.upper)
    return left
  }

  /**
   * Calls `visit` with the witnesses of the names that both rules allow, and the rules that allow each. Stops when `visit`
   * returns false.
   *
   * @param among the rules that matter: an overlap that all of them allow is left out
   * @returns null if that takes too many pairs
   */
  #eachName(
    rule: number,
    open: number,
    among: RulesOfBoth,
    visit: (allowing: RulesOfBoth, name: string) => boolean,
  ): true | null {
    // Periodic patterns overlap in the same few texts again and again.
    const overlaps = new Set<string>()
    const look = (name: string) => {
      if (!name.includes('*')) {
        if (overlaps.has(name)) return true
        if (overlaps.size < MAX_OVERLAPS) overlaps.add(name)
      }
      return visit(
        { file: this.#file.policy.headers.match(name), upper: this.#upper.policy.headers.match(name) },
        name,
      )
    }
    // A pattern that covers P*S and is no longer than the shortest overlap matches every overlap too.
    const looksAtOverlaps = (witness: string, shortest: number) => {
      const looks = [this.#file, this.#upper].some(({ policy: { headers } }, side) => {
        const rules = common(side === 0 ? among.file : among.upper, headers.match(witness))
        return !isEmpty(rules) && !isEmpty(without(rules, headers.matchShort(witness, shortest)))
      })
      // Each length of an overlap is a step of its own.
      if (looks) this.#pairs += witness.length - shortest
      return looks
    }
    const own = this.#file.headers[rule] ?? []
    if (open === NO_RULE) {
      for (const pattern of own) if (!look(witnessOfName(pattern))) break
      return true
    }
    const others = this.#upper.headers[open] ?? []
    for (const pattern of own) {
      this.#pairs += others.length
      if (this.#pairs > this.#maxPairs) {
        this.#problem = `More than ${this.#maxPairs} pairs of header patterns would have to be compared.`
        return null
      }
      for (const other of others) if (!eachMeeting(pattern, other, look, looksAtOverlaps)) return true
    }
    return true
  }

  /**
   * Returns names that both rules allow, such that each wanted rule misses one of them; as few as a greedy choice finds. Null
   * if that takes too many pairs.
   */
  namesAgainst(rule: number, open: number, wanted: RulesOfBoth): string[] | null {
    const covered: RulesOfBoth = { file: emptySet(), upper: emptySet() }
    const bySignature = new Map<string, { name: string; misses: RulesOfBoth }>()
    const complete = this.#eachName(rule, open, wanted, (allowing, name) => {
      const misses = {
        file: without(wanted.file, allowing.file),
        upper: without(wanted.upper, allowing.upper),
      }
      if (isEmpty(misses.file) && isEmpty(misses.upper)) return true
      const key = `${keyOfSet(misses.file)} ${keyOfSet(misses.upper)}`
      const known = bySignature.get(key)
      const isNew =
        !isEmpty(without(misses.file, covered.file)) || !isEmpty(without(misses.upper, covered.upper))
      if (
        known === undefined ? isNew || bySignature.size < MAX_SIGNATURES : name.length < known.name.length
      ) {
        bySignature.set(key, { name, misses })
        unite(covered.file, misses.file)
        unite(covered.upper, misses.upper)
      }
      return true
    })
    if (complete === null) return null
    const names: string[] = []
    let left = wanted
    while (!isEmpty(left.file) || !isEmpty(left.upper)) {
      let best: { name: string; left: RulesOfBoth; size: number } | null = null
      for (const { name, misses } of bySignature.values()) {
        const after = { file: without(left.file, misses.file), upper: without(left.upper, misses.upper) }
        const size = sizeOf(after.file) + sizeOf(after.upper)
        if (best === null || size < best.size) best = { name, left: after, size }
      }
      if (best === null || best.size === sizeOf(left.file) + sizeOf(left.upper)) break
      names.push(best.name)
      left = best.left
    }
    return names
  }
}
