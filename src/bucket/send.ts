/**
 * @module
 * One request to the bucket: its timeout, its single retry, and what its failure is called.
 */

import { withoutQueries } from './url.ts'

/** Answers that a second try may better (RFC 9110 15.6.3-15.6.5). */
const RETRIED_STATUSES: ReadonlySet<number> = new Set([502, 503, 504])

/** The slowest upload that is waited for, in bytes per second: a phone at the edge of its cell. */
const SLOWEST_UPLOAD = 16 * 1024
/** As long as an upload of unknown length, or of any, may take at most, in milliseconds. */
const LONGEST_UPLOAD_MS = 6 * 3_600_000

/** How long the bucket may have to wait for the body of a request, in milliseconds: it answers after it. */
export function uploadMs({ body, headers }: Request): number {
  if (body === null) return 0
  const length = Number(headers.get('content-length') ?? Number.POSITIVE_INFINITY)
  return Math.min(Math.ceil((length / SLOWEST_UPLOAD) * 1000), LONGEST_UPLOAD_MS)
}

export type SendFailure = 'unreachable' | 'timeout'

export type Sent =
  | { readonly response: Response }
  | { readonly failure: SendFailure; readonly detail: string }

/**
 * Sends a request and waits for the response's headers. With `retry`, it is sent a second time after a network
 * error or a 502, 503 or 504, within the same time.
 *
 * @param make makes the request anew for each try; with a body it can be made only once
 * @param retry whether a second try does no harm
 * @param timeoutMs to the response's headers, both tries together; the body may take longer
 */
export async function send(
  make: () => Request | Promise<Request>,
  fetcher: (request: Request, init: RequestInit) => Promise<Response>,
  timeoutMs: number,
  retry: boolean,
): Promise<Sent> {
  const deadline = Date.now() + timeoutMs
  const attempt = async (): Promise<Sent> => {
    // One for each try: the end of the second must not cut off the body of the first.
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(), deadline - Date.now())
    try {
      const response = await fetcher(await make(), { signal: abort.signal })
      if (response.status >= 200 && response.status <= 599) return { response }
      discard(response)
      return { failure: 'unreachable', detail: `the bucket answered with status ${response.status}` }
    } catch (error) {
      if (abort.signal.aborted)
        return { failure: 'timeout', detail: `no response headers within ${timeoutMs} ms` }
      const detail = withoutQueries(error instanceof Error ? error.message : String(error))
      return { failure: 'unreachable', detail }
    } finally {
      clearTimeout(timer)
    }
  }
  const first = await attempt()
  if (!retry || !mayBetter(first) || Date.now() >= deadline) return first
  const second = await attempt()
  if (!('response' in first)) return second
  if (!('response' in second)) return first
  discard(first.response)
  return second
}

const mayBetter = (sent: Sent): boolean =>
  'response' in sent ? RETRIED_STATUSES.has(sent.response.status) : sent.failure === 'unreachable'

/** Lets go of a response that is not passed on: unread, its body would hold the connection. */
function discard({ body }: Response): void {
  body?.cancel().catch(() => {
    // The connection is gone already, which is as good.
  })
}
