/**
 * What Chromium asks in a preflight, row by row: the names that `explain` and `suggest` reckon with.
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { whyPreflight } from '../../src/explain/browser.ts'
import { askedNames } from '../../src/explain/safelist.ts'
import { CHROMIUM } from '../../tools/chromium.ts'
import { SAFELIST_ROWS } from '../unit/explain/safelist-rows.ts'
import { SLOW } from './harness.ts'

/** What the server was asked: the list of a preflight, or null without one, by the key of the URL. */
const asked = new Map<string, string | null>()
const server = createServer((request, response) => {
  const key = request.url ?? ''
  const list = request.headers['access-control-request-headers']
  if (request.method === 'OPTIONS') asked.set(key, list ?? '')
  else if (!asked.has(key)) asked.set(key, null)
  response.writeHead(200, {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': '*',
    'access-control-allow-headers': `${list ?? '*'}`,
  })
  request.resume().on('end', () => response.end())
})

describe.skipIf(CHROMIUM === undefined)('Chromium', () => {
  let page: Page
  let base: string
  let close: () => Promise<void>
  beforeAll(async () => {
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    base = `http://localhost:${port}`
    const browser = await chromium.launch({
      executablePath: CHROMIUM ?? '',
      args: ['--no-sandbox', '--disable-gpu'],
    })
    page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${port}/page`)
    close = async () => {
      await browser.close()
      server.closeAllConnections()
      server.close()
    }
  }, SLOW)
  afterAll(() => close())

  /** The list that Chromium asks for, sorted; null: it sends no preflight. */
  async function listFor(key: string, init: Record<string, unknown>): Promise<string[] | null> {
    await page.evaluate(
      ([url, options]) => fetch(url as string, options as RequestInit).then(() => undefined),
      [`${base}${key}`, init] as const,
    )
    const list = asked.get(key) ?? null
    return list === null
      ? null
      : list
          .split(',')
          .filter(name => name !== '')
          .sort()
  }

  test.each(SAFELIST_ROWS.map((row, i) => [row.name, row.value, row, i] as const))(
    'asks for %s: %s as askedNames() says',
    async (name, value, { asked: isAsked }, i) => {
      const method = name === 'content-type' ? { method: 'POST', body: 'a' } : {}
      expect(await listFor(`/row${i}`, { ...method, headers: { [name]: value } })).toEqual(
        isAsked ? [name] : null,
      )
      expect(askedNames([{ name, value }]).asked).toEqual(isAsked ? [name] : [])
    },
  )

  test('asks for no header that a script cannot set', async () => {
    const headers = { Cookie: 'a', Date: 'a', Referer: 'a', 'Sec-A': 'a', 'Proxy-A': 'a' }
    expect(await listFor('/forbidden', { headers })).toBeNull()
  })

  test.each(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH'])(
    'asks first for the method %s as whyPreflight() says',
    async method => {
      const isAsked = (await listFor(`/method-${method}`, { method })) !== null
      expect(whyPreflight({ method, headers: [] }) !== null).toBe(isAsked)
    },
  )

  test('asks first, with no header, where the script listens to its upload or sends a stream', async () => {
    await page.evaluate(
      url =>
        new Promise<void>(done => {
          const request = new XMLHttpRequest()
          request.open('POST', url)
          request.upload.onprogress = () => {}
          request.onloadend = () => done()
          request.send('a')
        }),
      `${base}/listener`,
    )
    expect(asked.get('/listener')).toBe('')
    // Over HTTP/1.1 Chromium sends the preflight and then no stream.
    await page.evaluate(
      url =>
        fetch(url, {
          method: 'POST',
          body: new Blob(['a']).stream(),
          duplex: 'half',
        } as RequestInit).then(
          () => undefined,
          () => undefined,
        ),
      `${base}/stream`,
    )
    expect(asked.get('/stream')).toBe('')
    expect(whyPreflight({ method: 'POST', headers: [], upload: true })).toContain('upload listener')
  })
})
