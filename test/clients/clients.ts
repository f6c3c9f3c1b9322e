/**
 * @module
 * The clients of the table: how each gets its place and its credentials, and what it does with a bucket.
 */

import { execFile, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { S3Client } from '@aws-sdk/client-s3'
import COS from 'cos-nodejs-sdk-v5'
import type { Browser } from 'playwright-core'
import { expect } from 'vitest'
import { CHROMIUM, launch, WHY_SKIPPED } from '../../tools/chromium.ts'
import { runOperation, servePages } from '../../tools/clients/pages.ts'
import { COS_OPERATIONS, S3_OPERATIONS } from '../worker/sdk-operations.ts'
import type { StrictStores } from './strict-stores.ts'

export interface Credentials {
  readonly id: string
  readonly secret: string
  /** Empty for a permanent key. */
  readonly token: string
}

/** `host:port` of a store, or of the edge before it. */
export type Place = string

export interface Operation {
  readonly name: string
  /** Rejects if the client fails, or returns something unexpected. */
  run(place: Place, credentials: Credentials): Promise<void>
}

export interface Client {
  readonly name: string
  readonly store: 'cos' | 's3'
  /** Why the client does not run on this machine; null: it runs. */
  readonly skipped: string | null
  readonly operations: readonly string[]
  start(stores: StrictStores): Promise<{
    run(operation: string, place: Place, credentials: Credentials): Promise<void>
    stop(): Promise<void>
  }>
}

type Listed<SDK> = readonly (readonly [string, (sdk: SDK) => Promise<unknown>, unknown])[]

/** A client that runs in Node, from a list of operations with what each returns. */
function inNode<SDK>(
  name: string,
  store: Client['store'],
  operations: Listed<SDK>,
  make: (place: Place, credentials: Credentials) => SDK,
  end: (sdk: SDK) => void = () => {},
): Client {
  return {
    ...{ name, store, skipped: null, operations: operations.map(([each]) => each) },
    start: async () => ({
      async run(operation, place, credentials) {
        const [, run, expected] = operations.find(([each]) => each === operation) ?? []
        const sdk = make(place, credentials)
        try {
          const result = await run?.(sdk)
          if (typeof expected === 'object') expect(result).toMatchObject(expected as object)
          else expect(result).toBe(expected)
        } finally {
          end(sdk)
        }
      },
      stop: async () => {},
    }),
  }
}

const cosClient =
  (options: COS.COSOptions) =>
  (Domain: Place, { id, secret, token }: Credentials): COS =>
    new COS({
      ...{
        SecretId: id,
        SecretKey: secret,
        Domain,
        Protocol: 'http:',
        AutoSwitchHost: false,
        KeepAlive: false,
      },
      ...(token !== '' && { SecurityToken: token }),
      ...options,
    })

const awsCredentials = ({ id, secret, token }: Credentials) => ({
  ...{ accessKeyId: id, secretAccessKey: secret },
  ...(token !== '' && { sessionToken: token }),
})

const s3Client = (place: Place, credentials: Credentials): S3Client =>
  new S3Client({
    ...{ endpoint: `http://${place}`, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1 },
    credentials: awsCredentials(credentials),
  })

const IS_INSTALLED = existsSync(fileURLToPath(new URL('../../tools/clients/node_modules', import.meta.url)))
const NOT_INSTALLED = 'it is not installed: npm ci --ignore-scripts --prefix tools/clients'

const WHY_NOT_IN_CHROMIUM = !CHROMIUM ? WHY_SKIPPED : IS_INSTALLED ? null : NOT_INSTALLED

/** A client that runs in Chromium, on a page of the recorder. */
function inChromium(
  name: string,
  store: Client['store'],
  page: string,
  results: Readonly<Record<string, unknown>>,
  credentialsOf: (credentials: Credentials) => object,
): Client {
  return {
    ...{ name, store, skipped: WHY_NOT_IN_CHROMIUM, operations: Object.keys(results) },
    async start(stores) {
      const browser: Browser = await launch()
      const pages = await servePages()
      const tab = await (await browser.newContext()).newPage()
      await tab.goto(`http://localhost:${pages.port}/${page}.html`)
      await tab.waitForFunction('window.operations !== undefined')
      return {
        async run(operation, host, credentials) {
          await stores.put('object.txt', 'text of an object')
          const ctx = { host, url: `http://${host}`, credentials: credentialsOf(credentials) }
          const limits = { timeout: 60_000, noResult: 'no result within a minute' }
          const { value, error } = await tab.evaluate(runOperation, { operation, ctx, ...limits })
          if (error !== null) throw new Error(error)
          expect(value).toEqual(results[operation])
        },
        async stop() {
          pages.close()
          await browser.close()
        },
      }
    },
  }
}

const TEXT = 'text of an object'
const done = expect.objectContaining({ statusCode: 200 })
const stored = expect.objectContaining({ ETag: expect.any(String) })

/** minio-js, which is installed with the recorder's clients. */
async function minio(): Promise<Client> {
  const name = 'minio-js'
  if (!IS_INSTALLED)
    return {
      ...{ name, store: 's3', skipped: NOT_INSTALLED, operations: [] },
      start: () => Promise.reject(new Error(NOT_INSTALLED)),
    }
  const { MINIO_OPERATIONS, minioClient } = await import('../../tools/clients/minio.js')
  return inNode(name, 's3', MINIO_OPERATIONS as Listed<unknown>, (host, credentials) =>
    minioClient({ host, credentials: awsCredentials(credentials) }),
  )
}

/** restic, which sends signed chunks over http. Its operations depend on each other, in a repository of their own. */
function restic(): Client {
  const run = async (
    args: readonly string[],
    place: Place,
    { id, secret, token }: Credentials,
    repository: string,
  ): Promise<void> => {
    // The stores run in this process.
    await promisify(execFile)(
      'restic',
      ['-r', `s3:http://${place}/demo/${repository}`, '--no-cache', ...args],
      {
        env: {
          ...{ ...process.env, RESTIC_PASSWORD: 'p', AWS_DEFAULT_REGION: 'us-east-1' },
          ...{ AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret },
          ...(token !== '' && { AWS_SESSION_TOKEN: token }),
        },
        timeout: 60_000,
      },
    )
  }
  const isInstalled = spawnSync('restic', ['version']).status === 0
  return {
    ...{
      name: 'restic over http, signed chunks',
      store: 's3',
      skipped: isInstalled ? null : 'it is not installed',
    },
    operations: ['init', 'backup', 'check'],
    async start() {
      let repositories = 0
      const folder = await mkdtemp(join(tmpdir(), 'restic-'))
      await writeFile(join(folder, 'file'), randomBytes(3 * 1024 * 1024))
      return {
        async run(operation, place, credentials) {
          if (operation === 'init') repositories++
          const args = {
            init: ['init'],
            backup: ['backup', folder],
            check: ['check', '--read-data'],
          }[operation]
          await run(args ?? [], place, credentials, `repository-${repositories}`)
        },
        stop: () => rm(folder, { recursive: true }),
      }
    },
  }
}

export const CLIENTS: readonly Client[] = [
  inNode('cos-nodejs-sdk-v5', 'cos', COS_OPERATIONS, cosClient({})),
  inNode(
    'cos-nodejs-sdk-v5, ForceSignHost: false',
    'cos',
    COS_OPERATIONS,
    cosClient({ ForceSignHost: false }),
  ),
  inChromium(
    'cos-js-sdk-v5 in Chromium',
    'cos',
    'cos-js-sdk-v5',
    {
      put: done,
      'put-metadata': done,
      get: expect.objectContaining({ Body: TEXT }),
      'get-range': expect.objectContaining({ Body: 'text' }),
      head: done,
      list: done,
      delete: expect.objectContaining({ statusCode: 204 }),
      multipart: done,
      'presigned-get': TEXT,
    },
    ({ id, secret, token }) => ({
      ...{ SecretId: id, SecretKey: secret },
      ...(token !== '' && { SecurityToken: token }),
    }),
  ),
  inNode('@aws-sdk/client-s3 in Node.js', 's3', S3_OPERATIONS, s3Client, s3 => s3.destroy()),
  inChromium(
    '@aws-sdk/client-s3 in Chromium',
    's3',
    'aws-sdk-v3',
    {
      get: expect.objectContaining({ text: TEXT }),
      'get-range': expect.objectContaining({ text: 'text' }),
      'get-when-required': expect.objectContaining({ text: TEXT }),
      head: expect.objectContaining({ ContentLength: TEXT.length }),
      list: expect.objectContaining({ Contents: expect.any(Array) }),
      delete: expect.objectContaining({ $metadata: expect.objectContaining({ httpStatusCode: 204 }) }),
      put: stored,
      'put-when-required': stored,
      'put-metadata': stored,
      multipart: stored,
      'presigned-put': 200,
      'presigned-get': TEXT,
    },
    awsCredentials,
  ),
  await minio(),
  restic(),
  inChromium(
    '@uppy/aws-s3 in Chromium',
    's3',
    'uppy-aws-s3',
    {
      put: [expect.objectContaining({ status: 200 })],
      multipart: [expect.objectContaining({ status: 200 })],
    },
    awsCredentials,
  ),
]
