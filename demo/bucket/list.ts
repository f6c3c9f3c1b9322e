/**
 * @module
 * GET Bucket (the list of its objects), HEAD Bucket and DELETE Multiple Objects.
 */

import { isRecord, readDocument, readXml } from './body.ts'
import { BUCKET_NAME, type Call } from './call.ts'
import { INVALID_ARGUMENT, isError, MALFORMED_XML, refuse } from './errors.ts'
import { etagOf } from './objects.ts'
import { DEMO_REGION } from './region.ts'
import { OBJECTS, objectKey } from './storage.ts'
import { keyEncoder, readCount, xmlResponse } from './xml.ts'

/** COS: most keys of one list, and of one deletion. */
const MAX_KEYS = 1000
/** 1000 keys of 850 bytes, escaped. */
const MAX_DELETE_BYTES = 2 * 1024 * 1024
/** Sorts after every key of a group, so that a list continues after the group. */
const LAST = '\u{10FFFF}'

interface Listing {
  readonly objects: R2Object[]
  readonly prefixes: string[]
  readonly truncated: boolean
}

/** R2 returns fewer than requested when metadata is included, so this asks until there are enough. */
const list = async (bucket: R2Bucket, options: R2ListOptions, count: number): Promise<Listing> => {
  const objects: R2Object[] = []
  const prefixes: string[] = []
  let cursor: string | undefined
  for (;;) {
    const page = await bucket.list({
      ...options,
      limit: count - objects.length - prefixes.length,
      include: ['customMetadata'],
      ...(cursor === undefined ? {} : { cursor }),
    })
    objects.push(...page.objects)
    prefixes.push(...page.delimitedPrefixes)
    const full = objects.length + prefixes.length >= count
    if (!page.truncated || full) return { objects, prefixes, truncated: page.truncated }
    cursor = page.cursor
  }
}

/** COS "GET Bucket". */
export const listObjects = async ({ request, query, objects }: Call): Promise<Response> => {
  const count = readCount(query.get('max-keys'), MAX_KEYS)
  if (count === null) return refuse(request, INVALID_ARGUMENT)
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const marker = query.get('marker') ?? ''
  const inner = marker.startsWith(prefix) ? marker.slice(prefix.length) : ''
  const isGroup = delimiter !== '' && inner.endsWith(delimiter)
  const options = {
    prefix: OBJECTS + prefix,
    ...(delimiter && { delimiter }),
    ...(marker && { startAfter: OBJECTS + marker + (isGroup ? LAST : '') }),
  }
  const found: Listing =
    count === 0 ? { objects: [], prefixes: [], truncated: false } : await list(objects, options, count)
  const encode = keyEncoder(query)
  const name = (stored: string) => stored.slice(OBJECTS.length)
  const groups = found.prefixes.map(name)
  const names = [...found.objects.map(object => name(object.key)), ...groups].sort()
  return xmlResponse({
    ListBucketResult: {
      Name: BUCKET_NAME,
      ...(query.get('encoding-type') === 'url' && { EncodingType: 'url' }),
      Prefix: encode(prefix),
      Marker: encode(marker),
      MaxKeys: count,
      ...(delimiter && { Delimiter: encode(delimiter) }),
      IsTruncated: found.truncated,
      ...(found.truncated && { NextMarker: encode(names.at(-1) ?? '') }),
      CommonPrefixes: groups.map(group => ({ Prefix: encode(group) })),
      Contents: found.objects.map(object => ({
        Key: encode(name(object.key)),
        LastModified: object.uploaded.toISOString(),
        ETag: etagOf(object),
        Size: object.size,
        StorageClass: 'STANDARD',
      })),
    },
  })
}

/** COS "HEAD Bucket". */
export const headBucket = async (): Promise<Response> =>
  new Response(null, { headers: { 'x-cos-bucket-region': DEMO_REGION } })

/** COS "DELETE Multiple Objects". */
export const deleteObjects = async ({ request, objects }: Call): Promise<Response> => {
  const text = await readDocument(request, MAX_DELETE_BYTES)
  if (isError(text)) return refuse(request, text)
  const document = readXml(text)
  if (isError(document)) return refuse(request, document)
  const wanted = isRecord(document.Delete) ? document.Delete : {}
  const entries = Array.isArray(wanted.Object) ? wanted.Object : []
  const keys = entries
    .map(entry => (isRecord(entry) ? entry.Key : null))
    .filter(key => typeof key === 'string')
  if (keys.length === 0 || keys.length !== entries.length || keys.length > MAX_KEYS) {
    return refuse(request, MALFORMED_XML)
  }
  await objects.delete(keys.map(objectKey))
  return xmlResponse({ DeleteResult: wanted.Quiet === 'true' ? '' : { Deleted: keys.map(Key => ({ Key })) } })
}
