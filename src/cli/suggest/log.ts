/**
 * @module
 * Reads the log: a file or standard input, to its end or to Ctrl-C.
 */

import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { decoded } from '../files/decoded.ts'
import { visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'
import { JsonObjects } from './json-objects.ts'
import { loggedRequests } from './logged-request.ts'
import type { Refusals } from './refusals.ts'

/** What else the log held. */
export interface Held {
  /** Lines of other text. */
  readonly otherLines: number
  /** Requests that the edge has logged, of all hosts. */
  readonly requests: number
}

/**
 * Counts the requests of a log.
 *
 * @param log a file; `-` or undefined: standard input
 * @throws {UserError} when it can't be read
 */
export async function readLog(log: string | undefined, refusals: Refusals): Promise<Held> {
  const isPiped = log === undefined || log === '-'
  if (isPiped && process.stdin.isTTY) {
    throw new UserError(
      'There is no log: pipe one in (`npm exec -- wrangler tail --format json | …`), or name it with --log FILE.',
    )
  }
  const name = isPiped ? 'Standard input' : visible(log)
  const stream = isPiped ? process.stdin : createReadStream(log)
  const objects = new JsonObjects()
  let requests = 0
  const count = (documents: Iterable<unknown>) => {
    for (const document of documents) {
      for (const request of loggedRequests(document)) {
        refusals.add(request)
        requests++
      }
    }
  }
  for await (const text of decoded(untilInterrupted(stream), name)) count(objects.push(text))
  count(objects.end())
  return { otherLines: objects.otherLines, requests }
}

/** A tail has no end: Ctrl-C ends it, and the lines so far count. */
async function* untilInterrupted(stream: Readable): AsyncGenerator<Uint8Array> {
  let isInterrupted = false
  const interrupt = () => {
    isInterrupted = true
    stream.destroy()
  }
  process.once('SIGINT', interrupt)
  try {
    yield* stream as AsyncIterable<Uint8Array>
  } catch (error) {
    if (!isInterrupted) throw error
  } finally {
    process.off('SIGINT', interrupt)
  }
}
