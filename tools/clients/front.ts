/**
 * @module
 * The recorder's door before the edge: passes every request on byte for byte, and notes what a browser asked for.
 */

import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it came from a page. */
export interface SeenRequest {
  /** Of a preflight, the method that it asks for. */
  readonly method: string
  readonly preflight: boolean
  /** Of a preflight, the names that it asks for; of another, none. */
  readonly headers: readonly string[]
  readonly path: string
  readonly range: string | null
  readonly status: number
  /** Names of the response headers, lower-cased. */
  readonly responseHeaders: readonly string[]
}

export interface Front {
  readonly port: number
  /** The requests since the last call, in their order. */
  take(): SeenRequest[]
  close(): void
}

/** A server whose origin the edge shares, below a mount. */
export interface SharedSite {
  readonly port: number
  readonly mount: string
}

/** Starts the door before an edge on loopback; what is not below the mount of a site goes to the site. */
export async function startFront(edgePort: number, site: SharedSite | null = null): Promise<Front> {
  let seen: SeenRequest[] = []
  const note = (request: IncomingMessage, status: number, responseHeaders: readonly string[]): void => {
    const asked = request.headers['access-control-request-method']
    const preflight = request.method === 'OPTIONS' && asked !== undefined
    if (site === null && request.headers.origin === undefined) return
    const names = request.headers['access-control-request-headers']
    seen.push({
      method: preflight ? asked : (request.method ?? ''),
      preflight,
      headers: preflight && typeof names === 'string' ? names.split(',').map(name => name.trim()) : [],
      path: request.url ?? '',
      range: request.headers.range ?? null,
      status,
      responseHeaders,
    })
  }
  const pass = (request: IncomingMessage, response: ServerResponse): void => {
    const { method, url: path = '/', rawHeaders } = request
    const isOfSite = site !== null && !path.startsWith(`${site.mount}/`) && path !== site.mount
    const onward = send({
      host: '127.0.0.1',
      port: isOfSite ? site.port : edgePort,
      method,
      path,
      headers: rawHeaders,
      setHost: false,
    })
    onward.on('response', answer => {
      if (!isOfSite) note(request, answer.statusCode ?? 0, Object.keys(answer.headers))
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  }
  const server = createServer(pass)
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return {
    port: (server.address() as AddressInfo).port,
    take: () => {
      const taken = seen
      seen = []
      return taken
    },
    close: () => server.close().closeAllConnections(),
  }
}
