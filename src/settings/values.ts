/**
 * @module
 * Single values of the settings: how they are taken by name, read, and told when they are not accepted.
 */

/** A value that is not accepted: which, where, and what would be. */
export interface SettingProblem {
  /** Stable, and the `Code` of the 500 that the edge answers: `InvalidVariable`, `MissingSecret`, … */
  readonly code: string
  /** The variable, binding or field. */
  readonly name: string
  /** As it is set, shortened; empty where it may be a secret or is missing. */
  readonly value: string
  readonly accepted: string
}

/** Characters of a wrong value that a log line repeats. */
export const MAX_SHOWN = 100

/** What is accepted, in words, and the value that a text stands for; undefined: it is not accepted. */
export type Reader<T> = [accepted: string, read: (text: string) => T | undefined]

export const choice = <const T extends string>(values: readonly T[]): Reader<T> => [
  values.join(' or '),
  text => values.find(value => value === text),
]

export const integer = (from: number, to: number): Reader<number> => [
  `a whole number from ${from} to ${to}`,
  text => (/^\d{1,9}$/.test(text) && Number(text) >= from && Number(text) <= to ? Number(text) : undefined),
]

/** The most names in one list. */
const MAX_NAMES = 32

/** Names that are compared as they stand in a URL, comma-separated. */
export const NAMES: Reader<readonly string[]> = [
  `at most ${MAX_NAMES} names, comma-separated, each of 1 to 64 letters, digits, "-", ".", "_" or "~"`,
  text => {
    const names = text.split(',', MAX_NAMES + 1).map(name => name.trim())
    return names.length <= MAX_NAMES && names.every(name => /^[\w.~-]{1,64}$/.test(name)) ? names : undefined
  },
]

/** Takes values by name and collects what is wrong with them. An unset or empty value is the fallback. */
export class Taker {
  readonly problems: SettingProblem[] = []
  readonly #code: string
  readonly #get: (name: string) => [name: string, value: unknown]

  constructor(code: string, get: (name: string) => [string, unknown]) {
    this.#code = code
    this.#get = get
  }

  /** As `one`, for what is a secret, or could be one in the wrong place: its problem does not show it. */
  hidden<T>(key: string, accepted: string, read: (text: string) => T | undefined, fallback: T): T {
    return this.one(key, accepted, read, fallback, 0)
  }

  one<T>(
    key: string,
    accepted: string,
    read: (text: string) => T | undefined,
    fallback: T,
    shown = MAX_SHOWN,
  ): T {
    const [name, value] = this.#get(key)
    if (value === undefined || value === null || value === '') return fallback
    const text = textOf(value)
    const result = read(text)
    if (result !== undefined) return result
    this.problems.push({ code: this.#code, name, value: text.slice(0, shown), accepted })
    return fallback
  }
}

/** A value as text; JSON of a list or an object. One that is nested too deep for that is nothing that is accepted. */
function textOf(value: unknown): string {
  if (typeof value !== 'object') return String(value)
  try {
    return JSON.stringify(value)
  } catch {
    return Array.isArray(value) ? '[…]' : '{…}'
  }
}
