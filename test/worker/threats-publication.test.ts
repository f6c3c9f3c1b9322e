/**
 * Publications that KV shows late, by half or in turn, and many requests for one host at once: threats 38, 39 and 40 of
 * test/conformance/README.md, through the built Worker.
 */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeRecord, settingsDigest } from '../../src/rules/record.ts'
import { FaultyEdge } from './faulty-kv.ts'
import { RecordingBucket } from './harness.ts'

const TTL_SECONDS = 30
let bucket: RecordingBucket
let edge: FaultyEdge
let hosts = 0
let host = ''

beforeAll(async () => {
  bucket = await RecordingBucket.start()
  edge = await FaultyEdge.start({ ORIGIN: bucket.origin, POLICY_TTL_SECONDS: String(TTL_SECONDS) })
})
afterAll(() => Promise.all([edge?.stop(), bucket?.stop()]))
beforeEach(() => {
  host = `p${++hosts}.example`
})

const A = 'https://a.example'
const B = 'https://b.example'
/** The Worker's clock is put forward by the tests. */
let aheadSeconds = 0
const later = async (seconds: number) => {
  aheadSeconds += seconds
  await edge.later(seconds)
}
const recordFor = async (origin: string, settings: string | null = null) => {
  const rule = { id: null, allowedOrigins: [origin], allowedMethods: ['GET' as const], maxAgeSeconds: null }
  const configuration = { rules: [{ ...rule, allowedHeaders: [], exposeHeaders: [] }], responseVary: false }
  const publishedAt = new Date(Date.now() + 1000 * aheadSeconds).toISOString()
  const facts = { publishedAt, source: 'test', settings: await settingsDigest(settings) }
  return JSON.stringify(await makeRecord(configuration, facts))
}
const allows = async (isolate: string, origin: string, settle = false): Promise<boolean> => {
  const headers = { origin, 'access-control-request-method': 'GET' }
  return (await edge.send(isolate, '/k', { method: 'OPTIONS', host, headers }, { settle })).status === 200
}
/** Has the isolate refresh what is stale, and returns which of A and B its rules allow then. */
async function refreshed(isolate: string): Promise<string[]> {
  await later(TTL_SECONDS)
  await allows(isolate, A, true)
  return (
    await Promise.all([A, B].map(async origin => ((await allows(isolate, origin)) ? origin : '')))
  ).filter(origin => origin !== '')
}

describe('many requests for one host at once', () => {
  test('were a stampede: 500 of a cold isolate are one read of KV', async () => {
    await edge.put(`cors:${host}`, await recordFor(A))
    await edge.failReads(host, 'slow')
    const answers = await Promise.all(Array.from({ length: 500 }, () => allows('stampede', A)))
    expect(answers.every(Boolean)).toBe(true)
    expect(await edge.reads(host)).toBe(1)
  })

  test('do not end with the request that reads: its client goes away, and the others are answered', async () => {
    await edge.put(`cors:${host}`, await recordFor(A))
    await edge.failReads(host, 'slow')
    await edge.abandon('abandoned', host, A)
    const answers = await Promise.all(Array.from({ length: 20 }, () => allows('abandoned', A)))
    expect(answers.every(Boolean)).toBe(true)
    expect(await edge.reads(host)).toBeLessThanOrEqual(2)
  })
})

describe('KV that shows two revisions in turn', () => {
  test('was served as it came: the newer one stays, in memory and as the last known good', async () => {
    const older = await recordFor(A)
    await later(1)
    const newer = await recordFor(B)
    await edge.put(`cors:${host}`, older)
    expect(await refreshed('alternating')).toEqual([A])
    await edge.put(`cors:${host}`, newer)
    expect(await refreshed('alternating')).toEqual([B])
    for (let turns = 0; turns < 3; turns++) {
      await edge.put(`cors:${host}`, turns % 2 === 0 ? older : newer)
      expect(await refreshed('alternating')).toEqual([B])
      // A cold isolate has nothing but what KV shows it.
      await allows(`cold-${turns}`, A, true)
    }
    await edge.failReads(host, 'reject')
    expect([await allows('after', A), await allows('after', B)]).toEqual([false, true])
    await edge.failReads(host, 'none')

    await edge.put(`cors:${host}`, older)
    await later(120)
    expect(await refreshed('alternating'), 'after the propagation, somebody means it').toEqual([A])
  })
})

describe('rules and settings of one publication', () => {
  const SETTINGS = JSON.stringify({ dialect: 's3' })
  const logged = async () => (await edge.wholeLog()).filter(line => line.includes(`"host":"${host}"`))

  test('were mixed after half of it: the last good pair stays until both have arrived', async () => {
    await edge.put(`cors:${host}`, await recordFor(A))
    expect(await refreshed('half')).toEqual([A])
    await edge.put(`bucket:${host}`, SETTINGS)
    expect(await refreshed('half')).toEqual([A])
    const { headers } = await edge.send('half', '/k', { method: 'OPTIONS', host, headers: { origin: B } })
    expect(headers, 'the dialect of the old settings').toHaveProperty('x-cos-request-id')
    await edge.put(`cors:${host}`, await recordFor(B, SETTINGS))
    expect(await refreshed('half')).toEqual([B])
    const after = await edge.send('half', '/k', { method: 'OPTIONS', host, headers: { origin: A } })
    expect(after.headers).toHaveProperty('x-amz-request-id')
    expect((await logged()).join()).not.toContain('settings-mismatch')
  })

  test('an interrupted publication is served after the propagation, and logged', async () => {
    await edge.put(`cors:${host}`, await recordFor(A))
    expect(await refreshed('interrupted')).toEqual([A])
    await edge.put(`bucket:${host}`, SETTINGS)
    expect(await refreshed('interrupted')).toEqual([A])
    expect((await logged()).join()).not.toContain('settings-mismatch')
    await later(120)
    expect(await refreshed('interrupted')).toEqual([A])
    expect((await logged()).filter(line => line.includes('settings-mismatch'))).toHaveLength(1)
    const { headers } = await edge.send('interrupted', '/k', {
      method: 'OPTIONS',
      host,
      headers: { origin: B },
    })
    expect(headers).toHaveProperty('x-amz-request-id')
  })
})
