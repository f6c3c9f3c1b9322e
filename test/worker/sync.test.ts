import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { NO_CONFIGURATION } from '../../src/cors/configuration.ts'
import { readXml, writeXml } from '../../src/formats/xml.ts'
import { makeRecord } from '../../src/rules/record.ts'
import { BUCKET, type DemoBucket, KEY, startDemoBucket } from '../cli/demo-bucket.ts'
import { FaultyEdge } from './faulty-kv.ts'
import { type Answer, Edge, type Received, RecordingBucket } from './harness.ts'

const rule = (origin: string) =>
  `<CORSRule><AllowedOrigin>${origin}</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>`
const rulesFor = (...origins: string[]) =>
  `<CORSConfiguration>${origins.map(rule).join('')}</CORSConfiguration>`
const A = 'https://a.example'
const B = 'https://b.example'
const md5 = (text: string) => createHash('md5').update(text).digest('base64')
const codeOf = ({ text }: Answer) => /<Code>(\w+)<\/Code>/.exec(text)?.[1]
const originsIn = (value: string | null | undefined): string[] =>
  JSON.parse(value ?? '').configuration.rules.flatMap(
    (each: { allowedOrigins: string[] }) => each.allowedOrigins,
  )
const recordOf = async (document: string | null, publishedAt: string) => {
  const configuration = document === null ? NO_CONFIGURATION : readXml(document).configuration
  if (configuration === null) throw new Error('the test wrote rules with errors')
  return JSON.stringify(await makeRecord(configuration, 'cos', { publishedAt, source: 'test' }))
}
const LONG_AGO = '2020-01-01T00:00:00.000Z'
/** How a COS SDK signs; nothing here checks it. */
const SIGNED = { authorization: 'q-sign-algorithm=sha1&q-ak=AKID' }

const putCors = (edge: Pick<Edge, 'send'>, body: string, headers = {}, path = '/?cors') =>
  edge.send(path, { method: 'PUT', body, headers: { ...SIGNED, ...headers } })

/** A bucket that keeps `?cors` as a test says, without looking at signatures. */
class CorsBucket {
  document: string | null = null
  /** Called before a PUT is answered, after it was stored. */
  afterPut: (document: string) => Promise<void> = async () => {}
  /** Answers instead. */
  fault: ((response: ServerResponse) => void) | null = null
  readonly recording: RecordingBucket

  constructor(recording: RecordingBucket) {
    this.recording = recording
    recording.answer = (request, response) => void this.#answer(request, response)
  }

  holds(document: string): void {
    this.document = document
  }

  /** Answers everything like this. */
  answers(fault: (response: ServerResponse) => void): void {
    this.fault = fault
  }

  get calls(): string[] {
    return this.recording.received.map(({ method, url }) => `${method} ${url}`)
  }

  async #answer({ method, body }: Received, response: ServerResponse): Promise<void> {
    if (this.fault !== null) return this.fault(response)
    if (method === 'PUT') {
      this.document = body.toString()
      await this.afterPut(this.document)
      response.end()
    } else if (method === 'DELETE') {
      this.document = null
      response.writeHead(204).end()
    } else if (this.document === null)
      response.writeHead(404).end('<Error><Code>NoSuchCORSConfiguration</Code></Error>')
    else response.end(this.document)
  }
}

let recording: RecordingBucket
let refusing: Promise<Edge> | undefined
beforeAll(async () => {
  recording = await RecordingBucket.start()
})
afterAll(async () => {
  await (await refusing)?.stop()
  await recording.stop()
})

function corsBucket(): CorsBucket {
  recording.received.length = 0
  return new CorsBucket(recording)
}

async function edgeWith(vars: Record<string, string>, rules: Record<string, string> = {}): Promise<Edge> {
  const edge = await Edge.start({
    vars: { ORIGIN: recording.origin, POLICY_TTL_SECONDS: '0', ...vars },
    rules,
  })
  onTestFinished(() => edge.stop())
  return edge
}

const allows = async (edge: Edge, origin: string, host?: string) =>
  (await edge.preflight('/k', origin, 'GET', undefined, host)).status === 200
const ASKS = { SECRET_ID: KEY.SecretId, SECRET_KEY: KEY.SecretKey }
const eventsIn = (log: readonly string[]) => log.map(line => JSON.parse(line).event)

describe('SYNC=write-through, with the official SDK', { timeout: 60_000 }, () => {
  let bucket: DemoBucket
  beforeAll(async () => {
    bucket = await startDemoBucket()
  })
  afterAll(() => bucket.stop())

  test("putBucketCors, getBucketCors and deleteBucketCors on the edge's domain change what preflights answer", async () => {
    const edge = await edgeWith({
      ORIGIN: bucket.origin,
      SYNC: 'write-through',
      RESIGN: 'on',
      POLICY_TTL_SECONDS: '60',
      ...ASKS,
    })
    const { host } = new URL(edge.origin)
    const cos = bucket.client(host)
    expect(await allows(edge, A, host)).toBe(false)

    const CORSRules = [{ AllowedOrigin: [A], AllowedMethod: ['GET'], MaxAgeSeconds: '60' }] as never
    expect((await cos.putBucketCors({ ...BUCKET, CORSRules })).statusCode).toBe(200)
    const preflight = await edge.preflight('/k', A, 'GET', undefined, host)
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': A,
      'access-control-max-age': '60',
    })
    expect((await bucket.client().getBucketCors(BUCKET)).CORSRules).toHaveLength(1)
    expect((await cos.getBucketCors(BUCKET)).CORSRules[0]?.AllowedOrigins).toEqual([A])
    const published = await edge.allRules()
    const { revision } = JSON.parse(published.get('cors:127.0.0.1') ?? '')
    expect(originsIn(published.get('cors:127.0.0.1'))).toEqual([A])
    expect(published.get(`history:127.0.0.1:${revision}`)).toBe(published.get('cors:127.0.0.1'))

    expect((await cos.deleteBucketCors(BUCKET)).statusCode).toBe(204)
    expect(await allows(edge, A, host)).toBe(false)
    expect(originsIn((await edge.allRules()).get('cors:127.0.0.1'))).toEqual([])
    // The SDK makes an empty list of NoSuchCORSConfiguration.
    expect(await cos.getBucketCors(BUCKET)).toMatchObject({ statusCode: 404, CORSRules: [] })
  })
})

describe('SYNC=write-through', { timeout: 60_000 }, () => {
  test('passes on the bytes as they came, and publishes once the bucket has accepted them', async () => {
    const bucket = corsBucket()
    const edge = await edgeWith({ SYNC: 'write-through' })
    const body = `\uFEFF<?xml version="1.0"?>\r\n${rulesFor('https://é.example', A)}\n`
    const headers = { 'content-md5': md5(body), 'content-type': 'text/plain' }
    expect((await putCors(edge, body, headers)).status).toBe(200)
    expect(bucket.recording.last).toMatchObject({
      method: 'PUT',
      url: '/?cors',
      headers: { ...SIGNED, ...headers, 'content-length': String(Buffer.byteLength(body)) },
    })
    expect(bucket.recording.last.body.toString()).toBe(body)
    expect(await allows(edge, A)).toBe(true)
    expect(eventsIn(edge.log)).toContain('rules-published')
  })

  test.each([
    ['no XML', 'x', {}, 'MalformedXML'],
    ['nothing', '', {}, 'MalformedXML'],
    ['S3 JSON', '[{"AllowedOrigins":["*"],"AllowedMethods":["GET"]}]', {}, 'MalformedXML'],
    ['rules with errors', rulesFor('https://*.*.example'), {}, 'MalformedXML'],
    ['an entity', `<!DOCTYPE a [<!ENTITY b "c">]>${rulesFor(A)}`, {}, 'MalformedXML'],
    ['101 rules', rulesFor(...Array.from({ length: 101 }, () => A)), {}, 'MalformedXML'],
    ['bytes that are no UTF-8', Buffer.from([0x3c, 0xff, 0x3e]), {}, 'MalformedXML'],
    ['over 64 KB', rulesFor(A).padEnd(64 * 1024 + 1), {}, 'EntityTooLarge'],
    ['the digest of something else', rulesFor(A), { 'content-md5': md5('x') }, 'BadDigest'],
    ['no digest', rulesFor(A), { 'content-md5': 'x' }, 'InvalidDigest'],
  ])('refuses %s before it reaches the bucket', async (_, body, headers, code) => {
    const bucket = corsBucket()
    // One for all: none of them changes anything.
    refusing ??= Edge.start({
      vars: { ORIGIN: recording.origin, POLICY_TTL_SECONDS: '0', SYNC: 'write-through' },
      rules: { 'cors:edge.example': rulesFor(A) },
    })
    const edge = await refusing
    const before = await edge.allRules()
    const answer = await edge.send('/?cors', { method: 'PUT', body, headers: { ...SIGNED, ...headers } })
    expect([answer.status, codeOf(answer)]).toEqual([400, code])
    expect(bucket.calls).toEqual([])
    expect(await edge.allRules()).toEqual(before)
  })

  test('refuses more than 64 KB without a length, too, and takes exactly 64 KB', async () => {
    const bucket = corsBucket()
    const edge = await edgeWith({ SYNC: 'write-through' })
    const whole = rulesFor(A).padEnd(64 * 1024)
    const chunked = { 'transfer-encoding': 'chunked', 'content-length': [] as string[] }
    expect(codeOf(await putCors(edge, `${whole} `, chunked))).toBe('EntityTooLarge')
    expect(bucket.calls).toEqual([])
    expect((await putCors(edge, whole)).status).toBe(200)
  })

  test('says in the s3 dialect which method is unknown', async () => {
    corsBucket()
    const edge = await edgeWith({ SYNC: 'write-through', DIALECT: 's3' })
    const answer = await putCors(edge, rulesFor(A).replace('GET', 'PATCH'))
    expect([answer.status, codeOf(answer)]).toEqual([400, 'InvalidRequest'])
    expect(answer.text).toContain('Unsupported method is PATCH')
  })

  test('publishes nothing that the bucket refuses, nor what is about something else, nor when it is off', async () => {
    const bucket = corsBucket()
    const live = { 'cors:edge.example': rulesFor(A) }
    const edge = await edgeWith({ SYNC: 'write-through' }, live)
    const off = await edgeWith({}, live)
    bucket.fault = response =>
      response.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code></Error>')
    expect((await putCors(edge, rulesFor(B))).status).toBe(403)
    bucket.fault = null
    for (const path of ['/?cors&acl', '/?CORS', '/key?cors', '/?lifecycle', '/?x=cors'])
      expect((await putCors(edge, rulesFor(B), {}, path)).status, path).toBe(200)
    expect((await putCors(off, rulesFor(B))).status).toBe(200)
    expect(await edge.allRules()).toEqual(new Map(Object.entries(live)))
    expect(await off.allRules()).toEqual(new Map(Object.entries(live)))
    // Presigned URLs are about nothing else.
    expect((await putCors(edge, rulesFor(B), {}, '/?cors=&q-ak=a&q-signature=b')).status).toBe(200)
    expect(await allows(edge, B)).toBe(true)
  })

  test('asks the bucket what an encoded body was', async () => {
    const bucket = corsBucket()
    const edge = await edgeWith({ SYNC: 'write-through', ...ASKS })
    bucket.afterPut = async () => {
      bucket.document = rulesFor(B)
    }
    expect((await putCors(edge, '5;chunk-signature=…', { 'content-encoding': 'aws-chunked' })).status).toBe(
      200,
    )
    expect(await allows(edge, B)).toBe(true)
  })

  test('two writers at once end with KV equal to the bucket', async () => {
    const bucket = corsBucket()
    const edge = await edgeWith({ SYNC: 'write-through', ...ASKS })
    // The bucket takes A before B, but A's answer comes last: A's writer would overwrite B in KV.
    bucket.afterPut = async document => {
      if (!document.includes(A)) return
      bucket.afterPut = async () => {}
      expect((await putCors(edge, rulesFor(B))).status).toBe(200)
    }
    expect((await putCors(edge, rulesFor(A))).status).toBe(200)
    expect(bucket.document).toBe(rulesFor(B))
    await vi.waitFor(
      async () => expect(originsIn((await edge.allRules()).get('cors:edge.example'))).toEqual([B]),
      {
        timeout: 10_000,
      },
    )
    expect([await allows(edge, A), await allows(edge, B)]).toEqual([false, true])
  })

  test('goes on serving what it has published while KV shows something older, not something newer', async () => {
    corsBucket()
    const edge = await edgeWith({ SYNC: 'write-through' })
    await putCors(edge, rulesFor(A))
    await edge.putRules('cors:edge.example', await recordOf(rulesFor(B), LONG_AGO))
    expect([await allows(edge, A), await allows(edge, B)]).toEqual([true, false])
    await edge.deleteRules('cors:edge.example')
    expect(await allows(edge, A)).toBe(true)
    await edge.putRules('cors:edge.example', await recordOf(rulesFor(B), '2999-01-01T00:00:00.000Z'))
    expect([await allows(edge, A), await allows(edge, B)]).toEqual([false, true])
  })
})

describe('SYNC=write-through and a KV that fails', { timeout: 60_000 }, () => {
  const preflight = async (edge: FaultyEdge, isolate: string, origin: string) =>
    (
      await edge.send(isolate, '/k', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'GET' },
      })
    ).status === 200
  const put = (edge: FaultyEdge, isolate: string, body: string, settle = false) =>
    edge.send(isolate, '/?cors', { method: 'PUT', body, headers: SIGNED }, { settle })
  async function faultyEdge(vars: Record<string, string>): Promise<FaultyEdge> {
    const edge = await FaultyEdge.start({ ORIGIN: recording.origin, SYNC: 'write-through', ...vars })
    onTestFinished(() => edge.stop())
    return edge
  }

  test("gives the client the bucket's answer, serves the rules here, names it in the log, and repairs it", async () => {
    corsBucket()
    const edge = await faultyEdge({})
    edge.writeFault = 'reject'
    expect((await put(edge, 'one', rulesFor(A))).status).toBe(200)
    expect(eventsIn(edge.log)).toContain('sync-unpublished')
    expect([await preflight(edge, 'one', A), await preflight(edge, 'two', A)]).toEqual([true, false])
    edge.writeFault = 'none'
    await vi.waitFor(async () => expect(originsIn(await edge.get('cors:edge.example'))).toEqual([A]), {
      timeout: 10_000,
    })
  })

  test('does not repair what has been replaced meanwhile', async () => {
    corsBucket()
    const edge = await faultyEdge({})
    edge.writeFault = 'reject'
    // Answered once the repair is over.
    const repaired = put(edge, 'one', rulesFor(A), true)
    await vi.waitFor(() => expect(eventsIn(edge.log)).toContain('sync-unpublished'))
    edge.writeFault = 'none'
    await put(edge, 'one', rulesFor(B))
    await repaired
    expect(originsIn(await edge.get('cors:edge.example'))).toEqual([B])
  })

  test('does not hold the client up when KV hangs', async () => {
    corsBucket()
    const edge = await faultyEdge({})
    edge.writeFault = 'hang'
    expect((await put(edge, 'one', rulesFor(A))).status).toBe(200)
    expect(await preflight(edge, 'one', A)).toBe(true)
  })

  test('after a publication, every isolate serves it within one POLICY_TTL_SECONDS and a request', async () => {
    corsBucket()
    const ttlMs = 1000
    const edge = await faultyEdge({ POLICY_TTL_SECONDS: String(ttlMs / 1000) })
    await edge.put('cors:edge.example', await recordOf(rulesFor(B), LONG_AGO))
    const isolates = ['one', 'two', 'three']
    for (const isolate of isolates) expect(await preflight(edge, isolate, B)).toBe(true)
    await put(edge, 'one', rulesFor(A))
    const published = performance.now()
    expect(await preflight(edge, 'one', A)).toBe(true)
    await vi.waitFor(
      async () => {
        const seen: boolean[] = []
        for (const isolate of isolates) seen.push(await preflight(edge, isolate, A))
        expect(seen).toEqual([true, true, true])
      },
      { timeout: 10_000, interval: 50 },
    )
    const took = performance.now() - published
    console.info(`every isolate serves a publication after ${Math.round(took)} ms, with a TTL of ${ttlMs} ms`)
    // What is not the TTL is the time of the requests themselves, on a machine that does other things, too.
    expect(took).toBeLessThan(3 * ttlMs)
  })
})

describe('SYNC=cron', { timeout: 60_000 }, () => {
  const live = async (edge: Edge, host = 'edge.example') => (await edge.allRules()).get(`cors:${host}`)

  test('publishes what has changed, once, and an explicit record where the bucket has no rules', async () => {
    const bucket = corsBucket()
    const edge = await edgeWith({ SYNC: 'cron', ...ASKS }, { 'cors:edge.example': rulesFor(B) })
    bucket.document = rulesFor(A)
    await edge.scheduled()
    const first = (await live(edge)) ?? ''
    expect(originsIn(first)).toEqual([A])
    expect(JSON.parse(first).source).toBe('GET /?cors')
    expect(bucket.recording.last.headers.authorization).toMatch(/^q-sign-algorithm=sha1&q-ak=AKIDdemo&/)
    expect((await edge.allRules()).get(`history:edge.example:${JSON.parse(first).revision}`)).toBe(first)

    bucket.document = writeXml(readXml(rulesFor(A)).configuration ?? NO_CONFIGURATION)
    await edge.scheduled()
    expect(await live(edge)).toBe(first)

    bucket.document = null
    await edge.scheduled()
    expect(originsIn(await live(edge))).toEqual([])
    const none = await live(edge)
    await edge.scheduled()
    expect(await live(edge)).toBe(none)
    expect(await allows(edge, A)).toBe(false)
  })

  test.each<[string, (bucket: CorsBucket) => void, string, string]>([
    ['has errors', bucket => bucket.holds(rulesFor('https://*.*')), 'sync-refused', 'origin-two-stars'],
    ['is no document', bucket => bucket.holds('<html></html>'), 'sync-refused', 'root-wrong'],
    [
      'refuses the key',
      bucket => bucket.answers(r => r.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>')),
      'sync-unanswered',
      'AccessDenied',
    ],
    ['is gone', bucket => bucket.answers(r => void r.destroy()), 'sync-unanswered', 'unreachable'],
    [
      'has another kind of 404',
      bucket => bucket.answers(r => r.writeHead(404).end('<Error><Code>NoSuchBucket</Code></Error>')),
      'sync-unanswered',
      'NoSuchBucket',
    ],
    [
      'answers without end',
      bucket => bucket.answers(r => void r.write(Buffer.alloc(70_000, 32))),
      'sync-unanswered',
      'too-large',
    ],
  ])('leaves good rules alone when the bucket %s, and says so', async (_, break_, event, detail) => {
    const bucket = corsBucket()
    const edge = await edgeWith({ SYNC: 'cron', ...ASKS }, { 'cors:edge.example': rulesFor(A) })
    const before = await edge.allRules()
    break_(bucket)
    await edge.scheduled()
    expect(await edge.allRules()).toEqual(before)
    expect(edge.log.find(line => JSON.parse(line).event === event)).toContain(detail)
    expect(edge.log.join('\n')).not.toContain(KEY.SecretKey)
  })

  test("asks each host's own bucket, one with settings alone as well, and repairs what can't be used", async () => {
    const bucket = corsBucket()
    bucket.document = rulesFor(A)
    const other = await RecordingBucket.start()
    onTestFinished(() => other.stop())
    other.answer = (_, response) => response.end(rulesFor(B))
    const edge = await edgeWith(
      { SYNC: 'cron', ...ASKS },
      {
        'cors:one.example': 'neither XML nor JSON',
        'bucket:two.example': JSON.stringify({ origin: other.origin, dialect: 's3' }),
        'bucket:three.example': '{"origin":"ftp://x"}',
        'bucket:four.example': '{"secretId":"AKIDunknown"}',
        'cors:default': rulesFor('https://c.example'),
      },
    )
    await edge.scheduled()
    expect(originsIn(await live(edge, 'one.example'))).toEqual([A])
    expect(originsIn(await live(edge, 'two.example'))).toEqual([B])
    expect(other.last.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 /)
    // All hosts without their own share the ORIGIN of the variables.
    expect(originsIn(await live(edge, 'default'))).toEqual([A])
    expect([await live(edge, 'three.example'), await live(edge, 'four.example')]).toEqual([
      undefined,
      undefined,
    ])
    expect(eventsIn(edge.log)).toEqual(expect.arrayContaining(['settings-unusable', 'sync-skipped']))
  })

  test('does nothing when it is off, and says what it lacks', async () => {
    const bucket = corsBucket()
    bucket.document = rulesFor(A)
    const off = await edgeWith({ SYNC: 'write-through', ...ASKS }, { 'cors:edge.example': rulesFor(B) })
    await off.scheduled()
    expect(bucket.calls).toEqual([])
    const keyless = await edgeWith({ SYNC: 'write-through, cron' })
    await keyless.scheduled()
    expect(keyless.log.join()).toContain('SECRET_KEY')
    expect(codeOf(await keyless.send('/k'))).toBe('MissingSecret')
    const wrong = await edgeWith({ SYNC: 'both' })
    expect(codeOf(await wrong.send('/k'))).toBe('InvalidVariable')
  })
})
