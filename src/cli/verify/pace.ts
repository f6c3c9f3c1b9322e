/**
 * @module
 * Runs work at a limited rate and concurrency, until it is stopped.
 */

export interface Pace {
  /** Starts per second at most. */
  readonly rate: number
  /** In progress at the same time at most. */
  readonly concurrency: number
}

/**
 * Runs `work` for each item, started in order. Once the signal is aborted, nothing more is started, and work in progress
 * is awaited. Rejects with the first rejection of `work`.
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

/** Waits for `ms`, or until the signal is aborted. Returns at once if `ms` is not positive. */
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
