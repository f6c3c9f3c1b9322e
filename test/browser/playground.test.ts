import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundlePlayground, type PlaygroundFiles } from '../../scripts/playground-bundle.ts'
import { CHROMIUM, launch, WHY_SKIPPED } from '../../tools/chromium.ts'
import { MESSAGES } from '../unit/paste/messages.ts'
import { ROOT, SLOW } from './harness.ts'

const PICTURES = join(ROOT, '.vitest/playground')
const AXE = readFileSync(join(ROOT, 'node_modules/axe-core/axe.min.js'), 'utf8')
const TYPES: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript', css: 'text/css' }

/** The page as any host of static files serves it: no header but the type. */
async function serve(files: PlaygroundFiles): Promise<Server> {
  const server = createServer(({ url = '/' }, response) => {
    const name = url.slice(1) || 'index.html'
    const content = files.get(name)
    if (content === undefined) return void response.writeHead(404).end()
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'text/plain'
    response.setHeader('content-type', `${type}; charset=utf-8`).end(content)
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return server
}

if (!CHROMIUM) console.warn(WHY_SKIPPED)

describe.skipIf(!CHROMIUM)('the playground', { timeout: SLOW }, () => {
  let files: PlaygroundFiles
  let server: Server
  let address: string
  let browser: Browser
  const asked: string[] = []
  const problems: string[] = []

  beforeAll(async () => {
    files = await bundlePlayground()
    server = await serve(files)
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    browser = await launch()
    mkdirSync(PICTURES, { recursive: true })
  }, SLOW)
  afterAll(async () => {
    await browser?.close()
    server?.close().closeAllConnections()
  })

  /** A page of its own, watched: what it asks for and what it complains of. */
  async function open(fragment = '', options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options })
    page.on('request', request => asked.push(request.url()))
    page.on('pageerror', error => problems.push(error.message))
    page.on('console', message => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
    })
    await page.goto(address + fragment)
    await page.locator('.verdict, .result .bad, .differences').first().waitFor()
    return page
  }

  /** The page answers a moment after the input. */
  const soon = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 10_000, interval: 20 })
  const verdict = (page: Page) => page.locator('.headline').innerText()
  const rules = (page: Page) => page.locator('#rules').inputValue()
  test('says what becomes of a request while it is written', async () => {
    const page = await open()
    await soon(() => verdict(page)).toContain('Refused')
    await soon(() => page.locator('.verdict').innerText()).toContain(
      'Rule 1 would allow it but for x-cos-meta-author.',
    )
    await soon(() => page.locator('.rule-list > ol > li').allInnerTexts()).toHaveLength(2)

    await page.locator('#headers').fill('Content-Type: text/plain')
    await soon(() => verdict(page)).toContain('Allowed by rule 1')
    await soon(() => page.locator('.answers pre').first().innerText()).toContain('GET,PUT')
    const [cos, s3] = await page.locator('.answers pre').allInnerTexts()
    expect(cos).toMatch(/^200\n[\s\S]*access-control-allow-methods: GET,PUT\n/)
    expect(s3).toMatch(/^200\n[\s\S]*access-control-allow-methods: GET, PUT\n[\s\S]*vary: Origin, /)
    await soon(() => page.locator('.browsers tbody tr').allInnerTexts()).toEqual([
      expect.stringMatching(/^Chrome\t[^\t]*goes on\t1 h$/),
      expect.stringMatching(/^Firefox\t[^\t]*goes on\t1 h$/),
      expect.stringMatching(/^Safari\t[^\t]*goes on\t10 min, its most$/),
    ])

    await page.getByLabel('S3', { exact: true }).check()
    await soon(() => page.locator('.answers pre').first().innerText()).toContain('GET, PUT')
    // What no browser sends is no question, and no change is offered for it.
    for (const impossible of [
      '<https://shop.example.com>',
      '"https://shop.example.com"',
      'https://shop.example.com/',
    ]) {
      await page.locator('#origin').fill(impossible)
      await soon(() => page.locator('.result').innerText()).toBe(
        'No browser sends this origin. Write https://shop.example.com.',
      )
      expect(await page.getByRole('button', { name: 'Apply' }).count()).toBe(0)
    }
    await page.getByRole('button', { name: 'Use that' }).click()
    await soon(() => verdict(page)).toContain('Allowed by rule 1')
    await page.close()
  })

  test('shows what the rules lack for a client, and adds it in one click', async () => {
    const page = await open()
    await page.locator('#client').selectOption('zip-js')
    const missing = () => page.locator('.client .missing li').allInnerTexts()
    await soon(missing).toEqual([
      'rule 1: allowed header range',
      'rule 1: exposed header accept-ranges',
      'rule 1: exposed header content-range',
      'rule 2: exposed header accept-ranges',
      'rule 2: exposed header content-range',
    ])
    const before = await rules(page)
    await page.getByRole('button', { name: 'Add what is missing' }).click()
    await soon(() => page.locator('.client').innerText()).toContain('The rules allow all requests of zip.js')
    expect(await rules(page)).toContain('<ExposeHeader>accept-ranges</ExposeHeader>')
    await page.getByRole('button', { name: 'Undo' }).click()
    await soon(() => rules(page)).toBe(before)
    // The choice is a part of the link.
    await soon(() => page.evaluate(() => location.hash)).toMatch(/^#z=/)
    await page.reload()
    await soon(() => page.locator('#client').inputValue()).toBe('zip-js')
    await page.close()
  })

  test.each(MESSAGES.map(message => [`${message.browser}: ${message.text.slice(0, 90)}`, message] as const))(
    'fills the form from the console error of %s',
    async (_name, { text, reads }) => {
      const page = await shared()
      await page.locator('#paste').fill(text)
      await soon(() => page.locator('#paste-read').innerText()).toContain(
        `docs/troubleshooting.md#${reads.says}`,
      )
      const { url, origin, method, headers, preflight, credentials } = reads
      const isRequest = Boolean(url ?? origin ?? method)
      const shown = () =>
        page.evaluate(() => {
          const value = (id: string) => (document.getElementById(id) as HTMLInputElement | null)?.value
          return {
            url: value('url'),
            origin: value('origin'),
            method: value('method'),
            headers: value('headers'),
            actual: document.querySelector<HTMLInputElement>('[value="actual"]')?.checked,
            credentials: document.querySelector<HTMLInputElement>('[type="checkbox"]')?.checked,
          }
        })
      await soon(shown).toMatchObject({
        ...(url && { url }),
        ...(origin && { origin }),
        ...(method && { method }),
        ...(headers && { headers: headers.join(', ') }),
        ...(isRequest && typeof preflight === 'boolean' && { actual: !preflight }),
        ...(credentials && { credentials: true }),
      })
    },
  )
  let page: Promise<Page> | undefined
  const shared = () => {
    page ??= open()
    return page
  }

  test('never says "Allowed" while a pasted line leaves open what decides', async () => {
    const page = await open()
    const line = (origin: string) =>
      `Access to fetch at 'https://files.example.com/a' from origin '${origin}' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested resource.`
    await page.locator('#paste').fill(line('https://www.example.com'))
    await soon(() => page.locator('.methods li').allInnerTexts()).toEqual([
      'GET allowed with these headers: rule 1 site: content-type',
      'PUT allowed with these headers: rule 1 site: content-type',
      'POST refused',
      'DELETE refused',
      'HEAD refused',
    ])
    await page.locator('#method').selectOption('PUT')
    await soon(() => page.locator('.verdict').innerText()).toContain('Undetermined')
    expect(await page.locator('.verdict').innerText()).toContain(
      'The rules allow these headers: rule 1 site: content-type.',
    )
    await page.locator('#headers').fill('content-type')
    await soon(() => verdict(page)).toContain('Allowed by rule 1')
    await page.close()
  })

  test('has at least twenty console errors to read', () => {
    expect(MESSAGES.length).toBeGreaterThanOrEqual(20)
  })

  test('fills the form from a curl command and a HAR entry, and reports what they lack', async () => {
    const page = await shared()
    await page
      .locator('#paste')
      .fill(
        "curl -X PUT 'https://files.example.com/a' -H 'Origin: https://www.example.com' -H 'x-cos-acl: private'",
      )
    await soon(() => page.locator('#paste-read').innerText()).toContain('Read as a curl command')
    await soon(() => page.locator('#method').inputValue()).toBe('PUT')
    await soon(() => page.locator('#headers').inputValue()).toBe('x-cos-acl')
    await page.locator('#paste').fill(
      JSON.stringify({
        request: {
          method: 'DELETE',
          url: 'https://files.example.com/b',
          headers: [{ name: 'Origin', value: 'https://www.example.com' }],
        },
        response: { status: 403, headers: [] },
      }),
    )
    await soon(() => page.locator('#paste-read').innerText()).toContain('Read as a HAR')
    await soon(() => page.locator('#method').inputValue()).toBe('DELETE')
    await page.locator('#paste').fill('hello')
    await soon(() => page.locator('#paste-read').innerText()).toContain('There is no console error')
    await soon(() => page.locator('#method').inputValue()).toBe('DELETE')
    await page.getByRole('button', { name: 'Clear' }).click()
    await soon(() => page.locator('#paste').inputValue()).toBe('')
  })

  test('lists the preflights of a HAR that is dropped, and what would avoid them', async () => {
    const page = await open()
    const har = readFileSync(join(ROOT, 'test/fixtures/har/chrome.har'), 'utf8')
    const drop = (text: string) =>
      page.locator('#paste').evaluate((area, content) => {
        const dataTransfer = new DataTransfer()
        dataTransfer.items.add(new File([content], 'page.har'))
        area.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }))
      }, text)
    await drop(har)
    const list = page.locator('.preflights')
    await soon(() => list.innerText()).toContain('7 preflights for 9 requests')
    await soon(() => list.innerText()).toContain('(MOUNT): no preflight at all (7 of 7')
    await list.getByText('Each of them').click()
    await soon(() => list.locator('ol > li').count()).toBe(7)
    expect(await list.innerText()).not.toContain('signature')
    await drop('hello')
    await soon(() => page.locator('#paste-read').innerText()).toContain('There is no console error')
    expect(await list.count()).toBe(0)
    await page.close()
  })

  test('shows the smallest change as a difference, and makes and unmakes it with one click', async () => {
    const page = await open()
    const before = await rules(page)
    await page.locator('.diff .added').waitFor()
    await soon(() => page.locator('.diff .added code').innerText()).toContain(
      '<AllowedHeader>x-cos-meta-author</AllowedHeader>',
    )
    await soon(() => page.locator('.diff .removed').count()).toBe(0)
    await soon(() => page.locator('.change').innerText()).toContain(
      'may send x-cos-meta-author with GET, PUT',
    )

    await page.getByRole('button', { name: 'Apply' }).click()
    await soon(() => verdict(page)).toContain('Allowed by rule 1')
    await soon(() => rules(page)).toBe(
      before.replace(
        'content-type</AllowedHeader>',
        '$&\n    <AllowedHeader>x-cos-meta-author</AllowedHeader>',
      ),
    )
    await page.getByRole('button', { name: 'Undo' }).click()
    await soon(() => rules(page)).toBe(before)
    await soon(() => verdict(page)).toContain('Refused')
    await page.close()
  })

  test('changes JSON of a vendor in its own shape', async () => {
    const page = await open()
    const r2 = '{"rules":[{"allowed":{"origins":["https://shop.example.com"],"methods":["GET"]}}]}'
    await page.locator('#rules').fill(r2)
    await soon(() => page.locator('.rules select').locator('option:checked').innerText()).toBe(
      'Detected: Cloudflare R2',
    )
    await page.locator('#method').selectOption('GET')
    await page.locator('#headers').fill('x-a')
    await page.getByRole('button', { name: 'Apply' }).click()
    await soon(() => rules(page)).toContain('"headers": ["x-a"]')
    await soon(() => verdict(page)).toContain('Allowed by rule 1')
    await page.close()
  })

  test('warns of a change that gives more than is asked for, and offers none where none can be', async () => {
    const page = await open('#origin=null&method=GET&headers=')
    await soon(() => page.locator('.change .mind').innerText()).toContain('sandboxed document')
    await page.locator('#method').selectOption('PATCH')
    await soon(() => page.locator('.change').innerText()).toContain('No rule can allow the method PATCH')
    await soon(() => page.getByRole('button', { name: 'Apply' }).count()).toBe(0)
    await page.close()
  })

  test('puts findings at their line, in XML and in JSON, and goes there', async () => {
    const page = await open()
    const text = (await rules(page)).replace('<AllowedMethod>HEAD', '<AllowedMethod>PATCH')
    await page.locator('#rules').fill(text)
    const line = text.slice(0, text.indexOf('PATCH')).split('\n').length
    await soon(() => page.locator('.lines .error').innerText()).toBe(String(line))
    await soon(() => page.locator('#rules').getAttribute('aria-invalid')).toBe('true')
    await soon(() => page.locator('.result').innerText()).toContain('The rules have errors')
    await page.getByRole('button', { name: `error line ${line}` }).click()
    const selected = () =>
      page.locator('#rules').evaluate(element => {
        const area = element as HTMLTextAreaElement
        return [document.activeElement === area, area.value.slice(area.selectionStart, area.selectionEnd)]
      })
    await soon(() => selected()).toEqual([true, '    <AllowedMethod>PATCH</AllowedMethod>'])

    await page.locator('#rules').fill('[\n{"AllowedOrigins": ["https://*"],\n"AllowedMethods": ["put"]}\n]')
    await soon(() => page.locator('.lines .error').innerText()).toBe('3')
    await page
      .locator('#rules')
      .fill('[\n{"AllowedOrigins": ["https://A.example"],\n"AllowedMethods": ["PUT"]}\n]')
    await page.locator('.lines .warning').waitFor()
    await soon(() => page.locator('.lines .warning').first().innerText()).toBe('2')
    await page.close()
  })

  test('restores everything from a shared link, and reports a broken one', async () => {
    const first = await open()
    const before = first.url()
    await first.locator('#headers').fill('')
    // The address follows by itself, too.
    await first.waitForFunction(url => location.href !== url, before)
    await first.locator('#origin').fill('https://app.example')
    await first.locator('#method').selectOption('DELETE')
    await first.getByLabel('with credentials').check()
    await first.locator('#rules').fill('[{"AllowedOrigins":["*"],"AllowedMethods":["DELETE"]}]')
    await first.getByRole('button', { name: 'Copy link' }).click()
    await first.locator('.notice').getByText('link').waitFor()
    const link = first.url()
    const shown = await first.locator('.verdict').innerText()
    expect(shown).toContain('but a browser blocks it')
    const second = await open(link.slice(address.length))
    await soon(() => second.locator('.verdict').innerText()).toBe(shown)
    await soon(() => rules(second)).toBe(await rules(first))
    await soon(() => second.getByLabel('with credentials').isChecked()).toBe(true)
    expect(second.url()).toBe(link)

    // A link that is opened where something stands already.
    await second.evaluate(() => {
      location.hash = '#origin=https://other.example&method=GET&headers='
    })
    await soon(() => second.locator('#origin').inputValue()).toBe('https://other.example')
    await second.evaluate(() => {
      location.hash = '#z=broken'
    })
    await second.locator('.notice').getByText('It is ignored.').waitFor()
    await soon(() => second.locator('#origin').inputValue()).toBe('https://other.example')

    const broken = await open(link.slice(address.length, -9))
    await soon(() => broken.locator('.notice').innerText()).toContain('cut or changed on its way')
    await soon(() => verdict(broken)).toContain('Refused')
    await Promise.all([first, second, broken].map(page => page.close()))
  })

  test('holds rules to a guardrail, and shows a request that exceeds it while they are typed', async () => {
    const page = await open()
    await page.getByRole('tab', { name: 'Compare two rule sets' }).click()
    const rule = (origin: string) => JSON.stringify([{ AllowedOrigins: [origin], AllowedMethods: ['GET'] }])
    await page.locator('#guardrail').fill(rule('https://*.example.com'))
    await page.locator('#rules').fill(rule('https://*example.com'))
    const proof = page.locator('#proof')
    await soon(() => proof.innerText()).toContain('e.g. GET from https://anyexample.com')
    expect(await proof.innerText()).toContain('Wider than the guardrail.')
    await page.locator('#rules').fill(rule('https://app.example.com'))
    await soon(() => proof.innerText()).toContain('Proven: no request gets more than the guardrail allows.')
    await page.locator('#rules').fill(rule('https://*example.com'))
    await proof.getByRole('button', { name: 'Ask it' }).click()
    await soon(() => verdict(page)).toContain('Allowed')
    await page.close()
  })

  test('compares two rule sets by requests, each of which can be asked', async () => {
    const page = await open()
    await page.getByRole('tab', { name: 'Explain a request' }).focus()
    await page.keyboard.press('ArrowRight')
    await soon(() =>
      page.getByRole('tab', { name: 'Compare two rule sets' }).getAttribute('aria-selected'),
    ).toBe('true')
    await page.getByRole('button', { name: 'Copy After to Before' }).click()
    await page.getByText('No request gets another answer.').waitFor()
    const text = await rules(page)
    await page.locator('#rules').fill(text.replace('<AllowedMethod>PUT', '<AllowedMethod>DELETE'))
    const lost = page.locator('.differences li.lost')
    await lost.waitFor()
    await soon(() => lost.innerText()).toContain('lose PUT.')
    await soon(() => lost.innerText()).toContain('allowed by rule 1 → refused')
    await lost.getByRole('button', { name: 'Ask it' }).click()
    await soon(() => verdict(page)).toContain('Refused')
    await soon(() => page.locator('#method').inputValue()).toBe('PUT')
    await page.close()
  })

  test('works from files alone', async () => {
    const page = await browser.newPage()
    for (const [name, content] of files) writeFileSync(join(PICTURES, name), content)
    await page.goto(`file://${join(PICTURES, 'index.html')}`)
    await soon(() => verdict(page)).toContain('Refused')
    await page.close()
  })

  /** Nothing else differs between the two schemes. */
  const COLOURS_ALONE = ", runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }"

  test.each([360, 1280])('has no fault that axe-core finds, in light and dark, at %i px', async width => {
    const page = await open('', { viewport: { width, height: 800 }, bypassCSP: true })
    await page.evaluate(AXE)
    const check = async (picture?: string) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        const path = join(PICTURES, `${picture}-${colorScheme}-${width}.png`)
        if (picture !== undefined) await page.screenshot({ path, fullPage: true })
        const { violations } = (await page.evaluate(
          `axe.run(document, { resultTypes: ['violations']${colorScheme === 'light' ? '' : COLOURS_ALONE} })`,
        )) as AxeResults
        expect(violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).toEqual([])
      }
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    }
    await page.locator('.diff .added').waitFor()
    await check('explain')

    // With findings of both kinds and a paste that was read; then with an answer that is allowed.
    const rulesFor = (methods: string) =>
      `[\n{"AllowedOrigins": ["*", "https://A.example"],\n"AllowedMethods": [${methods}]}\n]`
    await page.locator('#paste').fill(MESSAGES[0]?.text ?? '')
    await page.locator('#rules').fill(rulesFor('"PUT", "put"'))
    await page.locator('.findings .error').first().waitFor()
    await check()
    await page.locator('#rules').fill(rulesFor('"PUT"'))
    await page.locator('#method').selectOption('PUT')
    await page.locator('.verdict.open').waitFor()
    await check()
    // Whoever says that the script sets none has written something before.
    await page.locator('#headers').fill('x')
    await page.locator('#headers').fill('')
    await page.locator('.verdict.allowed').waitFor()
    await page.locator('.findings .warning').first().waitFor()
    await check()

    await page.getByRole('tab', { name: 'Compare two rule sets' }).click()
    await page.locator('#before').fill('[{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}]')
    await page.locator('.differences li').first().waitFor()
    await check()
    await page.close()
  })

  test('requests nothing from another host, and breaks no policy of its own', async () => {
    const paths = new Set(asked.map(url => url.replace(/#.*$/, '')))
    expect([...paths].sort()).toEqual([address, `${address}playground.css`, `${address}playground.js`])
    expect(problems).toEqual([])
    const page = await open()
    // Whoever finds a way to run code in the page still reaches nobody with it.
    const reached = await page.evaluate(async url => {
      const asked = await fetch(url).then(
        () => 'fetched',
        () => 'blocked',
      )
      try {
        document.body.innerHTML = '<b>markup</b>'
        return [asked, 'written']
      } catch {
        return [asked, 'refused']
      }
    }, address)
    expect(reached).toEqual(['blocked', 'refused'])
    await page.close()
  })
})
