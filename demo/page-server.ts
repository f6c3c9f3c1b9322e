/**
 * @module
 * Serves the demo page from another origin than the edge's: its files, the edge's traffic as events, and the playground.
 * It also sends preflights, because browsers do not show the answers of preflights. A second name has the page above a
 * mount.
 */

import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { bundlePlayground, type PlaygroundFiles } from '../scripts/playground-bundle.ts'
import { isBelowMount, MOUNT, MOUNTED_HOST, passToEdge } from './mounted-page.ts'
import type { DemoKey } from './seed.ts'
import type { Traffic } from './traffic.ts'

/** The only files that are served: path → file from the repository's root, and its type. */
const FILES: ReadonlyMap<string, readonly [file: string, type: string]> = new Map([
  ['/', ['demo/page/index.html', 'text/html; charset=utf-8']],
  ['/page.css', ['demo/page/page.css', 'text/css; charset=utf-8']],
  ['/page.js', ['demo/page/page.js', 'text/javascript; charset=utf-8']],
  ['/dom.js', ['demo/page/dom.js', 'text/javascript; charset=utf-8']],
  ['/objects.js', ['demo/page/objects.js', 'text/javascript; charset=utf-8']],
  ['/traffic.js', ['demo/page/traffic.js', 'text/javascript; charset=utf-8']],
  ['/refusals.js', ['demo/page/refusals.js', 'text/javascript; charset=utf-8']],
  ['/frame.html', ['demo/page/frame.html', 'text/html; charset=utf-8']],
  ['/frame.js', ['demo/page/frame.js', 'text/javascript; charset=utf-8']],
  ['/rules.xml', ['rules/localhost.xml', 'application/xml; charset=utf-8']],
  [
    '/cos-js-sdk-v5.js',
    ['node_modules/cos-js-sdk-v5/dist/cos-js-sdk-v5.min.js', 'text/javascript; charset=utf-8'],
  ],
])

/** The playground's path, and the types of its files. */
const PLAYGROUND = '/playground/'
const PLAYGROUND_TYPES: ReadonlyMap<string, string> = new Map([
  ['index.html', 'text/html; charset=utf-8'],
  ['playground.js', 'text/javascript; charset=utf-8'],
  ['playground.css', 'text/css; charset=utf-8'],
  ['licences.txt', 'text/plain; charset=utf-8'],
])

/** Most bytes of a request to `/ask`: it is a few header lines. */
const MAX_QUESTION_BYTES = 4096
/** Most bytes of an answer that is shown: the edge's error document has 687. */
const MAX_ANSWER_BYTES = 16_384

/** The settings that the page needs. */
export interface PageSettings {
  /** The edge, such as `http://localhost:8787`. */
  readonly edge: string
  readonly key: DemoKey
}

/** As the page reads them from `/settings.json`. */
interface ServedSettings extends PageSettings {
  readonly isMounted: boolean
  /** Both ways to the page, so that it can offer the other. */
  readonly pages: { readonly crossOrigin: string; readonly mounted: string }
}

export interface PageServer {
  /** Reports each request at the edge to every open page. */
  show(traffic: Traffic): void
  close(): void
}

/**
 * Listens on `port` of each of `addresses`.
 *
 * @param root the repository's root, with a final slash
 * @throws the error of `listen`, such as EADDRINUSE
 */
export const servePage = async (
  root: URL,
  addresses: readonly string[],
  port: number,
  settings: PageSettings,
): Promise<PageServer> => {
  const watchers = new Set<ServerResponse>()
  const mountedHost = `${MOUNTED_HOST}:${port}`
  const hosts = new Set([`localhost:${port}`, mountedHost])
  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    // A request under another name comes from a foreign page whose name resolves to this server (DNS rebinding).
    const { host = '' } = req.headers
    if (!hosts.has(host)) return refuse(res, 421)
    const origin = `http://${host}`
    const path = req.url ?? ''
    const isMounted = host === mountedHost
    if (isMounted && isBelowMount(path)) return passToEdge(settings.edge, req, res)
    const edge = isMounted ? origin + MOUNT : settings.edge
    protect(res, origin, settings.edge, path === '/frame.html')
    if (path === '/ask') return ask(req, res, origin, settings.edge)
    if (req.method !== 'GET' && req.method !== 'HEAD') return refuse(res, 405)
    if (path === '/settings.json') {
      const pages = { crossOrigin: `http://localhost:${port}/`, mounted: `http://${mountedHost}/` }
      const served: ServedSettings = { edge, key: settings.key, isMounted, pages }
      return void res.setHeader('content-type', 'application/json').end(JSON.stringify(served))
    }
    if (path === '/events') return watch(res, watchers)
    if (path.startsWith(PLAYGROUND)) return playground(res, path.slice(PLAYGROUND.length) || 'index.html')
    const [file, type] = FILES.get(path) ?? []
    if (file === undefined || type === undefined) return refuse(res, 404)
    const content = await readFile(new URL(file, root))
    res.setHeader('content-type', type).setHeader('content-length', content.length)
    res.end(req.method === 'HEAD' ? undefined : content)
  }
  const servers: Server[] = []
  for (const address of addresses) {
    const server = createServer((req, res) => void answer(req, res).catch(() => refuse(res, 500)))
    servers.push(server)
    await listen(server, address, port)
  }
  return {
    show(traffic) {
      for (const watcher of watchers) watcher.write(`data: ${JSON.stringify(traffic)}\n\n`)
    },
    close() {
      for (const server of servers) server.close().closeAllConnections()
    },
  }
}

const listen = (server: Server, address: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, address, resolve)
  })

/** Built when it is first requested: most starts do not need it. */
let built: Promise<PlaygroundFiles> | undefined

async function playground(res: ServerResponse, name: string): Promise<void> {
  const type = PLAYGROUND_TYPES.get(name)
  if (type === undefined) return refuse(res, 404)
  built ??= bundlePlayground()
  const content = (await built).get(name)
  if (content === undefined) return refuse(res, 404)
  res.setHeader('content-type', type).end(content)
}

function refuse(res: ServerResponse, status: number): void {
  if (res.headersSent) res.destroy()
  else res.writeHead(status, { 'content-type': 'text/plain' }).end(`${status}\n`)
}

function protect(res: ServerResponse, origin: string, edge: string, isFrame: boolean): void {
  // The frame is sandboxed: its origin is null, for which 'self' would match nothing.
  const policy = isFrame
    ? [
        'sandbox allow-scripts',
        `script-src ${origin}/frame.js`,
        `connect-src ${edge}`,
        "frame-ancestors 'self'",
      ]
    : [
        "script-src 'self'",
        "style-src 'self'",
        'img-src data:',
        `connect-src 'self' ${edge}`,
        "frame-src 'self'",
        "frame-ancestors 'none'",
      ]
  res
    .setHeader(
      'content-security-policy',
      ["default-src 'none'", "base-uri 'none'", "form-action 'none'", ...policy].join('; '),
    )
    .setHeader('x-content-type-options', 'nosniff')
    .setHeader('referrer-policy', 'no-referrer')
    .setHeader('cache-control', 'no-store')
}

function watch(res: ServerResponse, watchers: Set<ServerResponse>): void {
  watchers.add(res)
  res.on('close', () => watchers.delete(res))
  res.writeHead(200, { 'content-type': 'text/event-stream' }).write(': the edge answers\n\n')
}

/**
 * Sends one preflight to the edge and returns its whole answer. The request has the preflight's three headers as JSON. It
 * goes to the edge alone, and only for this page.
 */
async function ask(req: IncomingMessage, res: ServerResponse, origin: string, edge: string): Promise<void> {
  if (req.method !== 'POST') return refuse(res, 405)
  if (req.headers.origin !== origin) return refuse(res, 403)
  const question = readQuestion(await readAll(req, MAX_QUESTION_BYTES))
  if (!question) return refuse(res, 400)
  const preflight = request(new URL(question.path, edge), { method: 'OPTIONS', headers: question.headers })
  const answer = await new Promise<IncomingMessage | null>(resolve => {
    preflight
      .on('response', resolve)
      .on('error', () => resolve(null))
      .end()
  })
  if (!answer) return refuse(res, 502)
  const body = await readAll(answer, MAX_ANSWER_BYTES)
  const { statusCode: status, statusMessage: reason, rawHeaders } = answer
  res.setHeader('content-type', 'application/json').end(JSON.stringify({ status, reason, rawHeaders, body }))
}

/** Returns null if no browser could send this preflight. */
function readQuestion(json: string | null): { path: string; headers: Record<string, string> } | null {
  let value: unknown
  try {
    value = JSON.parse(json ?? '')
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const { path, origin, method, headers } = value as Record<string, unknown>
  if (typeof path !== 'string' || !/^\/[\w./-]*$/.test(path) || path.startsWith('//')) return null
  if (typeof origin !== 'string' || typeof method !== 'string' || typeof headers !== 'string') return null
  if (![origin, method, headers].every(text => /^[\x20-\x7e]*$/.test(text))) return null
  return {
    path,
    headers: {
      origin,
      'access-control-request-method': method,
      ...(headers && { 'access-control-request-headers': headers }),
    },
  }
}

/** Returns null if it is longer than `limit`. */
async function readAll(message: IncomingMessage, limit: number): Promise<string | null> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > limit) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
