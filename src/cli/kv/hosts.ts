/**
 * @module
 * Host names as keys: what a request's URL would call the host, and the KV keys made of it. See docs/storage.md.
 */

import { quote } from '../../cors/findings.ts'

/** Names the rules of hosts without their own. */
export const DEFAULT_HOST = 'default'
/** Longest host name (RFC 1035 2.3.4). */
const MAX_HOSTNAME = 253

/** A host; or what is wrong with its name, as a sentence without its full stop. */
export type HostReading = { host: string } | { problem: string }

/** What the Host of a request can be, in lower case (src/bucket/url.ts): labels that are not empty, or an IPv6 address. */
const PLAIN_HOST = /^(?:[0-9a-z_-]+(?:\.[0-9a-z_-]+)*|\[[0-9a-f:.]+\])$/

/**
 * The host that `name` means, lower-cased and without a trailing dot, as the edge looks it up; or what is wrong with it.
 * It is one exactly when a request can have it and a URL parser leaves it as it is: the edge goes by what its own parser
 * made of the request.
 */
export function readHost(name: string): HostReading {
  if (name === '') return { problem: '"" is not a host name (from a variable that is not set?)' }
  const host = name.toLowerCase().replace(/\.$/, '')
  if (host.includes('*')) {
    const instead = `name each host, or ${DEFAULT_HOST} for those without rules of their own`
    return {
      problem: `"${quote(name)}" is not a host name: a * is not in the name that a request has; ${instead}`,
    }
  }
  const parsed = URL.parse(name.includes('://') ? name : `http://${host}/`)?.hostname ?? ''
  if (parsed === host && host.length <= MAX_HOSTNAME && PLAIN_HOST.test(host)) return { host }
  const meant = PLAIN_HOST.test(parsed) && parsed !== host ? `; write ${quote(parsed)}, if that is meant` : ''
  return { problem: `"${quote(name)}" is not a host name (no scheme, port or path, no empty label)${meant}` }
}
