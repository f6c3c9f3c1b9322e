/**
 * @module
 * Reads the URL of a server on the command line: an edge or a bucket.
 */

import { isLoopback } from '../../settings/upstream.ts'
import { visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'

/**
 * Reads `https://host[:port][/prefix]`, or `http` on a loopback host, because requests may carry a signature.
 *
 * @returns the URL without a trailing slash
 * @throws {UserError} naming the option
 */
export function readServer(option: string, text: string): string {
  const url = /[\s\\?#]/.test(text) ? null : URL.parse(text)
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
  if (url === null || !secure || url.username !== '' || url.password !== '') {
    throw new UserError(
      `${option}: "${visible(text).slice(0, 200)}" is not a valid server URL. Accepted: https://host[:port][/prefix]; http on a loopback host only.`,
    )
  }
  return url.origin + url.pathname.replace(/\/+$/, '')
}
