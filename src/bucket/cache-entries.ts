/**
 * @module
 * Cache entries of CACHE=<seconds>: bucket responses in the Cache API, by the edge's whole URL, without any CORS
 * header. Reads them, stores them and invalidates them.
 */

import { TARGETED_FIELDS } from './cache-control.ts'
import { HostInvalidations } from './host-invalidations.ts'
import { Invalidations } from './invalidations.ts'
import { hostnameOf, ownUrl } from './url.ts'

/** The longest that a cache lookup may delay an answer, in milliseconds. */
const LOOKUP_TIMEOUT_MS = 1000

/** The most bytes that a stored response may have once its Content-Encoding is removed. */
const MAX_DECODED_BYTES = 64 * 1024 * 1024

/** An entry's own fields for caches. They are moved to another name, because the Cache API would obey them. */
const MOVED_FIELDS = ['cache-control', ...TARGETED_FIELDS]
const MOVED_PREFIX = 'x-edge-preflight-'
/** When the edge sent the request, in milliseconds since 1970. */
const REQUESTED_AT = 'x-edge-preflight-requested-at'

/** When an object is deleted from the cache once more, in milliseconds. A background task may take 30 seconds. */
const DELETE_AGAIN_MS = 5000

const invalidations = new Invalidations()
const hostInvalidations = new HostInvalidations()

/** A moment before a request is sent: `store` needs it. */
export interface RequestTime {
  readonly moment: number
  readonly at: number
}

export const requestTime = (): RequestTime => ({ moment: invalidations.moment(), at: Date.now() })

/**
 * Returns the stored response, or the 304 that the request's conditions make of it, or null. A cache that fails or
 * hangs counts as empty. Never rejects.
 */
export async function readEntry(url: string, headers: Headers): Promise<Response | null> {
  const conditions = ['if-none-match', 'if-modified-since'].flatMap(name => {
    const value = headers.get(name)
    return value === null ? [] : [[name, value]]
  })
  let timer: number | null = null
  const timeout = new Promise<undefined>(resolve => {
    timer = setTimeout(resolve, LOOKUP_TIMEOUT_MS)
  })
  try {
    const key = new Request(ownUrl(url), { headers: Object.fromEntries(conditions) })
    return (await Promise.race([readValid(key, headers), timeout])) ?? null
  } catch {
    return null
  } finally {
    if (timer !== null) clearTimeout(timer)
  }
}

async function readValid(key: Request, headers: Headers): Promise<Response | null> {
  const found = await caches.default.match(key)
  if (found === undefined || !acceptsEncoding(headers, found)) return null
  const requestedAt = Number(found.headers.get(REQUESTED_AT) ?? 0)
  return (await hostInvalidations.isInvalid(hostnameOf(key.url), requestedAt)) ? null : asReceived(found)
}

/** The runtime asks the bucket for `br, gzip` if the client asks for any encoding, else for none. */
function acceptsEncoding(headers: Headers, found: Response): boolean {
  const encoding = found.headers.get('content-encoding')
  return encoding === null || (headers.get('accept-encoding') ?? '').includes(encoding)
}

/** Returns an entry with the headers that the bucket sent. */
function asReceived(found: Response): Response {
  const response = new Response(found.body, found)
  response.headers.delete(REQUESTED_AT)
  for (const name of MOVED_FIELDS) move(response.headers, MOVED_PREFIX + name, name)
  return response
}

/** Renames a header. Without it, the target is removed as well. */
function move(headers: Headers, from: string, to: string): void {
  const value = headers.get(from)
  headers.delete(from)
  if (value === null) headers.delete(to)
  else headers.set(to, value)
}

/**
 * Stores a response, unless its object changed after the request. Never rejects: what is not stored is requested again.
 *
 * @param seconds how long the entry is fresh
 * @param requested when the request was sent
 */
export async function storeEntry(
  url: string,
  answer: Response,
  seconds: number,
  requested: RequestTime,
): Promise<void> {
  const key = ownUrl(url)
  const whole = answer.clone()
  const entry = new Response(answer.body, answer)
  for (const name of MOVED_FIELDS) move(entry.headers, name, MOVED_PREFIX + name)
  entry.headers.set('cache-control', `public, max-age=${seconds}`)
  entry.headers.set(REQUESTED_AT, String(requested.at))
  // The age in another cache. The Cache API counts its own.
  entry.headers.delete('age')
  try {
    // A cache may store a truncated body as if it were whole.
    if ((await isComplete(whole)) && !invalidations.hasSince(key, requested.moment)) {
      await caches.default.put(key, entry)
      // The change may have come meanwhile, and found nothing to delete.
      if (invalidations.hasSince(key, requested.moment)) await caches.default.delete(key)
    } else await entry.body?.cancel()
  } catch {
    // The body was truncated, or the cache failed.
  }
}

/** Reads a body to its end and discards it. It is decoded on the way, so the decoded size is bounded as well. */
async function isComplete({ body }: Response): Promise<boolean> {
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MAX_DECODED_BYTES) return false
  }
  return true
}

/**
 * Deletes an object's entries in this data centre: those of its URL with and without the query (a query completes a
 * multipart upload). Deletes them again later, because another isolate may be about to store an older response.
 */
export async function invalidateObject(url: string): Promise<void> {
  const key = ownUrl(url)
  const query = key.indexOf('?')
  const keys = query === -1 ? [key] : [key, key.slice(0, query)]
  for (const each of keys) invalidations.add(each)
  const deleteAll = () => Promise.allSettled(keys.map(each => caches.default.delete(each)))
  await deleteAll()
  await new Promise(resolve => setTimeout(resolve, DELETE_AGAIN_MS))
  await deleteAll()
}

/** Makes all entries of a URL's host invalid in this data centre. Other isolates notice within a second. Never rejects. */
export async function invalidateHost(url: string): Promise<void> {
  invalidations.addAll()
  try {
    await hostInvalidations.add(hostnameOf(url))
  } catch {
    // The cache failed, so it has no entries that could be read, either.
  }
}
