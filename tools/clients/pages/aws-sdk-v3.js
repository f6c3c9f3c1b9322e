import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'

const bucketOf = ({ url, mounted }) => (mounted ? url : 'demo')
const Body = 'text of an object'
const temporary = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' }
const permanent = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' }

const client = ({ url, mounted, credentials = permanent }, more = {}) =>
  new S3Client({
    ...(mounted ? { bucketEndpoint: true } : { endpoint: url, forcePathStyle: true }),
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
    ...more,
  })
const required = { requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' }
const put = (ctx, more, input = {}) =>
  client(ctx, more).send(
    new PutObjectCommand({ Bucket: bucketOf(ctx), Key: 'put.txt', Body, ContentType: 'image/png', ...input }),
  )
const get = async (ctx, more) => {
  const { Body: body, ...rest } = await client(ctx, more).send(
    new GetObjectCommand({ Bucket: bucketOf(ctx), Key: 'object.txt' }),
  )
  return { ...rest, text: await body.transformToString() }
}

const large = () => new Blob([new Uint8Array(6 * 1024 * 1024)])
const upload = (ctx, body) => {
  const params = { Bucket: bucketOf(ctx), Key: 'large.bin', Body: body }
  return new Upload({ client: client(ctx), params, queueSize: 1 }).done()
}

window.operations = {
  get: ctx => get(ctx),
  'get-range': async ctx => {
    const command = new GetObjectCommand({ Bucket: bucketOf(ctx), Key: 'object.txt', Range: 'bytes=0-3' })
    const { Body: body, ...rest } = await client(ctx).send(command)
    return { ...rest, text: await body.transformToString() }
  },
  'get-when-required': ctx => get(ctx, required),
  head: ctx => client(ctx).send(new HeadObjectCommand({ Bucket: bucketOf(ctx), Key: 'object.txt' })),
  list: ctx => client(ctx).send(new ListObjectsV2Command({ Bucket: bucketOf(ctx) })),
  delete: ctx => client(ctx).send(new DeleteObjectCommand({ Bucket: bucketOf(ctx), Key: 'object.txt' })),
  put: ctx => put(ctx),
  'put-when-required': ctx => put(ctx, required),
  'put-metadata': ctx => put(ctx, {}, { Metadata: { author: 'me' }, CacheControl: 'max-age=60' }),
  'put-temporary-credentials': ctx => put(ctx, { credentials: temporary }),
  multipart: ctx => upload(ctx, large()),
  // One request cannot have a stream as its body: Chromium sends these by HTTP/2 only.
  'multipart-stream': ctx => upload(ctx, large().stream()),
  'presigned-put': async ctx => {
    const command = new PutObjectCommand({
      Bucket: bucketOf(ctx),
      Key: 'presigned.txt',
      ContentType: 'image/png',
    })
    const url = await getSignedUrl(client(ctx), command)
    const { status } = await fetch(url, {
      method: 'PUT',
      body: Body,
      headers: { 'content-type': 'image/png' },
    })
    return status
  },
  'presigned-get': async ctx => {
    const url = await getSignedUrl(
      client(ctx),
      new GetObjectCommand({ Bucket: bucketOf(ctx), Key: 'object.txt' }),
    )
    return await (await fetch(url)).text()
  },
}
