/**
 * @module
 * One request to the bucket: its timeout, its single retry, and what its failure is called.
 */

/** Answers that a second try may better (RFC 9110 15.6.3-15.6.5). */
const RETRIED_STATUSES: ReadonlySet<number> = new Set([502, 503, 504])

export type Failure = 'unreachable' | 'timeout'

export type Sent = { readonly response: Response } | { readonly failure: Failure; readonly detail: string }

/**
 * Sends a request and waits for the response's headers. With `retry`, it is sent a second time after a network
 * error or a 502, 503 or 504, within the same time.
 *
 * @param make makes the request anew for each try; with a body it can be made only once
 * @param retry whether a second try does no harm
 * @param timeoutMs to the response's headers, both tries together; the body may take longer
 */
export async function send(
  make: () => Request,
  fetcher: (request: Request, init: RequestInit) => Promise<Response>,
  timeoutMs: number,
  retry: boolean,
): Promise<Sent> {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), timeoutMs)
  const attempt = async (): Promise<Sent> => {
    try {
      return { response: await fetcher(make(), { signal: abort.signal }) }
    } catch (error) {
      if (abort.signal.aborted)
        return { failure: 'timeout', detail: `no response headers within ${timeoutMs} ms` }
      return { failure: 'unreachable', detail: error instanceof Error ? error.message : String(error) }
    }
  }
  try {
    const first = await attempt()
    if (!retry || abort.signal.aborted) return first
    if ('response' in first && !RETRIED_STATUSES.has(first.response.status)) return first
    const second = await attempt()
    if ('failure' in second && 'response' in first) return first
    // The response that is not passed on would hold its connection open.
    if ('response' in first) await first.response.body?.cancel()
    return second
  } finally {
    clearTimeout(timer)
  }
}
