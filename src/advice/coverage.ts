/**
 * @module
 * Finds rules that never answer because of an earlier rule. For advice only: it compares rules, not requests.
 */

import type { Rule } from '../cors/configuration.ts'
import { matchesPattern } from '../cors/pattern.ts'

/** Comparisons of patterns in one configuration. A configuration that needs more gets no advice on reachability. */
export const MAX_COMPARISONS = 200_000

/**
 * Whether the one-star pattern (or exact text) `wide` matches everything that `narrow` matches.
 * A star stands for zero or more characters, in both.
 */
export function covers(wide: string, narrow: string): boolean {
  const star = wide.indexOf('*')
  if (star < 0) return wide === narrow
  const prefix = wide.slice(0, star)
  const suffix = wide.slice(star + 1)
  const narrowStar = narrow.indexOf('*')
  if (narrowStar >= 0) {
    return narrow.slice(0, narrowStar).startsWith(prefix) && narrow.slice(narrowStar + 1).endsWith(suffix)
  }
  return matchesPattern(wide, narrow)
}

/** The origins or the headers of a rule, indexed for `coveredBy`. */
interface Names {
  readonly all: readonly string[]
  readonly exact: ReadonlySet<string>
  readonly patterns: readonly string[]
}

const namesOf = (all: readonly string[]): Names => ({
  all,
  exact: new Set(all),
  patterns: all.filter(text => text.includes('*')),
})

/**
 * For each rule the index of the first earlier rule that matches every request it would match, or null.
 * One earlier rule must cover all of it: origins, methods and headers.
 */
export function unreachableRules(rules: readonly Rule[]): (number | null)[] {
  let comparisons = 0
  const coveredBy = (names: Names, text: string): boolean => {
    if (names.exact.has('*') || names.exact.has(text)) return true
    // An opaque origin is matched by `*` and by a listed `null` only.
    if (text === 'null') return false
    comparisons += names.patterns.length
    return comparisons <= MAX_COMPARISONS && names.patterns.some(pattern => covers(pattern, text))
  }
  const shapes = rules.map(rule => ({
    methods: rule.allowedMethods,
    // An empty origin matches nothing.
    origins: namesOf(rule.allowedOrigins.filter(origin => origin !== '')),
    headers: namesOf(rule.allowedHeaders.map(name => name.toLowerCase())),
  }))
  return shapes.map((later, i) => {
    if (later.origins.all.length === 0) return null
    const found = shapes
      .slice(0, i)
      .findIndex(
        earlier =>
          later.methods.every(method => earlier.methods.includes(method)) &&
          later.headers.all.every(name => coveredBy(earlier.headers, name)) &&
          later.origins.all.every(origin => coveredBy(earlier.origins, origin)),
      )
    return found < 0 ? null : found
  })
}
