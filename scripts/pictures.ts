/**
 * @module
 * `npm run pictures`: the pictures of the README, from the real pages in Chromium, light and dark.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { launch } from '../tools/chromium.ts'
import { freePort } from '../tools/free-port.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const FOLDER = join(ROOT, 'docs/pictures')
const SCHEMES = ['light', 'dark'] as const
/** How long `npm start` may take. In milliseconds. */
const START_MS = 60_000

interface Scene {
  readonly path: string
  /** Of the window, in pixels. */
  readonly height: number
  readonly prepare: (page: Page) => Promise<unknown>
}

/** What is done on each page before its picture is taken. */
const PAGES: Readonly<Record<string, Scene>> = {
  demo: {
    path: '/',
    height: 800,
    async prepare(page) {
      await page.getByRole('link', { name: 'hello.txt' }).waitFor()
      await page.setInputFiles('#file', {
        name: 'photo.jpg',
        mimeType: 'image/jpeg',
        buffer: Buffer.alloc(2_400_000),
      })
      await page.locator('#uploads .done').waitFor()
      await page.getByRole('button', { name: 'A header that no rule allows' }).click()
      // Once by the script, once by the page's server.
      await page.locator('#traffic .refused').nth(1).waitFor()
      await page.evaluate(() => scrollTo(0, 0))
    },
  },
  playground: {
    path: '/playground/',
    height: 960,
    prepare: page => page.locator('.diff .added').waitFor(),
  },
}

const [port, pagePort] = [await freePort(), await freePort()]
const stateDir = mkdtempSync(join(tmpdir(), 'edge-preflight-pictures-'))
const demo = spawn(process.execPath, ['demo/start.ts'], {
  cwd: ROOT,
  env: { ...process.env, PORT: String(port), PAGE_PORT: String(pagePort), STATE_DIR: stateDir },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const ended = once(demo, 'close')
const browser = await launch()
try {
  await new Promise<void>((ready, fail) => {
    const timer = setTimeout(() => fail(new Error(`npm start took over ${START_MS / 1000} s.`)), START_MS)
    demo.stdout.on('data', chunk => {
      if (!String(chunk).includes('Ctrl-C')) return
      clearTimeout(timer)
      ready()
    })
    void ended.then(() => fail(new Error('npm start ended by itself.')))
  })
  // The first answer waits for the rules and the engine; the pictures are of a day like any other.
  await fetch(`http://localhost:${port}/`, {
    method: 'OPTIONS',
    headers: { origin: `http://localhost:${pagePort}`, 'access-control-request-method': 'GET' },
  })
  mkdirSync(FOLDER, { recursive: true })
  for (const [name, { path, height, prepare }] of Object.entries(PAGES)) {
    for (const colorScheme of SCHEMES) {
      const page = await browser.newPage({ viewport: { width: 1280, height }, colorScheme })
      await page.goto(`http://localhost:${pagePort}${path}`)
      await prepare(page)
      const file = join(FOLDER, `${name}-${colorScheme}.png`)
      await page.screenshot({ path: file, animations: 'disabled' })
      await page.close()
      console.log(`docs/pictures/${name}-${colorScheme}.png: ${(statSync(file).size / 1024).toFixed(0)} KiB`)
    }
  }
} finally {
  await browser.close()
  demo.kill('SIGTERM')
  await ended
  rmSync(stateDir, { recursive: true, force: true })
}
