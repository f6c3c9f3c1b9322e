/**
 * @module
 * Sends one request to one server: with a given Host, without following redirects, with a timeout.
 */

import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { codeOf } from '../user-error.ts'

export interface Server {
  /** Without a slash at its end. */
  readonly base: string
  /** The Host header. null for the URL's own host. */
  readonly host: string | null
}

export interface ServerRequest {
  readonly method: string
  /** Path and query exactly as sent, after the base's own path. */
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** Timeout for one complete response, in milliseconds. */
const TIMEOUT_MS = 15_000

/**
 * Sends a request and reads its response. Rejects on a timeout or a network error.
 *
 * @param agentFor returns the agent for `http:` or `https:`, or false for a new connection
 * @param read reads what it needs of the response, then destroys it
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
      if (options.signal.aborted) reject(new Error(`no response within ${TIMEOUT_MS / 1000} s`))
      // OpenSSL reports bytes that are not TLS with its own source files and lines.
      else if (codeOf(error) === 'EPROTO' && error.message.includes('wrong version number'))
        reject(new Error('the server speaks http, not https'))
      else reject(error)
    })
    sent.end()
  })
}
