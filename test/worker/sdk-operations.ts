/**
 * @module
 * What the official SDKs do with a bucket, each operation with what it must return: for tests that run them through an
 * edge.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type COS from 'cos-nodejs-sdk-v5'
import { expect, onTestFinished } from 'vitest'
import { S3_BUCKET } from './private-buckets.ts'

const MB = 1024 * 1024
/** The COS SDK's bucket and region. They are not in the URL, because the client has a Domain. */
export const PLACE = { Bucket: 'demo-1250000000', Region: 'ap-beijing' }

const COS_OBJECT_KEY = 'dir one/+ü & (1)*.txt'
export const COS_OBJECT = { ...PLACE, Key: COS_OBJECT_KEY }
export const putCos = (cos: COS, more: object = {}) =>
  cos.putObject({ ...COS_OBJECT, Body: 'a note', ...more })
const begin = async (cos: COS) => (await cos.multipartInit(COS_OBJECT)).UploadId

export const COS_OPERATIONS: [string, (cos: COS) => Promise<unknown>, unknown][] = [
  ['PUT Object', putCos, { statusCode: 200 }],
  [
    'PUT Object with metadata',
    cos => putCos(cos, { ContentType: 'text/plain', CacheControl: 'max-age=5', 'x-cos-meta-a': 'b c' }),
    { statusCode: 200 },
  ],
  ['PUT Object, empty', cos => cos.putObject({ ...PLACE, Key: 'empty', Body: '' }), { statusCode: 200 }],
  [
    'GET Object',
    async cos => putCos(cos).then(() => cos.getObject(COS_OBJECT)),
    { statusCode: 200, Body: Buffer.from('a note') },
  ],
  [
    'GET Object, a range',
    async cos => putCos(cos).then(() => cos.getObject({ ...COS_OBJECT, Range: 'bytes=2-3' })),
    { statusCode: 206, Body: Buffer.from('no') },
  ],
  [
    'GET Object, response headers',
    async cos => putCos(cos).then(() => cos.getObject({ ...COS_OBJECT, ResponseContentType: 'text/csv' })),
    { statusCode: 200, headers: { 'content-type': 'text/csv' } },
  ],
  ['HEAD Object', async cos => putCos(cos).then(() => cos.headObject(COS_OBJECT)), { statusCode: 200 }],
  ['DELETE Object', cos => cos.deleteObject(COS_OBJECT), { statusCode: 204 }],
  [
    'DELETE Multiple Objects',
    cos => cos.deleteMultipleObject({ ...PLACE, Objects: [{ Key: COS_OBJECT_KEY }] }),
    { Deleted: [{ Key: COS_OBJECT_KEY }] },
  ],
  ['HEAD Bucket', cos => cos.headBucket(PLACE), { statusCode: 200 }],
  [
    'GET Bucket',
    async cos => putCos(cos).then(() => cos.getBucket({ ...PLACE, Prefix: 'dir one/+', Delimiter: '/' })),
    { Contents: [{ Key: COS_OBJECT_KEY }] },
  ],
  [
    'PUT, GET and DELETE Bucket cors',
    async cos => {
      await cos.putBucketCors({
        ...PLACE,
        CORSRules: [{ AllowedOrigin: ['*'], AllowedMethod: ['GET'], AllowedHeader: [], ExposeHeader: [] }],
      } as never)
      const { CORSRules } = await cos.getBucketCors(PLACE)
      return { CORSRules, ...(await cos.deleteBucketCors(PLACE)) }
    },
    { CORSRules: [{ AllowedOrigins: ['*'] }], statusCode: 204 },
  ],
  ['Initiate Multipart Upload', cos => cos.multipartInit(COS_OBJECT), { statusCode: 200 }],
  [
    'Upload Part, List Parts, Complete',
    async cos => {
      const UploadId = await begin(cos)
      const { ETag } = await cos.multipartUpload({
        ...COS_OBJECT,
        UploadId,
        PartNumber: 1,
        Body: Buffer.alloc(MB, 'a'),
      })
      const { Part } = await cos.multipartListPart({ ...COS_OBJECT, UploadId })
      const done = await cos.multipartComplete({ ...COS_OBJECT, UploadId, Parts: [{ PartNumber: 1, ETag }] })
      return { Part, statusCode: done.statusCode }
    },
    { Part: [{ PartNumber: '1', Size: String(MB) }], statusCode: 200 },
  ],
  [
    'List Multipart Uploads, Abort',
    async cos => {
      const UploadId = await begin(cos)
      const { Upload } = await cos.multipartList({ ...PLACE, Prefix: 'dir one/', Delimiter: '' })
      const listed = Upload.some(upload => upload.UploadId === UploadId)
      return { listed, ...(await cos.multipartAbort({ ...COS_OBJECT, UploadId })) }
    },
    { listed: true, statusCode: 204 },
  ],
  [
    'the SDK’s own sliced upload',
    async cos => {
      const directory = await mkdtemp(join(tmpdir(), 'resign-'))
      onTestFinished(() => rm(directory, { recursive: true }))
      const FilePath = join(directory, 'file')
      await writeFile(FilePath, Buffer.alloc(3 * MB, 'x'))
      await cos.sliceUploadFile({ ...PLACE, Key: 'sliced', FilePath, ChunkSize: MB })
      return cos.headObject({ ...PLACE, Key: 'sliced' })
    },
    { headers: { 'content-length': String(3 * MB) } },
  ],
]

const S3_OBJECT_KEY = "dir one/+ü & (1)*'.txt"
export const S3_OBJECT = { Bucket: S3_BUCKET, Key: S3_OBJECT_KEY }
export const putS3 = (s3: S3Client, object = S3_OBJECT) =>
  s3.send(new PutObjectCommand({ ...object, Body: 'a note' }))
export const getS3 = async (s3: S3Client, more: object = {}) => {
  const { Body } = await s3.send(new GetObjectCommand({ ...S3_OBJECT, ...more }))
  return { body: await Body?.transformToString() }
}

/** `object` names the bucket as the client does: with `bucketEndpoint`, by a URL. */
export const S3_OPERATIONS: [
  string,
  (s3: S3Client, object?: typeof S3_OBJECT) => Promise<unknown>,
  unknown,
][] = [
  ['PutObject', putS3, { ETag: expect.any(String) }],
  [
    'PutObject with metadata',
    async (s3, object = S3_OBJECT) => {
      const Metadata = { author: 'Ada  L.' }
      await s3.send(new PutObjectCommand({ ...object, Body: 'x', Metadata, ContentType: 'text/plain' }))
      return s3.send(new HeadObjectCommand(object))
    },
    { ContentType: 'text/plain', Metadata: { author: expect.any(String) } },
  ],
  ['GetObject', (s3, object) => putS3(s3, object).then(() => getS3(s3, object)), { body: 'a note' }],
  [
    'GetObject, a range',
    (s3, object) => putS3(s3, object).then(() => getS3(s3, { ...object, Range: 'bytes=2-3' })),
    { body: 'no' },
  ],
  [
    'HeadObject',
    (s3, object = S3_OBJECT) => putS3(s3, object).then(() => s3.send(new HeadObjectCommand(object))),
    { ContentLength: 6 },
  ],
  [
    'ListObjectsV2',
    async (s3, object = S3_OBJECT) =>
      putS3(s3, object).then(() =>
        s3.send(new ListObjectsV2Command({ Bucket: object.Bucket, Prefix: 'dir one/+' })),
      ),
    { Contents: [{ Key: S3_OBJECT_KEY }] },
  ],
  [
    'DeleteObject',
    (s3, object = S3_OBJECT) => s3.send(new DeleteObjectCommand(object)),
    { $metadata: { httpStatusCode: 204 } },
  ],
  [
    'a multipart upload',
    async (s3, object = S3_OBJECT) => {
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object))
      const Parts = []
      for (const [PartNumber, Body] of [
        [1, Buffer.alloc(5 * MB, 'a')],
        [2, Buffer.from('end')],
      ] as const) {
        const part = { ...object, UploadId, PartNumber, Body }
        Parts.push({ PartNumber, ETag: (await s3.send(new UploadPartCommand(part))).ETag })
      }
      const MultipartUpload = { Parts }
      await s3.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload }))
      return s3.send(new HeadObjectCommand(object))
    },
    { ContentLength: 5 * MB + 3 },
  ],
  [
    'AbortMultipartUpload',
    async (s3, object = S3_OBJECT) => {
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object))
      return s3.send(new AbortMultipartUploadCommand({ ...object, UploadId }))
    },
    { $metadata: { httpStatusCode: 204 } },
  ],
  [
    'PutObject, empty',
    async (s3, object = S3_OBJECT) => {
      await s3.send(new PutObjectCommand({ ...object, Body: '', ContentLength: 0 }))
      return s3.send(new HeadObjectCommand(object))
    },
    { ContentLength: 0 },
  ],
  [
    'HeadBucket',
    (s3, { Bucket } = S3_OBJECT) => s3.send(new HeadBucketCommand({ Bucket })),
    { $metadata: { httpStatusCode: 200 } },
  ],
  [
    'DeleteObjects',
    (s3, object = S3_OBJECT) =>
      putS3(s3, object).then(() =>
        s3.send(
          new DeleteObjectsCommand({ Bucket: object.Bucket, Delete: { Objects: [{ Key: S3_OBJECT_KEY }] } }),
        ),
      ),
    { Deleted: [{ Key: S3_OBJECT_KEY }] },
  ],
  [
    'presigned PutObject and GetObject',
    async (s3, object = S3_OBJECT) => {
      const upload = await getSignedUrl(s3, new PutObjectCommand(object), { expiresIn: 300 })
      const { status } = await fetch(upload, { method: 'PUT', body: 'by URL' })
      const download = await fetch(await getSignedUrl(s3, new GetObjectCommand(object)))
      return { status, text: await download.text() }
    },
    { status: 200, text: 'by URL' },
  ],
  [
    'presigned UploadPart',
    async (s3, object = S3_OBJECT) => {
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object))
      const part = new UploadPartCommand({ ...object, UploadId, PartNumber: 1 })
      const { status, headers } = await fetch(await getSignedUrl(s3, part), { method: 'PUT', body: 'part' })
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: headers.get('etag') ?? '' }] }
      await s3.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload }))
      return { status, ...(await getS3(s3, object)) }
    },
    { status: 200, body: 'part' },
  ],
]
