/**
 * @module
 * A call of fetch, as "Copy as fetch" of the browsers writes it: a JSON string and a JSON object.
 */

import { normalizedMethod } from '../cors/token.ts'
import type { Paste, Unreadable } from './paste.ts'
import { type Header, scriptHeaders, valueIn } from './sent-headers.ts'
import { methodOf, originOf, originOfReferrer, shownUrl } from './text.ts'

export const isFetchCall = (text: string): boolean => text.includes('fetch("')

/** Reads the first call of a text. */
export function readFetchCall(text: string): Paste | Unreadable {
  const from = text.indexOf('fetch("') + 'fetch('.length
  const end = endOfString(text, from)
  const url = parsed(text.slice(from, end))
  const object = text.slice(end, endOfCall(text, end)).trim()
  const options = object.startsWith(',') ? parsed(object.slice(1)) : {}
  if (typeof url !== 'string' || typeof options !== 'object' || options === null)
    return { problem: 'Of calls of fetch, only those that "Copy as fetch" writes can be read.' }

  const of = (name: string): unknown =>
    Object.hasOwn(options, name) ? (options as Record<string, unknown>)[name] : undefined
  const headers: Header[] = Object.entries(of('headers') ?? {}).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  )
  const referrer = of('referrer')
  const origin =
    originOf(valueIn(headers, 'origin')) ?? originOfReferrer(typeof referrer === 'string' ? referrer : null)
  const credentials = of('credentials')
  const method = of('method') ?? 'GET'
  return {
    kind: 'fetch',
    browser: null,
    says: null,
    status: null,
    request: {
      url: shownUrl(url),
      origin,
      method: methodOf(typeof method === 'string' ? normalizedMethod(method) : null),
      headers: scriptHeaders(headers, true).names,
      credentials: typeof credentials === 'string' ? credentials === 'include' : null,
      preflight: null,
    },
    missing: [
      origin === null
        ? "The call does not name the page's origin."
        : 'A call does not name its origin: it is that of the referrer.',
    ],
  }
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
