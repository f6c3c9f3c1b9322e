/**
 * @module
 * Which request headers a preflight asks for: by name and by value. Source: Fetch standard, "CORS-safelisted
 * request-header" and "CORS-unsafe request-header names".
 */

import { isForbiddenRequestHeader } from './header-names.ts'

/** A header that a script sets; null: its value is unknown. */
export interface ScriptHeader {
  readonly name: string
  readonly value: string | null
}

/** Longest safelisted value, and longest sum of safelisted values, in bytes. */
const MAX_VALUE = 128
const MAX_VALUES = 1024

/** The content types of forms. */
const FORM_TYPES: ReadonlySet<string> = new Set([
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'text/plain',
])
/** Fetch, "CORS-unsafe request-header byte", without the control characters. */
const UNSAFE: ReadonlySet<string> = new Set('"():<>?@[\\]{}\x7f')
const LANGUAGE = /^[0-9A-Za-z *,\-.;=]*$/
/** One range with a beginning: `bytes=-500` is not safelisted. */
const RANGE = /^bytes=(\d+)-(\d*)$/

type Check = (value: string) => boolean
const isLanguage: Check = value => LANGUAGE.test(value)
const isPlain: Check = value => ![...value].some(c => UNSAFE.has(c) || (c < ' ' && c !== '\t'))

/** Names that need no permission with most values, and the test of a value. */
const SAFELISTED: ReadonlyMap<string, Check> = new Map([
  ['accept', isPlain],
  ['accept-language', isLanguage],
  ['content-language', isLanguage],
  ['content-type', value => isPlain(value) && FORM_TYPES.has(essenceOf(value))],
  ['range', isSafelistedRange],
])
/** With these names, other values than safelisted ones are the rule: JSON, images. */
const MOSTLY_ASKED: ReadonlySet<string> = new Set(['content-type', 'range'])

const essenceOf = (value: string): string => value.split(';', 1)[0]?.trim().toLowerCase() ?? ''

function isSafelistedRange(value: string): boolean {
  const [, first, last] = RANGE.exec(value) ?? []
  return first !== undefined && (!last || BigInt(last) >= BigInt(first))
}

/** What a preflight asks for, of the headers that a script sets. Lower-cased names, each once. */
export interface AskedNames {
  /** It asks for them: no value is safelisted, or this value is not. */
  readonly asked: readonly string[]
  /** It may ask for them: that depends on a value that is unknown. Asked for in what follows. */
  readonly maybe: readonly string[]
  /** It may ask for them, with values that scripts hardly send. Not asked for in what follows. */
  readonly unlikely: readonly string[]
  /** It does not ask for them: safelisted, or set by the browser alone. */
  readonly unasked: readonly string[]
}

/** Sorts the headers that a script sets by whether a preflight asks for them. */
export function askedNames(headers: readonly ScriptHeader[]): AskedNames {
  const kinds = new Map<string, keyof AskedNames>()
  let safelistedBytes = 0
  for (const { name, value } of headers) {
    const lower = name.toLowerCase()
    const kind = kindOf(lower, value)
    if (kind === 'unasked' && value !== null && SAFELISTED.has(lower)) safelistedBytes += bytesOf(value)
    if (kinds.get(lower) !== 'asked') kinds.set(lower, kind)
  }
  const namesOf = (kind: keyof AskedNames): string[] =>
    [...kinds].flatMap(([name, its]) => (its === kind ? [name] : []))
  if (safelistedBytes > MAX_VALUES)
    for (const name of namesOf('unasked')) if (SAFELISTED.has(name)) kinds.set(name, 'asked')
  return {
    asked: namesOf('asked'),
    maybe: namesOf('maybe'),
    unlikely: namesOf('unlikely'),
    unasked: namesOf('unasked'),
  }
}

function kindOf(name: string, value: string | null): keyof AskedNames {
  if (isForbiddenRequestHeader(name)) return 'unasked'
  const isSafelisted = SAFELISTED.get(name)
  if (isSafelisted === undefined) return 'asked'
  if (value === null) return MOSTLY_ASKED.has(name) ? 'maybe' : 'unlikely'
  const normalized = value.replace(/^[\t\n\r ]+|(?<![\t\n\r ])[\t\n\r ]+$/g, '')
  return bytesOf(normalized) <= MAX_VALUE && isSafelisted(normalized) ? 'unasked' : 'asked'
}

const bytesOf = (value: string): number => new TextEncoder().encode(value).length
