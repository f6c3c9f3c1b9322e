/**
 * @module
 * The places of rules and of their values in a document, as all formats describe them.
 */

import type { WrittenRule } from '../cors/configuration.ts'

/** The name of a rule's values, as the XML document writes it. */
export type RuleField = keyof WrittenRule

/** A part of a text: from its first character to the one after its last. */
export interface Place {
  readonly start: number
  readonly end: number
}

/** The values of a field. `list` is the array in JSON, and undefined in XML, where the list has no place of its own. */
export interface FieldPlaces {
  readonly list?: Place
  /** The key in JSON, or the element's name in XML. */
  readonly key: string
  readonly values: readonly Place[]
}

export interface RulePlace extends Place {
  readonly fields: ReadonlyMap<RuleField, FieldPlaces>
}

export interface Places {
  readonly syntax: 'xml' | 'json'
  readonly rules: readonly RulePlace[]
}
