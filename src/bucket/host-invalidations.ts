/**
 * @module
 * When all cache entries of a host became invalid. The time is kept in the Cache API of the data centre, because the
 * cache can't list or delete by host.
 */

/** How long a time in memory counts as current, in milliseconds: as long, another isolate's change may go unseen. */
const FRESH_MS = 1000
/** The most that the clocks of one data centre differ, in milliseconds. */
const CLOCK_SKEW_MS = 200
/** The most hosts in memory. */
const MAX_HOSTS = 512
/** Longer than any cache entry lives (CACHE is at most a year). In seconds. */
const KEPT_SECONDS = 2 * 31_536_000

/** A name that no request can have as its Host (see url.ts). */
const keyOf = (host: string): string => `https://invalidated.invalid/${host}`

export class HostInvalidations {
  /** Host → time of its invalidation in milliseconds since 1970 (0: never), and when that was read. */
  readonly #known = new Map<string, { readonly at: number; readonly readAt: number }>()

  /** True if an entry that was requested at a time is invalid by now. Rejects if the cache fails. */
  async isInvalid(host: string, requestedAt: number): Promise<boolean> {
    const known = this.#known.get(host)
    const isFresh = known !== undefined && Math.abs(Date.now() - known.readAt) < FRESH_MS
    const at = isFresh ? known.at : await this.#read(host)
    return at > 0 && requestedAt <= at + CLOCK_SKEW_MS
  }

  async #read(host: string): Promise<number> {
    const found = await caches.default.match(keyOf(host))
    const at = found === undefined ? 0 : Number(await found.text())
    this.#remember(host, at)
    return at
  }

  /** Makes all entries of a host invalid that were requested until now. */
  async add(host: string): Promise<void> {
    const now = Date.now()
    this.#remember(host, now)
    const headers = { 'cache-control': `public, max-age=${KEPT_SECONDS}` }
    await caches.default.put(keyOf(host), new Response(String(now), { headers }))
  }

  #remember(host: string, at: number): void {
    if (this.#known.size >= MAX_HOSTS) this.#known.clear()
    this.#known.set(host, { at, readAt: Date.now() })
  }
}
