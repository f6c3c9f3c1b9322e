/**
 * The browser clients below a mount, before buckets that check signatures: what works cross-origin works here, and no
 * request is preceded by a preflight. `node tools/clients/mounted.ts` does the same with lib-storage and Uppy.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type * as S3 from '@aws-sdk/client-s3'
import type { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type COS from 'cos-js-sdk-v5'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CHROMIUM, launch, WHY_SKIPPED } from '../../tools/chromium.ts'
import {
  COS_KEY,
  type PrivateBuckets,
  S3_BUCKET,
  S3_KEY,
  startPrivateBuckets,
} from '../worker/private-buckets.ts'
import { ROOT, SLOW } from './harness.ts'
import { type SharedOrigin, startSharedOrigin } from './shared-origin.ts'

const PLACE = { Bucket: 'demo-1250000000', Region: 'local' }
const KEY = 'notes/grüße & more (1).txt'

/** What the scripts of the page leave there. */
interface Scope {
  COS: typeof COS
  s3: typeof S3 & { getSignedUrl: typeof getSignedUrl }
}

async function bundleS3(): Promise<string> {
  const contents = `
    import * as s3 from '@aws-sdk/client-s3'
    import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
    globalThis.s3 = { ...s3, getSignedUrl }`
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: ROOT },
    bundle: true,
    write: false,
    platform: 'browser',
    define: { global: 'globalThis' },
  })
  return outputFiles[0]?.text ?? ''
}

if (!CHROMIUM) console.log(WHY_SKIPPED)

describe.skipIf(!CHROMIUM)('a page above the mount', () => {
  let browser: Browser
  let buckets: PrivateBuckets
  let site: SharedOrigin
  let page: Page

  beforeAll(async () => {
    const bundle = bundleS3()
    ;[browser, buckets] = await Promise.all([launch(), startPrivateBuckets()])
    const KEYS = JSON.stringify({
      [COS_KEY.SecretId]: COS_KEY.SecretKey,
      [S3_KEY.accessKeyId]: S3_KEY.secretAccessKey,
    })
    site = await startSharedOrigin(
      {},
      {
        '/': '<!doctype html><script src="/cos.js"></script><script src="/s3.js"></script>',
        '/cos.js': readFileSync(join(ROOT, 'node_modules/cos-js-sdk-v5/dist/cos-js-sdk-v5.min.js'), 'utf8'),
        '/s3.js': await bundle,
      },
      {
        vars: { RESIGN: 'on', KEYS },
        rules: {
          'bucket:app.localhost': JSON.stringify({ origin: buckets.cos }),
          'bucket:keyless.localhost': JSON.stringify({ origin: buckets.cos, resign: 'off' }),
          'bucket:s3.localhost': JSON.stringify({ origin: `${buckets.s3}/${S3_BUCKET}`, dialect: 's3' }),
        },
      },
    )
  }, SLOW)
  beforeEach(async () => {
    page = await (await browser.newContext()).newPage()
  })
  afterEach(async () => {
    await page?.context().close()
    expect(site.methods.length).toBeGreaterThan(0)
    expect(site.methods).not.toContain('OPTIONS')
  })
  afterAll(async () => {
    await browser?.close()
    await Promise.all([site?.close(), buckets?.stop()])
  })

  /** Opens the page as a host of the site; returns `host:port/files`. */
  async function visit(name: string): Promise<string> {
    const { port } = new URL(site.origin)
    await page.goto(`http://${name}.localhost:${port}/`)
    return `${name}.localhost:${port}/files`
  }

  test.each([
    ['the Host signed, and the key at the edge', 'app', {}],
    ['the Host not signed, and no key at the edge', 'keyless', { ForceSignHost: false }],
  ])('does all with cos-js-sdk-v5, %s', { timeout: SLOW }, async (_, name, more) => {
    const options = {
      ...COS_KEY,
      Domain: await visit(name),
      Protocol: 'http:',
      AutoSwitchHost: false,
      ...more,
    }
    const seen = await page.evaluate(
      async ({ options, place, key }) => {
        const cos = new (globalThis as unknown as Scope).COS(options)
        const object = { ...place, Key: key }
        const film = { ...place, Key: 'film.bin' }
        // Miniflare compresses a text, but not a part of it, under one ETag; Chromium's cache would mix them.
        const ContentType = 'application/octet-stream'
        const put = await cos.putObject({ ...object, Body: 'a note', ContentType })
        const whole = await cos.getObject(object)
        const part = await cos.getObject({ ...object, Range: 'bytes=2-3' })
        const { Contents } = await cos.getBucket({ ...place, Prefix: 'notes/' })
        const Body = new File([new Uint8Array(3 * 1024 * 1024).fill(7)], 'film.bin')
        await cos.uploadFile({ ...film, Body, SliceSize: 1024 * 1024, ChunkSize: 1024 * 1024 })
        const head = await cos.headObject(film)
        const urlOf = (Method: 'GET' | 'PUT') => cos.getObjectUrl({ ...object, Method, Sign: true }, () => {})
        const upload = await fetch(urlOf('PUT'), { method: 'PUT', body: 'by URL' })
        const byUrl = await (await fetch(urlOf('GET'), { cache: 'no-store' })).text()
        const removed = await cos.deleteObject(object)
        const gone = await cos.headObject(object).catch(({ statusCode }) => statusCode)
        return {
          put: put.statusCode,
          whole: whole.Body,
          part: [part.statusCode, part.Body],
          listed: Contents.map(({ Key }) => Key),
          length: head.headers?.['content-length'],
          upload: upload.status,
          byUrl,
          removed: (removed as COS.GeneralResult).statusCode,
          gone,
        }
      },
      { options, place: PLACE, key: KEY },
    )
    expect(seen).toEqual({
      put: 200,
      whole: 'a note',
      part: [206, 'no'],
      listed: [KEY],
      length: String(3 * 1024 * 1024),
      upload: 200,
      byUrl: 'by URL',
      removed: 204,
      gone: 404,
    })
  })

  test('does all with @aws-sdk/client-s3 and bucketEndpoint', { timeout: SLOW }, async () => {
    const url = `http://${await visit('s3')}`
    const seen = await page.evaluate(
      async ({ credentials, object, size }) => {
        const { s3 } = globalThis as unknown as Scope
        const client = new s3.S3Client({ region: 'auto', credentials, bucketEndpoint: true, maxAttempts: 1 })
        await client.send(new s3.PutObjectCommand({ ...object, Body: 'a note', Metadata: { author: 'me' } }))
        const read = async (more: object) =>
          (await client.send(new s3.GetObjectCommand({ ...object, ...more }))).Body?.transformToString()
        const head = await client.send(new s3.HeadObjectCommand(object))
        const { Contents } = await client.send(
          new s3.ListObjectsV2Command({ Bucket: object.Bucket, Prefix: 'notes/' }),
        )
        const film = { ...object, Key: 'film.bin' }
        const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand(film))
        const Parts: S3.CompletedPart[] = []
        for (const [PartNumber, length] of [
          [1, size],
          [2, 3],
        ] as const) {
          const part = { ...film, UploadId, PartNumber, Body: new Uint8Array(length) }
          Parts.push({ PartNumber, ETag: (await client.send(new s3.UploadPartCommand(part))).ETag })
        }
        const completed = { ...film, UploadId, MultipartUpload: { Parts } }
        await client.send(new s3.CompleteMultipartUploadCommand(completed))
        const whole = await read({})
        const part = await read({ Range: 'bytes=2-3' })
        const urlOf = (command: S3.GetObjectCommand | S3.PutObjectCommand) =>
          s3.getSignedUrl(client, command as S3.GetObjectCommand)
        const upload = await urlOf(new s3.PutObjectCommand(object))
        const uploaded = await fetch(upload, { method: 'PUT', body: 'by URL' })
        const download = await urlOf(new s3.GetObjectCommand(object))
        const byUrl = await (await fetch(download, { cache: 'no-store' })).text()
        const removed = await client.send(new s3.DeleteObjectCommand(object))
        return {
          whole,
          part,
          author: head.Metadata?.author,
          listed: Contents?.map(({ Key }) => Key),
          length: (await client.send(new s3.HeadObjectCommand(film))).ContentLength,
          uploaded: uploaded.status,
          byUrl,
          removed: removed.$metadata.httpStatusCode,
        }
      },
      { credentials: S3_KEY, object: { Bucket: url, Key: KEY }, size: 5 * 1024 * 1024 },
    )
    expect(seen).toEqual({
      whole: 'a note',
      part: 'no',
      author: 'me',
      listed: [KEY],
      length: 5 * 1024 * 1024 + 3,
      uploaded: 200,
      byUrl: 'by URL',
      removed: 204,
    })
  })
})
