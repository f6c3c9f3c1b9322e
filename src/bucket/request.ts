/**
 * @module
 * The upstream request: which of the client's headers the edge removes, and why.
 */

import { dropHopByHop } from './hop-by-hop.ts'
import { carriesCredentials } from './signing/credentials.ts'
import { removeSealed, withoutSealed } from './signing/open-seal.ts'

/** Never sent to the bucket. Every other header arrives unchanged, because signatures may cover it. */
const DROPPED: ReadonlySet<string> = new Set([
  // RFC 9110 11.7.2: credentials for a proxy. The edge is that proxy.
  'proxy-authorization',
  // RFC 9110 10.1.1: the runtime has already answered 100 (Continue).
  'expect',
  // RFC 7239 and its predecessors: an address or a host that a client claims is never trusted.
  'client-ip',
  'forwarded',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-host',
  'x-original-host',
  'x-real-ip',
  // Overrides of the request line (RFC 9112 3): the edge has decided and cached by the request line.
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-url',
  'x-rewrite-url',
])

/** `cf-`: Cloudflare's data about the client, which the bucket does not need. `x-forwarded-`: as above. */
const DROPPED_PREFIXES = ['cf-', 'x-forwarded-']

/** Not sent to the bucket: its response must not depend on them, so that one cache entry serves every origin. */
const CORS_REQUEST_PREFIX = 'access-control-request-'

/** True if the bucket never gets a header of this name, apart from forwarded preflights. */
export const isRemovedHeader = (name: string): boolean =>
  DROPPED.has(name) ||
  DROPPED_PREFIXES.some(prefix => name.startsWith(prefix)) ||
  name.startsWith(CORS_REQUEST_PREFIX)

/**
 * Returns the upstream request: the client's method, body and headers, at the upstream URL.
 *
 * @param keepCors true for a preflight that is forwarded with its CORS headers
 */
export function upstreamRequest(url: string, request: Request, keepCors = false): Request {
  // Only this form keeps the body's length and the redirect mode, in workerd.
  const upstream = new Request(keepCors ? withoutSealed(url) : url, request)
  drop(upstream.headers, request, keepCors)
  if (keepCors) removeSealed(upstream.headers)
  return upstream
}

/** Returns the names of the request headers that the bucket does not get. */
export function droppedHeaders(request: Request): string[] {
  const kept = new Headers(request.headers)
  drop(kept, request, false)
  return [...request.headers.keys()].filter(name => !kept.has(name))
}

/** @param headers a mutable copy of the request's headers */
function drop(headers: Headers, request: Request, keepCors: boolean): void {
  dropHopByHop(headers)
  for (const name of request.headers.keys()) {
    if (isRemovedHeader(name) && !(keepCors && name.startsWith(CORS_REQUEST_PREFIX))) headers.delete(name)
  }
  if (!keepCors && headers.has('origin') && !signatureCoversOrigin(request)) headers.delete('origin')
}

/** The lists of signed headers: COS in a header, the query or one `sign` parameter; SigV4 in a header or the query. */
const SIGNED_LISTS = [/q-header-list(?:=|%3d)([^&\s]*)/i, /SignedHeaders=([^,&\s]*)/i]
/** `origin` as an item of a list. In a query, the separators around it may be percent-encoded. */
const LISTS_ORIGIN = /(?:^|;|%3b)origin(?:$|;|%3b|%26)/i

/**
 * True if the client's signature covers the Origin header: without the header, the bucket would refuse the request.
 * A list alone is not a signature. Such a request is anonymous, and its response must not depend on Origin.
 */
function signatureCoversOrigin(request: Request): boolean {
  if (!carriesCredentials(request)) return false
  const authorization = request.headers.get('authorization') ?? ''
  const query = request.url.indexOf('?')
  const texts = [authorization, query === -1 ? '' : request.url.slice(query)]
  return texts.some(text => SIGNED_LISTS.some(list => LISTS_ORIGIN.test(list.exec(text)?.[1] ?? '')))
}
