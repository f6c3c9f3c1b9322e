/**
 * @module
 * Firefox's message in any language: the URL, and the reason from the headers that it names; a few words of each language
 * settle what these leave open.
 */

import { FIREFOX_LANGUAGES, type FirefoxLanguage } from './firefox-languages.ts'
import { bare } from './text.ts'
import type { MessageId } from './wordings.ts'

export interface FirefoxReason {
  readonly says: MessageId
  /** The header that the preflight's answer lacks. */
  readonly header: string | null
  /** null: the language is unknown here. */
  readonly language: string | null
}

const ALLOW = 'Access-Control-Allow-'
/** A quoted value. Behind a Latin letter, a single quote is an apostrophe. */
const QUOTED = /"([^"]{1,256})"|(?<![A-Za-z\u00c0-\u024f])'([^']{1,256})'/g
/** Longest reason that is looked at, behind the URL. */
const MAX_REASON = 600

/** What can stand behind a URL: quotes or brackets, the sentence's end, quotes or brackets around it. */
const QUOTES_BEHIND = /(?<!["')])["')]+$/
const STOPS_BEHIND = /(?<![.,;:])[.,;:]+$/

/** Where the first absolute URL of a text stands, and what it is. Firefox writes URLs in ASCII. */
export function firstUrl(text: string): { readonly url: string; readonly end: number } | null {
  const match = /\b[a-z][a-z0-9+.-]{1,30}:\/\/[!-~]{1,16384}/i.exec(text)
  if (match === null) return null
  const url = match[0].replace(QUOTES_BEHIND, '').replace(STOPS_BEHIND, '').replace(QUOTES_BEHIND, '')
  return { url: bare(url), end: match.index + url.length }
}

/** Reads the reason of a message, or returns null where it is not Firefox's, or English, which wordings.ts has. */
export function firefoxReason(text: string): FirefoxReason | null {
  let known: { readonly language: FirefoxLanguage; readonly end: number } | null = null
  for (const language of FIREFOX_LANGUAGES) {
    const frame = language.frames.find(each => text.includes(each))
    if (frame !== undefined) known = { language, end: text.indexOf(frame) + frame.length }
  }
  const from = firstUrl(text)?.end ?? known?.end
  if (from === undefined) return null
  const reason = text
    .slice(from, from + MAX_REASON)
    .replace(/^["']+/, '')
    .replaceAll('`', '"')
  if (known === null && !looksForeign(text, reason)) return null
  const language = known?.language ?? null
  return { ...reasonOf(reason, language), language: language?.name ?? null }
}

/** A message of Firefox in a language that is not known: CORS, and a header's quoted name behind a URL, in parentheses. */
const looksForeign = (text: string, reason: string): boolean =>
  /[(（][^()（）]{0,300}CORS[^()（）]{0,300}[)）]/.test(reason) &&
  /["']Access-Control-Allow-/.test(reason) &&
  !text.includes('Cross-Origin Request')

function reasonOf(reason: string, language: FirefoxLanguage | null): Pick<FirefoxReason, 'says' | 'header'> {
  const has = (piece: string | undefined): boolean => piece !== undefined && reason.includes(piece)
  const saying = (says: MessageId, header: string | null = null) => ({ says, header })
  const quoted = [...reason.matchAll(QUOTED)]
    .map(([, double, single]) => (double ?? single ?? '').trim())
    .filter(value => !value.replace(' ', '').startsWith(ALLOW))
  const [value] = quoted

  if (has(`${ALLOW}Credentials`) && value !== '*') return saying('allow-credentials-missing')
  if (has(`${ALLOW}Methods`))
    return saying(value === undefined ? 'method-not-allowed' : 'allow-list-unreadable')
  if (has(`${ALLOW}Headers`)) {
    if (quoted.includes('*') && quoted.includes('Authorization'))
      return saying('authorization-not-covered', 'authorization')
    return has(language?.invalid) || value === undefined
      ? saying('allow-list-unreadable')
      : saying('header-not-allowed', value)
  }
  if (has(`${ALLOW}Origin`) || has(`${ALLOW}Credentials`)) {
    if (value === '*') return saying('wildcard-with-credentials')
    if (value !== undefined)
      return saying(isSeveral(value) ? 'allow-origin-multiple' : 'allow-origin-mismatch')
    if (reason.includes('(null)') && !/[:：] ?\(null\)/.test(reason)) return saying('allow-origin-mismatch')
    return saying(has(language?.multiple) ? 'allow-origin-multiple' : 'allow-origin-missing')
  }
  if (value !== undefined && /^orig[ie]n$/i.test(value)) return saying('cors-disabled')
  if (/http(?!s?:\/\/)/i.test(reason)) return saying('scheme-not-http')
  if (has(language?.redirect)) return saying('redirect-denied')
  if (has(language?.preflight)) return saying('preflight-not-ok')
  if (has(language?.failed)) return saying('did-not-succeed')
  if (has(language?.disabled)) return saying('cors-disabled')
  return saying('blocked-by-cors-policy')
}

/** Whether a value of Access-Control-Allow-Origin is a list. */
export const isSeveral = (value: string): boolean => /[,\s]/.test(value.trim()) && value.includes('://')
