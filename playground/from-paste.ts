/**
 * @module
 * The request of a pasted text as the form has it.
 */

import type { PastedRequest } from '../src/paste/read.ts'
import type { State } from './state.ts'

/**
 * Fields that the text does not give are emptied: what stood there belonged to another request.
 *
 * @returns null if the text describes no request
 */
export function requestFrom({
  url,
  origin,
  method,
  headers,
  credentials,
  preflight,
}: PastedRequest): Pick<State, 'url' | 'origin' | 'method' | 'headers' | 'credentials' | 'actual'> | null {
  if (url === null && origin === null && method === null) return null
  // A GET without headers causes no preflight: the answer would be about another request.
  const isOpen = preflight === true && headers.length === 0
  return {
    url: url ?? '',
    origin: origin ?? '',
    method: method ?? (isOpen ? '' : 'GET'),
    headers: headers.join(', '),
    credentials: credentials ?? false,
    actual: preflight === false,
  }
}
