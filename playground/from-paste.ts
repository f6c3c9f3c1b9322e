/**
 * @module
 * The request of a pasted text as the form has it, and the preflights of a HAR.
 */

import { type PreflightCost, readPreflights } from '../src/paste/preflights.ts'
import { knowsHeaders, type Paste } from '../src/paste/read.ts'
import type { State } from './state.ts'

/**
 * Fields that the text does not give are emptied: what stood there belonged to another request.
 *
 * @returns null if the text describes no request
 */
export function requestFrom(
  paste: Paste,
): Pick<State, 'url' | 'origin' | 'method' | 'headers' | 'credentials' | 'actual' | 'open'> | null {
  const { url, origin, method, headers, credentials, preflight } = paste.request
  if (url === null && origin === null && method === null && headers.length === 0) return null
  return {
    url: url ?? '',
    origin: origin ?? '',
    method: method ?? '',
    headers: headers.join(', '),
    credentials: credentials ?? false,
    actual: preflight === false,
    open: !knowsHeaders(paste),
  }
}

/** Returns the preflights of a HAR; null if the text is not one whole HAR. */
export function preflightsIn(text: string): PreflightCost | null {
  if (!text.trimStart().startsWith('{')) return null
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'log')) return null
  const cost = readPreflights(value)
  return 'problem' in cost ? null : cost
}
