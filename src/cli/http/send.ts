/**
 * @module
 * One request to one server as it stands: its own Host, no redirect followed, and an end to the waiting.
 */

import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { codeOf } from '../user-error.ts'

export interface Server {
  /** Without a slash at its end. */
  readonly base: string
  /** The Host to send; null: the URL's own. */
  readonly host: string | null
}

export interface ServerRequest {
  readonly method: string
  /** As it is sent, after the base's own path. */
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** For one whole answer, in milliseconds. */
const TIMEOUT_MS = 15_000

/**
 * Sends a request and reads its answer. Rejects when there is no whole answer in time.
 *
 * @param agentFor for `http:` or `https:`; false: a connection of its own
 * @param read reads what is wanted of the answer, and lets go of it
 */
export function send<T>(
  { base, host }: Server,
  { method, path, headers }: ServerRequest,
  agentFor: (protocol: 'http:' | 'https:') => Agent | false,
  read: (response: IncomingMessage) => Promise<T>,
): Promise<T> {
  const url = new URL(base)
  const secure = url.protocol === 'https:'
  const sentHost = host ?? url.host
  const options = {
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port,
    agent: agentFor(secure ? 'https:' : 'http:'),
    method,
    path: base.slice(url.origin.length) + path,
    setHost: false,
    headers: ['Host', sentHost, ...headers.flat(), 'Accept', '*/*'],
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(secure ? { servername: sentHost.replace(/:\d+$/, '') } : {}),
  }
  return new Promise((resolve, reject) => {
    const sent = (secure ? httpsRequest : httpRequest)(options, response => {
      read(response).then(resolve, reject)
    })
    sent.on('error', error => {
      if (options.signal.aborted) reject(new Error(`no answer within ${TIMEOUT_MS / 1000} s`))
      // OpenSSL's own words for bytes that are no TLS are its source files and their lines.
      else if (codeOf(error) === 'EPROTO' && error.message.includes('wrong version number'))
        reject(new Error('what answers there speaks http, not https'))
      else reject(error)
    })
    sent.end()
  })
}
