/**
 * RESOURCE_POLICY and TIMING in Chromium: what a cross-origin isolated page may load through the edge, and who sees the
 * size of a transfer.
 */

import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CHROMIUM, launch, WHY_SKIPPED } from '../../tools/chromium.ts'
import { SLOW } from './harness.ts'
import { type PlantedObject, type SharedOrigin, startSharedOrigin } from './shared-origin.ts'

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=',
  'base64',
)
const OBJECTS: Readonly<Record<string, PlantedObject>> = {
  '/image.png': { headers: { 'content-type': 'image/png' }, body: PNG },
  '/empty.wasm': { headers: { 'content-type': 'application/wasm' }, body: '\0asm\x01\0\0\0' },
  '/worker.js': {
    headers: {
      'content-type': 'text/javascript',
      'cross-origin-embedder-policy': 'require-corp',
      'document-isolation-policy': 'isolate-and-require-corp',
    },
    body: 'postMessage(crossOriginIsolated ? "isolated" : "shared")',
  },
}

const COOP = { 'cross-origin-opener-policy': 'same-origin' }
const isolatedBy = (headers: Record<string, string>): PlantedObject => ({
  headers,
  body: '<!doctype html><title>isolated</title>',
})
const PAGES: Readonly<Record<string, PlantedObject>> = {
  '/coep-require-corp': isolatedBy({ ...COOP, 'cross-origin-embedder-policy': 'require-corp' }),
  '/coep-credentialless': isolatedBy({ ...COOP, 'cross-origin-embedder-policy': 'credentialless' }),
  '/dip-require-corp': isolatedBy({ 'document-isolation-policy': 'isolate-and-require-corp' }),
  '/dip-credentialless': isolatedBy({ 'document-isolation-policy': 'isolate-and-credentialless' }),
}

const RULES = JSON.stringify([
  { AllowedOrigins: ['http://page.localhost:*'], AllowedMethods: ['GET'], MaxAgeSeconds: 0 },
])

if (!CHROMIUM) console.log(WHY_SKIPPED)

describe.skipIf(!CHROMIUM)('headers for embedding and timing', () => {
  let browser: Browser
  let site: SharedOrigin
  let page: Page

  beforeAll(async () => {
    ;[browser, site] = await Promise.all([
      launch(),
      startSharedOrigin(OBJECTS, PAGES, {
        vars: { RESOURCE_POLICY: 'cross-origin', TIMING: 'rules' },
        rules: {
          'cors:default': RULES,
          'bucket:plain.localhost': JSON.stringify({ resourcePolicy: 'off', timing: 'off' }),
          'bucket:trusted.localhost': JSON.stringify({ userContent: 'trusted' }),
        },
      }),
    ])
  }, SLOW)
  beforeEach(async () => {
    page = await (await browser.newContext()).newPage()
  })
  afterEach(() => page.context().close())
  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })

  const at = (name: string, path: string) => `http://${name}.localhost:${new URL(site.origin).port}${path}`

  /** Whether the page can show the image of a host below the mount. */
  const showsImage = (of: string): Promise<boolean> =>
    page.evaluate(
      src =>
        new Promise<boolean>(resolve => {
          const image = new Image()
          image.onload = () => resolve(true)
          image.onerror = () => resolve(false)
          image.src = src
        }),
      at(of, '/files/image.png'),
    )

  const firstMessage = (): Promise<string> =>
    page.evaluate(
      () =>
        new Promise<string>(resolve => {
          const worker = new Worker('/files/worker.js')
          worker.onmessage = ({ data }) => resolve(String(data))
          worker.onerror = () => resolve('error')
        }),
    )

  describe.each([
    ['/coep-require-corp', false],
    ['/coep-credentialless', true],
    ['/dip-require-corp', false],
    ['/dip-credentialless', true],
  ])('a page isolated by %s', (path, loadsWithoutPolicy) => {
    test('shows images of another origin with RESOURCE_POLICY, and runs WASM', {
      timeout: SLOW,
    }, async () => {
      await page.goto(at('page', path))
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
      expect(await showsImage('app')).toBe(true)
      expect(await showsImage('plain')).toBe(loadsWithoutPolicy)
      const exports = await page.evaluate(
        async url => {
          const { instance } = await WebAssembly.instantiateStreaming(fetch(url))
          return Object.keys(instance.exports)
        },
        at('app', '/files/empty.wasm'),
      )
      expect(exports).toEqual([])
    })

    test('shows images and runs WASM of its own origin without any', { timeout: SLOW }, async () => {
      await page.goto(at('plain', path))
      expect(await showsImage('plain')).toBe(true)
      await page.evaluate(() => WebAssembly.instantiateStreaming(fetch('/files/empty.wasm')).then(() => true))
    })
  })

  test.each(['/coep-require-corp', '/dip-require-corp'])(
    'a page isolated by %s has isolated workers of a trusted bucket, and of no other',
    { timeout: SLOW },
    async path => {
      await page.goto(at('trusted', path))
      expect(await firstMessage()).toBe('isolated')
      await page.goto(at('app', path))
      expect(await firstMessage()).toBe('error')
    },
  )

  test.each([
    ['an allowed origin sees the size of a transfer', 'page', 'app', 'anonymous', true],
    ['an origin that the rules do not allow sees none', 'stranger', 'app', 'anonymous', false],
    ['an allowed origin sees none without TIMING', 'page', 'plain', 'anonymous', false],
    ['a request without Origin shows none', 'page', 'app', null, false],
  ])('%s', { timeout: SLOW }, async (_, from, of, crossOrigin, isSeen) => {
    await page.goto(at(from, '/'))
    const url = at(of, '/files/image.png')
    const size = await page.evaluate(
      ([src, mode]) =>
        new Promise<number | undefined>(resolve => {
          const image = Object.assign(new Image(), { crossOrigin: mode, src })
          image.onload = image.onerror = () => {
            const [entry] = performance.getEntriesByName(src) as PerformanceResourceTiming[]
            resolve(entry?.transferSize)
          }
        }),
      [url, crossOrigin] as const,
    )
    if (isSeen) expect(size).toBeGreaterThan(PNG.length)
    else expect(size).toBe(0)
  })
})
