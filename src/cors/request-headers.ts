/**
 * @module
 * The bounded scan of Access-Control-Request-Headers. An attacker chooses its size, so it is never split, joined or matched
 * by a regular expression, and every scan stops at a named bound.
 */

import { Memo } from './memo.ts'
import type { PatternIndex } from './pattern.ts'
import { isEmpty, type RuleSet } from './rule-set.ts'

/** Names in one list. A browser asks for the headers that a script has set: seldom more than ten. */
export const MAX_NAMES = 64
/** Characters of the whole list. */
export const MAX_LIST_LENGTH = 8192
/** Empty items: RFC 9110 5.6.1.2 asks a recipient to accept "a reasonable number" of them. */
export const MAX_EMPTY_ITEMS = 16
/** White-space characters on one side of a name. Clients send none or one. */
export const MAX_WHITE_SPACE = 2

/** A name of this length is read even if only shorter ones are allowed, so that the refusal can name it. */
export const MIN_NAME_LENGTH = 128

/** Bounds of a header list. They grow with a configuration: a list of all its header names is never over a bound. */
export interface ListLimits {
  readonly names: number
  readonly length: number
  /** Longest name that is read: the longest that can be allowed, or MIN_NAME_LENGTH. */
  readonly nameLength: number
}

/** Returns bounds that accept any subset of the header names that rules list, with white space. */
export function listLimits(allowedHeaders: Iterable<string>): ListLimits {
  const names = new Set(allowedHeaders)
  let length = 64
  let nameLength = MIN_NAME_LENGTH
  for (const name of names) {
    length += name.length + 2 + 2 * MAX_WHITE_SPACE
    nameLength = Math.max(nameLength, name.includes('*') ? MAX_LIST_LENGTH : name.length)
  }
  return { names: Math.max(MAX_NAMES, names.size), length: Math.max(MAX_LIST_LENGTH, length), nameLength }
}

/** The names of a list, or the reason why it can't be read. */
export interface RequestedNames {
  /** Lower-cased, in the order asked, without empty items. */
  readonly names: readonly string[]
  /** Why the list is not valid, in words for a refusal; null if it is valid. */
  readonly problem: string | null
  /** The joined names by separator, filled on first use. */
  readonly joined: Map<string, string>
}

const LOWER = 1
const UPPER = 2
/** The characters of a token (RFC 9110 5.6.2); zero for any other. */
const TOKEN = new Uint8Array(128)
for (const character of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
  TOKEN[character.charCodeAt(0)] = LOWER
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') TOKEN[character.charCodeAt(0)] = UPPER

const COMMA = 0x2c

/** Returns where white space that begins at an index ends, or one character past the bound. */
function afterWhiteSpace(list: string, from: number): number {
  let at = from
  while (at - from <= MAX_WHITE_SPACE) {
    const code = list.charCodeAt(at)
    if (code !== 0x20 && code !== 0x09) break
    at++
  }
  return at
}

/** Browsers send the same few lists again and again: each is read once. */
const remembered = new Memo<RequestedNames>(1024)

/**
 * Reads a list (RFC 9110 5.6.1: comma-separated, empty items and optional white space ignored).
 *
 * @param list Access-Control-Request-Headers, several lines joined by commas
 */
export function readNames(list: string, limits: ListLimits): RequestedNames {
  if (list.length > limits.length) return badList(`longer than ${limits.length} characters`)
  let read = remembered.get(list)
  if (read === undefined) {
    read = scan(list, limits)
    if (read.problem === null) remembered.set(list, read)
  }
  return read.names.length > limits.names ? tooManyNames(limits) : read
}

/** Reads the list, and stops at the first character over a bound. */
function scan(list: string, limits: ListLimits): RequestedNames {
  const length = list.length
  const names: string[] = []
  let empty = 0
  let at = 0
  while (at <= length && names.length <= limits.names) {
    const start = afterWhiteSpace(list, at)
    if (start - at > MAX_WHITE_SPACE) return TOO_MUCH_WHITE_SPACE
    at = start
    let upper = false
    while (at < length) {
      const kind = TOKEN[list.charCodeAt(at)]
      if (!kind) break
      if (kind === UPPER) upper = true
      at++
      if (at - start > limits.nameLength) return badList(`a name longer than ${limits.nameLength} characters`)
    }
    const end = at
    at = afterWhiteSpace(list, end)
    if (at - end > MAX_WHITE_SPACE) return TOO_MUCH_WHITE_SPACE
    if (at < length && list.charCodeAt(at) !== COMMA) return badList('not a list of header names')
    at++
    if (end > start) {
      const name = list.slice(start, end)
      names.push(upper ? name.toLowerCase() : name)
    } else if (++empty > MAX_EMPTY_ITEMS) return badList(`more than ${MAX_EMPTY_ITEMS} empty items`)
  }
  // A list that was not read to its end must not be remembered as one that was: another policy may allow more.
  return names.length > limits.names ? tooManyNames(limits) : { names, problem: null, joined: new Map() }
}

const tooManyNames = (limits: ListLimits): RequestedNames => badList(`more than ${limits.names} names`)
const badList = (problem: string): RequestedNames => ({ names: [], problem, joined: new Map() })
const TOO_MUCH_WHITE_SPACE = badList(`more than ${MAX_WHITE_SPACE} white-space characters in a row`)

/**
 * Narrows `candidates` to the rules that allow every name; names are compared without case.
 *
 * @returns null if rules are left, else the first name that leaves no rule
 */
export function narrowByNames(
  names: readonly string[],
  index: PatternIndex,
  candidates: RuleSet,
): string | null {
  for (const name of names) {
    // A requested `*` must not be echoed: it would allow more than this one name.
    if (name === '*') return name
    index.narrow(name, candidates)
    if (isEmpty(candidates)) return name
  }
  return null
}

/** Returns the names as an answer repeats them, null if the list is empty. */
export function joinNames(requested: RequestedNames, separator: string): string | null {
  let joined = requested.joined.get(separator)
  if (joined === undefined) {
    joined = requested.names.join(separator)
    requested.joined.set(separator, joined)
  }
  return joined === '' ? null : joined
}
