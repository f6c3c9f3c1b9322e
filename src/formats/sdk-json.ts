/**
 * @module
 * JSON with S3's names in the spelling of an SDK: Alibaba Cloud's OSS SDK (`allowedOrigin`, one text in place of a list),
 * Pulumi (`allowedOrigins`) and Terraform's JSON (`allowed_origins`).
 */

import type { JsonFormat } from './json-rules.ts'
import { listOf, onlyList, valuesAt } from './json-search.ts'

const LISTS = ['corsRules', 'corsRule', 'CORSRule', 'cors_rule', 'cors_rules', 'rules']

export const SDK_JSON: JsonFormat = {
  vendor: 'The SDK',
  lists: 'text',
  fields: {
    allowedOrigins: 'AllowedOrigin',
    allowedOrigin: 'AllowedOrigin',
    allowed_origins: 'AllowedOrigin',
    allowedMethods: 'AllowedMethod',
    allowedMethod: 'AllowedMethod',
    allowed_methods: 'AllowedMethod',
    allowedHeaders: 'AllowedHeader',
    allowedHeader: 'AllowedHeader',
    allowed_headers: 'AllowedHeader',
    exposeHeaders: 'ExposeHeader',
    exposeHeader: 'ExposeHeader',
    exposedHeaders: 'ExposeHeader',
    expose_headers: 'ExposeHeader',
    expose_header: 'ExposeHeader',
    maxAgeSeconds: 'MaxAgeSeconds',
    maxAge: 'MaxAgeSeconds',
    max_age_seconds: 'MaxAgeSeconds',
    id: 'ID',
  },
  rulesIn: root => {
    if (root.kind === 'array') return root.items
    const lists = valuesAt(root, LISTS)
    const [only] = lists
    return only === undefined ? listOf(root) : onlyList(root, lists)
  },
}
