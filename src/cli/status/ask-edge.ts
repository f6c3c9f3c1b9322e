/**
 * @module
 * One preflight to the edge, and what its answer tells of the rules behind it.
 */

import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { RequestFacts } from '../../cors/explain.ts'
import { visible } from '../terminal.ts'

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
/** For one answer, in milliseconds. */
const TIMEOUT_MS = 15_000
/** Characters of Server-Timing that are looked at; the edge's own part comes first. */
const MAX_TIMING = 2048
const IDS = ['x-cos-request-id', 'x-amz-request-id']

/**
 * Sends a preflight, on a connection of its own: the next one may meet another isolate. Rejects when there is no answer.
 *
 * @param base the edge, without a slash at its end
 * @param host the Host to send; null: the URL's own
 */
export function askEdge(base: string, host: string | null, facts: RequestFacts): Promise<EdgeAnswer> {
  const url = new URL(base)
  const secure = url.protocol === 'https:'
  const sentHost = host ?? url.host
  const options = {
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port,
    agent: false as const,
    method: 'OPTIONS',
    path: base.slice(url.origin.length) + PATH,
    setHost: false,
    headers: {
      host: sentHost,
      origin: facts.origin ?? '',
      'access-control-request-method': facts.method ?? '',
      ...(facts.requestedHeaders === null
        ? {}
        : { 'access-control-request-headers': facts.requestedHeaders }),
    },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(secure ? { servername: sentHost.replace(/:\d+$/, '') } : {}),
  }
  return new Promise((resolve, reject) => {
    const sent = (secure ? httpsRequest : httpRequest)(options, response => {
      resolve(read(response))
      response.destroy()
    })
    sent.on('error', error =>
      reject(options.signal.aborted ? new Error(`no answer within ${TIMEOUT_MS / 1000} s`) : error),
    )
    sent.end()
  })
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
