/**
 * @module
 * The built Worker in workerd, in front of a bucket on loopback that records what reaches it. Requests go to the
 * Worker's own socket as raw HTTP, with any Host, so nothing on the way adds or resolves anything.
 */

import { readFileSync } from 'node:fs'
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { EDGE_BUNDLE } from '../setup.ts'

export const COMPATIBILITY_DATE = '2026-10-20'

export interface Answer {
  status: number
  /** Lower-case names; several lines of one name are an array, as they came. */
  headers: Record<string, string | string[]>
  body: Buffer
  text: string
}

export interface RequestOptions {
  method?: string
  host?: string
  headers?: Record<string, string | string[]>
  body?: string | Buffer
}

/** Keeps connections, so that no request carries `Connection: close`. */
const agent = new Agent({ keepAlive: true })

/** Sends a request as written: the path is not normalised and no header is added but Host, Content-Length and Connection. */
export function send(origin: string, path: string, options: RequestOptions = {}): Promise<Answer> {
  const { hostname, port } = new URL(origin)
  const { method = 'GET', host = 'edge.example', headers = {}, body } = options
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        hostname,
        port,
        method,
        path,
        headers: { host, ...length, ...headers },
        setHost: false,
        agent,
      },
      response => collect(response).then(resolve, reject),
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

async function collect(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const headers: Answer['headers'] = {}
  for (let at = 0; at < response.rawHeaders.length; at += 2) {
    const name = (response.rawHeaders[at] ?? '').toLowerCase()
    const value = response.rawHeaders[at + 1] ?? ''
    const before = headers[name]
    headers[name] = before === undefined ? value : [...[before].flat(), value]
  }
  const body = Buffer.concat(chunks)
  return { status: response.statusCode ?? 0, headers, body, text: body.toString('utf8') }
}

/** What reached the bucket. */
export interface Received {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: Buffer
}

export type BucketHandler = (request: Received, response: ServerResponse) => void

/** A bucket on loopback: answers as the test says and remembers every request. */
export class RecordingBucket {
  readonly received: Received[] = []
  answer: BucketHandler = (_request, response) => response.end('object')
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<RecordingBucket> {
    const server = createServer({ maxHeaderSize: 256 * 1024 })
    const bucket = new RecordingBucket(server)
    server.on('request', async (incoming, response) => {
      const chunks: Buffer[] = []
      try {
        for await (const chunk of incoming) chunks.push(chunk as Buffer)
      } catch {
        return
      }
      const { method = '', url = '', headers } = incoming
      const received = { method, url, headers, body: Buffer.concat(chunks) }
      bucket.received.push(received)
      bucket.answer(received, response)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return bucket
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get last(): Received {
    const last = this.received.at(-1)
    if (last === undefined) throw new Error('no request has reached the bucket')
    return last
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

export interface EdgeOptions {
  vars?: Record<string, string>
  /** What KV holds, besides what the test puts there later. */
  rules?: Record<string, string>
  /** `host:port` that answers all that the Worker fetches, whatever the URL's host: as a DNS server would point there. */
  outbound?: string
  /** Leaves out the RULES binding. */
  withoutKv?: boolean
  /** Another Worker's module in place of KV, to make KV fail; it gets KV's own HTTP requests. */
  serviceBindings?: Record<string, (request: Request) => Response | Promise<Response>>
}

/** Passes everything on to one address, with the URL's own Host. */
const outboundWorker = (address: string) => ({
  name: 'outbound',
  modules: [
    {
      type: 'ESModule',
      path: 'index.js',
      contents: 'export default { fetch: (request, env) => env.TO.fetch(request) }',
    },
  ],
  compatibilityDate: COMPATIBILITY_DATE,
  serviceBindings: { TO: { external: { address, http: {} } } },
})

/** The built Worker in workerd. */
export class Edge {
  readonly #miniflare: Miniflare
  /** Lines that the Worker has logged, as they came. */
  readonly log: string[] = []
  origin = ''

  private constructor(options: EdgeOptions) {
    this.#miniflare = new Miniflare(
      convertV4MiniflareOptions({
        workers: [
          {
            name: 'edge',
            modules: [{ type: 'ESModule', path: 'index.js', contents: readFileSync(EDGE_BUNDLE, 'utf8') }],
            compatibilityDate: COMPATIBILITY_DATE,
            bindings: options.vars ?? {},
            ...(options.withoutKv ? {} : { kvNamespaces: ['RULES'] }),
            ...(options.outbound === undefined ? {} : { outboundService: 'outbound' }),
            unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
          },
          ...(options.outbound === undefined ? [] : [outboundWorker(options.outbound)]),
        ],
        handleStructuredLogs: ({ message }: { message: string }) => void this.log.push(message),
      } as Parameters<typeof convertV4MiniflareOptions>[0]),
    )
  }

  static async start(options: EdgeOptions): Promise<Edge> {
    const edge = new Edge(options)
    await edge.#miniflare.ready
    edge.origin = (await edge.#miniflare.unsafeGetDirectURL()).origin
    for (const [key, value] of Object.entries(options.rules ?? {})) await edge.putRules(key, value)
    return edge
  }

  /** Writes a KV value, such as `cors:edge.example`. */
  async putRules(key: string, value: string): Promise<void> {
    const kv = await this.#miniflare.getKVNamespace('RULES')
    await kv.put(key, value)
  }

  /** Key → value of all that KV holds. */
  async allRules(): Promise<Map<string, string>> {
    const kv = await this.#miniflare.getKVNamespace('RULES')
    const { keys } = await kv.list()
    const values = await Promise.all(keys.map(async ({ name }) => String(await kv.get(name, 'text'))))
    return new Map(keys.map(({ name }, i) => [name, values[i] ?? '']))
  }

  /** Runs the scheduled handler to its end. */
  async scheduled(): Promise<void> {
    const worker = await this.#miniflare.getWorker('edge')
    await worker.scheduled({ cron: '* * * * *' })
  }

  async deleteRules(key: string): Promise<void> {
    const kv = await this.#miniflare.getKVNamespace('RULES')
    await kv.delete(key)
  }

  send(path: string, options: RequestOptions = {}): Promise<Answer> {
    return send(this.origin, path, options)
  }

  /** A preflight, as a browser sends it. */
  preflight(path: string, origin: string, method: string, headers?: string, host?: string): Promise<Answer> {
    return this.send(path, {
      method: 'OPTIONS',
      ...(host === undefined ? {} : { host }),
      headers: {
        origin,
        'access-control-request-method': method,
        ...(headers === undefined ? {} : { 'access-control-request-headers': headers }),
      },
    })
  }

  stop(): Promise<void> {
    return this.#miniflare.dispose()
  }
}
