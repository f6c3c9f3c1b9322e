/**
 * @module
 * Single values: how a text is read, and how a value that is not accepted is reported without showing a secret.
 */

/** A value that is not accepted: its name, the value, and what is accepted. */
export interface SettingProblem {
  /** Stable, and the `Code` of the 500 that the edge answers: `InvalidVariable`, `MissingSecret`, … */
  readonly code: string
  /** The variable, binding or field. */
  readonly name: string
  /** The value as far as a log may show it; empty if it is missing or a secret. */
  readonly value: string
  readonly accepted: string
}

/** How one kind of value is read. */
export interface Reader<T> {
  /** What is accepted, in words. */
  readonly accepted: string
  /** Returns what the text stands for, or undefined if it is not accepted. */
  readonly read: (text: string) => T | undefined
  /** Returns what a log may show of a text that is not accepted; by default, what {@link shown} returns. */
  readonly show?: (text: string) => string
}

/** Characters of a wrong value that are shown. Misspelt words are shorter, secrets in the wrong place are longer. */
const MAX_SHOWN = 24

/** Returns a short text as it is, and only the length of a longer one: it may be a secret. */
export const shown = (text: string): string => (text.length <= MAX_SHOWN ? text : notShown(text))

export const notShown = (text: string): string => `(${text.length} characters, not shown)`

export const choice = <const T extends string>(values: readonly T[]): Reader<T> => ({
  accepted: values.join(' or '),
  read: text => values.find(value => value === text),
})

export const SWITCH: Reader<boolean> = {
  accepted: 'off or on',
  read: text => (text === 'on' ? true : text === 'off' ? false : undefined),
}

export const integer = (from: number, to: number): Reader<number> => ({
  accepted: `a whole number from ${from} to ${to}`,
  read: text =>
    /^\d{1,9}$/.test(text) && Number(text) >= from && Number(text) <= to ? Number(text) : undefined,
})

/** The most names in one list. */
const MAX_NAMES = 32

/** Names that are compared as they stand in a URL, comma-separated. */
export const NAMES: Reader<readonly string[]> = {
  accepted: `at most ${MAX_NAMES} names, comma-separated, each of 1 to 64 letters, digits, "-", ".", "_" or "~"`,
  read(text) {
    const names = text.split(',', MAX_NAMES + 1).map(name => name.trim())
    return names.length <= MAX_NAMES && names.every(name => /^[\w.~-]{1,64}$/.test(name)) ? names : undefined
  },
}

/** Some of a list of words, comma-separated, each at most once. */
export const some = <const T extends string>(values: readonly T[]): Reader<readonly T[]> => ({
  accepted: `one or more of ${values.join(', ')}, comma-separated`,
  read(text) {
    const named = text.split(',', values.length + 1).map(name => values.find(value => value === name.trim()))
    return named.every(value => value !== undefined) && new Set(named).size === named.length
      ? (named as T[])
      : undefined
  },
})

/** A share from 0 to 1. */
export const SHARE: Reader<number> = {
  accepted: 'a number from 0 to 1, such as 0.01',
  read: text => (/^(?:\d|\d?\.\d{1,9})$/.test(text) && Number(text) <= 1 ? Number(text) : undefined),
}
