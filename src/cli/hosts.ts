/**
 * @module
 * Host names as keys: what a request's URL would call the host, and the KV keys made of it. See docs/storage.md.
 */

import { quote } from '../cors/findings.ts'

/** Names the rules of hosts without their own. */
export const DEFAULT_HOST = 'default'
/** Longest host name (RFC 1035 2.3.4). */
const MAX_HOSTNAME = 253

/** A host; or what is wrong with its name, as a sentence without its full stop. */
export type HostReading = { host: string } | { problem: string }

/**
 * The host that `name` means, lower-cased; or what is wrong with it. It is one exactly when a URL parser leaves it as
 * it is: the edge looks a host up by what its own parser made of the request.
 */
export function readHost(name: string): HostReading {
  const host = name.toLowerCase()
  const parsed = URL.parse(name.includes('://') ? name : `http://${host}/`)?.hostname ?? ''
  if (parsed === host && host.length <= MAX_HOSTNAME) return { host }
  const meant = parsed === '' || parsed === host ? '' : `; write ${quote(parsed)}, if that is meant`
  return { problem: `"${quote(name)}" is not a host name (no scheme, port or path)${meant}` }
}
