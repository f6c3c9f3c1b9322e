/**
 * @module
 * The built Worker before a bucket in memory, a page on another origin, and Chromium: where clients are recorded.
 */

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import type { Page } from 'playwright-core'
import type { Configuration } from '../../src/cors/configuration.ts'
import { writeXml } from '../../src/formats/xml.ts'
import { launch } from '../chromium.ts'
import { type MemoryBucket, startBucket } from './bucket.ts'
import { type SeenRequest, startFront } from './front.ts'
import { runOperation, servePages } from './pages.ts'

const HERE = new URL('./', import.meta.url)
export const at = (path: string): string => fileURLToPath(new URL(path, HERE))
const EDGE_BUNDLE = at('../../dist/index.js')
const COMPATIBILITY_DATE = '2026-10-20'
/** Time for one operation, in ms: some clients retry a refused request for seconds. */
const OPERATION_TIMEOUT_MS = 60_000

/** The error of an operation that does not end. */
export const NO_RESULT = 'no result within a minute'

/** Where a client finds the bucket, as its page and its Node part get it. */
export interface Place {
  /** `http://host:port` of the edge. */
  readonly url: string
  /** `host:port` of the edge. */
  readonly host: string
  /** True below a mount: the URL and the host end with its path, and name the bucket alone. */
  readonly mounted: boolean
}

/** What became of one operation. */
export interface Outcome {
  /** What the operation returned; undefined where it failed. */
  readonly value: unknown
  /** First line of its error; null where it succeeded. */
  readonly error: string | null
  readonly requests: readonly SeenRequest[]
}

export interface Stage {
  readonly place: Place
  readonly bucket: MemoryBucket
  /** Pattern of the pages' origins. */
  readonly origin: string
  /** Runs an operation of a page in a browser of its own, by these rules. */
  run(client: string, operation: string, rules: Configuration, prepared: unknown): Promise<Outcome>
  close(): Promise<void>
}

/**
 * Starts all of it. `dist/index.js` has to be built, and the clients installed.
 *
 * @param settings further variables of the Worker; with MOUNT, the pages are on the edge's own origin
 */
export async function startStage(settings: Readonly<Record<string, string>> = {}): Promise<Stage> {
  const bucket = await startBucket()
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      // The log of refusals is not part of a recording.
      handleStructuredLogs: () => {},
      modules: [{ type: 'ESModule', path: 'index.js', contents: await readFile(EDGE_BUNDLE, 'utf8') }],
      compatibilityDate: COMPATIBILITY_DATE,
      kvNamespaces: { RULES: 'rules' },
      // 0: every answer reads the rules, so that a change takes effect at once.
      bindings: { ORIGIN: bucket.url, POLICY_TTL_SECONDS: '0', CACHE: 'off', ...settings },
      cf: false,
    }),
  )
  const pages = await servePages()
  const mount = settings.MOUNT ?? ''
  const site = mount === '' ? null : { port: pages.port, mount }
  const front = await startFront(Number((await miniflare.ready).port), site)
  const rulesInKv = await miniflare.getKVNamespace('RULES')
  const browser = await launch()
  const host = `${site === null ? 'edge.example' : 'localhost'}:${front.port}${mount}`
  const place: Place = { url: `http://${host}`, host, mounted: site !== null }
  const origin = `http://localhost:${site === null ? pages.port : front.port}`
  let open: { readonly key: string; readonly page: Page } | null = null
  const leave = async (): Promise<void> => {
    await open?.page.context().close()
    open = null
  }
  const pageOf = async (client: string, operation: string): Promise<Page> => {
    const key = `${client} ${operation}`
    if (open?.key === key) return open.page
    await leave()
    const page = await (await browser.newContext()).newPage()
    await page.goto(`${origin}/${client}.html`)
    await page.waitForFunction('window.operations !== undefined')
    open = { key, page }
    return page
  }
  return {
    place,
    bucket,
    origin,
    async run(client, operation, rules, prepared) {
      await rulesInKv.put('cors:edge.example', writeXml(rules))
      const page = await pageOf(client, operation)
      front.take()
      const { value, error } = await page.evaluate(runOperation, {
        operation,
        ctx: { ...place, prepared },
        timeout: OPERATION_TIMEOUT_MS,
        noResult: NO_RESULT,
      })
      // What has failed may go on, or have left something in the page's memory.
      if (error !== null) await leave()
      return { value, error, requests: front.take() }
    },
    async close() {
      await browser.close()
      pages.close()
      front.close()
      await miniflare.dispose()
      bucket.close()
    },
  }
}
