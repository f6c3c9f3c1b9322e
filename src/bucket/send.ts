/**
 * @module
 * One request to the bucket: its timeout, its single retry, and the kinds of failure.
 */

import { withoutQueries } from './url.ts'

/** Statuses that may go away with a second attempt (RFC 9110 15.6.3-15.6.5). */
const RETRIED_STATUSES: ReadonlySet<number> = new Set([502, 503, 504])

/** The slowest upload that the edge waits for, in bytes per second: a phone at the edge of its cell. */
const SLOWEST_UPLOAD = 16 * 1024
/** The longest wait for an upload, whether its length is known or not, in milliseconds. */
const LONGEST_UPLOAD_MS = 6 * 3_600_000

/** Returns how long a request's body may take to arrive, in milliseconds: the bucket answers only after it. */
export function uploadMs({ body, headers }: Request): number {
  if (body === null) return 0
  const length = Number(headers.get('content-length') ?? Number.POSITIVE_INFINITY)
  return Math.min(Math.ceil((length / SLOWEST_UPLOAD) * 1000), LONGEST_UPLOAD_MS)
}

/** `client`: the bucket did nothing wrong; the body of the request did not arrive. */
export type SendFailure = 'unreachable' | 'timeout' | 'client'

/** The body of a request, which the client may fail to send. */
export interface Upload {
  /** Aborts when the client closes its connection in the middle of the body, or sends an invalid one. */
  readonly failure: AbortSignal
  /** Called after an error: returns whether the client's failure is the reason. */
  hasFailed(): Promise<boolean>
}

/** Passes a body on, all of it or up to where it is invalid. Returns false if the client has sent an invalid body. */
export type PassBody = (body: ReadableStream, to: WritableStream) => Promise<boolean>

export type Sent =
  | { readonly response: Response }
  | { readonly failure: SendFailure; readonly detail: string }

/**
 * Sends a request and waits for the response headers. With `retry`, sends it a second time after a network error or a
 * 502, 503 or 504, within the same time. Never rejects.
 *
 * @param make makes the request for each attempt; a request with a body can be made only once
 * @param retry true if a second attempt is harmless
 * @param timeoutMs time to the response headers, both attempts together; the body may take longer
 * @param upload the body of the request, if it has one
 */
export async function send(
  make: () => Request | Promise<Request>,
  fetcher: (request: Request, init: RequestInit) => Promise<Response>,
  timeoutMs: number,
  retry: boolean,
  upload: Upload | null = null,
): Promise<Sent> {
  const deadline = Date.now() + timeoutMs
  const attempt = async (): Promise<Sent> => {
    // One for each attempt: the end of the second must not cut off the body of the first.
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(), deadline - Date.now())
    upload?.failure.addEventListener('abort', () => abort.abort(), { once: true })
    try {
      const response = await fetcher(await make(), { signal: abort.signal })
      if (response.status >= 200 && response.status <= 599) return { response }
      discard(response)
      return { failure: 'unreachable', detail: `the bucket answered with status ${response.status}` }
    } catch (error) {
      if (await upload?.hasFailed()) return { failure: 'client', detail: 'the request body is incomplete' }
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

/** Cancels the body of a response that is not passed on: unread, it would hold the connection. */
function discard({ body }: Response): void {
  body?.cancel().catch(() => {
    // The connection is closed already, which has the same effect.
  })
}
