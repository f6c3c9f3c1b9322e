/**
 * @module
 * Host names as the edge looks them up. See docs/storage.md.
 */

import { quote } from '../../cors/findings.ts'

/** Name of the rules for hosts without their own. */
export const DEFAULT_HOST = 'default'
/** Longest host name (RFC 1035 2.3.4). */
const MAX_HOSTNAME = 253

/** A host, or the problem with its name as a sentence without the full stop. */
export type HostReading = { host: string } | { problem: string }

/** Host of a request in lower case (src/bucket/url.ts): non-empty labels, or an IPv6 address. */
const PLAIN_HOST = /^(?:[0-9a-z_-]+(?:\.[0-9a-z_-]+)*|\[[0-9a-f:.]+\])$/

/**
 * Returns the host lower-cased and without a trailing dot, or the problem with it. A name is valid if a request can have
 * it and a URL parser leaves it as it is, because the edge reads the host from its own URL parser.
 */
export function readHost(name: string): HostReading {
  if (name === '') return { problem: '"" is not a host name (is a variable unset?)' }
  const host = name.toLowerCase().replace(/\.$/, '')
  if (host.includes('*')) {
    const instead = `name each host, or ${DEFAULT_HOST} for those without rules of their own`
    return {
      problem: `"${quote(name)}" is not a host name: no request has a * in its host; ${instead}`,
    }
  }
  const parsed = URL.parse(name.includes('://') ? name : `http://${host}/`)?.hostname ?? ''
  if (parsed === host && host.length <= MAX_HOSTNAME && PLAIN_HOST.test(host)) return { host }
  const meant = PLAIN_HOST.test(parsed) && parsed !== host ? `; use ${quote(parsed)} if that is the host` : ''
  return { problem: `"${quote(name)}" is not a host name (no scheme, port or path, no empty label)${meant}` }
}
