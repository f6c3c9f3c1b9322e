/**
 * @module
 * What a user waits for, in Chromium: many uploads of parts and reads of small objects from the bucket directly, through
 * the edge from another origin, and below a mount of the page's own. Distances are delays on loopback; HTTP/1.1.
 */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { tableOf } from '../scripts/table.ts'
import { launch } from '../tools/chromium.ts'
import { type Road, startRoad } from './delayed.ts'
import { startWorkerd } from './workerd.ts'

const MOUNT = '/files'
/** What Chromium opens to one host over HTTP/1.1. */
const CONNECTIONS = 6
/** Small: what counts are the exchanges. */
const PART_BYTES = 1024
const OBJECT = Buffer.alloc(2048, 'x')

/** Round trips in milliseconds. */
interface Distances {
  readonly userEdge: number
  readonly edgeBucket: number
  readonly userBucket: number
}

const DISTANCES: readonly Distances[] = [
  ...[50, 150, 300].map(bucket => ({ userEdge: 10, edgeBucket: bucket, userBucket: bucket })),
  { userEdge: 150, edgeBucket: 10, userBucket: 150 },
]

interface Work {
  readonly name: string
  readonly count: number
  readonly method: 'GET' | 'PUT'
  /** Path and query of a request by its number. */
  readonly path: string
}

const WORK: readonly Work[] = [
  { name: '100 parts', count: 100, method: 'PUT', path: '/film.bin?uploadId=1&partNumber=' },
  { name: '200 objects', count: 200, method: 'GET', path: '/small-' },
]

/** What an SDK sends with each request. Not checked here: RESIGN is off. */
const HEADERS = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261125/us-east-1/s3/aws4_request, ' +
    `SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${'0'.repeat(64)}`,
  'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
  'x-amz-date': '20261125T000000Z',
}

const RULES = JSON.stringify([
  {
    AllowedOrigins: ['http://page.example:*'],
    AllowedMethods: ['GET', 'PUT'],
    AllowedHeaders: ['*'],
    ExposeHeaders: ['ETag'],
    MaxAgeSeconds: 3600,
  },
])

interface Measured {
  readonly seconds: number
  readonly requests: number
}

const WAYS = ['direct', 'crossOrigin', 'mounted'] as const
type Way = (typeof WAYS)[number]

/** Where a page is, where it finds the bucket, and who counts its requests. */
type Ways = Readonly<
  Record<Way, { readonly from: string; readonly base: string; readonly counted: Listening }>
>

export interface Waterfall extends Distances, Readonly<Record<Way, Measured>> {
  readonly work: string
}

/** Measures each distance and each work once: delays of seconds outweigh the noise of an idle machine. */
export async function measureWaterfall(): Promise<Waterfall[]> {
  const bucket = await listen(answerAsBucket)
  const pages = await listen(answerWithPage)
  const roads: Road[] = []
  const road = async (to: number, roundTrip: number): Promise<number> => {
    const started = await startRoad(to, roundTrip)
    roads.push(started)
    return started.port
  }
  const source = readFileSync('dist/index.js', 'utf8')
  const edgeOf = ({ edgeBucket }: Distances) => `edge-${edgeBucket}`
  const subjects = new Map<string, Promise<{ name: string; vars: Record<string, string> }>>()
  for (const distances of DISTANCES)
    subjects.set(
      edgeOf(distances),
      road(bucket.port, distances.edgeBucket).then(port => ({
        name: edgeOf(distances),
        vars: { ORIGIN: `http://127.0.0.1:${port}`, DIALECT: 's3', MOUNT },
      })),
    )
  const edges = (await Promise.all(subjects.values())).map(edge => ({ ...edge, source, kv: true }))
  const workerd = await startWorkerd(edges, RULES)
  const browser = await launch()
  const fronts: Listening[] = []
  const results: Waterfall[] = []
  try {
    for (const distances of DISTANCES) {
      const front = await listen(answerAsSite(workerd.url(edgeOf(distances))))
      fronts.push(front)
      const direct = await road(bucket.port, distances.userBucket)
      const edge = await road(front.port, distances.userEdge)
      const page = `http://page.example:${pages.port}/`
      const site = `http://app.example:${edge}`
      for (const work of WORK) {
        console.error(`  ${JSON.stringify(distances)} ${work.name} …`)
        const ways: Ways = {
          direct: { from: page, base: `http://bucket.example:${direct}`, counted: bucket },
          crossOrigin: { from: page, base: site + MOUNT, counted: front },
          mounted: { from: `${site}/`, base: site + MOUNT, counted: front },
        }
        results.push({ ...distances, work: work.name, ...(await measureWays(browser, ways, work)) })
      }
    }
  } finally {
    await browser.close()
    await workerd.stop()
    for (const each of [...roads, ...fronts, bucket, pages]) each.close()
  }
  for (const { direct, crossOrigin, mounted, work } of results) {
    const count = WORK.find(({ name }) => name === work)?.count ?? 0
    assert.deepEqual(
      [direct, crossOrigin, mounted].map(({ requests }) => requests),
      [2 * count, 2 * count, count],
    )
  }
  return results
}

async function measureWays(browser: Browser, ways: Ways, work: Work): Promise<Record<Way, Measured>> {
  const measured: [Way, Measured][] = []
  for (const way of WAYS) measured.push([way, await measure(browser, ways[way], work)])
  return Object.fromEntries(measured) as Record<Way, Measured>
}

/** Does the work in a page of a fresh profile, once its connections are open. Throws unless every answer is a 200. */
async function measure(
  browser: Browser,
  { from, base, counted }: Ways[Way],
  { count, method, path }: Work,
): Promise<Measured> {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    await page.goto(from)
    await page.evaluate(
      ([url, headers, connections]) =>
        Promise.all(
          Array.from({ length: connections }, async (_, at) => (await fetch(url + at, { headers })).text()),
        ),
      [`${base}/first-`, HEADERS, CONNECTIONS] as const,
    )
    const before = counted.requests()
    const seconds = await page.evaluate(
      async ({ url, count, method, headers, bytes, lanes }) => {
        const body = method === 'PUT' ? new Uint8Array(bytes) : null
        let next = 0
        const lane = async (): Promise<void> => {
          while (next < count) {
            const response = await fetch(url + next++, { method, headers, body })
            if (response.status !== 200) throw new Error(`status ${response.status}`)
            await response.arrayBuffer()
          }
        }
        const started = performance.now()
        await Promise.all(Array.from({ length: lanes }, lane))
        return (performance.now() - started) / 1000
      },
      { url: base + path, count, method, headers: HEADERS, bytes: PART_BYTES, lanes: CONNECTIONS },
    )
    return { seconds, requests: counted.requests() - before }
  } finally {
    await context.close()
  }
}

interface Listening {
  readonly port: number
  /** How many requests have come, pages aside. */
  requests(): number
  close(): void
}

type Answer = (incoming: IncomingMessage, response: ServerResponse) => void

async function listen(answer: Answer): Promise<Listening> {
  let requests = 0
  const server: Server = createServer((incoming, response) => {
    if (incoming.url !== '/' && incoming.url !== '/favicon.ico') requests++
    answer(incoming, response)
  })
  // Longer than any pause of a run: a connection that is made again would cost a round trip.
  server.keepAliveTimeout = 600_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    requests: () => requests,
    close: () => server.close().closeAllConnections(),
  }
}

function answerWithPage(_incoming: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>page</title>')
}

/** A bucket that answers CORS itself, and stores nothing. */
function answerAsBucket(incoming: IncomingMessage, response: ServerResponse): void {
  const { origin } = incoming.headers
  if (origin !== undefined) response.setHeader('access-control-allow-origin', origin)
  if (incoming.method === 'OPTIONS') {
    response.setHeader('access-control-allow-methods', 'GET, PUT')
    response.setHeader('access-control-allow-headers', Object.keys(HEADERS).join(', '))
    response.setHeader('access-control-max-age', '3600')
  }
  response.setHeader('cache-control', 'no-store')
  incoming
    .resume()
    .on('end', () => response.setHeader('etag', '"1"').end(incoming.method === 'GET' ? OBJECT : ''))
}

/** The site: its page, and the edge below the mount. */
function answerAsSite(edge: string): Answer {
  const { hostname, port } = new URL(edge)
  const agent = new Agent({ keepAlive: true })
  return (incoming, response) => {
    const { url: path = '/', method, headers } = incoming
    if (!path.startsWith(`${MOUNT}/`)) return answerWithPage(incoming, response)
    const onward = request({ hostname, port, path, method, headers, setHost: false, agent }, answer => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    incoming.pipe(onward)
  }
}

/** One line for each distance and work, ratios of this run. */
export function waterfallTable(results: readonly Waterfall[]): string {
  const seconds = ({ seconds, requests }: Measured) => `${seconds.toFixed(1)} s, ${requests} requests`
  const ratio = (one: Measured, other: Measured) => (one.seconds / other.seconds).toFixed(2)
  return tableOf(
    [
      'user–edge, edge–bucket, user–bucket',
      'work',
      'bucket directly',
      'edge, cross-origin',
      'edge, mounted',
      'mounted / directly',
      'mounted / cross-origin',
    ],
    results.map(({ userEdge, edgeBucket, userBucket, work, direct, crossOrigin, mounted }) => [
      `${userEdge}, ${edgeBucket}, ${userBucket} ms`,
      work,
      seconds(direct),
      seconds(crossOrigin),
      seconds(mounted),
      ratio(mounted, direct),
      ratio(mounted, crossOrigin),
    ]),
  )
}
