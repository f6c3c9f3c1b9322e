/**
 * @module
 * Finds the list of rules in a JSON document, wherever a template or an API answer has it.
 */

import type { JsonNode } from './json-tree.ts'

/** Why a document has no rules to read. */
export interface WithoutRules {
  readonly at: JsonNode
  readonly code: string
  readonly reason: string
  readonly hint: string
}

/** Returns the items of a comma-separated list, without the space around them. */
export const commaSeparated = (text: string): string[] =>
  text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')

/** Returns the value of an object's key, or null. */
export const entry = (node: JsonNode | null, key: string): JsonNode | null =>
  node?.entries.find(item => item.key === key)?.value ?? null

/** Bound of the search below. */
const MAX_DEPTH = 12

/** Returns all values that have one of these keys, wherever they are; not below a value that is found. */
export function valuesAt(node: JsonNode, keys: readonly string[], depth = 0): JsonNode[] {
  if (depth > MAX_DEPTH) return []
  const children = node.kind === 'array' ? node.items.map(value => ({ key: '', value })) : node.entries
  return children.flatMap(({ key, value }) =>
    keys.includes(key) ? [value] : valuesAt(value, keys, depth + 1),
  )
}

/** Returns the rules of the one list among `lists`: several are refused, because a bucket has one configuration. */
export function onlyList(root: JsonNode, lists: readonly JsonNode[]): readonly JsonNode[] | WithoutRules {
  const [list, second] = lists
  if (list === undefined)
    return {
      at: root,
      code: 'no-rules',
      reason: 'The document has no list of rules.',
      hint: 'Add the rules.',
    }
  if (second !== undefined)
    return {
      at: second,
      code: 'several-configurations',
      reason: `The document has the rules of ${lists.length} buckets, and one configuration is for one bucket.`,
      hint: 'Keep the part of the bucket that you mean, in a file of its own.',
    }
  return listOf(list)
}

/** Returns the items of a list, or a single rule in place of a list. */
export const listOf = (list: JsonNode): readonly JsonNode[] | WithoutRules => {
  if (list.kind === 'array') return list.items
  if (list.kind === 'object') return [list]
  return {
    at: list,
    code: 'wrong-type',
    reason: 'The value is not a list of rules.',
    hint: 'Write an array of rules.',
  }
}
