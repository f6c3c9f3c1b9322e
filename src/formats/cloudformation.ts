/**
 * @module
 * CloudFormation's and SAM's JSON: a template with one bucket that has a `CorsConfiguration`, or a part of one.
 * Source: CloudFormation "AWS::S3::Bucket CorsRule".
 */

import type { JsonFormat } from './json-rules.ts'
import { onlyList, valuesAt } from './json-search.ts'

export const CLOUDFORMATION: JsonFormat = {
  vendor: 'CloudFormation',
  fields: {
    Id: 'ID',
    AllowedOrigins: 'AllowedOrigin',
    AllowedMethods: 'AllowedMethod',
    AllowedHeaders: 'AllowedHeader',
    ExposedHeaders: 'ExposeHeader',
    MaxAge: 'MaxAgeSeconds',
  },
  rulesIn: root => (root.kind === 'array' ? root.items : onlyList(root, valuesAt(root, ['CorsRules']))),
}
