/**
 * @module
 * Which requests without credentials the edge lends its key to: reads of one object's bytes, and nothing else that
 * a key may do.
 */

import { MAX_QUERY_PARAMS } from './signing/cos-canonical.ts'
import { hasDotSegment, pathAndQuery } from './url.ts'

/**
 * Parameters that make a GET one about something else than the object as it is: its settings, its other versions, an
 * upload, a list (S3 "Actions", COS "Object operations" and "Bucket operations", OSS "Object operations").
 */
const SUBRESOURCES: ReadonlySet<string> = new Set([
  ...['accelerate', 'accesspoint', 'acl', 'analytics', 'append', 'asyncfetch', 'attributes', 'bucketinfo'],
  ...['callback', 'comp', 'continuation-token', 'cors', 'delete', 'delimiter', 'domain', 'domaincertificate'],
  ...['encoding-type', 'encryption', 'fetch-owner', 'image-protect', 'intelligent-tiering'],
  ...['intelligenttiering', 'inventory', 'key-marker', 'legal-hold', 'lifecycle', 'list-type', 'live'],
  ...['location', 'logging', 'marker', 'max-keys', 'max-uploads', 'meta', 'metadataconfiguration'],
  ...['metadatatable', 'metrics', 'notification', 'object-lock', 'objectmeta', 'origin', 'ownershipcontrols'],
  ...['policy', 'policystatus', 'prefix', 'publicaccessblock', 'qos', 'referer', 'renameobject'],
  ...['replication', 'requestpayment', 'restore', 'retention', 'select', 'select-type', 'session'],
  ...['start-after', 'stat', 'status', 'style', 'symlink', 'tagging', 'torrent', 'upload-id-marker'],
  ...['uploadid', 'uploads', 'version-id-marker', 'versionid', 'versioning', 'versions', 'vod', 'website'],
  'worm',
])

/**
 * Parameters that act as headers, or start a processing that costs. `response-…` would let a stranger choose the
 * type of an object on the edge's own domain: S3 refuses it to anonymous requests as well.
 */
const PREFIXES = ['x-amz-', 'x-cos-', 'x-oss-', 'x-goog-', 'x-obs-', 'x-ci-', 'response-', 'ci-']

/** Headers of the vendors' that only concern how an object is read, or which CloudFront and the SDKs add of themselves. */
const READING_HEADERS: ReadonlySet<string> = new Set([
  'x-amz-cf-id',
  'x-amz-checksum-mode',
  // A client's own; signed anew, they have the edge's values.
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-user-agent',
  'x-cos-sdk-retry',
  'x-cos-traffic-limit',
  'x-oss-traffic-limit',
])

/**
 * True for GET and HEAD of an object, without a parameter that asks for something else.
 *
 * @param url absolute
 */
export function isObjectRead(method: string, url: string): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  const target = pathAndQuery(url)
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  // A bucket that decodes before it looks for segments would find another key, or a list, behind these.
  const decoded = path.replace(/%2f/gi, '/').replace(/%5c/gi, '\\')
  if (/^[/\\]*$/.test(decoded) || hasDotSegment(`http://h${decoded}`)) return false
  return mark === -1 || isHarmless(target.slice(mark + 1))
}

/** True without a vendor's header that asks for more than the object: to let the key's owner pay, for one. */
export const isPlainRead = (headers: Headers): boolean =>
  [...headers.keys()].every(
    name => READING_HEADERS.has(name) || !PREFIXES.some(prefix => name.startsWith(prefix)),
  )

function isHarmless(query: string): boolean {
  if (query.split('&', MAX_QUERY_PARAMS + 1).length > MAX_QUERY_PARAMS) return false
  return [...new URLSearchParams(query).keys()].every(key => {
    const name = key.toLowerCase()
    return !SUBRESOURCES.has(name) && !PREFIXES.some(prefix => name.startsWith(prefix))
  })
}
