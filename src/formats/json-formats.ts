/**
 * @module
 * The JSON formats, by name.
 */

import { AZURE } from './azure.ts'
import { B2 } from './b2.ts'
import { CLOUDFORMATION } from './cloudformation.ts'
import { jsonFormat, type RulesFormat } from './detect.ts'
import { GCS } from './gcs.ts'
import type { JsonFormat } from './json-rules.ts'
import { type JsonNode, plainValue } from './json-tree.ts'
import { R2 } from './r2.ts'
import { S3_VARIANTS } from './s3-variants.ts'
import { SDK_JSON } from './sdk-json.ts'

export const JSON_FORMATS: Readonly<Record<RulesFormat, JsonFormat>> = {
  rules: S3_VARIANTS,
  r2: R2,
  gcs: GCS,
  azure: AZURE,
  b2: B2,
  cloudformation: CLOUDFORMATION,
  sdk: SDK_JSON,
}

/** Returns the format of JSON that has this root. */
export const jsonFormatOf = (root: JsonNode): JsonFormat =>
  JSON_FORMATS[jsonFormat(plainValue(root))?.format ?? 'rules']
