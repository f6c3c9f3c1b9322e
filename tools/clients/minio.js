/**
 * @module
 * What a server does with minio-js, each operation with what it must return: for the table of clients and signatures.
 */

import { Readable } from 'node:stream'
import { Client } from 'minio'

const BUCKET = 'demo'
const KEY = 'minio one/+ü & (1)*.txt'
const MB = 1024 * 1024

/**
 * @param {{ host: string, credentials: { accessKeyId: string, secretAccessKey: string, sessionToken?: string } }} place
 */
export function minioClient({ host, credentials }) {
  const [endPoint = '', port] = host.split(':')
  const { accessKeyId: accessKey, secretAccessKey: secretKey, sessionToken } = credentials
  return new Client({
    ...{ endPoint, port: Number(port), useSSL: false, region: 'us-east-1', accessKey, secretKey },
    // Its default splits an upload at 64 MiB.
    partSize: 5 * MB,
    ...(sessionToken !== undefined && { sessionToken }),
  })
}

/** @param {AsyncIterable<Buffer>} stream */
async function textOf(stream) {
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** @param {Client} client */
const put = client => client.putObject(BUCKET, KEY, 'a note')

/** @type {[name: string, run: (client: Client) => Promise<unknown>, expected: unknown][]} */
export const MINIO_OPERATIONS = [
  ['putObject', async client => typeof (await put(client)).etag, 'string'],
  [
    'putObject with metadata',
    async client => {
      await client.putObject(BUCKET, KEY, 'a note', 6, {
        'Content-Type': 'text/x-note',
        'X-Amz-Meta-A': 'b c',
      })
      const { size, metaData } = await client.statObject(BUCKET, KEY)
      return { size, type: metaData['content-type'], a: metaData.a }
    },
    { size: 6, type: 'text/x-note', a: 'b c' },
  ],
  [
    'putObject of a stream, in parts',
    async client => {
      await client.putObject(BUCKET, KEY, Readable.from([Buffer.alloc(6 * MB, 'a')]))
      return (await client.statObject(BUCKET, KEY)).size
    },
    6 * MB,
  ],
  [
    'getObject',
    client => put(client).then(async () => textOf(await client.getObject(BUCKET, KEY))),
    'a note',
  ],
  [
    'getPartialObject',
    client => put(client).then(async () => textOf(await client.getPartialObject(BUCKET, KEY, 2, 2))),
    'no',
  ],
  ['statObject', client => put(client).then(async () => (await client.statObject(BUCKET, KEY)).size), 6],
  [
    'listObjectsV2',
    async client => {
      await put(client)
      const names = []
      for await (const { name } of client.listObjectsV2(BUCKET, 'minio one/+', true)) names.push(name)
      return names
    },
    [KEY],
  ],
  ['removeObject', client => put(client).then(() => client.removeObject(BUCKET, KEY)), undefined],
  [
    'presignedPutObject and presignedGetObject',
    async client => {
      const upload = await client.presignedPutObject(BUCKET, KEY, 300)
      const { status } = await fetch(upload, { method: 'PUT', body: 'by URL' })
      const download = await fetch(await client.presignedGetObject(BUCKET, KEY, 300))
      return [status, await download.text()]
    },
    [200, 'by URL'],
  ],
]
