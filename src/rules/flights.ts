/**
 * @module
 * One load of a host at a time. A request that comes while another one loads its host waits for that result.
 */

import type { FoundPolicy } from './host-state.ts'

/** Milliseconds that a load takes at most: a read of KV, then one of the last known good values, with a margin. */
const MAX_LOAD_MS = 5000

/** Loads at a time before those of requests that are gone are removed. */
const MAX_FLIGHTS = 1000

interface Flight {
  /** Milliseconds since 1970 after which the request that loads counts as gone. */
  readonly until: number
  /** Each is called with the result; null without a result. */
  readonly waiting: ((found: FoundPolicy | null) => void)[]
}

export class Flights {
  readonly #flights = new Map<string, Flight>()

  /**
   * Returns the result of `load`, or of the load of the same host that is under way.
   *
   * A request waits for a promise of its own, never for another request's: that one's continuation ends with its
   * request. The runtime keeps the loading request alive (waitUntil); should it end all the same, another one loads.
   *
   * @param load must not reject
   */
  async join(
    host: string,
    context: ExecutionContext,
    load: () => Promise<FoundPolicy>,
  ): Promise<FoundPolicy> {
    for (;;) {
      const flight = this.#flights.get(host)
      const restMs = flight === undefined ? 0 : flight.until - Date.now()
      if (flight === undefined || restMs <= 0) return this.#lead(host, context, load, flight?.waiting)
      const found = await result(flight, restMs)
      if (found !== null) return found
    }
  }

  /** @param waiting the requests that wait for a load that is gone */
  #lead(
    host: string,
    context: ExecutionContext,
    load: () => Promise<FoundPolicy>,
    waiting: Flight['waiting'] = [],
  ): Promise<FoundPolicy> {
    const flight: Flight = { until: Date.now() + MAX_LOAD_MS, waiting }
    const land = (found: FoundPolicy | null) => {
      if (this.#flights.get(host) === flight) this.#flights.delete(host)
      for (const resolve of flight.waiting) resolve(found)
    }
    if (this.#flights.size >= MAX_FLIGHTS) this.#removeGone()
    this.#flights.set(host, flight)
    const loading = load().then(
      found => {
        land(found)
        return found
      },
      error => {
        land(null)
        throw error
      },
    )
    context.waitUntil(loading)
    return loading
  }

  #removeGone(): void {
    const now = Date.now()
    for (const [host, { until }] of this.#flights) if (until <= now) this.#flights.delete(host)
  }
}

async function result(flight: Flight, timeoutMs: number): Promise<FoundPolicy | null> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const gone = new Promise<null>(resolve => {
    timer = setTimeout(() => resolve(null), timeoutMs)
  })
  try {
    return await Promise.race([
      new Promise<FoundPolicy | null>(resolve => flight.waiting.push(resolve)),
      gone,
    ])
  } finally {
    if (timer !== null) clearTimeout(timer)
  }
}
