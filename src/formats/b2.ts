/**
 * @module
 * Backblaze B2's own JSON, of `b2 bucket update --cors-rules` and `b2 bucket get`: operations in place of methods.
 * Source: Backblaze "Cross-Origin Resource Sharing Rules".
 */

import type { Method } from '../cors/configuration.ts'
import type { Item, JsonFormat, RuleContext } from './json-rules.ts'
import { onlyList, valuesAt } from './json-search.ts'

/** What each operation is as a request to the bucket's domain. */
const OPERATIONS: ReadonlyMap<string, readonly Method[]> = new Map<string, readonly Method[]>([
  ['s3_get', ['GET']],
  ['s3_head', ['HEAD']],
  ['s3_put', ['PUT']],
  ['s3_post', ['POST']],
  ['s3_delete', ['DELETE']],
  ['b2_download_file_by_id', ['GET', 'HEAD']],
  ['b2_download_file_by_name', ['GET', 'HEAD']],
  ['b2_upload_file', ['POST']],
  ['b2_upload_part', ['POST']],
])

export const B2: JsonFormat = {
  vendor: 'Backblaze B2',
  fields: {
    corsRuleName: 'ID',
    allowedOrigins: 'AllowedOrigin',
    allowedOperations: 'AllowedMethod',
    allowedHeaders: 'AllowedHeader',
    exposeHeaders: 'ExposeHeader',
    maxAgeSeconds: 'MaxAgeSeconds',
  },
  rulesIn: root => (root.kind === 'array' ? root.items : onlyList(root, valuesAt(root, ['corsRules']))),
  adapt: (field, items, context) => {
    if (field === 'AllowedMethod') return methodsOf(items, context)
    return field === 'AllowedOrigin' ? items.map((item, i) => everyHttps(item, i, context)) : items
  },
}

/** The origin `https` is B2's word for every https origin. */
function everyHttps(item: Item, index: number, { path, losses, imported }: RuleContext): Item {
  if (item.text !== 'https') return item
  const at = `${path}/AllowedOrigin[${index + 1}]`
  imported(at)
  losses.lost(
    'origin-any-host',
    at,
    item.text,
    'Backblaze B2 means every https origin by this. Here it is a pattern, and every https site gets credentials.',
    'List the origins that you want to allow; or write *, which never gives credentials.',
  )
  return { ...item, text: 'https://*' }
}

function methodsOf(items: readonly Item[], { path, losses }: RuleContext): Item[] {
  const kept: Item[] = []
  items.forEach((item, i) => {
    const methods = OPERATIONS.get(item.text)
    if (methods === undefined) {
      losses.refused(
        'operation-unknown',
        `${path}/AllowedMethod[${i + 1}]`,
        item.text,
        'Backblaze B2 has no such operation.',
        `Write one of ${[...OPERATIONS.keys()].join(', ')}.`,
      )
      kept.push({ ...item, text: 'GET' })
    }
    for (const text of methods ?? [])
      if (!kept.some(other => other.text === text)) kept.push({ ...item, text })
  })
  return kept
}
