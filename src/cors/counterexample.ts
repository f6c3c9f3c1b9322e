/**
 * @module
 * Turns witnesses into a request that a person recognises: `decide` must confirm it on both sides before it is shown.
 */

import type { Method } from './configuration.ts'
import { witnessOfName } from './meeting.ts'
import type { CorsRequest } from './request.ts'
import { witnessOfOrigin } from './side.ts'

/** A request in patterns: each star stands for any text. */
export interface PatternRequest {
  readonly pattern: string
  readonly method: Method
  readonly names: readonly string[]
}

/**
 * Returns a request that `holds` confirms: first with texts in place of the stars that a browser would send, then with the
 * character `*` itself. Null if neither is confirmed, which happens only over the bounds of a header list.
 */
export function confirmedRequest(
  { pattern, method, names }: PatternRequest,
  holds: (request: CorsRequest) => boolean,
): CorsRequest | null {
  const origins = [...originsLike(pattern), witnessOfOrigin(pattern) ?? pattern]
  const lists = [
    ...['any', 'other', 'qzxj'].map(filling => names.map(name => filled(name, filling))),
    names.map(witnessOfName),
  ]
  for (const origin of origins) {
    for (const list of names.some(name => name.includes('*')) ? lists : lists.slice(-1)) {
      const request = { origin, method, requestedHeaders: list.length === 0 ? null : list.join() }
      if (holds(request)) return request
    }
  }
  return null
}

/** The last filling is one that a wordy pattern is unlikely to name. */
const filled = (name: string, filling: string): string =>
  name === '*' || name === '**' ? `x-${ANY_NAME[filling] ?? filling}` : name.replace('*', () => filling)
/** In place of a whole name. */
const ANY_NAME: Readonly<Record<string, string>> = { any: 'other', other: 'yet-another' }

/** Origins of a pattern as a browser could send them. */
export function originsLike(pattern: string): string[] {
  const star = pattern.indexOf('*')
  if (star < 0) return [pattern]
  const [prefix, suffix] = [pattern.slice(0, star), pattern.slice(star + 1)]
  return originFillings(prefix, suffix).map(filling => prefix + filling + suffix)
}

function originFillings(prefix: string, suffix: string): string[] {
  if (prefix === '') {
    if (suffix === '') return ['https://stranger.example', 'https://another-stranger.example']
    return suffix.startsWith('://') ? ['app', 'other'] : ['https://any', 'https://some-other']
  }
  const scheme = prefix.indexOf('://')
  if (scheme !== -1 && /:\d*$/.test(prefix.slice(scheme + 3))) return ['5173', '8081', '9']
  if (prefix.endsWith('://') && suffix === '') return ['stranger.example', 'another-stranger.example']
  return ['any', 'some-other', 'qzxj']
}
