/**
 * @module
 * JSON of nearly the right shape: values replaced, left out, renamed or doubled, wherever they stand.
 */

import fc from 'fast-check'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

interface Change {
  readonly kind: 'replace' | 'remove' | 'rename' | 'double'
  /** Which of all places, modulo their number. */
  readonly place: number
  readonly value: Json
}

type Place = readonly (string | number)[]

const entriesOf = (value: Json): [string | number, Json][] =>
  Array.isArray(value)
    ? value.map((item, at): [number, Json] => [at, item])
    : typeof value === 'object' && value !== null
      ? Object.entries(value)
      : []

const placesIn = (value: Json, place: Place = []): Place[] =>
  entriesOf(value).flatMap(([key, child]) => [[...place, key], ...placesIn(child, [...place, key])])

function changed(value: Json, place: Place, change: Change): Json {
  const [key, ...rest] = place
  if (key === undefined) return change.value
  const entries = entriesOf(value).flatMap(([name, child]): [string | number, Json][] => {
    if (name !== key) return [[name, child]]
    if (rest.length > 0) return [[name, changed(child, rest, change)]]
    if (change.kind === 'remove') return []
    if (change.kind === 'double')
      return [
        [name, child],
        [Array.isArray(value) ? name : `${name}2`, child],
      ]
    return change.kind === 'rename' ? [[`${name}x`, child]] : [[name, change.value]]
  })
  return Array.isArray(value) ? entries.map(([, child]) => child) : Object.fromEntries(entries)
}

const odd = fc.constantFrom<Json[]>(
  null,
  true,
  0,
  -1,
  1e308,
  '',
  '*',
  '**',
  'a\nb',
  '\u20ac',
  '__proto__',
  'length',
  [],
  {},
  [null],
  [[]],
  ['a', 'b', 'c'],
  [1],
  { length: 3 },
)

/** The value with one to three changes. */
export const reshaped = (seed: Json): fc.Arbitrary<Json> =>
  fc
    .array(
      fc.record({
        kind: fc.constantFrom('replace', 'replace', 'remove', 'rename', 'double'),
        place: fc.nat(1000),
        value: fc.oneof({ weight: 4, arbitrary: odd }, fc.jsonValue() as fc.Arbitrary<Json>),
      }),
      { minLength: 1, maxLength: 3 },
    )
    .map(changes =>
      changes.reduce((value, change) => {
        const places = placesIn(value)
        return changed(value, places[change.place % Math.max(1, places.length)] ?? [], change)
      }, seed),
    )
