/**
 * @module
 * Headers that follow from settings and rules, on every answer of the edge but preflights: who may embed a response
 * (Cross-Origin-Resource-Policy), and who may read its timing (Timing-Allow-Origin).
 */

import type { CorsOutcome } from './actual.ts'

export interface DerivedHeaders {
  readonly resourcePolicy: 'off' | 'same-origin' | 'same-site' | 'cross-origin'
  /** `rules`: the origins that the rules allow may read the timing, and nobody else. */
  readonly timing: 'off' | 'rules'
}

/** Puts the derived headers on a response, in place of the bucket's. */
export function derive(
  { headers }: Response,
  { resourcePolicy, timing }: DerivedHeaders,
  { decision, origin }: CorsOutcome,
): void {
  if (resourcePolicy !== 'off') headers.set('cross-origin-resource-policy', resourcePolicy)
  if (timing === 'off') return
  headers.delete('timing-allow-origin')
  if (decision?.outcome !== 'allowed' || origin === null) return
  headers.set('timing-allow-origin', decision.rule.anyOrigin ? '*' : origin)
}
