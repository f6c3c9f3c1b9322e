/**
 * Official clients with their default settings: straight to a bucket, through an edge that only passes signatures on,
 * and through one that re-signs, with permanent and with sealed temporary credentials. The table that this makes stands
 * in docs/temporary-credentials.md.
 */

import { readFileSync } from 'node:fs'
import { globalAgent } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seal } from '../../src/package/seal.ts'
import { Edge } from '../worker/harness.ts'
import { COS_KEY, S3_KEY } from '../worker/private-buckets.ts'
import { CLIENTS, type Client, type Credentials } from './clients.ts'
import { type StrictStores, startStrictStores, TEMPORARY, TEMPORARY_COS } from './strict-stores.ts'

const RULES = JSON.stringify([
  {
    AllowedOrigins: ['http://localhost:*'],
    AllowedMethods: ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'],
    AllowedHeaders: ['*'],
    ExposeHeaders: ['ETag', 'Content-Range', 'Content-Length'],
  },
])
const SEAL_KEY = { only: Buffer.alloc(32, 7).toString('base64') }
/** The clients take the edge's address for its name: one name for each bucket. */
const NAMES = { cos: '127.0.0.1', s3: 'localhost' } as const
const PERMANENT: Record<Client['store'], Credentials> = {
  cos: { id: COS_KEY.SecretId, secret: COS_KEY.SecretKey, token: '' },
  s3: { id: S3_KEY.accessKeyId, secret: S3_KEY.secretAccessKey, token: '' },
}

const COLUMNS = ['direct', 'RESIGN off', 'RESIGN on', 'sealed'] as const
type Column = (typeof COLUMNS)[number]

let stores: StrictStores
let edges: Record<'off' | 'on', Edge>

beforeAll(async () => {
  stores = await startStrictStores()
  const rules = {
    'cors:default': RULES,
    [`bucket:${NAMES.cos}`]: JSON.stringify({ origin: stores.cos }),
    [`bucket:${NAMES.s3}`]: JSON.stringify({ origin: stores.s3, dialect: 's3' }),
  }
  const KEYS = JSON.stringify(
    Object.fromEntries(Object.values(PERMANENT).map(({ id, secret }) => [id, secret])),
  )
  edges = await Edge.startAll({
    off: { vars: { ORIGIN: stores.cos }, rules },
    on: { vars: { ORIGIN: stores.cos, RESIGN: 'on', KEYS, SEAL_KEYS: JSON.stringify(SEAL_KEY) }, rules },
  })
})
afterAll(async () => {
  globalAgent.destroy()
  await Promise.all([edges?.on.stop(), stores?.stop()])
})

async function sealed(store: Client['store']): Promise<Credentials> {
  const { id, secret, token } = store === 'cos' ? TEMPORARY_COS : TEMPORARY
  const { sessionToken } = await seal(
    { accessKeyId: id, secretAccessKey: secret, sessionToken: token, expiration: Date.now() / 1000 + 3600 },
    SEAL_KEY,
    { hosts: [NAMES[store]] },
  )
  return { id, secret, token: sessionToken }
}

const placeOf = (column: Column, store: Client['store']): string =>
  column === 'direct'
    ? new URL(stores[store]).host
    : `${NAMES[store]}:${new URL(edges[column === 'RESIGN off' ? 'off' : 'on'].origin).port}`

/** The rows of the document, by client. */
const DOCUMENT = new Map(
  readFileSync(new URL('../../docs/temporary-credentials.md', import.meta.url), 'utf8')
    .split('\n')
    .filter(line => /^\| `?[@\w]/.test(line))
    .map(line => line.split('|').map(cell => cell.trim().replaceAll('`', '')))
    .map(([, name = '', ...row]) => [name, row]),
)

for (const { name, skipped } of CLIENTS) if (skipped !== null) console.log(`${name} is skipped: ${skipped}`)

describe.each(CLIENTS.filter(({ skipped }) => skipped === null))(
  '$name',
  ({ name, store, operations, start }) => {
    let client: Awaited<ReturnType<Client['start']>>
    beforeAll(async () => {
      client = await start(stores)
    })
    afterAll(async () => client?.stop())

    test.each(COLUMNS)('%s: as many operations succeed as the document says', async column => {
      const credentials = column === 'sealed' ? await sealed(store) : PERMANENT[store]
      const failures: string[] = []
      for (const operation of operations)
        await client.run(operation, placeOf(column, store), credentials).catch(error => {
          failures.push(`${operation}: ${String(error?.message ?? error).slice(0, 500)}`)
        })
      const cell = `${operations.length - failures.length}/${operations.length}`
      expect(cell, failures.join('\n')).toBe(DOCUMENT.get(name)?.[COLUMNS.indexOf(column)])
    })
  },
)
