/**
 * @module
 * A call of fetch, as "Copy as fetch" and "Copy as fetch (Node.js)" of the browsers write it: a JSON string and a JSON
 * object.
 */

import { normalizedMethod } from '../cors/token.ts'
import type { Paste, Unreadable } from './paste.ts'
import { type Header, leftOut, scriptHeaders, valueIn } from './sent-headers.ts'
import { methodOf, originOf, originOfReferrer, shownUrl } from './text.ts'

export const isFetchCall = (text: string): boolean => /\bfetch\(\s*["'`]/.test(text)

/** Reads the first call of a text. */
export function readFetchCall(text: string): Paste | Unreadable {
  const from = text.indexOf('fetch("') + 'fetch('.length
  const end = endOfString(text, from)
  const url = text.includes('fetch("') ? parsed(text.slice(from, end)) : undefined
  const object = text.slice(end, endOfCall(text, end)).trim()
  const options = object.startsWith(',') ? parsed(object.slice(1)) : {}
  if (typeof url !== 'string' || typeof options !== 'object' || options === null)
    return { problem: 'Of calls of fetch, only those that "Copy as fetch" writes can be read.' }

  const of = (name: string): unknown =>
    Object.hasOwn(options, name) ? (options as Record<string, unknown>)[name] : undefined
  const headers: Header[] = Object.entries(of('headers') ?? {}).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  )
  const referrer = of('referrer') ?? valueIn(headers, 'referer')
  const named = originOf(valueIn(headers, 'origin'))
  const origin = named ?? originOfReferrer(typeof referrer === 'string' ? referrer : null)
  const method = of('method') ?? 'GET'
  const { names, left } = scriptHeaders(headers)
  const missing: string[] = []
  if (origin === null) missing.push("The call does not name the page's origin.")
  else if (named === null) missing.push('A call does not name its origin: it comes from the referrer.')
  if (left.length > 0) missing.push(leftOut(left))
  return {
    kind: 'fetch',
    browser: null,
    says: null,
    status: null,
    request: {
      url: shownUrl(url),
      origin,
      method: methodOf(typeof method === 'string' ? normalizedMethod(method) : null),
      headers: names,
      credentials: credentialsOf(of('credentials'), headers),
      preflight: null,
    },
    missing,
  }
}

/** For Node.js, Chrome copies the cookies that the browser sent instead of the credentials mode. */
function credentialsOf(mode: unknown, headers: readonly Header[]): boolean | null {
  if (typeof mode === 'string') return mode === 'include'
  return valueIn(headers, 'cookie') === null ? null : true
}

/** Behind the closing quote of the string that begins at `from`. */
function endOfString(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i++) {
    if (text.charAt(i) === '\\') i++
    else if (text.charAt(i) === '"') return i + 1
  }
  return text.length
}

/** At the bracket that closes the call, with the strings in it passed over. */
function endOfCall(text: string, from: number): number {
  let i = from
  while (i < text.length && text.charAt(i) !== ')') i = text.charAt(i) === '"' ? endOfString(text, i) : i + 1
  return i
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
