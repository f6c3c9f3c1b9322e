/**
 * @module
 * The CORS headers of an actual response: the edge's own in place of the bucket's, and `Vary` merged.
 */

import type { Decision } from '../cors/decide.ts'
import type { Dialect } from '../cors/dialect.ts'

const CORS_PREFIX = 'access-control-'

/** What the CORS headers of an actual response depend on. */
export interface CorsOutcome {
  readonly dialect: Dialect
  /** null while no policy is available. */
  readonly decision: Decision | null
  /** The Origin header. */
  readonly origin: string | null
}

/**
 * Puts the edge's CORS headers on a response. The edge is the authority: it removes the bucket's CORS headers first, also
 * for a bucket without rules.
 */
export function decorate(response: Response, { dialect, decision, origin }: CorsOutcome): Response {
  const headers = response.headers
  for (const name of [...headers.keys()]) if (name.startsWith(CORS_PREFIX)) headers.delete(name)
  if (decision?.outcome === 'no-rules') return response

  if (decision?.outcome === 'allowed') {
    for (const [name, value] of decision.sets.actual) headers.set(name, value)
    if (!decision.rule.anyOrigin && origin !== null) headers.set('access-control-allow-origin', origin)
    if (decision.allowHeaders !== null) headers.set('access-control-allow-headers', decision.allowHeaders)
  }
  // A response without Origin in its Vary poisons caches. While no policy is available,
  // it would keep a page from the object long after there is one again.
  mergeVary(headers, decision?.outcome === 'allowed' && dialect.vary !== null ? dialect.vary : 'Origin')
  return response
}

/** Longest Vary that is split, in characters. A longer one becomes `*`, which covers every header. */
const MAX_VARY = 4096

/** Adds names to Vary, each once (RFC 9110 12.5.5). `*` covers them all. */
function mergeVary(headers: Headers, names: string): void {
  const present = headers.get('vary') ?? ''
  if (present.length > MAX_VARY) {
    headers.set('vary', '*')
    return
  }
  const listed = present
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '')
  if (listed.includes('*')) return
  const merged = new Map<string, string>()
  const add = (name: string) => merged.set(name.toLowerCase(), merged.get(name.toLowerCase()) ?? name)
  listed.forEach(add)
  const isRepeated = merged.size < listed.length
  names.split(', ').forEach(add)
  // Without a change, the bucket's own spelling stays.
  if (isRepeated || merged.size > listed.length) headers.set('vary', [...merged.values()].join(', '))
}
