/**
 * The official SDKs below a mount, in Node.js: every operation of sdk-operations.ts against buckets that check the
 * signature, and URLs that a server presigned for the edge or for the bucket.
 */

import { globalAgent } from 'node:http'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import COS from 'cos-nodejs-sdk-v5'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Answer, Edge, RecordingBucket } from './harness.ts'
import { COS_KEY, type PrivateBuckets, S3_BUCKET, S3_KEY, startPrivateBuckets } from './private-buckets.ts'
import { COS_OBJECT, COS_OPERATIONS, PLACE, S3_OBJECT, S3_OPERATIONS } from './sdk-operations.ts'

let buckets: PrivateBuckets
let recorder: RecordingBucket
/** Holds the keys, and re-signs. */
let edge: Edge
/** Holds no key. */
let without: Edge

beforeAll(async () => {
  ;[buckets, recorder] = await Promise.all([startPrivateBuckets(), RecordingBucket.start()])
  const vars = { ORIGIN: recorder.origin, MOUNT: '/files' }
  const rules = {
    'bucket:127.0.0.1': JSON.stringify({ origin: buckets.cos }),
    'bucket:localhost': JSON.stringify({ origin: `${buckets.s3}/${S3_BUCKET}`, dialect: 's3' }),
    'bucket:s3.example': JSON.stringify({ dialect: 's3' }),
    'bucket:prefix.example': JSON.stringify({ origin: `${recorder.origin}/prefix` }),
  }
  const KEYS = JSON.stringify({
    [COS_KEY.SecretId]: COS_KEY.SecretKey,
    [S3_KEY.accessKeyId]: S3_KEY.secretAccessKey,
  })
  ;({ edge, without } = await Edge.startAll({
    edge: { vars: { ...vars, RESIGN: 'on', KEYS }, rules },
    without: { vars, rules },
  }))
})
afterAll(async () => {
  globalAgent.destroy()
  await Promise.all([edge?.stop(), buckets?.stop(), recorder?.stop()])
})

const codeOf = ({ text }: Answer) => /<Code>(\w+)<\/Code>/.exec(text)?.[1]
const portOf = (of: Edge) => new URL(of.origin).port

/** Sends to a URL as it is, whatever its host. */
function sendTo(of: Edge, url: string, options: object = {}): Promise<Answer> {
  const { host, pathname, search } = new URL(url)
  return of.send(pathname + search, { host, ...options })
}

const cosClient = (of: Edge, options: COS.COSOptions = {}) =>
  new COS({
    ...COS_KEY,
    Domain: `127.0.0.1:${portOf(of)}/files`,
    Protocol: 'http:',
    AutoSwitchHost: false,
    KeepAlive: false,
    ...options,
  })

describe('cos-nodejs-sdk-v5 with the mount in its Domain', () => {
  test.each(COS_OPERATIONS)('%s works', async (_, run, expected) => {
    expect(await run(cosClient(edge))).toMatchObject(expected as object)
  })

  // The SDK signs the Content-Length of a HEAD request, and the runtime sends none.
  const withHead = new Set(['HEAD Object', 'HEAD Bucket', 'the SDK’s own sliced upload'])
  const operations = COS_OPERATIONS.filter(([name]) => !withHead.has(name))

  test.each(operations)(
    'with ForceSignHost: false, %s works without a key at the edge',
    async (_, run, expected) => {
      expect(await run(cosClient(without, { ForceSignHost: false }))).toMatchObject(expected as object)
    },
  )

  test.each(COS_OPERATIONS.filter(([name]) => withHead.has(name)))(
    'with ForceSignHost: false, %s needs the key, as the document says',
    async (_, run, expected) => {
      const options = { ForceSignHost: false }
      await expect(run(cosClient(without, options))).rejects.toMatchObject({ statusCode: 403 })
      expect(await run(cosClient(edge, options))).toMatchObject(expected as object)
    },
  )

  test('presigned URLs of both kinds upload and download', async () => {
    for (const [of, options] of [
      [edge, {}],
      [without, { ForceSignHost: false }],
    ] as const) {
      const urlOf = (Method: 'GET' | 'PUT') =>
        cosClient(of, options).getObjectUrl({ ...COS_OBJECT, Method, Sign: true })
      expect(new URL(urlOf('GET')).pathname).toMatch(/^\/files\//)
      expect((await sendTo(of, urlOf('PUT'), { method: 'PUT', body: 'by URL' })).status).toBe(200)
      expect((await sendTo(of, urlOf('GET'))).text).toBe('by URL')
    }
  })

  test('a presigned part is uploaded', async () => {
    const cos = cosClient(edge)
    const { UploadId } = await cos.multipartInit(COS_OBJECT)
    const Query = { partNumber: '1', uploadId: UploadId }
    const url = cos.getObjectUrl({ ...COS_OBJECT, Method: 'PUT', Sign: true, Query })
    const { headers } = await sendTo(edge, url, { method: 'PUT', body: 'the only part' })
    const Parts = [{ PartNumber: 1, ETag: String(headers.etag) }]
    await cos.multipartComplete({ ...COS_OBJECT, UploadId, Parts })
    expect((await cos.getObject(COS_OBJECT)).Body.toString()).toBe('the only part')
  })

  test('a signature is good for one path: without the mount', async () => {
    const url = cosClient(edge).getObjectUrl({ ...PLACE, Key: 'files/a', Sign: true })
    await cosClient(edge).putObject({ ...PLACE, Key: 'a', Body: 'the key a' })
    const { search } = new URL(url)
    const refused = await edge.send(`/files/a${search}`, { host: new URL(url).host })
    expect([refused.status, codeOf(refused)]).toEqual([403, 'SignatureDoesNotMatch'])
  })

  test('a URL that a server presigned for the bucket works, with a key at the edge and without', async () => {
    await cosClient(edge).putObject({ ...COS_OBJECT, Body: 'a note' })
    const server = new COS({ ...COS_KEY, Domain: new URL(buckets.cos).host, Protocol: 'http:' })
    const url = new URL(server.getObjectUrl({ ...COS_OBJECT, Sign: true }))
    for (const of of [edge, without]) {
      const answer = await of.send(`/files${url.pathname}${url.search}`, { host: '127.0.0.1' })
      expect([answer.status, answer.text]).toEqual([200, 'a note'])
    }
    const host = '127.0.0.1'
    const other = await edge.send(`/files/files${url.pathname}${url.search}`, { host })
    expect([other.status, codeOf(other)]).toEqual([403, 'SignatureDoesNotMatch'])
  })
})

describe('@aws-sdk/client-s3 with bucketEndpoint', () => {
  const client = (options: S3ClientConfig = {}) => {
    const s3 = new S3Client({
      region: 'auto',
      credentials: S3_KEY,
      maxAttempts: 1,
      bucketEndpoint: true,
      ...options,
    })
    onTestFinished(() => s3.destroy())
    return s3
  }
  const object = () => ({ ...S3_OBJECT, Bucket: `http://localhost:${portOf(edge)}/files` })

  test.each(S3_OPERATIONS)('%s works', async (_, run, expected) => {
    expect(await run(client(), object())).toMatchObject(expected as object)
  })

  test('presigned PUT, GET and parts work', async () => {
    const s3 = client()
    const upload = await getSignedUrl(s3, new PutObjectCommand(object()))
    expect((await sendTo(edge, upload, { method: 'PUT', body: 'by URL' })).status).toBe(200)
    const download = await getSignedUrl(s3, new GetObjectCommand(object()))
    expect((await sendTo(edge, download)).text).toBe('by URL')

    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object()))
    const part = await getSignedUrl(s3, new UploadPartCommand({ ...object(), UploadId, PartNumber: 1 }))
    const { headers } = await sendTo(edge, part, { method: 'PUT', body: 'the only part' })
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: String(headers.etag) }] }
    await s3.send(new CompleteMultipartUploadCommand({ ...object(), UploadId, MultipartUpload }))
    expect((await sendTo(edge, download)).text).toBe('the only part')
  })

  test('a signature is good for one path: with the mount', async () => {
    const endpoint = `http://localhost:${portOf(edge)}`
    const s3 = client({ bucketEndpoint: false, endpoint, forcePathStyle: true })
    // The key that the path below the mount names, signed without the mount.
    const url = new URL(await getSignedUrl(s3, new GetObjectCommand({ Bucket: 'dir', Key: 'a' })))
    const refused = await edge.send(`/files${url.pathname}${url.search}`, { host: url.host })
    expect([refused.status, codeOf(refused)]).toEqual([403, 'SignatureDoesNotMatch'])
  })

  test('a URL that a server presigned for the bucket works, where ORIGIN has no path', async () => {
    const server = client({ bucketEndpoint: false, endpoint: recorder.origin, forcePathStyle: true })
    const command = new GetObjectCommand({ Bucket: 'dir', Key: 'a' })
    const { pathname, search } = new URL(await getSignedUrl(server, command))
    const signed = new URLSearchParams(search).get('X-Amz-Signature')
    const path = `/files${pathname}${search}`
    // The edge verifies what it has a key for, and signs for the bucket again; otherwise the bucket gets what came.
    for (const [of, isSame] of [
      [edge, false],
      [without, true],
    ] as const) {
      expect((await of.send(path, { host: 's3.example' })).status).toBe(200)
      const received = new URL(recorder.last.url, recorder.origin)
      expect(received.pathname).toBe(pathname)
      expect(received.searchParams.get('X-Amz-Signature') === signed).toBe(isSame)
    }
    const changed = await edge.send(path.replace('x-id=GetObject', 'x-id=PutObject'), { host: 's3.example' })
    expect([changed.status, codeOf(changed)]).toEqual([403, 'SignatureDoesNotMatch'])
    const onPath = await edge.send(path, { host: 'prefix.example' })
    expect([onPath.status, codeOf(onPath)]).toEqual([403, 'SignatureDoesNotMatch'])
  })
})
