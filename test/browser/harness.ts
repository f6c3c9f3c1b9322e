/**
 * @module
 * Pages on origins of their own choice, and the built Worker before the demo bucket.
 */

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import type { Page } from 'playwright-core'
import { BUCKET_BUNDLE, EDGE_BUNDLE } from '../setup.ts'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** For a test that starts a browser, workerd or wrangler on a machine that has other things to do. In ms. */
export const SLOW = 120_000

/** A preflight that the browser sent, with the answer's headers. Only its debugger can see them. */
export interface Preflight {
  readonly url: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

/** The preflights of `page` from now on, as they are answered. */
export async function watchPreflights(page: Page): Promise<readonly Preflight[]> {
  const seen: Preflight[] = []
  const debug = await page.context().newCDPSession(page)
  debug.on('Network.responseReceived', ({ type, response: { url, status, headers } }) => {
    if (type !== 'Preflight') return
    const lowerCased = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
    seen.push({ url, status, headers: Object.fromEntries(lowerCased) })
  })
  await debug.send('Network.enable')
  return seen
}

export interface Site {
  /** `host:port` of the edge. */
  readonly edge: string
  /** The key pair of the demo bucket. */
  readonly key: { readonly SecretId: string; readonly SecretKey: string }
  /** The address of a page with the COS SDK, on `http://<name>:<port>`. */
  page(name: string): string
  /** Makes `xml` the rules of the edge's host. */
  publish(xml: string): Promise<void>
  close(): Promise<void>
}

/** Starts `dist/index.js` as `edge.example` before the demo bucket, and a server for pages. */
export async function startSite(): Promise<Site> {
  const read = (file: string): Promise<string> => readFile(join(ROOT, file), 'utf8')
  const [edgeSettings, bucketSettings, edge, bucket] = await Promise.all([
    read('wrangler.toml'),
    read('demo/wrangler.toml'),
    read(EDGE_BUNDLE),
    read(BUCKET_BUNDLE),
  ])
  const key = {
    SecretId: setting(bucketSettings, 'DEMO_SECRET_ID'),
    SecretKey: setting(bucketSettings, 'DEMO_SECRET_KEY'),
  }
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      // What the edge logs about refusals is no part of a test's output.
      handleStructuredLogs: () => {},
      workers: [
        {
          name: 'edge',
          modules: [{ type: 'ESModule', path: 'index.js', contents: edge }],
          compatibilityDate: setting(edgeSettings, 'compatibility_date'),
          kvNamespaces: { RULES: 'rules' },
          serviceBindings: { BUCKET: 'bucket' },
          // Zero: every answer reads the rules, so that a change is seen at once.
          bindings: { ORIGIN: 'service', POLICY_TTL_SECONDS: '0' },
        },
        {
          name: 'bucket',
          modules: [{ type: 'ESModule', path: 'index.js', contents: bucket }],
          compatibilityDate: setting(bucketSettings, 'compatibility_date'),
          r2Buckets: { [setting(bucketSettings, 'binding')]: 'demo' },
          bindings: { DEMO_SECRET_ID: key.SecretId, DEMO_SECRET_KEY: key.SecretKey },
        },
      ],
    }),
  )
  const { port } = await miniflare.ready
  const rules = await miniflare.getKVNamespace('RULES', 'edge')
  const pages = await servePages()
  return {
    edge: `edge.example:${port}`,
    key,
    page: name => `http://${name}:${pages.port}/`,
    publish: xml => rules.put('cors:edge.example', xml),
    async close() {
      pages.close()
      await miniflare.dispose()
    },
  }
}

/** One empty page and the SDK, whatever the host. */
export async function servePages(): Promise<{ port: number; close(): void }> {
  const sdk = await readFile(join(ROOT, 'node_modules/cos-js-sdk-v5/dist/cos-js-sdk-v5.min.js'))
  const server = createServer(({ url }, response) => {
    const [type, body] = url === '/sdk.js' ? ['javascript', sdk] : ['html', '<script src="/sdk.js"></script>']
    // The SDK is not ASCII: in a browser's default charset it does not even parse.
    response.setHeader('content-type', `text/${type}; charset=utf-8`).end(body)
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => server.close().closeAllConnections(),
  }
}

/** The value of a one-line setting in a wrangler.toml. */
export function setting(toml: string, name: string): string {
  const line = toml.split('\n').find(text => text.startsWith(`${name} = "`))
  if (line === undefined) throw new Error(`wrangler.toml has no ${name}.`)
  return line.slice(name.length + 4, line.lastIndexOf('"'))
}
