/**
 * The recipes of docs/temporary-credentials.md, as they stand there: the official clients sign for the bucket's host and
 * send to the edge, which holds no secret. A strict bucket accepts them.
 */

import { readFileSync } from 'node:fs'
import { globalAgent } from 'node:http'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import COS from 'cos-nodejs-sdk-v5'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Edge, RecordingBucket } from './harness.ts'
import { PLACE } from './sdk-operations.ts'
import { verifyCosSignature, verifySigV4 } from './strict-signatures.ts'

const STORE = { id: 'ASIATEMPORARY', secret: 'secret+of/sts', token: 'the/real+token==' }
const S3_ENDPOINT = 'https://s3.us-east-1.amazonaws.example'
const COS_BUCKET = `https://${PLACE.Bucket}.cos.${PLACE.Region}.myqcloud.com`

let bucket: RecordingBucket
let edge: Edge

beforeAll(async () => {
  bucket = await RecordingBucket.start()
  bucket.answer = ({ method }, response) => response.end(method === 'GET' ? 'object' : '')
  edge = await Edge.start({
    vars: { ORIGIN: COS_BUCKET },
    rules: {
      'bucket:localhost': JSON.stringify({ origin: 'https://photos.s3.us-east-1.amazonaws.example' }),
    },
    outbound: new URL(bucket.origin).host,
  })
})
afterAll(async () => {
  globalAgent.destroy()
  await Promise.all([edge?.stop(), bucket?.stop()])
})

/** Runs the recipe that begins with a text, with this edge in place of the document's. */
function recipe(begins: string, edgeUrl: string, names: Record<string, unknown>): unknown {
  const text = readFileSync(new URL('../../docs/temporary-credentials.md', import.meta.url), 'utf8')
  const block = text.split('```js\n').find(each => each.startsWith(begins))
  const code = block?.split('```')[0]
  if (code === undefined) throw new Error(`no recipe begins with ${begins}`)
  const result = code.includes('const url =') ? `${code}; return url` : code
  return new Function(...Object.keys(names), result.replaceAll('https://files.example.com', edgeUrl))(
    ...Object.values(names),
  )
}

describe('without a secret at the edge', () => {
  const s3Edge = () => `http://localhost:${new URL(edge.origin).port}`
  const s3Client = () => {
    const credentials = { accessKeyId: STORE.id, secretAccessKey: STORE.secret, sessionToken: STORE.token }
    const client = new S3Client({ endpoint: S3_ENDPOINT, region: 'us-east-1', credentials, maxAttempts: 1 })
    onTestFinished(() => client.destroy())
    return client
  }

  test('AWS SDK v3 works with the middleware', async () => {
    const client = s3Client()
    recipe('const edge =', s3Edge(), { client })
    for (const command of [
      new PutObjectCommand({
        Bucket: 'photos',
        Key: 'dir/ü (1).txt',
        Body: 'a note',
        ContentType: 'text/plain',
      }),
      new GetObjectCommand({ Bucket: 'photos', Key: 'dir/ü (1).txt', Range: 'bytes=0-1' }),
    ]) {
      await client.send(command as GetObjectCommand)
      expect(bucket.last.headers.host).toBe('photos.s3.us-east-1.amazonaws.example')
      expect(verifySigV4(bucket.last, STORE)).toBe('ok')
    }
  })

  test('a presigned URL works with its host replaced, as Uppy’s signRequest returns it', async () => {
    const presigned = await getSignedUrl(s3Client(), new PutObjectCommand({ Bucket: 'photos', Key: 'k' }), {
      expiresIn: 300,
    })
    const url = recipe('const url =', s3Edge(), { presigned }) as string
    expect((await fetch(url, { method: 'PUT', body: 'by URL' })).status).toBe(200)
    expect(String(bucket.last.body)).toBe('by URL')
    expect(verifySigV4(bucket.last, STORE)).toBe('ok')
  })

  test('the COS SDK works with before-send', async () => {
    const cos = new COS({
      ...{ SecretId: STORE.id, SecretKey: STORE.secret, SecurityToken: STORE.token },
      ...{ AutoSwitchHost: false, KeepAlive: false },
    })
    recipe("cos.on('before-send'", edge.origin, { cos })
    await cos.putObject({ ...PLACE, Key: 'dir/ü (1).txt', Body: 'a note' })
    expect(bucket.last.headers.host).toBe(new URL(COS_BUCKET).host)
    expect(String(bucket.last.body)).toBe('a note')
    expect(verifyCosSignature(bucket.last, { ...STORE, maxSeconds: 3600 })).toBe('ok')
    await cos.getObject({ ...PLACE, Key: 'dir/ü (1).txt' })
    expect(verifyCosSignature(bucket.last, { ...STORE, maxSeconds: 3600 })).toBe('ok')
  })

  test('the COS Node SDK’s headObject does not, as the document says', async () => {
    const cos = new COS({
      ...{ SecretId: STORE.id, SecretKey: STORE.secret, SecurityToken: STORE.token },
      ...{ AutoSwitchHost: false, KeepAlive: false },
    })
    recipe("cos.on('before-send'", edge.origin, { cos })
    await cos.headObject({ ...PLACE, Key: 'k' })
    expect(bucket.last.headers['content-length']).toBeUndefined()
    expect(verifyCosSignature(bucket.last, { ...STORE, maxSeconds: 3600 })).toContain('mismatch')
  })
})
