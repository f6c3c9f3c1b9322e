/**
 * @module
 * Work at a bounded rate: so many starts a second, so many at once, until it is stopped.
 */

export interface Pace {
  /** Starts a second, at most. */
  readonly rate: number
  /** Under way at once, at most. */
  readonly concurrency: number
}

/**
 * Runs `work` for each item, in order of their starts. Ends early once the signal is aborted: what is under way is
 * waited for, and nothing more is started. Rejects with the first rejection of `work`.
 */
export async function paced<T>(
  items: readonly T[],
  { rate, concurrency }: Pace,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const began = performance.now()
  let next = 0
  const worker = async () => {
    while (next < items.length && !signal.aborted) {
      const at = next++
      await pause(began + (at * 1000) / rate - performance.now(), signal)
      if (!signal.aborted) await work(items[at] as T)
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker))
}

/** Waits, or until the signal is aborted; not at all for a time that has passed. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve()
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
