/**
 * @module
 * Requests as a signature sees them, and what changes in a request on its way to the bucket.
 */

import { droppedHeaders } from '../request.ts'
import { pathAndQuery } from '../url.ts'
import type { SignableRequest } from './cos-canonical.ts'
import type { S3Signed } from './sign-s3.ts'

/** Headers that the runtime sets for the connection to the bucket: a signature that covers them would break. */
const CHANGED_ON_THE_WAY: ReadonlySet<string> = new Set([
  'accept-encoding',
  'cache-control',
  'connection',
  'content-length',
  'expect',
  'pragma',
  'transfer-encoding',
])

/** True if a header reaches the bucket as the client sent it. */
export const keepsHeader = (name: string): boolean => !CHANGED_ON_THE_WAY.has(name)

/** Returns the removed headers that the runtime does not set again. */
export const lostHeaders = (request: Request): string[] => droppedHeaders(request).filter(keepsHeader)

/** A host and a path that a client may have signed. */
export interface SignedPlace {
  readonly host: string
  readonly path: string
}

/** Returns the path of an absolute URL, without its query. */
export function pathOf(url: string): string {
  const target = pathAndQuery(url)
  const mark = target.indexOf('?')
  return mark === -1 ? target : target.slice(0, mark)
}

/** Returns the signable parts of a request that is sent to `host`. */
export function signable(request: Request, host: string, path = pathOf(request.url)): SignableRequest {
  const mark = request.url.indexOf('?')
  return {
    method: request.method,
    path,
    query: mark === -1 ? '' : request.url.slice(mark + 1),
    headers: [...[...request.headers].filter(([name]) => name !== 'host'), ['host', host]],
  }
}

/** Returns host and port of an absolute URL. */
export function hostOf(url: string): string {
  const start = url.indexOf('://') + 3
  return url.slice(start, url.length - pathAndQuery(url).length)
}

/** Returns the upstream request with another query and more headers. Its body is not touched. */
export function withSignature(upstream: Request, { query, headers }: S3Signed): Request {
  const mark = upstream.url.indexOf('?')
  const bare = mark === -1 ? upstream.url : upstream.url.slice(0, mark)
  const url = query === '' ? bare : `${bare}?${query}`
  const signed = url === upstream.url ? upstream : new Request(url, upstream)
  for (const [name, value] of headers) signed.headers.set(name, value)
  return signed
}
