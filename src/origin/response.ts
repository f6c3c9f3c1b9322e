/**
 * @module
 * The bucket's response as the client gets it: the edge's CORS headers in place of the bucket's, Vary merged,
 * everything else as it came.
 */

import type { Decision } from '../cors/decide.ts'
import type { Dialect } from '../cors/dialect.ts'

/** Dropped on the way to the client: RFC 9110 7.6.1 and 11.7.1, for the connection to the bucket only. */
const DROPPED = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'te',
  'trailer',
  'upgrade',
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
  for (const item of upstream.headers.get('connection')?.split(',') ?? []) {
    const name = item.trim()
    if (/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) headers.delete(name)
  }
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
  if (decision === null || decision.outcome === 'no-rules') return response

  if (decision.outcome === 'allowed') {
    for (const [name, value] of decision.sets.actual) headers.set(name, value)
    if (!decision.rule.anyOrigin && origin !== null) headers.set('access-control-allow-origin', origin)
    if (decision.allowHeaders !== null) headers.set('access-control-allow-headers', decision.allowHeaders)
  }
  // A response without Origin in its Vary is the cache poisoning that buckets are known for.
  mergeVary(headers, decision.outcome === 'allowed' && dialect.vary !== null ? dialect.vary : 'Origin')
  return response
}

/** Adds names to Vary, each once (RFC 9110 12.5.5). `*` covers them all. */
function mergeVary(headers: Headers, names: string): void {
  const present = headers.get('vary')
  if (present === null || present.trim() === '') {
    headers.set('vary', names)
    return
  }
  const listed = new Set(present.split(',').map(name => name.trim().toLowerCase()))
  if (listed.has('*')) return
  const missing = names.split(', ').filter(name => !listed.has(name.toLowerCase()))
  if (missing.length > 0) headers.set('vary', `${present}, ${missing.join(', ')}`)
}
