/**
 * @module
 * Which rules are as wide as a guardrail lets them be.
 */

import type { Configuration } from '../cors/configuration.ts'

/** A rule that uses the whole width of a pattern of the guardrail: any widening of it is refused. */
export interface NearRule {
  /** Position of the rule, counted from 0. */
  readonly rule: number
  /** Its origin patterns with a star that the guardrail has, too, for one of the same methods. */
  readonly origins: readonly string[]
}

/** Returns the rules of `file` that are as wide as `upper` for some pattern. */
export function nearRules(file: Configuration, upper: Configuration): NearRule[] {
  return file.rules.flatMap(({ allowedOrigins, allowedMethods }, rule) => {
    const sharing = upper.rules.filter(other =>
      other.allowedMethods.some(method => allowedMethods.includes(method)),
    )
    const widest = new Set(sharing.flatMap(other => other.allowedOrigins))
    const origins = [...new Set(allowedOrigins)].filter(origin => origin.includes('*') && widest.has(origin))
    return origins.length === 0 ? [] : [{ rule, origins }]
  })
}
