/**
 * @module
 * Where in a document each rule and each of its values stands: for going there, and for changing no more than that.
 */

import { jsonPlaces } from './json-positions.ts'
import type { Place, Places, RuleField } from './places.ts'
import { xmlPlaces } from './xml-positions.ts'

/**
 * Where the rules stand in a document of any format that is read here, of at most 64 KB.
 *
 * @returns null where it is not well-formed
 */
export function placesOf(text: string): Places | null {
  return /^[\s\uFEFF]*</.test(text) ? xmlPlaces(text) : jsonPlaces(text)
}

/** `CORSRule[2]/AllowedOrigin[1]`, or a part of it. */
const PATH = /^CORSRule\[(\d{1,6})\](?:\/(\w{1,20})(?:\[(\d{1,6})\])?)?/

/** The place of what a finding's path names, or of the rule that it stands in; null: unknown. */
export function placeOf({ rules }: Places, path: string): Place | null {
  const [, rule, field, value] = PATH.exec(path) ?? []
  const at = rules[Number(rule) - 1]
  const places = at?.fields.get(field as RuleField)
  return places?.values[Number(value) - 1] ?? places?.list ?? at ?? null
}
