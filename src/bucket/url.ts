/**
 * @module
 * Where a request goes: the upstream's URL from the settings and the request's own path and query, as text, so
 * that they arrive byte for byte.
 */

/** Path and query of an absolute URL, as they stand in it. */
export function pathAndQuery(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  return start === -1 ? '/' : url.slice(start)
}

/**
 * Host name of an absolute URL, without its port; lower-case, as the runtime gives it. `a.example.` is the same name as
 * `a.example` (RFC 1034 3.1): with rules of its own, it would be a way around those of the other.
 */
export function hostnameOf(url: string): string {
  const start = url.indexOf('://') + 3
  const path = url.indexOf('/', start)
  const host = path === -1 ? url.slice(start) : url.slice(start, path)
  // The port follows the last colon; those inside brackets are an IPv6 address's.
  const port = host.lastIndexOf(':')
  const name = (port > host.lastIndexOf(']') ? host.slice(0, port) : host).toLowerCase()
  return name.endsWith('.') ? name.slice(0, -1) : name
}

/**
 * A host name or an address, with or without a port (RFC 9110 7.2). Of anything else, a URL parser would make a
 * user, a path or a query.
 */
const HOST =
  /^(?:[0-9a-z._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(?:[0-5]?\d{1,4}|6(?:[0-4]\d{3}|5(?:[0-4]\d\d|5(?:[0-2]\d|3[0-5])))))?$/i
/** Of these, what a URL parser may refuse all the same: addresses, which it knows by their last label. */
const ADDRESS = /^\[|(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?(?::|$)/i

/** Names that mean something else in KV and in the Cache API; no domain can have them. */
const RESERVED_HOSTS: ReadonlySet<string> = new Set(['default', 'last-known-good.invalid'])

/** True when the Host of a request is one, as a header and as it stands in the URL, where a `/` in it is lost. */
export function hasPlainHost({ url, headers }: Request): boolean {
  const authority = url.slice(url.indexOf('://') + 3, -pathAndQuery(url).length)
  const host = headers.get('host') ?? authority
  return isHost(authority) && (host === authority || isHost(host)) && !RESERVED_HOSTS.has(hostnameOf(url))
}

const isHost = (host: string): boolean =>
  HOST.test(host) && (!ADDRESS.test(host) || URL.canParse(`http://${host}`))

/** A segment of one or two dots, plain or percent-encoded; to a URL parser, `\` is a `/`. */
const DOT_SEGMENT = /[/\\](?:\.|%2e){1,2}(?:[/\\]|$)/i

/**
 * True when the path holds a segment that is `.` or `..`, plain or percent-encoded. Sent on, it would be
 * resolved (WHATWG URL, "path state") and name another key than the one that was asked for.
 */
export function hasDotSegment(url: string): boolean {
  const target = pathAndQuery(url)
  const query = target.indexOf('?')
  return DOT_SEGMENT.test(query === -1 ? target : target.slice(0, query))
}

/** The upstream's URL. A `\` in a key is encoded, because a URL parser would take it for a `/`. */
export function upstreamUrl(base: string, url: string): string {
  return base + pathAndQuery(url).replaceAll('\\', '%5C')
}

/** A request's own URL, in the same form. */
export function ownUrl(url: string): string {
  const path = url.indexOf('/', url.indexOf('://') + 3)
  return upstreamUrl(path === -1 ? url : url.slice(0, path), url)
}

/** A text with URLs, as a runtime's messages have them, without their queries: those may hold a signature. */
export const withoutQueries = (text: string): string => text.replace(/[?#][^\s"']*/g, '?…')
