/**
 * @module
 * The request of a pasted text as the form has it.
 */

import type { PastedRequest } from '../src/paste/read.ts'
import type { State } from './state.ts'

/**
 * What the text does not tell is emptied: what stood there was another request's.
 *
 * @returns null where the text tells of no request at all
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
  // A preflight for a GET without headers is none: an answer about it would answer another question.
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
