import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import COS from 'cos-nodejs-sdk-v5'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { CHROMIUM, launch } from '../../tools/chromium.ts'
import { freePort } from '../../tools/free-port.ts'
import { eventually } from '../eventually.ts'
import { ROOT, SLOW, setting } from './harness.ts'

/** `npm start` on ports of its own, with its state in a folder of its own. */
class Demo {
  printed = ''
  readonly #process: ChildProcess
  readonly ended: Promise<unknown[]>

  constructor(port: number, pagePort: number, stateDir: string) {
    this.#process = spawn(process.execPath, ['demo/start.ts'], {
      cwd: ROOT,
      env: { ...process.env, PORT: String(port), PAGE_PORT: String(pagePort), STATE_DIR: stateDir },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.ended = once(this.#process, 'close')
    this.#process.stderr?.on('data', chunk => {
      this.printed += chunk
    })
  }

  /** Resolves when it has told what to try. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#process.stdout?.on('data', chunk => {
        this.printed += chunk
        if (this.printed.includes('Ctrl-C')) resolve()
      })
      this.ended.then(() => reject(new Error(`It ended by itself:\n${this.printed}`)))
    })
  }

  /** What it has printed since it told what to try, line by line. */
  get log(): string[] {
    const [, log = ''] = this.printed.split(/^Ctrl-C.*\n\n/m)
    return log.trimEnd().split('\n')
  }

  /** Closes the pipe that it prints into, as `head` does. */
  stopReading(): void {
    this.#process.stdout?.destroy()
  }

  /** Ends it as a terminal or a supervisor would; resolves with its exit code. */
  async stop(signal: NodeJS.Signals): Promise<unknown> {
    this.#process.kill(signal)
    const [code] = await this.ended
    return code
  }
}

describe('npm start', () => {
  let demo: Demo
  let port: number
  let pagePort: number
  let stateDir: string
  let browser: Browser | undefined
  let page: Page
  const hosts = new Set<string>()
  const problems: string[] = []

  beforeAll(async () => {
    port = await freePort()
    pagePort = await freePort()
    stateDir = await mkdtemp(join(tmpdir(), 'edge-preflight-'))
    demo = new Demo(port, pagePort, stateDir)
    await demo.ready()
    if (!CHROMIUM) return
    browser = await launch()
    page = await browser.newPage()
    page.on('request', request => hosts.add(new URL(request.url()).host))
    page.on('pageerror', error => problems.push(error.message))
    page.on('console', message => {
      if (message.text().includes('Content Security Policy')) problems.push(message.text())
    })
    await page.goto(`http://localhost:${pagePort}/`)
    await page.getByRole('link', { name: 'hello.txt' }).waitFor()
  }, SLOW)
  afterAll(async () => {
    await browser?.close()
    await demo.stop('SIGTERM')
    await rm(stateDir, { recursive: true, force: true, maxRetries: 5 })
  })

  test.skipIf(!hasCurl())('prints three commands that do what they say', () => {
    const commands = demo.printed.match(/curl (?:.*\\\n)*.*/g) ?? []
    expect(commands).toHaveLength(3)
    const [allowed, refused, read] = commands.map(command =>
      execFileSync('sh', ['-c', `${command} --silent --noproxy '*'`], { encoding: 'utf8' }).toLowerCase(),
    )
    expect(allowed).toContain('200 ok')
    expect(allowed).toContain(`access-control-allow-origin: http://localhost:${pagePort}`)
    expect(allowed).toContain('access-control-allow-headers: content-type')
    expect(refused).toContain('403 forbidden')
    expect(refused).toContain('<code>accessforbidden</code>')
    expect(refused).not.toContain('access-control-allow')
    expect(read).toContain('200 ok')
    expect(read).toContain(`access-control-allow-origin: http://localhost:${pagePort}`)
    expect(read).toContain('hello from the bucket')
  })

  test('prints the log of the edge, a JSON object in each line, and nothing else', async () => {
    const origin = 'http://logged.example'
    expect(await refuse(port, origin)).toMatchObject({ status: 403 })
    const refusal = { event: 'preflight', outcome: 'refused', origin, check: 'origin' }
    const lines = await eventually(() => {
      const events = demo.log.map(line => JSON.parse(line))
      expect(events.at(-1)).toMatchObject(refusal)
      return events
    })
    expect(lines.filter(({ event }) => typeof event !== 'string')).toEqual([])
  })

  test('puts the rules into the bucket, too', async () => {
    const settings = await readFile(join(ROOT, 'demo/wrangler.toml'), 'utf8')
    const authorization = COS.getAuthorization({
      SecretId: setting(settings, 'DEMO_SECRET_ID'),
      SecretKey: setting(settings, 'DEMO_SECRET_KEY'),
      Method: 'GET',
      Pathname: '/',
      Query: { cors: '' },
      Headers: { Host: `localhost:${port}` },
    })
    const response = await fetch(`http://localhost:${port}/?cors`, { headers: { authorization } })
    expect(await response.text()).toBe(await readFile(join(ROOT, 'rules/localhost.xml'), 'utf8'))
  })

  test('serves only the page, and asks the edge only for the page', async () => {
    const page = `http://localhost:${pagePort}`
    const question = { path: '/hello.txt', origin: 'null', method: 'PUT', headers: '' }
    const ask = (origin: string) =>
      fetch(`${page}/ask`, { method: 'POST', headers: { origin }, body: JSON.stringify(question) })

    expect((await fetch(`${page}/package.json`)).status).toBe(404)
    expect((await fetch(`${page}/..%2fpackage.json`)).status).toBe(404)
    expect((await ask('http://evil.example')).status).toBe(403)
    expect((await ask(page)).status).toBe(200)
  })

  test('says in one sentence that a port is taken', { timeout: SLOW }, async () => {
    const other = new Demo(port, await freePort(), stateDir)
    const [code] = await other.ended
    expect(code).toBe(1)
    expect(other.printed).toBe(
      `Port ${port} is taken by another program: end that, or set PORT to a free port.\n`,
    )
  })

  describe.skipIf(!CHROMIUM)('its page in Chromium', () => {
    test('uploads a file, lists it, downloads it and deletes it', { timeout: SLOW }, async () => {
      const name = 'grüße & 100%.txt'
      const content = 'from a page on another origin'
      await page.setInputFiles('#file', { name, mimeType: 'text/plain', buffer: Buffer.from(content) })
      await page.getByRole('link', { name: `uploads/${name}` }).waitFor()
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: `Download uploads/${name}` }).click(),
      ])
      expect(download.suggestedFilename()).toMatch(/^grüße & 100.\.txt$/)
      expect(await readFile(await download.path(), 'utf8')).toBe(content)

      const rows = page.locator('#traffic tr').filter({ hasText: `/uploads/${name}` })
      await rows.filter({ hasText: 'GET' }).first().waitFor()
      expect(
        await rows.filter({ hasText: 'OPTIONS' }).filter({ hasText: '200 allowed' }).count(),
      ).toBeGreaterThan(0)
      expect(await rows.filter({ hasText: 'PUT' }).count()).toBe(1)

      await page.getByRole('button', { name: `Delete uploads/${name}` }).click()
      await page.getByRole('link', { name: `uploads/${name}` }).waitFor({ state: 'detached' })
    })

    test('shows what a script sees of a refusal, and the answer of the edge', { timeout: SLOW }, async () => {
      const attempt = async (button: string) => {
        await page.getByRole('button', { name: button }).click()
        await page.locator('#refusals button:disabled').waitFor({ state: 'detached' })
        return [await page.textContent('#script-answer'), await page.textContent('#edge-answer')]
      }

      const [scriptOnHeader, edgeOnHeader] = await attempt('A header that no rule allows')
      expect(scriptOnHeader).toContain('TypeError: Failed to fetch')
      expect(edgeOnHeader).toMatch(/^403 Forbidden\n/)
      expect(edgeOnHeader).toContain('x-not-allowed')
      const [scriptOnNull, edgeOnNull] = await attempt('From a frame of origin')
      expect(scriptOnNull).toMatch(/^origin: null\n[\s\S]*TypeError: Failed to fetch/)
      expect(edgeOnNull).toMatch(/^403 Forbidden\n/)
      const [scriptOnRange, edgeOnRange] = await attempt('An allowed one')
      expect(scriptOnRange).toMatch(/206 Partial Content\n[\s\S]*\n\nHello$/)
      expect(edgeOnRange).toMatch(/^200 OK\n/)
      await page.locator('#traffic').getByText('no rule allows the origin null').first().waitFor()
    })

    test('above the mount, uploads in parts without a preflight, and leads back', {
      timeout: SLOW,
    }, async () => {
      await page.getByRole('link', { name: 'Mounted' }).click()
      await page.waitForURL(`http://127.0.0.1:${pagePort}/`)
      await page.getByRole('link', { name: 'hello.txt' }).waitFor()
      hosts.delete(`localhost:${port}`)
      hosts.delete(`localhost:${pagePort}`)
      const rows = page.locator('#traffic tr').filter({ hasText: '/files/' })
      const film = { name: 'film.bin', mimeType: 'video/mp4', buffer: Buffer.alloc(6 * 1024 * 1024) }
      await page.setInputFiles('#file', film)
      await page.getByRole('link', { name: 'uploads/film.bin' }).waitFor()
      await expect.poll(() => rows.filter({ hasText: 'PUT' }).count()).toBe(6)
      await page.getByRole('button', { name: 'Delete uploads/film.bin' }).click()
      await page.getByRole('link', { name: 'uploads/film.bin' }).waitFor({ state: 'detached' })
      await rows.filter({ hasText: 'DELETE' }).first().waitFor()
      expect(await page.locator('#traffic tr').filter({ hasText: 'OPTIONS' }).count()).toBe(0)
      expect([...hosts]).toEqual([`127.0.0.1:${pagePort}`])

      await page.getByRole('link', { name: 'Cross-origin' }).click()
      await page.waitForURL(`http://localhost:${pagePort}/`)
      await page.getByRole('link', { name: 'hello.txt' }).waitFor()
    })

    test('requests nothing from another host, and breaks no policy of its own', () => {
      expect([...hosts].sort()).toEqual(
        [`127.0.0.1:${pagePort}`, `localhost:${port}`, `localhost:${pagePort}`].sort(),
      )
      expect(problems).toEqual([])
    })
  })

  test('ends when the reader of its output closes', { timeout: SLOW }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edge-preflight-'))
    const otherPort = await freePort()
    const other = new Demo(otherPort, await freePort(), folder)
    onTestFinished(async () => {
      await other.stop('SIGTERM')
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    })
    await other.ready()
    other.stopReading()
    // It may end before it has answered.
    await Promise.allSettled([refuse(otherPort, 'http://unread.example')])
    expect(await other.ended).toEqual([0, null])
    expect(processesThatKnow(folder)).toEqual([])
  })

  test('ends with everything it started', { timeout: SLOW }, async () => {
    // Before, so that an empty list afterwards means something.
    expect(processesThatKnow(stateDir).length > 0).toBe(existsSync('/proc/self/environ'))
    expect(await demo.stop('SIGTERM')).toBe(0)
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
    expect(processesThatKnow(stateDir)).toEqual([])
  })
})

/** A preflight that no rule of the demo allows. */
const refuse = (port: number, origin: string): Promise<Response> =>
  fetch(`http://localhost:${port}/hello.txt`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'PUT' },
  })

function hasCurl(): boolean {
  return spawnSync('curl', ['--version']).status === 0
}

/** The ids of the processes that have `text` in their environment, on a system where that can be read. */
function processesThatKnow(text: string): string[] {
  if (!existsSync('/proc/self/environ')) return []
  return readdirSync('/proc').filter(id => {
    try {
      return /^\d+$/.test(id) && readFileSync(`/proc/${id}/environ`, 'utf8').includes(text)
    } catch {
      return false
    }
  })
}
