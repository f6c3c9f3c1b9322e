/**
 * @module
 * Azure Storage's JSON: of its resource manager (a template, too), and of `az storage cors list`, where one list has the
 * rules of every storage service. Source: "CORS support for Azure Storage".
 */

import type { Item, JsonFormat, RuleContext } from './json-rules.ts'
import { onlyList, valuesAt, type WithoutRules } from './json-search.ts'
import type { JsonNode } from './json-tree.ts'
import { knownMethods, plainExposed } from './losses.ts'
import type { RuleField } from './places.ts'

/** Azure's XML names, in the order in which it wants them, and ours. */
export const AZURE_ELEMENTS = {
  AllowedOrigins: 'AllowedOrigin',
  AllowedMethods: 'AllowedMethod',
  AllowedHeaders: 'AllowedHeader',
  ExposedHeaders: 'ExposeHeader',
  MaxAgeInSeconds: 'MaxAgeSeconds',
} as const satisfies Record<string, RuleField>

export const AZURE: JsonFormat = {
  vendor: 'Azure',
  lists: 'comma',
  fields: {
    ...AZURE_ELEMENTS,
    allowedOrigins: 'AllowedOrigin',
    allowedMethods: 'AllowedMethod',
    allowedHeaders: 'AllowedHeader',
    exposedHeaders: 'ExposeHeader',
    maxAgeInSeconds: 'MaxAgeSeconds',
  },
  // `az storage cors list` numbers the rules and says which service each is for.
  ignored: ['Service', 'Rule'],
  rulesIn: root => {
    const rules = root.kind === 'array' ? root.items : onlyList(root, blobLists(root))
    return 'code' in rules ? rules : ofBlobs(root, rules)
  },
  adapt: adaptAzure,
}

/** In a template, the rules of blob services; other services have rules of their own there. */
function blobLists(root: JsonNode): JsonNode[] {
  const resources = valuesAt(root, ['resources']).flatMap(({ items }) => items)
  const blobs = resources.filter(({ entries }) =>
    entries.some(({ key, value }) => key === 'type' && /\/blobServices$/i.test(String(value.value))),
  )
  return (blobs.length > 0 ? blobs : [root]).flatMap(node =>
    valuesAt(node, ['corsRules', 'CorsRules', 'CorsRule']),
  )
}

/** Returns the rules of the blob service: those of tables, queues and files are not the bucket's. */
function ofBlobs(root: JsonNode, rules: readonly JsonNode[]): readonly JsonNode[] | WithoutRules {
  const kept = rules.filter(({ entries }) => {
    const service = entries.find(({ key }) => key === 'Service')?.value.value
    return typeof service !== 'string' || service.toLowerCase() === 'blob'
  })
  if (kept.length > 0 || rules.length === 0) return kept
  return {
    at: rules[0] ?? root,
    code: 'no-rules',
    reason: 'The list has rules of other storage services, and none of the blob service.',
    hint: 'Run: az storage cors list --services b --account-name NAME',
  }
}

/** Returns the values of a field that rules can have here. */
export function adaptAzure(
  field: RuleField,
  items: readonly Item[],
  { path, losses }: Pick<RuleContext, 'path' | 'losses'>,
): readonly Item[] {
  if (field === 'AllowedMethod') return knownMethods(items, path, losses)
  if (field === 'ExposeHeader') return plainExposed(items, path, losses)
  if (field === 'AllowedOrigin') {
    items.forEach(({ text }, i) => {
      if (text === text.toLowerCase()) return
      losses.lost(
        'origin-case',
        `${path}/AllowedOrigin[${i + 1}]`,
        text,
        'The origin has upper case, which some of Azure (its emulator) ignores. Here it never matches a browser.',
        `Write ${text.toLowerCase()}.`,
      )
    })
  }
  return items
}
