/**
 * @module
 * The bounded scan of Access-Control-Request-Headers: what an attacker sizes is never split, joined or
 * matched by a regular expression, and every scan stops at a named bound.
 */

import type { PatternIndex } from './pattern.ts'
import { intersect, isEmpty, type RuleSet } from './rule-set.ts'

/** Names in one list. A browser asks for the headers that a script has set: seldom more than ten. */
export const MAX_NAMES = 64
/** Characters of the whole list. */
export const MAX_LIST_LENGTH = 8192
/** Empty items: RFC 9110 5.6.1.2 asks a recipient to accept "a reasonable number" of them. */
export const MAX_EMPTY_ITEMS = 16
/** White-space characters on one side of a name. Clients send none or one. */
export const MAX_WHITE_SPACE = 2

/** What a configuration's own rules need: a list of all its header names must never be over a bound. */
export interface ListLimits {
  readonly names: number
  readonly length: number
  /** Length of the longest name that can be allowed; MAX_LIST_LENGTH where a pattern allows any. */
  readonly nameLength: number
}

/** Bounds that let through any subset of the header names that rules list, with white space. */
export function listLimits(allowedHeaders: Iterable<string>): ListLimits {
  const names = new Set(allowedHeaders)
  let length = 64
  let nameLength = 0
  for (const name of names) {
    length += name.length + 2 + 2 * MAX_WHITE_SPACE
    nameLength = Math.max(nameLength, name.includes('*') ? MAX_LIST_LENGTH : name.length)
  }
  return { names: Math.max(MAX_NAMES, names.size), length: Math.max(MAX_LIST_LENGTH, length), nameLength }
}

/** Why a list is refused: a name that no remaining rule allows, or a list that is none or over a bound. */
export interface ListRefusal {
  readonly check: 'header' | 'header-list'
  /** The first offending name, lower-cased; of a bad list, what is wrong with it. */
  readonly value: string
}

const LOWER = 1
const UPPER = 2
/** RFC 9110 5.6.2: the characters of a token. Zero: none. */
const TOKEN = new Uint8Array(128)
for (const character of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
  TOKEN[character.charCodeAt(0)] = LOWER
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') TOKEN[character.charCodeAt(0)] = UPPER

const COMMA = 0x2c
const isWhiteSpace = (code: number): boolean => code === 0x20 || code === 0x09

/**
 * Narrows `candidates` to the rules that allow every name of the list (RFC 9110 5.6.1: comma-separated, empty
 * items and optional white space ignored; names compared without case).
 *
 * @returns null when rules are left, else why none is
 */
export function narrowByHeaders(
  list: string,
  index: PatternIndex,
  limits: ListLimits,
  candidates: RuleSet,
): ListRefusal | null {
  const length = list.length
  if (length > limits.length) return badList(`longer than ${limits.length} characters`)
  let names = 0
  let empty = 0
  let at = 0
  while (at <= length) {
    const gap = at
    while (at < length && isWhiteSpace(list.charCodeAt(at))) at++
    if (at - gap > MAX_WHITE_SPACE)
      return badList(`more than ${MAX_WHITE_SPACE} white-space characters in a row`)
    const start = at
    let upper = false
    while (at < length) {
      const kind = TOKEN[list.charCodeAt(at)]
      if (!kind) break
      if (kind === UPPER) upper = true
      at++
    }
    const end = at
    while (at < length && isWhiteSpace(list.charCodeAt(at))) at++
    if (at - end > MAX_WHITE_SPACE)
      return badList(`more than ${MAX_WHITE_SPACE} white-space characters in a row`)
    if (at < length && list.charCodeAt(at) !== COMMA) return badList('not a list of header names')
    at++
    if (end === start) {
      if (++empty > MAX_EMPTY_ITEMS) return badList(`more than ${MAX_EMPTY_ITEMS} empty items`)
      continue
    }
    if (++names > limits.names) return badList(`more than ${limits.names} names`)
    const written = list.slice(start, end)
    const name = upper ? written.toLowerCase() : written
    // A `*` that is asked for must not be echoed: it would allow more than this one name.
    if (name === '*' || name.length > limits.nameLength) return { check: 'header', value: name }
    intersect(candidates, index.match(name))
    if (isEmpty(candidates)) return { check: 'header', value: name }
  }
  return null
}

const badList = (value: string): ListRefusal => ({ check: 'header-list', value })

/**
 * The list as an answer repeats it: lower-cased, without white space and empty items, in the order asked.
 * Only for a list that `narrowByHeaders` has accepted: the bounds are checked there.
 *
 * @returns null when the list holds no name
 */
export function echoList(list: string, separator: string): string | null {
  if (separator === ',' && isCanonical(list)) return list
  const names = list.split(',').map(item => item.trim().toLowerCase())
  return names.filter(name => name !== '').join(separator) || null
}

/** True for a list as browsers write it: lower-case names, one comma between, nothing else. */
function isCanonical(list: string): boolean {
  let afterComma = true
  for (let at = 0; at < list.length; at++) {
    const code = list.charCodeAt(at)
    if (code === COMMA) {
      if (afterComma) return false
      afterComma = true
    } else {
      if (TOKEN[code] !== LOWER) return false
      afterComma = false
    }
  }
  return !afterComma
}
