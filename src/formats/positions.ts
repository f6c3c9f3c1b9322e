/**
 * @module
 * Finds the place of each rule and of each value in a document: to show it, and to change nothing else.
 */

import { isXml } from './detect.ts'
import { jsonFormatOf } from './json-formats.ts'
import { jsonPlaces } from './json-positions.ts'
import type { Place, Places, RuleField } from './places.ts'
import { xmlPlaces } from './xml-positions.ts'

/**
 * Returns the places of the rules in a document of any format, of at most 64 KB; null if the document is not
 * well-formed.
 */
export function placesOf(text: string): Places | null {
  return isXml(text) ? xmlPlaces(text) : jsonPlaces(text, jsonFormatOf)
}

/** `CORSRule[2]/AllowedOrigin[1]`, or a part of it. */
const PATH = /^CORSRule\[(\d{1,6})\](?:\/(\w{1,20})(?:\[(\d{1,6})\])?)?/

/** Returns the place of a finding's path, or of the rule around it; null if unknown. */
export function placeOf({ rules }: Places, path: string): Place | null {
  const [, rule, field, value] = PATH.exec(path) ?? []
  const at = rules[Number(rule) - 1]
  const places = at?.fields.get(field as RuleField)
  return places?.values[Number(value) - 1] ?? places?.list ?? at ?? null
}
