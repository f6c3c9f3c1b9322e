/**
 * @module
 * Host names as keys: what a request's URL would call the host, and the KV keys made of it. See docs/storage.md.
 */

import { quote } from '../cors/findings.ts'
import { Trouble } from './trouble.ts'

/** Names the rules of hosts without their own. */
export const DEFAULT_HOST = 'default'
/** Longest host name (RFC 1035 2.3.4). */
const MAX_HOSTNAME = 253

export const rulesKey = (host: string): string => `cors:${host}`
export const settingsKey = (host: string): string => `bucket:${host}`
export const historyKey = (host: string, revision: string): string => `history:${host}:${revision}`

/**
 * The host that `name` means, lower-cased; or what is wrong with it. It is one exactly when a URL parser leaves it as
 * it is: the edge looks a host up by what its own parser made of the request.
 */
export function readHost(name: string): { host: string } | { problem: string } {
  const host = name.toLowerCase()
  const parsed = URL.parse(`http://${host}/`)?.hostname ?? ''
  if (parsed === host && host.length <= MAX_HOSTNAME) return { host }
  const meant = parsed === '' || parsed === host ? '' : `; write ${quote(parsed)}, if that is meant`
  return { problem: `"${quote(name)}" is not a host name (no scheme, port or path)${meant}` }
}

/** The host that `name` means. @throws {Trouble} when it is none; `where` says what was to name one. */
export function hostNamed(name: string, where: string): string {
  const read = readHost(name)
  if ('host' in read) return read.host
  throw new Trouble(`${where}: ${read.problem}.`)
}
