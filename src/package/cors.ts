/**
 * @module
 * `edge-preflight/cors`: the engine without the Worker. Reads a CORS configuration, compiles it, decides and explains.
 * It has no dependencies and no bindings, and runs in browsers, Node and Workers.
 */

import type { Configuration } from '../cors/configuration.ts'
import { decide as decideReady } from '../cors/decide.ts'
import { DIALECTS, type DialectName } from '../cors/dialect.ts'
import { compile as compilePolicy, type HeaderPair, hydrate, type ReadyPolicy } from '../cors/policy.ts'
import type { CorsRequest } from '../cors/request.ts'

export type { Configuration, Rule } from '../cors/configuration.ts'
export type { DialectName } from '../cors/dialect.ts'
export type { Finding, Reading } from '../cors/findings.ts'
export type { CorsRequest } from '../cors/request.ts'
export { type Explanation, explain, type RuleVerdict } from '../explain/explain.ts'
export { readDocument } from '../formats/read.ts'

export type RulesDecision =
  | {
      readonly outcome: 'allowed'
      /** The number of the rule that answers, counted from 1. */
      readonly rule: number
      /** Its `ID`. null if it has no ID. */
      readonly id: string | null
      /** The CORS headers of the answer to a preflight. */
      readonly preflight: readonly HeaderPair[]
      /** The CORS headers of an actual response. The caller merges `Vary`. */
      readonly actual: readonly HeaderPair[]
    }
  | {
      readonly outcome: 'refused'
      /** The first condition that no rule meets. */
      readonly check: 'origin' | 'method' | 'header' | 'header-list'
      /** The value that fails the check, exactly as sent. */
      readonly value: string
    }
  /** The bucket has no CORS configuration. */
  | { readonly outcome: 'no-rules' }

/** A configuration, compiled for one dialect. */
export class CompiledRules {
  readonly #policy: ReadyPolicy

  constructor(configuration: Configuration, dialect: DialectName) {
    if (!DIALECTS.includes(dialect))
      throw new TypeError(`The dialect is "${dialect}". Accepted: ${DIALECTS.join(' or ')}.`)
    this.#policy = hydrate(compilePolicy(configuration, dialect))
  }

  /**
   * Finds the first rule that matches in full: origin, method and every requested header. The cost does not depend on
   * the number of rules.
   */
  decide(request: CorsRequest): RulesDecision {
    const decision = decideReady(this.#policy, request)
    if (decision.outcome !== 'allowed') return decision
    const { rule, sets, allowHeaders } = decision
    const own: HeaderPair[] = rule.anyOrigin ? [] : [['access-control-allow-origin', request.origin ?? '']]
    const echoed: HeaderPair[] = allowHeaders === null ? [] : [['access-control-allow-headers', allowHeaders]]
    return {
      outcome: 'allowed',
      rule: rule.position + 1,
      id: rule.id,
      preflight: [...sets.preflight, ...own, ...echoed],
      actual: [...sets.actual, ...own],
    }
  }
}

/**
 * Compiles a configuration. Throws a TypeError for an unknown dialect.
 *
 * @param dialect whose answers are given: `cos` (default) or `s3`
 * @example
 * ```ts
 * import { compile, readDocument } from 'edge-preflight/cors'
 *
 * const { configuration, findings } = await readDocument(xml)
 * if (configuration === null) throw new Error(findings[0]?.reason)
 * const rules = compile(configuration, 's3')
 * rules.decide({ origin: 'https://app.example.com', method: 'PUT', requestedHeaders: 'content-type' })
 * ```
 */
export const compile = (configuration: Configuration, dialect: DialectName = 'cos'): CompiledRules =>
  new CompiledRules(configuration, dialect)
