/**
 * @module
 * Which of the headers that went over the wire a script has set: what a tool copies holds the browser's own too.
 */

import { isForbiddenRequestHeader } from '../explain/header-names.ts'
import { namesOf, originOf, originOfReferrer } from './text.ts'

export type Header = readonly [name: string, value: string]

/** What browsers send by themselves, besides what Fetch forbids scripts to set: hardly a script does. */
const BROWSERS_OWN: ReadonlySet<string> = new Set([
  // Fetch, "CORS-safelisted request-header".
  'accept',
  'accept-language',
  'content-language',
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
/** Fetch, "CORS-safelisted request-header": the content types of forms need no permission. */
const SAFELISTED_TYPES: ReadonlySet<string> = new Set([
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'text/plain',
])

/** The value of a header, by its lower-cased name. */
export const valueIn = (headers: readonly Header[], name: string): string | null =>
  headers.find(header => header[0].toLowerCase() === name)?.[1] ?? null

/**
 * The names that a preflight would ask for.
 *
 * @param own adds what browsers send about caches on their own to what is left out
 */
export function scriptHeaders(headers: readonly Header[], own: boolean): { names: string[]; left: string[] } {
  const names: string[] = []
  const left: string[] = []
  for (const [name, value] of headers) {
    const lower = name.trim().toLowerCase()
    const isPseudo = lower.startsWith(':')
    if (isPseudo || BROWSERS_OWN.has(lower) || isForbiddenRequestHeader(lower)) continue
    if (lower === 'content-type' && SAFELISTED_TYPES.has(essence(value))) continue
    const list = own && CACHE_HEADERS.has(lower) ? left : names
    list.push(lower)
  }
  return { names: namesOf(names), left: namesOf(left) }
}

const essence = (value: string): string => value.slice(0, 256).split(';', 1)[0]?.trim().toLowerCase() ?? ''

/** A preflight's own question, where the headers are a preflight's. */
export function askedByPreflight(headers: readonly Header[]): { method: string; headers: string[] } | null {
  const method = valueIn(headers, 'access-control-request-method')
  if (method === null) return null
  const list = valueIn(headers, 'access-control-request-headers') ?? ''
  return { method: method.trim(), headers: namesOf(list.slice(0, 16_384).split(',')) }
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
        ? "It has no Origin header: the page's origin is not told."
        : 'It has no Origin header: the origin is that of the Referer.',
    ],
  }
}
