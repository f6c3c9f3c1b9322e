/**
 * @module
 * The credentials claim: every request that the first configuration answers with credentials, the second's own first match
 * answers with credentials too.
 *
 * It fails if and only if there are a rule r of the first without `*`, one of its origin patterns p other than `null`, a
 * method m of r, and either no rule t or a rule t of the second with `*` and m, such that, with A the header names that r
 * (and t) allow:
 * (a) no rule of the first before r with `*` and m allows all of A; and
 * (b) no rule of the second without `*`, with m, before t (anywhere without t) covers p and allows all of A.
 */

import { METHODS, type Method } from './configuration.ts'
import { confirmedRequest } from './counterexample.ts'
import { MAX_NAMES } from './request-headers.ts'
import { common, firstPosition, isEmpty, positionsBelow, type RuleSet } from './rule-set.ts'
import { NO_RULE, type RulesOfBoth, SharedNames } from './shared-names.ts'
import { earlier, givesCredentials, rulesForOrigin, type Side, witnessOfOrigin } from './side.ts'
import { maskOf, type Widening, type Witnesses } from './widening.ts'

/** An origin pattern of a rule, and the rules of the other configuration that cover it. */
interface Origin {
  readonly index: number
  readonly pattern: string
  readonly covering: RuleSet
}

export class CredentialsProof {
  readonly #file: Side
  readonly #upper: Side
  readonly #witnesses: Witnesses | null
  readonly #names: SharedNames
  #undecided: string | null = null

  constructor(file: Side, upper: Side, maxPairs: number, witnesses: Witnesses | null) {
    this.#file = file
    this.#upper = upper
    this.#names = new SharedNames(file, upper, maxPairs)
    this.#witnesses = witnesses
  }

  /** Why no answer could be found; null if the claim is decided. */
  get undecided(): string | null {
    return this.#names.problem ?? this.#undecided
  }

  /** Returns the rules that give credentials beyond, at most `most`. */
  widenings(most: number): Widening[] {
    const found: Widening[] = []
    for (let rule = 0; rule < this.#file.configuration.rules.length && found.length < most; rule++) {
      if (this.#file.policy.rules[rule]?.anyOrigin !== false) continue
      const widening = this.#widening(rule)
      if (widening !== null) found.push(widening)
    }
    return found
  }

  #widening(rule: number): Widening | null {
    const origins = this.#originsOf(rule)
    if (origins.length === 0) return null
    for (let open = NO_RULE; open < this.#upper.policy.rules.length; open++) {
      if (open !== NO_RULE && this.#upper.policy.rules[open]?.anyOrigin !== true) continue
      const methods = METHODS.filter(
        method =>
          this.#file.configuration.rules[rule]?.allowedMethods.includes(method) &&
          (open === NO_RULE || this.#upper.configuration.rules[open]?.allowedMethods.includes(method)),
      )
      const widening = methods.length === 0 ? null : this.#widens(rule, open, methods, origins)
      if (widening !== null) return widening
    }
    return null
  }

  #originsOf(rule: number): Origin[] {
    const patterns = this.#file.configuration.rules[rule]?.allowedOrigins ?? []
    return patterns.flatMap((pattern, index) => {
      const witness = witnessOfOrigin(pattern)
      if (witness === null || witness === 'null') return []
      return [{ index, pattern, covering: rulesForOrigin(this.#upper, witness) }]
    })
  }

  #widens(
    rule: number,
    open: number,
    methods: readonly Method[],
    origins: readonly Origin[],
  ): Widening | null {
    // All of the names of r, or all of those of t: that decides nearly everything.
    let allowing = this.#names.covering(rule, open)
    let isExact = open === NO_RULE
    for (const method of methods) {
      for (const { origin, wanted } of this.#open(rule, open, method, origins, allowing)) {
        if (!isExact) {
          const exact = this.#names.allowingAll(rule, open, allowing, {
            file: common(this.#file.open, positionsBelow(rule)),
            upper: common(this.#upper.credentialed, positionsBelow(open)),
          })
          if (exact === null) return null
          allowing = exact
          isExact = true
        }
        if (isEmpty(common(wanted.file, allowing.file)) && isEmpty(common(wanted.upper, allowing.upper))) {
          const widening = this.#confirmed(rule, open, method, origin, wanted)
          if (widening !== null) return widening
        }
      }
    }
    this.#recordAll(rule, open, methods, origins, allowing)
    return null
  }

  /** The rules of (a) and (b) for a method and an origin, where those known to allow all of A are not among them. */
  *#open(rule: number, open: number, method: Method, origins: readonly Origin[], allowing: RulesOfBoth) {
    const before = earlier(this.#file, this.#file.open, method, rule)
    if (!isEmpty(common(before, allowing.file))) return
    const end = open === NO_RULE ? this.#upper.policy.rules.length : open
    const granting = earlier(this.#upper, this.#upper.credentialed, method, end)
    for (const origin of origins) {
      const wanted = { file: before, upper: common(granting, origin.covering) }
      if (isEmpty(common(wanted.upper, allowing.upper))) yield { origin, wanted }
    }
  }

  #confirmed(
    rule: number,
    open: number,
    method: Method,
    { pattern }: Origin,
    wanted: RulesOfBoth,
  ): Widening | null {
    const names = this.#names.namesAgainst(rule, open, wanted)
    if (names === null) return null
    const most = Math.max(MAX_NAMES, this.#file.headerPatterns)
    const request = confirmedRequest(
      { pattern, method, names },
      asked => givesCredentials(this.#file, asked) && !givesCredentials(this.#upper, asked),
    )
    if (request !== null)
      return { claim: 'credentials', rule, origins: [pattern], methods: [method], request }
    this.#undecided ??=
      names.length > most
        ? `Rule ${rule + 1} could differ only for requests with more than ${most} header names, which the edge does not read.`
        : `Rule ${rule + 1} could differ only for a header list longer than the edge reads.`
    return null
  }

  #recordAll(
    rule: number,
    open: number,
    methods: readonly Method[],
    origins: readonly Origin[],
    allowing: RulesOfBoth,
  ) {
    if (this.#witnesses === null) return
    const end = open === NO_RULE ? this.#upper.policy.rules.length : open
    for (const method of methods) {
      const mask = maskOf(method)
      const byFile = common(earlier(this.#file, this.#file.open, method, rule), allowing.file)
      if (!isEmpty(byFile)) {
        this.#witnesses.fromFile(rule, mask, open, firstPosition(byFile))
        continue
      }
      const granting = common(earlier(this.#upper, this.#upper.credentialed, method, end), allowing.upper)
      for (const { index, covering } of origins)
        this.#witnesses.fromUpper(rule, mask, open, index, firstPosition(common(granting, covering)))
    }
  }
}
