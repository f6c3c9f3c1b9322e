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
  /** Binds an Analytics Engine dataset as EVENTS. */
  withEvents?: boolean
  /** A module around the built Worker, which it imports from `./edge.js`. */
  around?: string
}

/**
 * Around a Worker: an answer to one of the methods comes once all is done that was left for the background. So no test
 * meets what one before it has set off, and what was to be stored is stored.
 */
export const settled = (...methods: readonly string[]): string => `
import edge from './edge.js'
const METHODS = ${JSON.stringify(methods)}
export default {
  ...edge,
  async fetch(request, env, context) {
    if (!METHODS.includes(request.method)) return edge.fetch(request, env, context)
    const background = []
    const waitUntil = promise => {
      background.push(promise)
      context.waitUntil(promise)
    }
    const answer = await edge.fetch(request, env, { waitUntil, passThroughOnException() {} })
    await Promise.allSettled(background)
    return answer
  },
}`

const module = (path: string, contents: string) => ({ type: 'ESModule', path, contents })

/** Passes everything on to one address, with the URL's own Host. */
const outboundWorker = (name: string, address: string) => ({
  name,
  modules: [module('index.js', 'export default { fetch: (request, env) => env.TO.fetch(request) }')],
  compatibilityDate: COMPATIBILITY_DATE,
  serviceBindings: { TO: { external: { address, http: {} } } },
})

/** The test's way to the KV of each edge, where Miniflare's own takes a thread and 0.2 s, and into the log. */
const DOOR = `
export default {
  async fetch(request, env) {
    const [name, method, ...args] = await request.json()
    return Response.json((await (env[name] ?? console)[method](...args)) ?? null)
  },
}`

/** A workerd with edges and a {@link DOOR}. */
interface Running {
  readonly miniflare: Miniflare
  /** Origin of the door. */
  readonly door: string
  readonly log: string[]
  /** Lines that are no edge's → what is called when they come. */
  readonly marks: Map<string, () => void>
}

/** The built Worker in workerd. */
export class Edge {
  readonly #running: Running
  readonly #name: string
  readonly origin: string
  /** The Host of requests that name no other. */
  readonly host: string

  private constructor(running: Running, name: string, origin: string, host: string) {
    this.#running = running
    this.#name = name
    this.origin = origin
    this.host = host
  }

  static async start(options: EdgeOptions): Promise<Edge> {
    return (await Edge.startAll({ edge: options })).edge
  }

  /** Starts several in one workerd, each with a KV of its own. Whoever stops one stops all. */
  static async startAll<Name extends string>(
    all: Readonly<Record<Name, EdgeOptions>>,
  ): Promise<Record<Name, Edge>> {
    const log: string[] = []
    const marks: Running['marks'] = new Map()
    const bundle = module('edge.js', readFileSync(EDGE_BUNDLE, 'utf8'))
    const unsafeDirectSockets = [{ host: '127.0.0.1', port: 0 }]
    const edges = Object.entries<EdgeOptions>(all).map(([name, options]) => ({
      name,
      modules: options.around === undefined ? [bundle] : [module('main.js', options.around), bundle],
      compatibilityDate: COMPATIBILITY_DATE,
      bindings: options.vars ?? {},
      ...(options.withoutKv ? {} : { kvNamespaces: { RULES: name } }),
      ...(options.withEvents ? { analyticsEngineDatasets: { EVENTS: { dataset: 'edge_preflight' } } } : {}),
      ...(options.outbound === undefined ? {} : { outboundService: `outbound-${name}` }),
      unsafeDirectSockets,
    }))
    const outbound = Object.entries<EdgeOptions>(all).flatMap(([name, options]) =>
      options.outbound === undefined ? [] : [outboundWorker(`outbound-${name}`, options.outbound)],
    )
    const door = {
      name: 'door',
      modules: [module('index.js', DOOR)],
      compatibilityDate: COMPATIBILITY_DATE,
      kvNamespaces: Object.fromEntries(Object.keys(all).map(name => [name, name])),
      unsafeDirectSockets,
    }
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({
        workers: [...edges, ...outbound, door],
        handleStructuredLogs: ({ message }: { message: string }) => {
          const mark = marks.get(message)
          if (mark === undefined) log.push(message)
          else mark()
        },
      } as unknown as Parameters<typeof convertV4MiniflareOptions>[0]),
    )
    await miniflare.ready
    const originOf = async (name: string) => (await miniflare.unsafeGetDirectURL(name)).origin
    const running: Running = { miniflare, door: await originOf(door.name), log, marks }
    const started = await Promise.all(
      edges.map(async ({ name }) => {
        const edge = new Edge(running, name, await originOf(name), 'edge.example')
        for (const [key, value] of Object.entries(all[name as Name].rules ?? {}))
          await edge.putRules(key, value)
        return [name, edge] as const
      }),
    )
    return Object.fromEntries(started) as Record<Name, Edge>
  }

  /** The same under another Host. */
  as(host: string): Edge {
    return new Edge(this.#running, this.#name, this.origin, host)
  }

  /** Lines that the Worker, and those that were started with it, have logged, as they came. */
  get log(): string[] {
    return this.#running.log
  }

  /** The log, once all lines have come that were logged until now. */
  async wholeLog(): Promise<string[]> {
    const { log, marks } = this.#running
    const mark = `mark ${marks.size}`
    const seen = new Promise<void>(resolve => marks.set(mark, resolve))
    await this.#ask('console', 'log', mark)
    await seen
    return log
  }

  /** Writes a KV value, such as `cors:edge.example`. */
  async putRules(key: string, value: string): Promise<void> {
    await this.#ask(this.#name, 'put', key, value)
  }

  async deleteRules(key: string): Promise<void> {
    await this.#ask(this.#name, 'delete', key)
  }

  async getRules(key: string): Promise<string | null> {
    return (await this.#ask(this.#name, 'get', key, 'text')) as string | null
  }

  /** The keys that KV holds. */
  async ruleKeys(): Promise<string[]> {
    const { keys } = (await this.#ask(this.#name, 'list')) as { keys: { name: string }[] }
    return keys.map(({ name }) => name)
  }

  /** Key → value of all that KV holds. */
  async allRules(): Promise<Map<string, string>> {
    const keys = await this.ruleKeys()
    const values = await Promise.all(keys.map(key => this.getRules(key)))
    return new Map(keys.map((key, i) => [key, values[i] ?? '']))
  }

  /** Has the door call a method of a KV, or of its console. */
  async #ask(of: string, method: string, ...args: string[]): Promise<unknown> {
    const body = JSON.stringify([of, method, ...args])
    const { status, text } = await send(this.#running.door, '/', { method: 'POST', body })
    if (status !== 200) throw new Error(`${of}.${method}(${args}): ${text}`)
    return JSON.parse(text)
  }

  /** Runs the scheduled handler to its end. */
  async scheduled(): Promise<void> {
    const worker = await this.#running.miniflare.getWorker(this.#name)
    await worker.scheduled({ cron: '* * * * *' })
  }

  send(path: string, options: RequestOptions = {}): Promise<Answer> {
    return send(this.origin, path, { host: this.host, ...options })
  }

  /** A preflight, as a browser sends it. */
  preflight(
    path: string,
    origin: string,
    method: string,
    headers?: string,
    host = this.host,
  ): Promise<Answer> {
    return this.send(path, {
      method: 'OPTIONS',
      host,
      headers: {
        origin,
        'access-control-request-method': method,
        ...(headers === undefined ? {} : { 'access-control-request-headers': headers }),
      },
    })
  }

  stop(): Promise<void> {
    return this.#running.miniflare.dispose()
  }
}
