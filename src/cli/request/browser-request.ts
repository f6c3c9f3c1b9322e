/**
 * @module
 * Origins and methods as people write them, and as a browser sends them: an answer about what no browser sends would be
 * about another request than the one that is meant.
 */

import { adviseOrigin } from '../../advice/origin.ts'
import { Collector, quote } from '../../cors/findings.ts'
import { isToken, normalizedMethod } from '../../cors/token.ts'
import { UserError } from '../user-error.ts'

/** @throws {Trouble} when no browser sends this Origin, with the one that it sends */
export function mustBeSent(origin: string): void {
  if (origin === '') throw new UserError(`The origin is empty: name the page, as in ${EXAMPLE}.`)
  // A list or a star is told with the answer: the edge sees it as what it is.
  if (/[,*]/.test(origin)) return
  const advice = new Collector('warning')
  adviseOrigin(advice, origin, { path: '', credentials: false, isPublicSuffix: () => false })
  const finding = advice.list().find(({ code }) => code !== 'origin-null')
  if (finding === undefined) return
  const sent = sentFor(origin)
  const hint = sent === null ? finding.hint : `Ask again with --origin ${quote(sent)}.`
  throw new UserError(`"${quote(origin)}": ${finding.reason} ${hint}`)
}

const EXAMPLE = '--origin https://www.example.com'

/** What a browser sends for the page that is meant; null: that can't be told. */
function sentFor(origin: string): string | null {
  const text = origin.replace(/\s|\p{Cf}/gu, '')
  const url = URL.parse(text)
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url.origin
  return text.includes('://') ? null : (URL.parse(`https://${text.replace(/^\/+/, '')}`)?.origin ?? null)
}

/** The method as a browser sends it. @throws {Trouble} when it is none */
export function sentMethod(method: string): string {
  if (!isToken(method))
    throw new UserError(`"${quote(method)}" is not a method: name one with --method, such as PUT.`)
  return normalizedMethod(method)
}
