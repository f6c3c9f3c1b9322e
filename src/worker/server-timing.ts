/**
 * @module
 * `Server-Timing`, for whoever debugs refusals (DEBUG_REFUSALS=on).
 */

import type { FoundPolicy } from '../rules/host-state.ts'

/** Characters of a revision that the header shows. */
const MAX_REVISION = 64

/**
 * Adds where the policy came from, how long the decision took, and which revision decided. The bucket's own timing
 * follows.
 */
export function addServerTiming(
  response: Response,
  { rules, source }: FoundPolicy,
  decidedMs: number,
): Response {
  const { headers } = response
  const revision = rules === null ? '' : `, revision;desc="${quotable(rules.revision)}"`
  const ofBucket = headers.get('server-timing')
  headers.set('server-timing', `policy;desc="${source}", decide;dur=${decidedMs.toFixed(3)}${revision}`)
  if (ofBucket !== null) headers.append('server-timing', ofBucket)
  return response
}

/** A record in KV may have any text as its revision: what cannot stand between quotes is removed (RFC 9110, 5.6.4). */
const quotable = (revision: string): string => revision.slice(0, MAX_REVISION).replace(/[^\w.:-]/g, '')
