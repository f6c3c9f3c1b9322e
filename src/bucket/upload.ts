/**
 * @module
 * The body of a request on its way to the bucket. When an upload breaks, `fetch` reports the same error whoever broke
 * it. So the body goes through a stream of ours, which shows whether the client's side has failed.
 */

import type { PassBody, Upload } from './send.ts'

interface WatchedRequest extends Upload {
  readonly request: Request
}

const passUnchanged: PassBody = async (body, to) => {
  // The body is not cancelled when the bucket closes its side. So it is in error only if the client has failed.
  await body.pipeTo(to, { preventCancel: true })
  return true
}

/**
 * Passes a body on and keeps its framing, by length or in chunks. Returns null if there is nothing to watch.
 *
 * @param pass default: the bytes are unchanged
 */
export function watchBody(request: Request, pass = passUnchanged): WatchedRequest | null {
  const { body, headers, method } = request
  // Of a GET or HEAD with a body, the runtime makes no other request than the whole one.
  if (body === null || method === 'GET' || method === 'HEAD') return null
  const length = headers.get('content-length')
  if (length !== null && !Number.isSafeInteger(Number(length))) return null
  const passage = length === null ? new IdentityTransformStream() : new FixedLengthStream(Number(length))
  const failure = new AbortController()
  const passed = pass(body, passage.writable)
    .catch(async () => !(await isInError(body)))
    .then(isValid => {
      if (!isValid) failure.abort()
    })
  return {
    request: new Request(request, { body: passage.readable }),
    failure: failure.signal,
    async hasFailed() {
      await Promise.race([passed, nextTask()])
      return failure.signal.aborted
    },
  }
}

async function isInError(body: ReadableStream): Promise<boolean> {
  const reader = body.getReader()
  const closed = reader.closed.then(
    () => false,
    () => true,
  )
  return Promise.race([closed, nextTask().then(() => false)])
}

const nextTask = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0))
