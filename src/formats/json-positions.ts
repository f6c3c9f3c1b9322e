/**
 * @module
 * Finds the places of the rules in a JSON document, by the same description that its reader has.
 */

import type { JsonFormat } from './json-rules.ts'
import { type JsonNode, parseJson } from './json-tree.ts'
import type { FieldPlaces, Places, RuleField, RulePlace } from './places.ts'

/** Returns the places of the rules; null if the document is not JSON. */
export function jsonPlaces(text: string, formatOf: (root: JsonNode) => JsonFormat): Places | null {
  const { root, problems } = parseJson(text)
  if (root === null || problems.length > 0) return null
  const format = formatOf(root)
  const rules = format.rulesIn(root)
  return { syntax: 'json', rules: 'code' in rules ? [] : rules.map(rule => ruleOf(rule, format)) }
}

function ruleOf(rule: JsonNode, { fields: names, entriesOf }: JsonFormat): RulePlace {
  const fields = new Map<RuleField, FieldPlaces>()
  for (const { key, value } of entriesOf?.(rule, () => {}) ?? rule.entries) {
    const field = Object.hasOwn(names, key) ? names[key] : undefined
    if (field === undefined) continue
    const isList = value.kind === 'array'
    fields.set(field, { key, values: isList ? value.items : [value], ...(isList ? { list: value } : {}) })
  }
  return { start: rule.start, end: rule.end, fields }
}
