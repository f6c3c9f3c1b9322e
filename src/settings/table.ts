/**
 * @module
 * Settings as rows of a table: their names, how a text is read, and the default.
 */

import { type Reader, type SettingProblem, shown } from './values.ts'

export interface Setting {
  readonly variable: string
  readonly reader: Reader<unknown>
  /** The value while the setting is unset or empty. */
  readonly fallback: unknown
}

export type Table<S extends Setting = Setting> = Readonly<Record<string, S>>

export type ValueOf<S extends Setting> = Exclude<ReturnType<S['reader']['read']>, undefined> | S['fallback']
export type ValuesOf<T extends Table> = { readonly [K in keyof T]: ValueOf<T[K]> }

export interface SettingsReading<T> {
  readonly settings: T
  /** Every value that is not accepted, all at once. */
  readonly problems: readonly SettingProblem[]
}

/** Returns the default of every setting. */
export const defaultsOf = <T extends Table>(table: T): ValuesOf<T> =>
  Object.fromEntries(Object.entries(table).map(([key, { fallback }]) => [key, fallback])) as ValuesOf<T>

/**
 * Reads every setting of a table.
 *
 * @param code of the problems
 * @param nameOf the name of a setting in this source
 * @param get returns the value of that name. A value that is unset, empty or not accepted is the base's.
 */
export function readTable<S extends Setting, T extends Table<S>>(
  table: T,
  code: string,
  nameOf: (setting: S) => string,
  get: (name: string) => unknown,
  base: ValuesOf<T>,
): SettingsReading<ValuesOf<T>> {
  const problems: SettingProblem[] = []
  const read = ([key, setting]: [string, S]): [string, unknown] => {
    const name = nameOf(setting)
    const value = get(name)
    if (value === undefined || value === null || value === '') return [key, base[key]]
    const text = textOf(value)
    const { read, accepted, show = shown } = setting.reader
    const result = read(text)
    if (result === undefined) problems.push({ code, name, value: show(text), accepted })
    return [key, result === undefined ? base[key] : result]
  }
  const settings = Object.fromEntries(Object.entries(table).map(read)) as ValuesOf<T>
  return { settings, problems }
}

/** Returns a value as text; a list or an object as JSON, unless it is nested too deep for that. */
function textOf(value: unknown): string {
  if (typeof value !== 'object') return String(value)
  try {
    return JSON.stringify(value)
  } catch {
    return Array.isArray(value) ? '[…]' : '{…}'
  }
}
