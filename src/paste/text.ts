/**
 * @module
 * Looking for things in a text that anyone may have written: bounded, linear, without regular expressions that could
 * go back on themselves.
 */

import { isToken } from '../cors/token.ts'

/** Longest URL, origin or name that is taken out of a text; no browser sends a longer URL to a server that answers. */
const MAX_VALUE = 16_384
/** Names of headers that are kept; what the edge scans of a preflight's list. */
const MAX_NAMES = 64
/** Longest name of a method or header. */
const MAX_NAME = 256

/** The text on one line with straight quotes: the form in which wordings are compared. */
export const flat = (text: string): string =>
  text
    .replace(/[\u200b-\u200d\u2060\ufeff]/g, '')
    .replace(/[\u2018\u2019\u201a\u201b]/g, "'")
    .replace(/\u00ab\s?|\s?\u00bb|[\u300c\u300d]/g, '"')
    .replace(/[\u201c\u201d\u201e\u201f]/g, '"')
    .replace(/\s+/g, ' ')
    .trim()

/** Returns what stands between two pieces of a text, or null if one is missing or the value is too long. */
export function between(text: string, before: string, ...afters: readonly string[]): string | null {
  const at = text.indexOf(before)
  if (at === -1) return null
  const rest = text.slice(at + before.length, at + before.length + MAX_VALUE)
  const ends = afters.map(after => rest.indexOf(after)).filter(end => end !== -1)
  return ends.length === 0 ? null : rest.slice(0, Math.min(...ends))
}

/** The word that begins at `at`, without the punctuation of its sentence. */
export function wordAt(text: string, at: number): string {
  const rest = text.slice(at, at + MAX_VALUE)
  const space = rest.indexOf(' ')
  return bare(space === -1 ? rest : rest.slice(0, space))
}

/** The word that ends at `end`. */
export function wordBefore(text: string, end: number): string {
  const before = text.slice(Math.max(0, end - MAX_VALUE), end).trimEnd()
  return bare(before.slice(before.lastIndexOf(' ') + 1))
}

const AROUND = new Set([`'`, `"`, '`', '.', ',', ';', ':', ')', '(', '<', '>'])

/** A word without the quotes and punctuation around it. */
export function bare(word: string): string {
  let start = 0
  let end = word.length
  while (start < end && AROUND.has(word.charAt(start))) start++
  while (end > start && AROUND.has(word.charAt(end - 1))) end--
  return word.slice(start, end)
}

/** Returns the number of three digits at `at`, or null without one. */
export function statusAt(text: string, at: number): number | null {
  const digits = text.slice(at, at + 3)
  return /^[1-9]\d\d$/.test(digits) ? Number(digits) : null
}

/** Returns an absolute URL, or null if the text is not one. */
export const urlOf = (text: string): URL | null => {
  if (text.length > MAX_VALUE || !text.includes(':')) return null
  try {
    return new URL(text)
  } catch {
    return null
  }
}

/** The host name of a URL, or null if it is not one. */
export const hostOf = (text: string): string | null => urlOf(text)?.hostname ?? null

/** What people open pages from, and ask for. */
const SHOWN_SCHEMES = new Set(['https:', 'http:', 'file:'])

/** A URL without what may be secret and what no rule looks at. */
export function shownUrl(text: string | null): string | null {
  const url = text === null ? null : urlOf(text)
  if (url === null || !SHOWN_SCHEMES.has(url.protocol)) return null
  return url.origin === 'null' ? `${url.protocol}//${url.host}${url.pathname}` : url.origin + url.pathname
}

/** Returns the value of an Origin header, as it is sent, or null if it is empty or too long. */
export function originOf(text: string | null | undefined): string | null {
  const trimmed = text?.trim() ?? ''
  return trimmed === '' || trimmed.length > MAX_VALUE ? null : trimmed
}

/** The origin of the page that a Referer names. */
export function originOfReferrer(text: string | null | undefined): string | null {
  const origin = urlOf(text ?? '')?.origin
  return origin === undefined || origin === 'null' ? null : origin
}

/** Returns a method as it can be sent, or null if the text is not one. */
export const methodOf = (text: string | null | undefined): string | null =>
  text && text.length <= MAX_NAME && isToken(text) ? text : null

/** Returns header names, lower-cased, each once; invalid names are left out. */
export function namesOf(names: Iterable<string>): string[] {
  const kept = new Set<string>()
  for (const name of names) {
    if (kept.size === MAX_NAMES) break
    const lower = name.trim().toLowerCase()
    if (lower.length <= MAX_NAME && isToken(lower)) kept.add(lower)
  }
  return [...kept]
}
