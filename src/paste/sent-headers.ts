/**
 * @module
 * Which of the headers that went over the wire a script has set: what a tool copies holds the browser's own too.
 */

import { isForbiddenRequestHeader } from '../explain/header-names.ts'
import { askedNames } from '../explain/safelist.ts'
import type { PastedRequest } from './paste.ts'
import { methodOf, namesOf, originOf, originOfReferrer, shownUrl } from './text.ts'

export type Header = readonly [name: string, value: string]

/** What browsers send on their own, besides what Fetch forbids scripts to set: hardly a script does. */
const BROWSERS_OWN: ReadonlySet<string> = new Set([
  'alt-used',
  'downlink',
  'dpr',
  'ect',
  'priority',
  'rtt',
  'save-data',
  'upgrade-insecure-requests',
  'user-agent',
  'x-client-data',
])
/** Sent on a reload, with the cache switched off, or to revalidate; scripts set them too. */
const CACHE_HEADERS: ReadonlySet<string> = new Set([
  'cache-control',
  'if-modified-since',
  'if-none-match',
  'pragma',
])
/** Longest list of Access-Control-Request-Headers that is read. */
const MAX_LIST = 16_384

/** The value of a header, by its lower-cased name. */
export const valueIn = (headers: readonly Header[], name: string): string | null =>
  headers.find(header => header[0].toLowerCase() === name)?.[1] ?? null

export const leftOut = (names: readonly string[]): string =>
  `Left out, as browsers send it on their own: ${names.join(', ')}.`

/** Returns the names that a preflight would ask for, and what may be a script's or the browser's own. */
export function scriptHeaders(headers: readonly Header[]): { names: string[]; left: string[] } {
  const left: string[] = []
  const kept: { name: string; value: string }[] = []
  for (const [name, value] of headers) {
    const lower = name.trim().toLowerCase()
    if (lower.startsWith(':') || BROWSERS_OWN.has(lower) || isForbiddenRequestHeader(lower)) continue
    if (CACHE_HEADERS.has(lower)) left.push(lower)
    else kept.push({ name: lower, value })
  }
  return { names: namesOf(askedNames(kept).asked), left: namesOf(left) }
}

/** What a preflight asks, where the headers are a preflight's. */
export interface PreflightQuestion {
  readonly method: string
  readonly headers: readonly string[]
}

export function askedByPreflight(headers: readonly Header[]): PreflightQuestion | null {
  const method = valueIn(headers, 'access-control-request-method')
  if (method === null) return null
  const list = valueIn(headers, 'access-control-request-headers') ?? ''
  return { method: method.trim(), headers: namesOf(list.slice(0, MAX_LIST).split(',')) }
}

/** The page's origin, and the sentence about it where it is not the Origin header's. */
export function pageOrigin(headers: readonly Header[]): { origin: string | null; missing: string[] } {
  const origin = originOf(valueIn(headers, 'origin'))
  if (origin !== null) return { origin, missing: [] }
  const referrer = originOfReferrer(valueIn(headers, 'referer'))
  return {
    origin: referrer,
    missing: [
      referrer === null
        ? "It has no Origin header: the page's origin is unknown."
        : 'It has no Origin header: the origin comes from the Referer.',
    ],
  }
}

/** A request as a command sends it. */
interface SentRequest {
  readonly url: string
  readonly method: string
  readonly headers: readonly Header[]
  readonly hasCookie: boolean
}

/** Reads a command's request: a preflight where it is one, otherwise a request that a script could make. */
export function sentRequest({ url, method, headers, hasCookie }: SentRequest): {
  request: PastedRequest
  left: readonly string[]
  missing: string[]
} {
  const question = askedByPreflight(headers)
  const isPreflight = method === 'OPTIONS' && question !== null
  const page = pageOrigin(headers)
  const { names, left } = scriptHeaders(headers)
  const missing = [...page.missing]
  if (method === 'OPTIONS' && question === null) missing.push(NO_PREFLIGHT)
  if (method !== 'OPTIONS' && question !== null)
    missing.push(
      `It has Access-Control-Request-Method, but its method is ${method}: a preflight is an OPTIONS request.`,
    )
  return {
    request: {
      url: shownUrl(url),
      origin: page.origin,
      method: methodOf(isPreflight ? question.method : method),
      headers: isPreflight ? question.headers : names,
      credentials: hasCookie || valueIn(headers, 'cookie') !== null ? true : null,
      preflight: isPreflight || (method !== 'OPTIONS' && question === null ? null : false),
    },
    left: isPreflight ? [] : left,
    missing,
  }
}

const NO_PREFLIGHT = 'An OPTIONS request without Access-Control-Request-Method is not a CORS preflight.'
