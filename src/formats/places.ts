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

/** A list of values: an array in JSON; in XML, where it has no place of its own, undefined. */
export interface FieldPlaces {
  readonly list?: Place
  /** As JSON calls it; in XML the element's name. */
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
