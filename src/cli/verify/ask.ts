/**
 * @module
 * Sends one probe to one server and reads what is compared: status, error code, and CORS headers line by line.
 */

import { Agent as HttpAgent, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { type Server, send } from '../http/send.ts'
import { shellWord, visible } from '../print/terminal.ts'
import type { Probe } from './probes.ts'

export interface ServerAnswer {
  readonly status: number
  /** `Code` of the error document. Empty if there is no error document. */
  readonly code: string
  /** Lower-case name → value of `Access-Control-*` and `Vary`. Several lines of one name are joined by a line feed. */
  readonly headers: Readonly<Record<string, string>>
}

/** Bytes read of an error document. */
const MAX_ERROR_BYTES = 16 * 1024
/** Characters kept of one header value. */
const MAX_VALUE = 1024

const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) }

/** Sends a probe. Rejects on a timeout or a network error. A redirect is a normal answer. */
export const ask = (server: Server, probe: Probe): Promise<ServerAnswer> =>
  send(server, probe, protocol => agents[protocol], read)

async function read(response: IncomingMessage): Promise<ServerAnswer> {
  const status = response.statusCode ?? 0
  let text = ''
  if (status >= 400) {
    for await (const chunk of response.setEncoding('latin1')) {
      text += chunk
      if (text.length > MAX_ERROR_BYTES) break
    }
  } else if (Number(response.headers['content-length'] ?? MAX_ERROR_BYTES) < MAX_ERROR_BYTES) {
    // A short body is read to its end, so that the connection can be reused.
    for await (const _ of response);
  }
  // The bytes of the object are not needed.
  response.destroy()
  return {
    status,
    code: /<Code>([\w.-]{1,64})<\/Code>/.exec(text)?.[1] ?? '',
    headers: corsHeaders(response),
  }
}

function corsHeaders({ rawHeaders }: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase()
    if (name !== 'vary' && !name.startsWith('access-control-')) continue
    const value = visible(rawHeaders[at + 1] ?? '').slice(0, MAX_VALUE)
    const before = headers[name]
    headers[name] = before === undefined ? value : `${before}\n${value}`
  }
  return headers
}

/** Returns the curl command that repeats a probe. */
export function curlLine({ base, host }: Server, probe: Probe): string {
  const how = probe.method === 'HEAD' ? ['-I'] : probe.method === 'GET' ? [] : ['-X', probe.method]
  const headers = [...(host === null ? [] : [['Host', host] as const]), ...probe.headers]
  const lines = headers.flatMap(([name, value]) => ['-H', shellWord(`${name}: ${value}`)])
  return ['curl', '-sSi', '--path-as-is', ...how, ...lines, shellWord(base + probe.path)].join(' ')
}
