/**
 * @module
 * The bucket's response as the client gets it: the edge's CORS headers in place of the bucket's, Vary merged,
 * everything else as it came.
 */

import type { Decision } from '../cors/decide.ts'
import type { Dialect } from '../cors/dialect.ts'
import { dropHopByHop } from './hop-by-hop.ts'

/** Dropped on the way to the client. Everything else arrives as the bucket has sent it. */
const DROPPED = [
  // RFC 9110 11.7.1 and 11.7.3: for the edge as a client of the bucket.
  'proxy-authenticate',
  'proxy-authentication-info',
  // RFC 7838 2: where else the bucket's host can be had, which is not where the edge's can.
  'alt-svc',
]

const CORS_PREFIX = 'access-control-'

/** What the CORS headers of an actual response depend on. */
export interface CorsOutcome {
  readonly dialect: Dialect
  /** null: no policy can be had. */
  readonly decision: Decision | null
  /** The Origin header. */
  readonly origin: string | null
}

/** A copy of the upstream's response that the edge can write to, without what is not for the client. */
export function clientResponse(upstream: Response): Response {
  const response = new Response(upstream.body, upstream)
  const headers = response.headers
  dropHopByHop(headers)
  for (const name of DROPPED) headers.delete(name)
  return response
}

/**
 * Puts the edge's CORS headers on a response: the edge is the authority, so whatever the bucket said of CORS is
 * taken off first, for a bucket without rules too.
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
  // A response without Origin in its Vary is the cache poisoning that buckets are known for. Where no policy can be had,
  // it would keep a page from the object long after there is one again.
  mergeVary(headers, decision?.outcome === 'allowed' && dialect.vary !== null ? dialect.vary : 'Origin')
  return response
}

/** Longest Vary that is taken apart, in characters; a longer one becomes `*`, which holds for any. */
const MAX_VARY = 4096

/** Adds names to Vary, each once (RFC 9110 12.5.5). `*` covers them all. */
function mergeVary(headers: Headers, names: string): void {
  const present = headers.get('vary') ?? ''
  if (present.length > MAX_VARY) {
    headers.set('vary', '*')
    return
  }
  const listed = new Set(present.split(',').map(name => name.trim().toLowerCase()))
  if (listed.has('*')) return
  const missing = names.split(', ').filter(name => !listed.has(name.toLowerCase()))
  const before = present.trim() === '' ? [] : [present]
  if (missing.length > 0) headers.set('vary', [...before, ...missing].join(', '))
}
