/**
 * @module
 * The keys in R2. Objects have a prefix of their own, so a user's key never collides with internal ones.
 */

import type { ErrorAnswer } from '../../src/answers/error-xml.ts'
import { readContentMd5 } from './body.ts'
import {
  BAD_DIGEST,
  INCOMPLETE_BODY,
  INVALID_DIGEST,
  KEY_TOO_LONG,
  METADATA_TOO_LARGE,
  MISSING_CONTENT_LENGTH,
} from './errors.ts'

export const OBJECTS = 'objects/'
/** The document of `?cors`, as it was sent. */
export const CORS = 'config/cors'
export const UPLOADS = 'uploads/'
const PARTS = 'parts/'

export const objectKey = (key: string): string => OBJECTS + key
export const uploadKey = (uploadId: string): string => UPLOADS + uploadId
export const partsPrefix = (uploadId: string): string => `${PARTS}${uploadId}/`
/** Listed in the order of their numbers. */
export const partKey = (uploadId: string, number: number): string =>
  partsPrefix(uploadId) + String(number).padStart(5, '0')

/** R2 puts the number of an error into its message (R2 "Workers API reference", error codes). */
const R2_ERRORS: readonly (readonly [code: string, answer: ErrorAnswer])[] = [
  ['(10012)', METADATA_TOO_LARGE],
  ['(10020)', KEY_TOO_LONG],
  ['(10037)', BAD_DIGEST],
]

/** COS: the user's metadata is at most 2 KB. In bytes of names and values. */
const MAX_USER_METADATA = 2048
const KEPT = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
]
const USER_PREFIX = 'x-cos-meta-'

/** The request's headers that are stored with the object, without empty ones: the SDKs send `Cache-Control:`. */
export const keptHeaders = (headers: Headers): Record<string, string> | ErrorAnswer => {
  const kept = Array.from(headers).filter(
    ([name, value]) => value !== '' && (KEPT.includes(name) || name.startsWith(USER_PREFIX)),
  )
  const user = kept.filter(([name]) => name.startsWith(USER_PREFIX)).flat()
  if (new TextEncoder().encode(user.join('')).length > MAX_USER_METADATA) return METADATA_TOO_LARGE
  return Object.fromEntries(kept)
}

/** Streams `length` bytes into R2, which requires their number before the first. */
export const store = async (
  bucket: R2Bucket,
  key: string,
  length: number,
  write: (to: WritableStream<Uint8Array>) => Promise<void>,
  options: R2PutOptions,
): Promise<R2Object | ErrorAnswer> => {
  const { readable, writable } = new FixedLengthStream(length)
  const written = write(writable)
  try {
    const [object] = await Promise.all([bucket.put(key, readable, options), written])
    return object
  } catch (error) {
    const message = String(error)
    const known = R2_ERRORS.find(([code]) => message.includes(code))
    if (known) return known[1]
    throw error
  }
}

/** Streams the body of a request into R2; its Content-Length is needed, its Content-MD5 checked by R2. */
export const storeBody = async (
  bucket: R2Bucket,
  key: string,
  request: Request,
  customMetadata: Record<string, string>,
): Promise<R2Object | ErrorAnswer> => {
  const length = request.headers.get('content-length')
  if (length === null || !/^\d{1,15}$/.test(length)) return MISSING_CONTENT_LENGTH
  const sentMd5 = request.headers.get('content-md5')
  const md5 = sentMd5 === null ? null : readContentMd5(sentMd5)
  if (sentMd5 !== null && md5 === null) return INVALID_DIGEST
  const body = request.body
  if (body === null && length !== '0') return INCOMPLETE_BODY
  return store(bucket, key, Number(length), to => (body ? body.pipeTo(to) : to.close()), {
    customMetadata,
    ...(md5 === null ? {} : { md5 }),
  })
}
