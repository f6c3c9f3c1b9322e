/**
 * Path-style requests, `/<bucket>/<key>`, at an edge whose ORIGIN is one bucket: the AWS SDK with `forcePathStyle`.
 */

import { PutBucketCorsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { Edge, RecordingBucket, settled } from './harness.ts'
import { verifySigV4 } from './strict-signatures.ts'

const KEY = { id: 'AKIAEDGE', secret: 'secret', token: '' }
const XML =
  '<CORSConfiguration><CORSRule><AllowedOrigin>https://new.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>'

let bucket: RecordingBucket
let edge: Edge

beforeAll(async () => {
  bucket = await RecordingBucket.start()
  edge = await Edge.start({
    vars: {
      ...{
        ORIGIN: 'https://photos.s3.amazonaws.example',
        DIALECT: 's3',
        SYNC: 'write-through',
        RESIGN: 'on',
      },
      ...{ SECRET_ID: KEY.id, SECRET_KEY: KEY.secret },
    },
    rules: { 'bucket:localhost': JSON.stringify({ pathStyle: 'on' }) },
    outbound: new URL(bucket.origin).host,
    around: settled('PUT', 'DELETE'),
  })
})
afterAll(() => Promise.all([edge?.stop(), bucket?.stop()]))
beforeEach(() => {
  bucket.received.length = 0
  bucket.answer = ({ method, url }, response) =>
    response.end(method === 'GET' && url.startsWith('/?cors') ? XML : '')
})

const client = (host: string) => {
  const s3 = new S3Client({
    ...{ endpoint: `http://${host}:${new URL(edge.origin).port}`, region: 'us-east-1', forcePathStyle: true },
    ...{ credentials: { accessKeyId: KEY.id, secretAccessKey: KEY.secret }, maxAttempts: 1 },
  })
  onTestFinished(() => s3.destroy())
  return s3
}
const cors = {
  Bucket: 'photos',
  CORSConfiguration: { CORSRules: [{ AllowedOrigins: ['https://new.example'], AllowedMethods: ['GET'] }] },
}

describe('with pathStyle: on', () => {
  test('the bucket’s name is removed, and the request re-signed', async () => {
    await client('localhost').send(new PutObjectCommand({ Bucket: 'photos', Key: 'photos/a b', Body: 'x' }))
    expect(bucket.last.url).toBe('/photos/a%20b?x-id=PutObject')
    expect(bucket.last.headers.host).toBe('photos.s3.amazonaws.example')
    expect(verifySigV4(bucket.last, KEY)).toBe('ok')
  })

  test('another bucket is a 404 of the edge', async () => {
    const put = client('localhost').send(new PutObjectCommand({ Bucket: 'other', Key: 'k', Body: 'x' }))
    await expect(put).rejects.toMatchObject({ name: 'NoSuchBucket' })
    expect(bucket.received).toEqual([])
  })

  test('PutBucketCors is published', async () => {
    await client('localhost').send(new PutBucketCorsCommand(cors))
    expect(bucket.received[0]).toMatchObject({ method: 'PUT', url: '/?cors=' })
    expect(await edge.getRules('cors:localhost')).toContain('https://new.example')
  })
})

describe('with pathStyle: off', () => {
  test('a request for the CORS configuration that repeats the bucket’s name is refused with the way out', async () => {
    const put = client('127.0.0.1').send(new PutBucketCorsCommand(cors))
    await expect(put).rejects.toMatchObject({
      name: 'InvalidRequest',
      message: expect.stringMatching(/bucketEndpoint.*pathStyle/),
    })
    for (const path of ['/photos/?cors', '/photos?cors='])
      expect((await edge.send(path, { method: 'PUT', body: XML })).status).toBe(400)
    expect(bucket.received.filter(({ method }) => method === 'PUT')).toEqual([])
  })

  test('a key that begins with the bucket’s name stays a key', async () => {
    await edge.send('/photos/k', { method: 'PUT', body: 'x' })
    expect(bucket.last.url).toBe('/photos/k')
  })

  test('a change of ?cors that is not published leaves a line in the log', async () => {
    await edge.send('/k?cors', { method: 'PUT', body: XML })
    expect((await edge.wholeLog()).join()).toMatch(/"sync-skipped".*PUT or DELETE \/\?cors/)
  })
})
