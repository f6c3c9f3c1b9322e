/**
 * @module
 * Multipart uploads. Parts are objects of their own until they are joined: COS accepts parts of any sizes from 1 MB, while
 * R2's own uploads require equal parts of at least 5 MB.
 */

import { isRecord, md5Hex, readDocument, readXml } from './body.ts'
import { BUCKET_NAME, type Call } from './call.ts'
import {
  ENTITY_TOO_SMALL,
  INVALID_ARGUMENT,
  INVALID_PART,
  INVALID_PART_ORDER,
  isError,
  MALFORMED_XML,
  NO_SUCH_UPLOAD,
  refuse,
} from './errors.ts'
import { etagOf } from './objects.ts'
import {
  keptHeaders,
  objectKey,
  partKey,
  partsPrefix,
  store,
  storeBody,
  UPLOADS,
  uploadKey,
} from './storage.ts'
import { keyEncoder, readCount, xmlResponse } from './xml.ts'

/** COS "Specifications and limits": parts are numbered from 1 to 10000. */
const MAX_PARTS = 10_000
/** COS: every part but the last has at least 1 MB. In bytes. */
const MIN_PART_SIZE = 1024 * 1024
/** COS: entries of one list. */
const MAX_LISTED = 1000
/** 10000 parts of about 90 bytes. */
const MAX_COMPLETE_BYTES = 1024 * 1024

/** The stored facts of an upload until it is completed. */
interface Upload {
  readonly key: string
  readonly headers: Record<string, string>
}

const uploadIdOf = ({ query }: Call): string => query.get('uploadId') ?? ''

const readUpload = async (call: Call): Promise<Upload | null> => {
  const uploadId = uploadIdOf(call)
  if (!/^[0-9a-f]{48}$/.test(uploadId)) return null
  const upload = await (await call.objects.get(uploadKey(uploadId)))?.json<Upload>()
  return upload?.key === call.key ? upload : null
}

/** By number, in its order. */
const readParts = async (bucket: R2Bucket, uploadId: string): Promise<Map<number, R2Object>> => {
  const prefix = partsPrefix(uploadId)
  const parts = new Map<number, R2Object>()
  let cursor: string | undefined
  for (;;) {
    const page = await bucket.list({ prefix, ...(cursor === undefined ? {} : { cursor }) })
    for (const object of page.objects) parts.set(Number(object.key.slice(prefix.length)), object)
    if (!page.truncated) return parts
    cursor = page.cursor
  }
}

const forget = async (bucket: R2Bucket, uploadId: string, parts: Iterable<R2Object>): Promise<void> => {
  const keys = Array.from(parts, part => part.key)
  for (let at = 0; at < keys.length; at += MAX_LISTED) await bucket.delete(keys.slice(at, at + MAX_LISTED))
  await bucket.delete(uploadKey(uploadId))
}

/** COS "Initiate Multipart Upload". */
export const initiate = async ({ request, objects, key }: Call): Promise<Response> => {
  const headers = keptHeaders(request.headers)
  if (isError(headers)) return refuse(request, headers)
  const random = Array.from(crypto.getRandomValues(new Uint8Array(18)), byte =>
    byte.toString(16).padStart(2, '0'),
  )
  // The time comes first, so uploads are listed in the order in which they were started.
  const uploadId = Date.now().toString(16).padStart(12, '0') + random.join('')
  const upload: Upload = { key, headers }
  await objects.put(uploadKey(uploadId), JSON.stringify(upload))
  return xmlResponse({
    InitiateMultipartUploadResult: { Bucket: BUCKET_NAME, Key: key, UploadId: uploadId },
  })
}

/** COS "Upload Part". */
export const uploadPart = async (call: Call): Promise<Response> => {
  const { request, query, objects } = call
  const text = query.get('partNumber') ?? ''
  const number = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : null
  if (number === null || number > MAX_PARTS) return refuse(request, INVALID_ARGUMENT)
  if (!(await readUpload(call))) return refuse(request, NO_SUCH_UPLOAD)
  const stored = await storeBody(objects, partKey(uploadIdOf(call), number), request, {})
  if (isError(stored)) return refuse(request, stored)
  return new Response(null, { headers: { etag: etagOf(stored) } })
}

/** Returns the parts that the document names, in its order, or the error if they can't be joined. */
const chooseParts = (text: string, uploaded: ReadonlyMap<number, R2Object>) => {
  const document = readXml(text)
  if (isError(document)) return document
  const { CompleteMultipartUpload: wanted } = document
  const entries: unknown[] = isRecord(wanted) && Array.isArray(wanted.Part) ? wanted.Part : []
  if (entries.length === 0 || entries.length > MAX_PARTS) return MALFORMED_XML
  const chosen: R2Object[] = []
  let previous = 0
  for (const entry of entries) {
    const { PartNumber, ETag } = isRecord(entry) ? entry : {}
    const number = Number(PartNumber)
    if (number <= previous) return INVALID_PART_ORDER
    const part = uploaded.get(number)
    if (!part || typeof ETag !== 'string' || ETag.replaceAll('"', '') !== part.etag) return INVALID_PART
    previous = number
    chosen.push(part)
  }
  return chosen.slice(0, -1).some(part => part.size < MIN_PART_SIZE) ? ENTITY_TOO_SMALL : chosen
}

/** COS's ETag of a joined object: the MD5 of its parts' MD5s, and their number. */
const joinedEtag = async (parts: readonly R2Object[]): Promise<string> => {
  const digits =
    parts
      .map(part => part.etag)
      .join('')
      .match(/../g) ?? []
  return `${await md5Hex(Uint8Array.from(digits, pair => Number.parseInt(pair, 16)))}-${parts.length}`
}

/** COS "Complete Multipart Upload". */
export const complete = async (call: Call): Promise<Response> => {
  const { request, url, objects, key } = call
  const upload = await readUpload(call)
  if (!upload) return refuse(request, NO_SUCH_UPLOAD)
  const text = await readDocument(request, MAX_COMPLETE_BYTES)
  if (isError(text)) return refuse(request, text)
  const uploaded = await readParts(objects, uploadIdOf(call))
  const parts = chooseParts(text, uploaded)
  if (isError(parts)) return refuse(request, parts)

  const length = parts.reduce((sum, part) => sum + part.size, 0)
  const etag = await joinedEtag(parts)
  const join = async (to: WritableStream<Uint8Array>): Promise<void> => {
    for (const part of parts) {
      const found = await objects.get(part.key, { onlyIf: { etagMatches: part.etag } })
      if (!found || !('body' in found))
        throw new Error(`a part was replaced while it was joined: ${part.key}`)
      await found.body.pipeTo(to, { preventClose: true })
    }
    await to.close()
  }
  const stored = await store(objects, objectKey(key), length, join, {
    customMetadata: { ...upload.headers, etag },
  })
  if (isError(stored)) return refuse(request, stored)
  await forget(objects, uploadIdOf(call), uploaded.values())
  return xmlResponse({
    CompleteMultipartUploadResult: {
      Location: `${url.protocol}//${url.host}${url.pathname}`,
      Bucket: BUCKET_NAME,
      Key: key,
      ETag: etagOf(stored),
    },
  })
}

/** COS "Abort Multipart Upload". */
export const abort = async (call: Call): Promise<Response> => {
  const { request, objects } = call
  if (!(await readUpload(call))) return refuse(request, NO_SUCH_UPLOAD)
  await forget(objects, uploadIdOf(call), (await readParts(objects, uploadIdOf(call))).values())
  return new Response(null, { status: 204 })
}

/** COS "List Parts". */
export const listParts = async (call: Call): Promise<Response> => {
  const { request, query, objects, key } = call
  if (!(await readUpload(call))) return refuse(request, NO_SUCH_UPLOAD)
  const count = readCount(query.get('max-parts'), MAX_LISTED)
  const marker = readCount(query.get('part-number-marker') ?? '0', MAX_PARTS)
  if (count === null || marker === null) return refuse(request, INVALID_ARGUMENT)
  const after = [...(await readParts(objects, uploadIdOf(call)))].filter(([number]) => number > marker)
  const listed = after.slice(0, count)
  const truncated = after.length > listed.length
  return xmlResponse({
    ListPartsResult: {
      Bucket: BUCKET_NAME,
      Key: keyEncoder(query)(key),
      UploadId: uploadIdOf(call),
      StorageClass: 'STANDARD',
      PartNumberMarker: marker,
      ...(truncated && { NextPartNumberMarker: listed.at(-1)?.[0] ?? marker }),
      MaxParts: count,
      IsTruncated: truncated,
      Part: listed.map(([PartNumber, part]) => ({
        PartNumber,
        LastModified: part.uploaded.toISOString(),
        ETag: etagOf(part),
        Size: part.size,
      })),
    },
  })
}

/** COS "List Multipart Uploads". COS sorts by key; this sorts by start. */
export const listUploads = async ({ request, query, objects }: Call): Promise<Response> => {
  const count = readCount(query.get('max-uploads'), MAX_LISTED)
  if (count === null) return refuse(request, INVALID_ARGUMENT)
  const prefix = query.get('prefix') ?? ''
  const marker = query.get('upload-id-marker')
  const encode = keyEncoder(query)
  const started = await objects.list({ prefix: UPLOADS, ...(marker && { startAfter: uploadKey(marker) }) })
  const listed: Record<string, string>[] = []
  let seen = 0
  for (const object of started.objects) {
    if (listed.length === count) break
    seen++
    const upload = await (await objects.get(object.key))?.json<Upload>()
    if (!upload?.key.startsWith(prefix)) continue
    listed.push({
      Key: encode(upload.key),
      UploadId: object.key.slice(UPLOADS.length),
      StorageClass: 'STANDARD',
      Initiated: object.uploaded.toISOString(),
    })
  }
  const truncated = started.truncated || seen < started.objects.length
  const last = started.objects[seen - 1]?.key.slice(UPLOADS.length) ?? ''
  return xmlResponse({
    ListMultipartUploadsResult: {
      Bucket: BUCKET_NAME,
      Prefix: encode(prefix),
      MaxUploads: count,
      IsTruncated: truncated,
      ...(truncated && { NextKeyMarker: listed.at(-1)?.Key ?? '', NextUploadIdMarker: last }),
      Upload: listed,
    },
  })
}
