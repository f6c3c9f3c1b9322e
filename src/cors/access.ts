/**
 * @module
 * The access claim: every request that the first configuration allows, the second allows. It holds if and only if, for each
 * rule of the first, each of its origin patterns and each of its methods, one rule of the second covers the origin pattern,
 * the method and every header pattern of the rule. The order of rules makes no difference.
 */

import type { Method } from './configuration.ts'
import { confirmedRequest } from './counterexample.ts'
import { witnessOfName } from './meeting.ts'
import { common, firstPosition, isEmpty, type RuleSet, sizeOf } from './rule-set.ts'
import {
  allows,
  rulesForHeaders,
  rulesForMethod,
  rulesForOrigin,
  type Side,
  witnessOfOrigin,
} from './side.ts'
import { maskOf, type Widening, type Witnesses } from './widening.ts'

interface Beyond {
  readonly origin: string
  readonly method: Method
}

export class AccessProof {
  readonly #file: Side
  readonly #upper: Side
  readonly #witnesses: Witnesses | null

  constructor(file: Side, upper: Side, witnesses: Witnesses | null) {
    this.#file = file
    this.#upper = upper
    this.#witnesses = witnesses
  }

  /** Returns the rules that allow more, at most `most`. */
  widenings(most: number): Widening[] {
    const found: Widening[] = []
    for (let rule = 0; rule < this.#file.configuration.rules.length && found.length < most; rule++) {
      const beyond = this.#beyond(rule)
      if (beyond.length > 0) found.push(this.#widening(rule, beyond))
    }
    return found
  }

  /** The origin patterns and methods of a rule that no rule of the other configuration covers with all its headers. */
  #beyond(position: number): Beyond[] {
    const rule = this.#file.configuration.rules[position]
    if (rule === undefined) return []
    const headers = rulesForHeaders(this.#upper, this.#file.headers[position] ?? [])
    const methods = [...new Set(rule.allowedMethods)]
    const beyond: Beyond[] = []
    for (const [index, pattern] of rule.allowedOrigins.entries()) {
      const origin = witnessOfOrigin(pattern)
      if (origin === null) continue
      const covering = common(rulesForOrigin(this.#upper, origin), headers)
      for (const method of methods) {
        const by = common(covering, rulesForMethod(this.#upper, method))
        if (isEmpty(by)) beyond.push({ origin: pattern, method })
        else this.#witnesses?.access(position, maskOf(method), index, firstPosition(by))
      }
    }
    return beyond
  }

  #widening(rule: number, beyond: readonly Beyond[]): Widening {
    const [first] = beyond
    if (first === undefined) throw new Error('A widening needs an origin and a method.')
    const origin = witnessOfOrigin(first.origin) ?? ''
    const left = common(rulesForOrigin(this.#upper, origin), rulesForMethod(this.#upper, first.method))
    const names = this.#namesNotAllowed(this.#file.headers[rule] ?? [], left)
    const request = confirmedRequest(
      { pattern: first.origin, method: first.method, names },
      asked => allows(this.#file, asked) && !allows(this.#upper, asked),
    )
    return {
      claim: 'access',
      rule,
      origins: [...new Set(beyond.map(pair => pair.origin))],
      methods: [...new Set(beyond.map(pair => pair.method))],
      // Its names are among the rule's own, which the edge always reads.
      request: request ?? { origin, method: first.method, requestedHeaders: names.map(witnessOfName).join() },
    }
  }

  /** Header patterns of a rule such that each rule in `left` misses one; as few as a greedy choice finds. */
  #namesNotAllowed(patterns: readonly string[], left: RuleSet): string[] {
    const headers = patterns.map(pattern => ({
      pattern,
      allowing: this.#upper.policy.headers.match(witnessOfName(pattern)),
    }))
    const names: string[] = []
    let remaining = left
    while (!isEmpty(remaining)) {
      let best: { pattern: string; left: RuleSet; size: number } | null = null
      for (const { pattern, allowing } of headers) {
        const after = common(remaining, allowing)
        const size = sizeOf(after)
        if (best === null || size < best.size) best = { pattern, left: after, size }
      }
      if (best === null || best.size === sizeOf(remaining)) break
      names.push(best.pattern)
      remaining = best.left
    }
    return names
  }
}
