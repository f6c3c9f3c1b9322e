/**
 * @module
 * One preflight to the edge, and what its answer tells of the rules behind it.
 */

import type { IncomingMessage } from 'node:http'
import type { CorsRequest } from '../../cors/request.ts'
import { send } from '../http/send.ts'
import { visible } from '../print/terminal.ts'

export interface EdgeAnswer {
  readonly status: number
  /** `Access-Control-*`, with lower-case names. */
  readonly cors: Readonly<Record<string, string>>
  /** It has the request id that the edge gives each of its own answers. */
  readonly hasId: boolean
  /** As Server-Timing has it: memory, kv or last-known-good; null: it does not say. */
  readonly source: string | null
  /** The same of the revision. */
  readonly revision: string | null
}

/** The key that is asked for: it need not be there, because no preflight reaches the bucket. */
const PATH = '/edge-preflight-status'
/** Characters of Server-Timing that are looked at; the edge's own part comes first. */
const MAX_TIMING = 2048
const IDS = ['x-cos-request-id', 'x-amz-request-id']

/**
 * Sends a preflight, on a connection of its own: the next one may meet another isolate. Rejects when there is no answer.
 *
 * @param base the edge, without a slash at its end
 * @param host the Host to send; null: the URL's own
 */
export function askEdge(base: string, host: string | null, facts: CorsRequest): Promise<EdgeAnswer> {
  const { origin, method, requestedHeaders } = facts
  const headers: [string, string][] = [
    ['Origin', origin ?? ''],
    ['Access-Control-Request-Method', method ?? ''],
  ]
  if (requestedHeaders !== null) headers.push(['Access-Control-Request-Headers', requestedHeaders])
  const question = { method: 'OPTIONS', path: PATH, headers }
  return send(
    { base, host },
    question,
    () => false,
    async response => {
      response.destroy()
      return read(response)
    },
  )
}

function read({ statusCode, headers }: IncomingMessage): EdgeAnswer {
  const cors = Object.entries(headers).filter(([name]) => name.startsWith('access-control-'))
  const timing = timingsIn(String(headers['server-timing'] ?? '').slice(0, MAX_TIMING))
  return {
    status: statusCode ?? 0,
    cors: Object.fromEntries(cors.map(([name, value]) => [name, String(value)])),
    hasId: IDS.some(name => headers[name] !== undefined),
    source: timing.get('policy') ?? null,
    revision: timing.get('revision') ?? null,
  }
}

/** Name → description, of the first metric of each name (W3C Server Timing 3: `name;dur=…;desc="…"`). */
function timingsIn(header: string): Map<string, string> {
  const timings = new Map<string, string>()
  for (const metric of header.split(',')) {
    const [name = '', ...parameters] = metric.split(';').map(part => part.trim())
    const description = parameters.find(parameter => parameter.startsWith('desc='))?.slice('desc='.length)
    if (description === undefined || timings.has(name)) continue
    timings.set(name, visible(description.replace(/^"|"$/g, '')).slice(0, 64))
  }
  return timings
}
