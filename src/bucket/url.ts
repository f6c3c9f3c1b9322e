/**
 * @module
 * The upstream URL: the base from the settings, and the request's own path and query. URLs are handled as text, so
 * that path and query arrive byte for byte.
 */

import { isLoopback } from '../settings/upstream.ts'

/** Returns the path and query of an absolute URL, unchanged. */
export function pathAndQuery(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  return start === -1 ? '/' : url.slice(start)
}

/**
 * Returns the host name of an absolute URL in lower case, without port and without trailing dot. `a.example.` is the
 * same name as `a.example` (RFC 1034 3.1): with rules of its own, it would bypass the rules of `a.example`.
 */
export function hostnameOf(url: string): string {
  const start = url.indexOf('://') + 3
  const path = url.indexOf('/', start)
  const host = path === -1 ? url.slice(start) : url.slice(start, path)
  // The port follows the last colon. Colons inside brackets belong to an IPv6 address.
  const port = host.lastIndexOf(':')
  const name = (port > host.lastIndexOf(']') ? host.slice(0, port) : host).toLowerCase()
  return name.endsWith('.') ? name.slice(0, -1) : name
}

/**
 * A host name or an address, with or without a port (RFC 9110 7.2). A URL parser would read anything else as user
 * info, a path or a query.
 */
const HOST =
  /^(?:[0-9a-z._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(?:[0-5]?\d{1,4}|6(?:[0-4]\d{3}|5(?:[0-4]\d\d|5(?:[0-2]\d|3[0-5])))))?$/i
/** Hosts that match HOST and that a URL parser may still refuse: addresses, recognised by their last label. */
const ADDRESS = /^\[|(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?(?::|$)/i

/** Names with a meaning of their own in KV and in the Cache API. No public domain can have them. */
const RESERVED_HOSTS: ReadonlySet<string> = new Set([
  'default',
  'last-known-good.invalid',
  'invalidated.invalid',
])

/**
 * True if the Host header and the URL's authority are both valid hosts. The runtime loses a `/` of a Host header when it
 * makes the URL, so both are checked.
 */
export function hasPlainHost({ url, headers }: Request): boolean {
  const authority = url.slice(url.indexOf('://') + 3, -pathAndQuery(url).length)
  const host = headers.get('host') ?? authority
  return isHost(authority) && (host === authority || isHost(host)) && !RESERVED_HOSTS.has(hostnameOf(url))
}

const isHost = (host: string): boolean =>
  HOST.test(host) && (!ADDRESS.test(host) || URL.canParse(`http://${host}`))

/** A segment of one or two dots, plain or percent-encoded. A URL parser reads `\` as `/`. */
const DOT_SEGMENT = /[/\\](?:\.|%2e){1,2}(?:[/\\]|$)/i

/**
 * True if the path holds a segment `.` or `..`, plain or percent-encoded. Sent on, it would be resolved (WHATWG URL,
 * "path state") and name another key than the requested one.
 */
export function hasDotSegment(url: string): boolean {
  const target = pathAndQuery(url)
  const query = target.indexOf('?')
  return DOT_SEGMENT.test(query === -1 ? target : target.slice(0, query))
}

/** Returns the upstream URL. A `\` in a key is encoded, because a URL parser would read it as `/`. */
export function upstreamUrl(base: string, url: string): string {
  return base + pathAndQuery(url).replaceAll('\\', '%5C')
}

/**
 * Returns the URL that a signature of the edge goes to when the bucket has the host name of the request: by https and
 * the default port, whatever the client used, because what it used may not be encrypted. A loopback host keeps its own.
 */
export function signedUrl(url: string): string {
  const host = hostnameOf(url)
  return isLoopback(host) ? ownUrl(url) : upstreamUrl(`https://${host}`, url)
}

/** Returns the request's own URL, with `\` encoded in the same way. */
export function ownUrl(url: string): string {
  const path = url.indexOf('/', url.indexOf('://') + 3)
  return upstreamUrl(path === -1 ? url : url.slice(0, path), url)
}

/** Returns a text, such as a runtime's error message, with the query of each URL removed: it may hold a signature. */
export const withoutQueries = (text: string): string => text.replace(/[?#][^\s"']*/g, '?…')
