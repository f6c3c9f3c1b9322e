/**
 * @module
 * Advice for uploads with the COS JavaScript SDK, which needs more of the rules than other clients.
 */

import type { Rule } from '../cors/configuration.ts'
import type { Collector } from '../cors/findings.ts'
import { covers } from './coverage.ts'

/** The SDK adds it to a request that it sends again. */
const RETRY_HEADER = 'x-cos-sdk-retry'
const COS_HEADER = /^x-cos-/i

/**
 * Warns of headers that the SDK needs, each once a document. Only if COS is meant: a rule names one of its headers.
 *
 * @param rules all rules; their positions give the paths
 * @param sound the rules without errors
 */
export function adviseCos(warnings: Collector, rules: readonly Rule[], sound: readonly Rule[]): void {
  if (
    !rules.some(rule => [...rule.allowedHeaders, ...rule.exposeHeaders].some(name => COS_HEADER.test(name)))
  )
    return
  const first = (lacks: (rule: Rule) => boolean) => {
    const rule = sound.find(lacks)
    return rule && { rule, path: `CORSRule[${rules.indexOf(rule) + 1}]` }
  }
  const cache = first(rule => isUpload(rule) && allowsWithout(rule, 'cache-control'))
  if (cache !== undefined)
    warnings.add(
      'cache-control-missing',
      `${cache.path}/AllowedHeader[${signedAt(cache.rule) + 1}]`,
      cache.rule.allowedHeaders[signedAt(cache.rule)] ?? '',
      'The COS JavaScript SDK sends Cache-Control with every upload, if only an empty one, and that preflight fails.',
      'Add the AllowedHeader cache-control, if you use that SDK.',
    )
  const retry = first(rule => allowsWithout(rule, RETRY_HEADER))
  if (retry !== undefined)
    warnings.add(
      'retry-header-missing',
      `${retry.path}/AllowedHeader[${signedAt(retry.rule) + 1}]`,
      retry.rule.allowedHeaders[signedAt(retry.rule)] ?? '',
      `When the COS JavaScript SDK sends a signed request again, it adds ${RETRY_HEADER}, and that preflight fails.`,
      `Add the AllowedHeader ${RETRY_HEADER}, or x-cos-*, if you use that SDK.`,
    )
  // A multipart upload begins and ends with POST, and sends its parts with PUT.
  const etag = first(
    ({ allowedMethods, exposeHeaders }) =>
      allowedMethods.includes('PUT') &&
      allowedMethods.includes('POST') &&
      !exposeHeaders.some(name => name.toLowerCase() === 'etag'),
  )
  if (etag !== undefined)
    warnings.add(
      'etag-not-exposed',
      etag.path,
      'PUT, POST',
      'The rule allows multipart uploads without exposing ETag: the SDK then fails with "get ETag error".',
      'Add the ExposeHeader ETag.',
    )
}

const isUpload = ({ allowedMethods }: Rule): boolean =>
  allowedMethods.some(method => method === 'PUT' || method === 'POST')

const signedAt = ({ allowedHeaders }: Rule): number =>
  allowedHeaders.findIndex(name => name.toLowerCase() === 'authorization')

/** Returns true if the rule lists the header of a signature, but not `header`. */
const allowsWithout = (rule: Rule, header: string): boolean =>
  signedAt(rule) >= 0 && !rule.allowedHeaders.some(name => covers(name.toLowerCase(), header))
