import type COS from 'cos-js-sdk-v5'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { CHROMIUM, launch } from '../../tools/chromium.ts'
import { Edge } from '../worker/harness.ts'
import { COS_KEY, type PrivateBuckets, startPrivateBuckets } from '../worker/private-buckets.ts'
import { SLOW, servePages } from './harness.ts'

const PLACE = { Bucket: 'demo-1250000000', Region: 'local' }
const RULES = JSON.stringify([
  {
    AllowedOrigins: ['http://app.example:*'],
    AllowedMethods: ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'],
    AllowedHeaders: ['*'],
    ExposeHeaders: ['ETag'],
  },
])

/** What a page's script holds: `cos`, a client of the edge. */
interface Scope {
  COS: typeof COS
  cos: COS
}

describe.skipIf(!CHROMIUM)('cos-js-sdk-v5 in Chromium, the Host signed, before a private bucket', () => {
  let browser: Browser
  let buckets: PrivateBuckets
  let pages: Awaited<ReturnType<typeof servePages>>
  let edge: Edge
  let without: Edge
  const open: Page[] = []

  beforeAll(async () => {
    ;[browser, buckets, pages] = await Promise.all([launch(), startPrivateBuckets(), servePages()])
    const vars = { ORIGIN: buckets.cos, KEYS: JSON.stringify({ [COS_KEY.SecretId]: COS_KEY.SecretKey }) }
    const rules = { 'cors:edge.example': RULES }
    ;[edge, without] = await Promise.all([
      Edge.start({ vars: { ...vars, RESIGN: 'on' }, rules }),
      Edge.start({ vars, rules }),
    ])
  }, SLOW)
  afterEach(() => Promise.all(open.splice(0).map(page => page.context().close())))
  afterAll(async () => {
    await browser?.close()
    pages?.close()
    await Promise.all([edge?.stop(), without?.stop(), buckets?.stop()])
  })

  /** A page with a client of the edge, in its default settings. */
  async function visit(of: Edge, options: object = {}): Promise<Page> {
    const page = await (await browser.newContext()).newPage()
    open.push(page)
    await page.goto(`http://app.example:${pages.port}/`)
    await page.evaluate(
      all => {
        const scope = globalThis as unknown as Scope
        scope.cos = new scope.COS(all)
      },
      {
        ...COS_KEY,
        Domain: `edge.example:${new URL(of.origin).port}`,
        Protocol: 'http:',
        AutoSwitchHost: false,
        ...options,
      },
    )
    return page
  }

  /** Puts an object; tells its status, or what a script gets to know of the failure. */
  const put = (page: Page) =>
    page.evaluate(async place => {
      const { cos } = globalThis as unknown as Scope
      return cos.putObject({ ...place, Key: 'notes/grüße & more.txt', Body: 'a note' }).then(
        ({ statusCode }) => ({ statusCode }),
        ({ statusCode, code, message }) => ({ statusCode, code, message }),
      )
    }, PLACE)

  test('objects are uploaded, whole and in parts, and downloaded, also by a presigned URL', {
    timeout: SLOW,
  }, async () => {
    const page = await visit(edge)
    expect(await put(page)).toEqual({ statusCode: 200 })
    const told = await page.evaluate(async place => {
      const { cos } = globalThis as unknown as Scope
      const object = { ...place, Key: 'notes/grüße & more.txt' }
      const film = { ...place, Key: 'film.bin' }
      const Body = new File([new Uint8Array(3 * 1024 * 1024).fill(7)], 'film.bin')
      await cos.uploadFile({ ...film, Body, SliceSize: 1024 * 1024, ChunkSize: 1024 * 1024 })
      const url = cos.getObjectUrl({ ...object, Sign: true }, () => {})
      return {
        read: (await cos.getObject(object)).Body,
        length: (await cos.headObject(film)).headers?.['content-length'],
        byUrl: await (await fetch(url)).text(),
      }
    }, PLACE)
    expect(told).toEqual({ read: 'a note', length: String(3 * 1024 * 1024), byUrl: 'a note' })
  })

  test('without RESIGN, the bucket refuses the same upload', { timeout: SLOW }, async () => {
    expect(await put(await visit(without))).toMatchObject({ statusCode: 403, code: 'SignatureDoesNotMatch' })
  })

  test('with a wrong key, a script reads the 403 and why', { timeout: SLOW }, async () => {
    expect(await put(await visit(edge, { SecretKey: 'wrong' }))).toEqual({
      statusCode: 403,
      code: 'SignatureDoesNotMatch',
      message: 'The Signature you specified is invalid.',
    })
  })

  test('a page whose clock is an hour off sets it by the refusal, and uploads', {
    timeout: SLOW,
  }, async () => {
    for (const SystemClockOffset of [-3_600_000, 3_600_000])
      expect(await put(await visit(edge, { SystemClockOffset }))).toEqual({ statusCode: 200 })
  })
})
