/**
 * @module
 * The demo bucket: COS's object API on an R2 binding, for local runs and tests. It answers preflights from its own
 * `?cors`, and sends no CORS header otherwise.
 */

import { newRequestId } from '../../src/answers/ids.ts'
import { checkAccess } from './access.ts'
import type { Env, Handler } from './call.ts'
import { answerOptions, deleteCors, getCors, putCors } from './cors.ts'
import {
  INTERNAL_ERROR,
  INVALID_URI,
  isError,
  METHOD_NOT_ALLOWED,
  NOT_IMPLEMENTED,
  refuse,
} from './errors.ts'
import { deleteObjects, headBucket, listObjects } from './list.ts'
import { abort, complete, initiate, listParts, listUploads, uploadPart } from './multipart.ts'
import { deleteObject, getObject, putObject } from './objects.ts'

/** The handlers, by method, `bucket` or `object`, and the parameter that names a part of it. */
const OPERATIONS: ReadonlyMap<string, Handler> = new Map([
  ['GET bucket', listObjects],
  ['HEAD bucket', headBucket],
  ['POST bucket?delete', deleteObjects],
  ['GET bucket?cors', getCors],
  ['PUT bucket?cors', putCors],
  ['DELETE bucket?cors', deleteCors],
  ['GET bucket?uploads', listUploads],
  ['GET object', getObject],
  ['HEAD object', getObject],
  ['PUT object', putObject],
  ['DELETE object', deleteObject],
  ['POST object?uploads', initiate],
  ['PUT object?uploadId', uploadPart],
  ['POST object?uploadId', complete],
  ['DELETE object?uploadId', abort],
  ['GET object?uploadId', listParts],
])

/** The operations that need no signature. */
const PUBLIC: ReadonlySet<string> = new Set(['GET bucket', 'HEAD bucket', 'GET object', 'HEAD object'])

/** The parameters that name a part other than the object's bytes or the list. */
const SUBRESOURCES = [
  ...['uploadId', 'uploads', 'cors', 'delete', 'accelerate', 'acl', 'append', 'domain', 'encryption'],
  ...[
    'intelligenttiering',
    'inventory',
    'lifecycle',
    'location',
    'logging',
    'object-lock',
    'origin',
    'policy',
  ],
  ...['referer', 'replication', 'restore', 'retention', 'select', 'tagging', 'versionId', 'versioning'],
  ...['versions', 'website'],
]

/** Returns the key of a path, or null if the path is not percent-encoded UTF-8. */
const readKey = (path: string): string | null => {
  try {
    return decodeURIComponent(path.slice(1))
  } catch {
    return null
  }
}

const answer = async (request: Request, env: Env): Promise<Response> => {
  if (request.method === 'OPTIONS') return answerOptions(request, env.OBJECTS)
  const url = new URL(request.url)
  const key = readKey(url.pathname)
  if (key === null) return refuse(request, INVALID_URI)
  const query = new URLSearchParams(url.search)
  const subresource = SUBRESOURCES.find(name => query.has(name))
  const name = `${request.method} ${key === '' ? 'bucket' : 'object'}${subresource ? `?${subresource}` : ''}`
  const access = await checkAccess(request, url, env, PUBLIC.has(name), Date.now())
  if (isError(access)) return refuse(request, access)
  const operation = OPERATIONS.get(name)
  if (!operation) return refuse(request, subresource ? NOT_IMPLEMENTED : METHOD_NOT_ALLOWED)
  return operation({ request, url, key, query, objects: env.OBJECTS, signed: access.signed })
}

export default {
  async fetch(request, env) {
    let response: Response
    try {
      response = await answer(request, env)
    } catch (error) {
      console.error(error)
      response = refuse(request, INTERNAL_ERROR)
    }
    if (!response.headers.has('x-cos-request-id')) {
      response.headers.set('x-cos-request-id', newRequestId('cos'))
    }
    // SDKs with a wrong clock correct it by this header.
    response.headers.set('date', new Date().toUTCString())
    return response
  },
} satisfies ExportedHandler<Env>
