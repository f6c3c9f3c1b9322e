/**
 * @module
 * The playground: its size, and the time from a keystroke to the answer painted, for rules at the limits.
 */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { chromium, type Page } from 'playwright-core'
import { bundlePlayground } from '../scripts/playground-bundle.ts'
import { MAX_DOCUMENT_BYTES } from '../src/cors/configuration.ts'
import { CHROMIUM } from '../tools/chromium.ts'
import { interleaved, median, type Row } from './rows.ts'

/** 60 frames a second. In milliseconds. */
const FRAME = 16

/** Rules as a person has them, one element a line: 100 of them, in as many bytes as a bucket stores. */
function rulesAtLimits(): string {
  const element = (name: string, value: string | number) => `    <${name}>${value}</${name}>\n`
  const rule = (at: number, origins: number) =>
    `  <CORSRule>\n${element('ID', `r${at}`)}${Array.from({ length: origins }, (_, n) =>
      element('AllowedOrigin', `https://*.t${n}.r${at}.example.com`),
    ).join(
      '',
    )}${element('AllowedMethod', 'GET')}${element('AllowedMethod', 'PUT')}${element('AllowedHeader', 'content-type')}${element('AllowedHeader', 'x-cos-*')}${element('ExposeHeader', 'ETag')}${element('MaxAgeSeconds', 600)}  </CORSRule>\n`
  const write = (origins: number) =>
    `<CORSConfiguration>\n${Array.from({ length: 100 }, (_, at) => rule(at, origins)).join('')}`
  let origins = 1
  const end = '</CORSConfiguration>\n'
  // Room for what is typed.
  const room = MAX_DOCUMENT_BYTES - end.length - 1024
  while (write(origins + 1).length <= room) origins++
  const document = write(origins)
  const comment = (length: number) => `  <!-- ${'.'.repeat(length - 12)} -->\n`
  const lines: string[] = []
  for (let left = room - document.length; left > 20; left -= Math.min(left, 80))
    lines.push(comment(Math.min(left, 80)))
  return `${document}${lines.join('')}${end}`
}

const row = (
  name: string,
  measured: number,
  unit: string,
  most: number | null,
  over: { name: string; measured: number } | null = null,
): Row => ({
  group: 'playground',
  name,
  figure: `${measured.toFixed(1)} ${unit}`,
  ratio: over === null ? null : measured / over.measured,
  over: over?.name ?? '',
  goal: most === null ? null : { most, unit },
  measured,
})

export async function playgroundRows(rounds = 4): Promise<Row[]> {
  const files = await bundlePlayground()
  const gzip = ['index.html', 'playground.js', 'playground.css']
    .map(name => gzipSync(files.get(name) ?? '', { level: 9 }).length)
    .reduce((sum, length) => sum + length)
  const size = row('page, script and style, gzip', gzip / 1024, 'KiB', 120)
  if (CHROMIUM === undefined) return [size]

  const folder = mkdtempSync(join(tmpdir(), 'edge-preflight-playground-'))
  for (const [name, content] of files) writeFileSync(join(folder, name), content)
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    // Frames are drawn as soon as they are ready: what is measured is work, not the wait for the next frame.
    args: ['--no-sandbox', '--disable-gpu', '--disable-frame-rate-limit', '--disable-gpu-vsync'],
  })
  try {
    const document = rulesAtLimits()
    const open = async () => {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
      await page.goto(pathToFileURL(join(folder, 'index.html')).href)
      await page.locator('#rules').fill(document)
      await page.locator('#origin').fill('https://shop.t0.r99.example.com')
      await page.locator('.verdict.allowed').waitFor()
      assert.match(await page.locator('.verdict').innerText(), /Allowed by rule 100/)
      return page
    }
    const request = await open()
    await request.locator('#origin').press('End')
    const rules = await open()
    await caretAfter(rules, '#rules', '<ID>r99')
    const bare = await bareArea(await browser.newPage(), document)
    const subjects = {
      request: () => typing(request, '#origin'),
      rules: () => typing(rules, '#rules'),
      bare: () => typing(bare, '#bare'),
    }
    const seen = await interleaved(['request', 'rules', 'bare'], rounds, name => subjects[name]())
    const at = `100 rules, ${(document.length / 1024).toFixed(0)} KiB`
    const floor = { name: 'a keystroke in a bare text area', measured: seen.get('bare') ?? Number.NaN }
    const answer = (name: 'request' | 'rules') =>
      row(
        `a keystroke in the ${name} to its answer painted (${at})`,
        seen.get(name) ?? Number.NaN,
        'ms',
        FRAME,
        floor,
      )
    return [
      size,
      answer('request'),
      answer('rules'),
      row(`${floor.name} with the same text, painted`, floor.measured, 'ms', null),
    ]
  } finally {
    await browser.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Puts the caret of an area after a text in it. */
const caretAfter = (page: Page, selector: string, text: string): Promise<void> =>
  page.locator(selector).evaluate((element, after) => {
    const area = element as HTMLTextAreaElement
    const at = area.value.indexOf(after) + after.length
    area.focus()
    area.setSelectionRange(at, at)
  }, text)

/** The same text in a page that does nothing with it: what the browser itself takes for a keystroke. */
async function bareArea(page: Page, text: string): Promise<Page> {
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.setContent(
    '<textarea id="bare" wrap="off" spellcheck="false" style="width: 560px; height: 500px; font: 13px/20px monospace"></textarea>',
  )
  await page.locator('#bare').fill(text)
  await caretAfter(page, '#bare', '<ID>r99')
  return page
}

/** Keystrokes of one round: in all rounds together, fewer than an ID may have characters that are shown. */
const KEYSTROKES = 20

/** From the key to the first frame with what it changes, in milliseconds: the median of one round. */
async function typing(page: Page, selector: string): Promise<number> {
  await page.bringToFront()
  await page.locator(selector).focus()
  await page.evaluate(() => {
    const times: number[] = []
    if (Reflect.has(globalThis, 'times')) return void Reflect.get(globalThis, 'times').splice(0)
    Object.assign(globalThis, { times })
    addEventListener('keydown', () => {
      const started = performance.now()
      const painted = () =>
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel()
          port1.onmessage = () => times.push(performance.now() - started)
          port2.postMessage(null)
        })
      const answer = document.querySelector('.explain')
      // A bare area has no answer: its own frame counts.
      if (answer === null) return void painted()
      const observer = new MutationObserver(() => {
        observer.disconnect()
        painted()
      })
      observer.observe(answer, { subtree: true, childList: true, characterData: true, attributes: true })
    })
  })
  for (let key = 0; key < KEYSTROKES; key++) {
    await page.keyboard.press('x')
    await page.waitForTimeout(40)
  }
  const times = await page.evaluate(() => Reflect.get(globalThis, 'times') as number[])
  assert.ok(
    times.length > KEYSTROKES / 2,
    `${times.length} of ${KEYSTROKES} keystrokes were answered in ${selector}`,
  )
  return median(times)
}

if (import.meta.main)
  for (const { name, figure, ratio } of await playgroundRows())
    console.log(`${name}: ${figure}${ratio === null ? '' : `, ${ratio.toFixed(2)} of a bare area`}`)
