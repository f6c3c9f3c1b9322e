/**
 * @module
 * CACHE: which answers of the bucket one client may get that were fetched for another, and where they are kept.
 * What is kept is the bucket's own answer, before any CORS header, under the edge's whole URL.
 */

import { Invalidations } from './invalidations.ts'
import type { Sent } from './send.ts'
import { carriesCredentials, hasEncodedName } from './signing/credentials.ts'
import { ownUrl } from './url.ts'

/**
 * `off`: nothing is cached. `origin`: Cloudflare's cache under `fetch` goes by the bucket's Cache-Control. A number:
 * what may be shared is kept in the Cache API for so many seconds, whatever its max-age says. `cf.cacheTtl` would do
 * it without a copy, but keeps what is `private` as well.
 */
export type CacheSetting = 'off' | 'origin' | number

/**
 * Bytes of an answer that is kept. While one copy goes to the cache and one to the client, what the slower has not
 * taken yet is in the memory of the isolate, which is 128 MB for all its requests.
 */
const MAX_KEPT_BYTES = 1024 * 1024

/** Bytes that such an answer may have when its Content-Encoding is taken off. */
const MAX_DECODED_BYTES = 64 * 1024 * 1024

/** How long a look into the cache may delay an answer, in milliseconds. */
const LOOK_TIMEOUT_MS = 1000

/** Where a kept answer holds the bucket's Cache-Control; its own says how long it is kept. */
const KEPT_CACHE_CONTROL = 'x-edge-preflight-cache-control'

/** Vendors' headers of a request: customer keys, payers, limits, versions. They make its answer another one. */
const VENDOR_HEADER = /^x-(?:cos|amz|oss|goog|obs)-/
/** Headers that ask for a part of an object, or set a condition that only the bucket can judge. */
const UNSHARED_HEADERS = ['range', 'if-range', 'if-match', 'if-unmodified-since']
/** RFC 9111 5.2.1.4-5: the client wants it from the bucket. */
const WANTS_FRESH = /no-(?:cache|store)/i

/** True for a plain read that anyone may make: its answer is the same for all, unless the bucket says otherwise. */
const isShared = (request: Request): boolean =>
  request.method === 'GET' &&
  request.body === null &&
  !carriesCredentials(request) &&
  !hasEncodedName(request.url) &&
  !UNSHARED_HEADERS.some(name => request.headers.has(name)) &&
  ![...request.headers.keys()].some(name => VENDOR_HEADER.test(name))

/**
 * What `fetch` is told of the cache under it, which may turn HEAD into GET and widen a Range. Of uploads nothing is
 * cached, and `no-store` would add a Cache-Control that the bucket keeps as the object's own.
 *
 * @param signed whether the edge signs the request: what comes is then for the edge, not for a cache
 */
export function fetchInit(request: Request, cache: CacheSetting, signed: boolean): RequestInit {
  if (request.method !== 'GET' && request.method !== 'HEAD') return {}
  return cache === 'origin' && !signed && isShared(request) ? {} : { cache: 'no-store' }
}

/**
 * Answers from the cache where CACHE is a number, or else from the bucket, and keeps what may be shared. A cache
 * that fails or hangs is as one that holds nothing.
 *
 * @param ask asks the bucket; null: there is none
 */
export async function throughCache(
  request: Request,
  cache: CacheSetting,
  context: ExecutionContext,
  ask: () => Promise<Sent> | null,
): Promise<Sent | null> {
  if (typeof cache !== 'number') return ask()
  const mayShare = isShared(request) && !isPersonal(request)
  const kept = mayShare ? await look(request) : null
  if (kept !== null) return { response: kept }
  const asked = invalidations.moment()
  const sent = await ask()
  if (sent === null || !('response' in sent)) return sent
  if (mayShare && mayKeep(sent.response))
    context.waitUntil(keep(request.url, sent.response.clone(), cache, asked))
  else if (changes(request, sent.response)) context.waitUntil(forget(request.url))
  return sent
}

/**
 * Cookies are nothing to a bucket; but CACHE=<seconds> overrules what an answer does not say, and what stands behind
 * BUCKET may read them.
 */
const isPersonal = ({ headers }: Request): boolean =>
  headers.has('cookie') || WANTS_FRESH.test(headers.get('cache-control') ?? headers.get('pragma') ?? '')

/** The kept answer, or the 304 that the request's conditions make of it. Never rejects. */
async function look({ url, headers }: Request): Promise<Response | null> {
  const conditions = ['if-none-match', 'if-modified-since'].flatMap(name => {
    const value = headers.get(name)
    return value === null ? [] : [[name, value]]
  })
  let timer: number | null = null
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(resolve, LOOK_TIMEOUT_MS)
  })
  try {
    const key = new Request(ownUrl(url), { headers: Object.fromEntries(conditions) })
    const found = await Promise.race([caches.default.match(key), late])
    return found === undefined || !accepts(headers, found) ? null : asSent(found)
  } catch {
    return null
  } finally {
    if (timer !== null) clearTimeout(timer)
  }
}

/** The runtime asks for `br, gzip` when the client asks for any encoding, and else for none. */
function accepts(headers: Headers, found: Response): boolean {
  const encoding = found.headers.get('content-encoding')
  return encoding === null || (headers.get('accept-encoding') ?? '').includes(encoding)
}

/** A kept answer as the bucket has sent it. */
function asSent(found: Response): Response {
  const response = new Response(found.body, found)
  const cacheControl = response.headers.get(KEPT_CACHE_CONTROL)
  response.headers.delete(KEPT_CACHE_CONTROL)
  if (cacheControl === null) response.headers.delete('cache-control')
  else response.headers.set('cache-control', cacheControl)
  return response
}

/**
 * Keeps an answer, unless its object has been changed since it was asked for. Never rejects: what is not kept is asked
 * for again.
 */
async function keep(url: string, answer: Response, seconds: number, asked: number): Promise<void> {
  const key = ownUrl(url)
  const whole = answer.clone()
  const kept = new Response(answer.body, answer)
  const cacheControl = kept.headers.get('cache-control')
  if (cacheControl === null) kept.headers.delete(KEPT_CACHE_CONTROL)
  else kept.headers.set(KEPT_CACHE_CONTROL, cacheControl)
  kept.headers.set('cache-control', `public, max-age=${seconds}`)
  // Of another cache's time: this one counts its own.
  kept.headers.delete('age')
  try {
    // A cache may keep what came of a body that was cut off, as if it were whole.
    if ((await comesToItsEnd(whole)) && !invalidations.hasSince(key, asked)) {
      await caches.default.put(key, kept)
      // The change may have come meanwhile, and found nothing yet to forget.
      if (invalidations.hasSince(key, asked)) await caches.default.delete(key)
    } else await kept.body?.cancel()
  } catch {
    // The body was cut off, or the cache failed.
  }
}

/** Reads a body and drops it. It is decoded on the way, and what it grows to is bounded as well. */
async function comesToItsEnd({ body }: Response): Promise<boolean> {
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    if (bytes > MAX_DECODED_BYTES) return false
  }
  return true
}

/** RFC 9111 5.2.2: for one client, or never without asking; with a list of fields as well. */
const FORBIDS_KEEPING =
  /(?:^|[\s,])(?:(?:private|no-store|no-cache)(?![\w-])|(?:s-maxage|max-age)\s*=\s*"?0+(?!\d))/i
/**
 * What an answer may vary by and be kept all the same: what `accepts` looks at, and what never goes to the bucket.
 * The cache knows one answer for each URL.
 */
const KNOWN_VARY: ReadonlySet<string> = new Set([
  'accept-encoding',
  'origin',
  'access-control-request-headers',
  'access-control-request-method',
])
/** Names of a Vary that are looked at. */
const MAX_VARY_NAMES = 16

/** True for a whole object that is small enough, and that nothing marks as one client's. */
function mayKeep({ status, headers }: Response): boolean {
  if (status !== 200 || headers.has('set-cookie') || headers.has('content-range')) return false
  if (FORBIDS_KEEPING.test(headers.get('cache-control') ?? headers.get('pragma') ?? '')) return false
  if (isExpired(headers)) return false
  const length = headers.get('content-length')
  if (length === null || Number(length) > MAX_KEPT_BYTES) return false
  const vary = (headers.get('vary') ?? '').split(',', MAX_VARY_NAMES + 1)
  return (
    vary.length <= MAX_VARY_NAMES &&
    vary.map(name => name.trim().toLowerCase()).every(name => name === '' || KNOWN_VARY.has(name))
  )
}

/** RFC 9111 5.3: by Expires, where no max-age stands before it; what is no date means the past. */
function isExpired(headers: Headers): boolean {
  const expires = headers.get('expires')
  if (expires === null || /max-?age/i.test(headers.get('cache-control') ?? '')) return false
  return !(expires.endsWith(' GMT') && Date.parse(expires) > Date.now())
}

/** RFC 9111 4.4: what has changed an object makes its kept answer invalid. */
const changes = ({ method }: Request, { status }: Response): boolean =>
  method !== 'GET' && method !== 'HEAD' && status < 400

const invalidations = new Invalidations()

/** When a changed object is forgotten once more, in milliseconds: a background task may take 30 seconds in all. */
const FORGET_AGAIN_MS = 5000

/**
 * Forgets an object in this data centre, by its URL and by that without a query: parts are put together by one. Once
 * more a little later, because another isolate may be about to keep what it asked for before the change.
 */
async function forget(url: string): Promise<void> {
  const key = ownUrl(url)
  const query = key.indexOf('?')
  const keys = query === -1 ? [key] : [key, key.slice(0, query)]
  for (const each of keys) invalidations.add(each)
  const forgetAll = () => Promise.allSettled(keys.map(each => caches.default.delete(each)))
  await forgetAll()
  await new Promise(resolve => setTimeout(resolve, FORGET_AGAIN_MS))
  await forgetAll()
}
