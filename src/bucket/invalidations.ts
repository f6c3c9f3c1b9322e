/**
 * @module
 * Recently invalidated cache keys of this isolate. A response requested before its object changed must not be stored
 * (RFC 9111 4.4).
 */

/** The most keys in memory, and the longest key in characters. Together at most 1 MiB. */
export const MAX_KEYS = 512
export const MAX_KEY = 2048

export class Invalidations {
  /** Key → moment of its last change, the oldest first. */
  readonly #changed = new Map<string, number>()
  #now = 0
  /** The moment of the last change with a key that is not in memory: it may have been any key. */
  #unknown = 0

  /** Returns the next moment. A Worker's clock stands still while it computes, so moments are counted. */
  moment(): number {
    return ++this.#now
  }

  add(key: string): void {
    if (key.length > MAX_KEY) {
      this.addAll()
      return
    }
    const now = this.moment()
    this.#changed.delete(key)
    this.#changed.set(key, now)
    if (this.#changed.size <= MAX_KEYS) return
    for (const [oldest, moment] of this.#changed) {
      this.#changed.delete(oldest)
      this.#unknown = Math.max(this.#unknown, moment)
      return
    }
  }

  /** Any key may have changed. */
  addAll(): void {
    this.#unknown = this.moment()
  }

  /** True if this key, or a key that is not in memory, changed after a moment. */
  hasSince(key: string, moment: number): boolean {
    return Math.max(this.#unknown, this.#changed.get(key) ?? 0) > moment
  }
}
