/**
 * @module
 * The request of a pasted text as the form has it.
 */

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
