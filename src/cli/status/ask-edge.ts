/**
 * @module
 * Sends one preflight to the edge and reads its source and revision.
 */

import type { IncomingMessage } from 'node:http'
import type { CorsRequest } from '../../cors/request.ts'
import { send } from '../http/send.ts'
import { visible } from '../print/terminal.ts'

export interface EdgeAnswer {
  readonly status: number
  /** `Access-Control-*`, with lower-case names. */
  readonly cors: Readonly<Record<string, string>>
  /** True if the answer has the request ID of the edge's own answers. */
  readonly hasId: boolean
  /** From Server-Timing: memory, kv or last-known-good; null if it is missing. */
  readonly source: string | null
  /** From Server-Timing; null if it is missing. */
  readonly revision: string | null
}

/** Path of the preflight. The object need not exist, because no preflight reaches the bucket. */
const PATH = '/edge-preflight-status'
/** Most characters of Server-Timing that are read; the edge's own part comes first. */
const MAX_TIMING = 2048
const IDS = ['x-cos-request-id', 'x-amz-request-id']

/**
 * Sends a preflight on a connection of its own, because the next one may meet another isolate. Rejects without an answer.
 *
 * @param base the edge, without a slash at its end
 * @param host the Host to send; null for the host of the URL
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

/** Returns name → description of the first metric of each name (W3C Server Timing 3: `name;dur=…;desc="…"`). */
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
