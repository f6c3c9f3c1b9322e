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

/** Host name of an absolute URL, without its port; lower-case, as the runtime gives it. */
export function hostnameOf(url: string): string {
  const start = url.indexOf('://') + 3
  const path = url.indexOf('/', start)
  const host = path === -1 ? url.slice(start) : url.slice(start, path)
  // The port follows the last colon; those inside brackets are an IPv6 address's.
  const port = host.lastIndexOf(':')
  return (port > host.lastIndexOf(']') ? host.slice(0, port) : host).toLowerCase()
}

/**
 * True when the path holds a segment that is `.` or `..`, plain or percent-encoded. Sent on, it would be
 * resolved (WHATWG URL, "path state") and name another key than the one that was asked for.
 */
export function hasDotSegment(url: string): boolean {
  const target = pathAndQuery(url)
  const query = target.indexOf('?')
  const path = query === -1 ? target : target.slice(0, query)
  // Both marks of a dot segment are rare, and the look for them is all that most requests pay.
  if (!path.includes('/.') && !path.includes('%2') && !path.includes('\\')) return false
  return path
    .split(/[/\\]/)
    .map(segment => segment.replace(/%2e/gi, '.'))
    .some(segment => segment === '.' || segment === '..')
}

/** The upstream's URL. A `\` in a key is encoded, because a URL parser would take it for a `/`. */
export function upstreamUrl(base: string, url: string): string {
  return base + pathAndQuery(url).replaceAll('\\', '%5C')
}
