/**
 * @module
 * Origins and methods as people write them, and as a browser sends them: an answer about something that no browser sends
 * would be about another request.
 */

import { adviseOrigin } from '../../advice/origin.ts'
import { Collector, quote } from '../../cors/findings.ts'
import { isToken, normalizedMethod } from '../../cors/token.ts'
import { browserOriginOf, isBrowserOrigin } from '../../explain/browser-origin.ts'
import { UserError } from '../user-error.ts'

/** @throws {UserError} when no browser sends this Origin; the message names the origin that it sends */
export function mustBeSent(origin: string): void {
  if (origin === '') throw new UserError(`The origin is empty: name the page, as in ${EXAMPLE}.`)
  // The answer itself is about a list: the edge receives it as written.
  if (isBrowserOrigin(origin) || /^[^,\s]+, ?[^,\s]+$/.test(origin)) return
  const advice = new Collector('warning')
  adviseOrigin(advice, origin, { path: '', credentials: false, isPublicSuffix: () => false })
  const finding = advice.list().find(({ code }) => code !== 'origin-null')
  const sent = browserOriginOf(origin)
  const reason = finding?.reason ?? 'No browser sends this origin.'
  const hint =
    sent === null
      ? (finding?.hint ?? `Name the page, as in ${EXAMPLE}.`)
      : `Ask again with --origin ${quote(sent)}.`
  throw new UserError(`"${quote(origin)}": ${reason} ${hint}`)
}

const EXAMPLE = '--origin https://www.example.com'

/** Returns the method as a browser sends it. @throws {UserError} when it is not a method */
export function sentMethod(method: string): string {
  if (!isToken(method))
    throw new UserError(`"${quote(method)}" is not a method: name one with --method, such as PUT.`)
  return normalizedMethod(method)
}
