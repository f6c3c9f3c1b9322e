/**
 * @module
 * The request as the bucket gets it: what the edge drops on the way up, and why.
 */

import { dropHopByHop } from './hop-by-hop.ts'
import { carriesCredentials } from './signing/credentials.ts'

/** Dropped on the way to the bucket. Everything else arrives as it was sent: signatures cover it. */
const DROPPED: ReadonlySet<string> = new Set([
  // RFC 9110 11.7.2: credentials for a proxy, and this is the proxy.
  'proxy-authorization',
  // RFC 9110 10.1.1: the edge has already let the client go on.
  'expect',
  // RFC 7239, and its forerunners: addresses and hosts that a client claims are never trusted.
  'client-ip',
  'forwarded',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-host',
  'x-original-host',
  'x-real-ip',
  // Another URL or method than the request line's (RFC 9112 3): not what was decided on, nor what is cached.
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-url',
  'x-rewrite-url',
])

/** `cf-`: what Cloudflare says of the client, and not the bucket's concern. `x-forwarded-`: as above. */
const DROPPED_PREFIXES = ['cf-', 'x-forwarded-']

/** Not sent to the bucket, so that its answer depends on none of them and one cached object serves all. */
const CORS_REQUEST_PREFIX = 'access-control-request-'

/**
 * Makes the upstream request: method, body and headers of the client's, at another URL.
 *
 * @param keepCors true for a preflight that is forwarded whole
 */
export function upstreamRequest(url: string, request: Request, keepCors = false): Request {
  // Only this form keeps the body's length and the redirect mode, in workerd.
  const upstream = new Request(url, request)
  drop(upstream.headers, request, keepCors)
  return upstream
}

/** Names of a request's headers that the bucket does not get. */
export function droppedHeaders(request: Request): string[] {
  const kept = new Headers(request.headers)
  drop(kept, request, false)
  return [...request.headers.keys()].filter(name => !kept.has(name))
}

/** @param headers those of the request, to be sent */
function drop(headers: Headers, request: Request, keepCors: boolean): void {
  dropHopByHop(headers)
  for (const name of request.headers.keys()) {
    const isDropped =
      DROPPED.has(name) ||
      DROPPED_PREFIXES.some(prefix => name.startsWith(prefix)) ||
      (!keepCors && name.startsWith(CORS_REQUEST_PREFIX))
    if (isDropped) headers.delete(name)
  }
  if (!keepCors && headers.has('origin') && !signatureCoversOrigin(request)) headers.delete('origin')
}

/** The lists of signed headers: COS in header, query or one `sign` parameter, SigV4 in header or query. */
const SIGNED_LISTS = [/q-header-list(?:=|%3d)([^&\s]*)/i, /SignedHeaders=([^,&\s]*)/i]
/** `origin` as one of a list; in a query, what is around it may be encoded. */
const LISTS_ORIGIN = /(?:^|;|%3b)origin(?:$|;|%3b|%26)/i

/**
 * True when the client's signature includes the Origin header: without it, the bucket would refuse. A list alone is no
 * signature: such a request is shared, and its answer must not depend on Origin.
 */
function signatureCoversOrigin(request: Request): boolean {
  if (!carriesCredentials(request)) return false
  const authorization = request.headers.get('authorization') ?? ''
  const query = request.url.indexOf('?')
  const texts = [authorization, query === -1 ? '' : request.url.slice(query)]
  return texts.some(text => SIGNED_LISTS.some(list => LISTS_ORIGIN.test(list.exec(text)?.[1] ?? '')))
}
