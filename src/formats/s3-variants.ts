/**
 * @module
 * S3 JSON as SDKs and tools write it around the plain shape: `{"Bucket":…,"CORSConfiguration":{…}}`, and a single rule in
 * place of a list (ossutil). The plain shape itself, which KV takes, is read by s3-json.ts.
 */

import type { JsonFormat } from './json-rules.ts'
import { entry, listOf } from './json-search.ts'
import type { JsonNode } from './json-tree.ts'

const FIELDS = {
  ID: 'ID',
  AllowedOrigins: 'AllowedOrigin',
  AllowedOrigin: 'AllowedOrigin',
  AllowedMethods: 'AllowedMethod',
  AllowedMethod: 'AllowedMethod',
  AllowedHeaders: 'AllowedHeader',
  AllowedHeader: 'AllowedHeader',
  ExposeHeaders: 'ExposeHeader',
  ExposeHeader: 'ExposeHeader',
  MaxAgeSeconds: 'MaxAgeSeconds',
} as const

/** Keys beside the rules that only an SDK call or a tool reads. */
const AROUND = ['Bucket', 'Region', 'CORSConfiguration', 'ExpectedBucketOwner', 'ChecksumAlgorithm']

export const S3_VARIANTS: JsonFormat = {
  vendor: 'S3',
  fields: FIELDS,
  lists: 'text',
  rulesIn: root => {
    const body = entry(root, 'CORSConfiguration') ?? root
    return listOf(entry(body, 'CORSRules') ?? entry(body, 'CORSRule') ?? body)
  },
  responseVary: root => entry(entry(root, 'CORSConfiguration') ?? root, 'ResponseVary'),
}

/** Returns true if the plain reader does not know the shape. */
export function isS3Variant(root: JsonNode): boolean {
  if (root.kind !== 'object') return false
  if (root.entries.some(({ key }) => AROUND.includes(key))) return true
  const rules = entry(root, 'CORSRules') ?? entry(root, 'CORSRule')
  return rules === null ? root.entries.some(({ key }) => Object.hasOwn(FIELDS, key)) : rules.kind === 'object'
}
