/**
 * @module
 * GET, HEAD, PUT and DELETE Object.
 */

import type { Call } from './call.ts'
import { evaluate, readRange } from './conditions.ts'
import {
  INVALID_RANGE,
  isError,
  NO_SUCH_KEY,
  NOT_IMPLEMENTED,
  PRECONDITION_FAILED,
  refuse,
} from './errors.ts'
import { keptHeaders, objectKey, storeBody } from './storage.ts'

/** The parameters of a signed GET that change the headers of its answer. */
const OVERRIDES = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
]

/** In quotes: the MD5 of the object, or the ETag of its multipart upload. */
export const etagOf = (object: R2Object): string => `"${object.customMetadata?.etag ?? object.etag}"`

const headersOf = (object: R2Object, { query, signed }: Call): Headers => {
  const headers = new Headers({ 'content-type': 'application/octet-stream', ...object.customMetadata })
  headers.set('accept-ranges', 'bytes')
  headers.set('etag', etagOf(object))
  headers.set('last-modified', object.uploaded.toUTCString())
  for (const name of signed ? OVERRIDES : []) {
    const value = query.get(`response-${name}`)
    if (value) headers.set(name, value)
  }
  return headers
}

/** The stored bytes are already encoded: the runtime must not encode them twice. */
const AS_STORED = { encodeBody: 'manual' } as const

/** COS "GET Object" and "HEAD Object". */
export const getObject = async (call: Call): Promise<Response> => {
  const { request, objects, key } = call
  const object = await objects.head(objectKey(key))
  if (!object) return refuse(request, NO_SUCH_KEY)
  const headers = headersOf(object, call)
  const validators = { etag: etagOf(object), modified: object.uploaded }
  const status = evaluate(request.headers, validators)
  if (status === 304) return new Response(null, { status, headers })
  if (status === 412) return refuse(request, PRECONDITION_FAILED)

  const range = readRange(request.headers, object.size, validators)
  if (range === 'unsatisfiable') {
    const refusal = refuse(request, INVALID_RANGE)
    refusal.headers.set('content-range', `bytes */${object.size}`)
    return refusal
  }
  const part = range === 'whole' ? null : { offset: range.start, length: range.end - range.start + 1 }
  if (range !== 'whole') headers.set('content-range', `bytes ${range.start}-${range.end}/${object.size}`)
  headers.set('content-length', String(part?.length ?? object.size))
  const init = { status: part ? 206 : 200, headers, ...AS_STORED }
  if (request.method === 'HEAD') return new Response(null, init)
  const found = await objects.get(objectKey(key), {
    ...(part && { range: part }),
    // The head belongs to this version: a version stored in between must not be sent under it.
    onlyIf: { etagMatches: object.etag },
  })
  if (found && 'body' in found) return new Response(found.body, init)
  return getObject(call)
}

/** COS "PUT Object". */
export const putObject = async ({ request, objects, key }: Call): Promise<Response> => {
  if (request.headers.has('x-cos-copy-source')) return refuse(request, NOT_IMPLEMENTED)
  const kept = keptHeaders(request.headers)
  if (isError(kept)) return refuse(request, kept)
  const stored = await storeBody(objects, objectKey(key), request, kept)
  if (isError(stored)) return refuse(request, stored)
  return new Response(null, { headers: { etag: etagOf(stored) } })
}

/** COS "DELETE Object": 204 whether or not the object existed. */
export const deleteObject = async ({ objects, key }: Call): Promise<Response> => {
  await objects.delete(objectKey(key))
  return new Response(null, { status: 204 })
}
