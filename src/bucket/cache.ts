/**
 * @module
 * CACHE: which requests are answered from a cache, which responses are stored, and what a change invalidates.
 */

import { allowsSharedStoring } from './cache-control.ts'
import { invalidateHost, invalidateObject, readEntry, requestTime, storeEntry } from './cache-entries.ts'
import { changeOf } from './changes.ts'
import { isCacheable, type PublicQuery } from './public-read.ts'
import type { Sent } from './send.ts'

/** The settings of a host that concern its cache. */
export interface Caching extends PublicQuery {
  /**
   * `off`: nothing is cached. `origin`: Cloudflare's cache under `fetch` obeys the bucket's Cache-Control. A number:
   * the Cache API stores what may be shared for so many seconds, whatever its lifetime. (`cf.cacheTtl` would need no
   * copy, but stores `private` responses as well.)
   */
  readonly cache: 'off' | 'origin' | number
}

/**
 * The most bytes of a stored response. While one copy goes to the cache and one to the client, the part that the
 * slower reader has not taken is in the isolate's memory, which is 128 MB for all requests.
 */
const MAX_STORED_BYTES = 1024 * 1024

/** RFC 9111 5.2.1.4-5: the client wants the bucket's own response. */
const WANTS_FRESH = /no-(?:cache|store)/i

/**
 * Returns the options of `fetch` for the cache below it, which may turn HEAD into GET and widen a Range. Uploads get
 * none: nothing of them is cached, and `no-store` would add a Cache-Control that the bucket stores with the object.
 *
 * @param signed true if the edge signs the request: the response is for the edge, not for a cache
 */
export function fetchInit(request: Request, settings: Caching, signed: boolean): RequestInit {
  if (request.method !== 'GET' && request.method !== 'HEAD') return {}
  return settings.cache === 'origin' && !signed && isCacheable(request, settings) ? {} : { cache: 'no-store' }
}

/**
 * Answers from the Cache API if CACHE is a number, otherwise from the bucket, and stores what may be shared.
 *
 * @param ask sends the request to the bucket; null if the settings name no bucket
 * @param entryUrl the URL of the entry: the client's, since other paths of the host are not the bucket's
 */
export async function throughCache(
  request: Request,
  settings: Caching,
  context: ExecutionContext,
  ask: () => Promise<Sent> | null,
  entryUrl = request.url,
): Promise<Sent | null> {
  const { cache } = settings
  if (typeof cache !== 'number') return ask()
  const mayShare = !isPersonal(request) && isCacheable(request, settings)
  const entry = mayShare ? await readEntry(entryUrl, request.headers) : null
  if (entry !== null) return { response: entry }
  const requested = requestTime()
  const sent = await ask()
  if (sent === null || !('response' in sent)) return sent
  if (mayShare && mayStore(sent.response))
    context.waitUntil(storeEntry(entryUrl, sent.response.clone(), cache, requested))
  else if (sent.response.status < 400) invalidate(request, context, entryUrl)
  return sent
}

/** RFC 9111 4.4: an accepted change makes entries invalid. */
function invalidate(request: Request, context: ExecutionContext, entryUrl: string): void {
  const change = changeOf(request)
  if (change === 'object') context.waitUntil(invalidateObject(entryUrl))
  if (change === 'host') context.waitUntil(invalidateHost(entryUrl))
}

/**
 * Buckets read no cookies. But CACHE=<seconds> stores responses that say nothing about caches, and a Worker behind
 * BUCKET may read cookies.
 */
const isPersonal = ({ headers }: Request): boolean =>
  headers.has('cookie') || WANTS_FRESH.test(headers.get('cache-control') ?? headers.get('pragma') ?? '')

/**
 * The names in Vary that do not prevent storing: the encoding, which is compared with the entry's, and headers that
 * the bucket never gets. The cache has one entry per URL.
 */
const KNOWN_VARY: ReadonlySet<string> = new Set([
  'accept-encoding',
  'origin',
  'access-control-request-headers',
  'access-control-request-method',
])
/** The most names in Vary that are read. */
const MAX_VARY_NAMES = 16

/** True for a whole object that is small enough, and that nothing marks as one client's. */
function mayStore({ status, headers }: Response): boolean {
  if (status !== 200 || headers.has('content-range')) return false
  if (!allowsSharedStoring(headers)) return false
  const length = headers.get('content-length')
  if (length === null || Number(length) > MAX_STORED_BYTES) return false
  const vary = (headers.get('vary') ?? '').split(',', MAX_VARY_NAMES + 1)
  return (
    vary.length <= MAX_VARY_NAMES &&
    vary.map(name => name.trim().toLowerCase()).every(name => name === '' || KNOWN_VARY.has(name))
  )
}
