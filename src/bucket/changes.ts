/**
 * @module
 * Which cache entries a request invalidates once the bucket has accepted it (RFC 9111 4.4): those of its own URL, or
 * all of its host where the changed objects are named elsewhere.
 */

import { pathAndQuery } from './url.ts'

/**
 * Parameters with which a POST concerns the object of its own URL (S3 and COS "POST Object" operations, OSS append).
 * Any other POST may name objects in its body: a deletion of many (`?delete`), a form upload.
 */
const OWN_OBJECT_POSTS: ReadonlySet<string> = new Set([
  ...['uploads', 'uploadId', 'append', 'restore', 'select', 'tagging'],
])
/** Parameters and headers by which PUT and DELETE change another object than that of their URL. */
const RENAMING_PARAMETERS: ReadonlySet<string> = new Set(['renameobject', 'rename'])
const RENAMING_HEADER = 'x-amz-rename-source'

/** The most parameters that are read. */
const MAX_PARAMETERS = 64

export type CacheChange = 'none' | 'object' | 'host'

/** Returns what a request changes if the bucket accepts it. */
export function changeOf({ method, url, headers }: Request): CacheChange {
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return 'none'
  const target = pathAndQuery(url)
  const mark = target.indexOf('?')
  const names = (mark === -1 ? '' : target.slice(mark + 1))
    .split('&', MAX_PARAMETERS + 1)
    .map(parameter => parameter.split('=', 1)[0] ?? '')
  if (names.length > MAX_PARAMETERS) return 'host'
  if (method === 'POST') return names.some(name => OWN_OBJECT_POSTS.has(name)) ? 'object' : 'host'
  const path = mark === -1 ? target : target.slice(0, mark)
  // A folder, which some buckets delete with all that is in it.
  if (path.endsWith('/') && method === 'DELETE') return 'host'
  const renames =
    headers.has(RENAMING_HEADER) || names.some(name => RENAMING_PARAMETERS.has(name.toLowerCase()))
  return renames ? 'host' : 'object'
}
