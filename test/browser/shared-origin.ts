/**
 * @module
 * A site with a bucket below two paths of its own origin: `/files` is the edge's mount, `/naive` a proxy that passes
 * everything on. `localhost` names are secure contexts, as a site with https is.
 */

import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Edge, type EdgeOptions, type Received, RecordingBucket } from '../worker/harness.ts'

/** An object of the bucket, as whoever wrote it made it answer; or a page of the site. */
export interface PlantedObject {
  readonly status?: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

export interface SharedOrigin {
  /** `http://app.localhost:<port>`. */
  readonly origin: string
  /** What reached the bucket, below either path. */
  readonly received: readonly Received[]
  /** Methods of the requests that came for the mount. */
  readonly methods: readonly string[]
  /** Requests that reached the site itself. */
  readonly visited: readonly IncomingMessage[]
  close(): Promise<void>
}

/**
 * Starts the site, the edge and the bucket.
 *
 * @param objects path → object
 * @param pages path → HTML or script of the site; every other path is an empty page
 */
export async function startSharedOrigin(
  objects: Readonly<Record<string, PlantedObject>>,
  pages: Readonly<Record<string, string | PlantedObject>>,
  { vars, rules = {} }: Pick<EdgeOptions, 'vars' | 'rules'> = {},
): Promise<SharedOrigin> {
  const bucket = await RecordingBucket.start()
  bucket.answer = ({ url }, response) => {
    const object = objects[url.split('?', 1)[0] ?? ''] ?? { status: 404, headers: {} }
    response.writeHead(object.status ?? 200, object.headers).end(object.body)
  }
  const edge = await Edge.start({ vars: { ORIGIN: bucket.origin, MOUNT: '/files', ...vars }, rules })
  const visited: IncomingMessage[] = []
  const methods: string[] = []
  const site = createServer((incoming, response) => {
    const { url = '/', method = '' } = incoming
    if (/^\/files(?:[/?]|$)/.test(url)) {
      methods.push(method)
      pass(edge.origin, url, incoming, response)
    } else if (url.startsWith('/naive/')) pass(bucket.origin, url.slice('/naive'.length), incoming, response)
    else {
      visited.push(incoming)
      const path = url.split('?', 1)[0] ?? ''
      const type = path.endsWith('.js') ? 'text/javascript' : 'text/html'
      const page = pages[path] ?? '<!doctype html><title>site</title>'
      const { headers = {}, body = '' } = typeof page === 'string' ? { body: page } : page
      response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, ...headers }).end(body)
    }
  })
  site.listen(0, '127.0.0.1')
  await once(site, 'listening')
  return {
    origin: `http://app.localhost:${(site.address() as AddressInfo).port}`,
    received: bucket.received,
    methods,
    visited,
    async close() {
      await Promise.all([closed(site), edge.stop(), bucket.stop()])
    },
  }
}

/** Passes a request on as it is, and the answer back as it is. */
function pass(origin: string, path: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { hostname, port } = new URL(origin)
  const { method, headers } = incoming
  const sent = request({ hostname, port, path, method, headers, setHost: false }, answer => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
    answer.pipe(response)
  })
  sent.on('error', () => response.destroy())
  incoming.pipe(sent)
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
}
