/**
 * @module
 * Which objects have been changed through this isolate of late: what was asked for before is not to be kept after
 * (RFC 9111 4.4).
 */

/** Changes in memory, and characters of a key. Together, 1 MiB. */
export const MAX_KEYS = 512
export const MAX_KEY = 2048

export class Invalidations {
  /** Key → moment; the oldest first. */
  readonly #changed = new Map<string, number>()
  #now = 0
  /** The last change of which the key is not in memory: it may have been any. */
  #unknown = 0

  /** The next moment. The clock of a Worker stands still while it computes; this one does not. */
  moment(): number {
    return ++this.#now
  }

  add(key: string): void {
    const now = this.moment()
    if (key.length > MAX_KEY) {
      this.#unknown = now
      return
    }
    this.#changed.delete(key)
    this.#changed.set(key, now)
    if (this.#changed.size <= MAX_KEYS) return
    for (const [oldest, moment] of this.#changed) {
      this.#changed.delete(oldest)
      this.#unknown = Math.max(this.#unknown, moment)
      return
    }
  }

  /** True when this key, or one that is not in memory, has been changed after a moment. */
  hasSince(key: string, moment: number): boolean {
    return Math.max(this.#unknown, this.#changed.get(key) ?? 0) > moment
  }
}
