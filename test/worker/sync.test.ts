import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { PutBucketCorsCommand, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { NO_CONFIGURATION } from '../../src/cors/configuration.ts'
import { readXml, writeXml } from '../../src/formats/xml.ts'
import { makeRecord } from '../../src/rules/record.ts'
import { BUCKET, type DemoBucket, KEY, startDemoBucket } from '../cli/demo-bucket.ts'
import { eventually } from '../eventually.ts'
import { FaultyEdge } from './faulty-kv.ts'
import { type Answer, Edge, type Received, RecordingBucket, settled } from './harness.ts'

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
  return JSON.stringify(await makeRecord(configuration, { publishedAt, source: 'test' }))
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

const ASKS = { SECRET_ID: KEY.SecretId, SECRET_KEY: KEY.SecretKey }

function startEdges(demo: DemoBucket, recording: RecordingBucket) {
  const vars = { ORIGIN: recording.origin, POLICY_TTL_SECONDS: '0' }
  return Edge.startAll({
    off: { vars },
    writeThrough: { vars: { ...vars, SYNC: 'write-through', ...ASKS }, around: settled('PUT', 'DELETE') },
    ofDemo: {
      vars: { ORIGIN: demo.origin, SYNC: 'write-through', RESIGN: 'on', POLICY_TTL_SECONDS: '60', ...ASKS },
    },
    cron: { vars: { ...vars, SYNC: 'cron', ...ASKS } },
    keyless: { vars: { ...vars, SYNC: 'write-through' } },
    cronless: { vars: { ...vars, SYNC: 'cron' } },
    wrong: { vars: { ...vars, SYNC: 'both' } },
  })
}

let demo: DemoBucket
let recording: RecordingBucket
let edges: Awaited<ReturnType<typeof startEdges>>
let hosts = 0
const newHost = () => `h${++hosts}.example`

beforeAll(async () => {
  ;[demo, recording] = await Promise.all([startDemoBucket(), RecordingBucket.start()])
  edges = await startEdges(demo, recording)
})
afterAll(() => Promise.all([edges?.off.stop(), demo?.stop(), recording?.stop()]))

function corsBucket(of = recording): CorsBucket {
  of.received.length = 0
  return new CorsBucket(of)
}

/** An edge with nothing in KV but the rules of its host, of which it has not heard before, and the `others`. */
async function fresh(
  name: keyof typeof edges,
  rules: string | null = null,
  others: Record<string, string> = {},
): Promise<Edge> {
  const edge = edges[name].as(newHost())
  for (const key of await edge.ruleKeys()) await edge.deleteRules(key)
  if (rules !== null) await edge.putRules(`cors:${edge.host}`, rules)
  for (const [key, value] of Object.entries(others)) await edge.putRules(key, value)
  edge.log.length = 0
  return edge
}

const live = (edge: Edge, host = edge.host) => edge.getRules(`cors:${host}`)
const allows = async (edge: Edge, origin: string, host?: string) =>
  (await edge.preflight('/k', origin, 'GET', undefined, host)).status === 200
const eventsIn = (log: readonly string[]) => log.map(line => JSON.parse(line).event)

describe('SYNC=write-through, with the official SDK', { timeout: 60_000 }, () => {
  test("putBucketCors, getBucketCors and deleteBucketCors on the edge's domain change what preflights answer", async () => {
    const edge = await fresh('ofDemo')
    const { host } = new URL(edge.origin)
    const cos = demo.client(host)
    expect(await allows(edge, A, host)).toBe(false)

    const CORSRules = [{ AllowedOrigin: [A], AllowedMethod: ['GET'], MaxAgeSeconds: '60' }] as never
    expect((await cos.putBucketCors({ ...BUCKET, CORSRules })).statusCode).toBe(200)
    const preflight = await edge.preflight('/k', A, 'GET', undefined, host)
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': A,
      'access-control-max-age': '60',
    })
    expect((await demo.client().getBucketCors(BUCKET)).CORSRules).toHaveLength(1)
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
  test('passes the request on untouched, and publishes what the bucket has afterwards', async () => {
    const bucket = corsBucket()
    const edge = await fresh('writeThrough')
    bucket.afterPut = async () => {
      bucket.document = rulesFor(B)
    }
    const body = `\uFEFF<?xml version="1.0"?>\r\n${rulesFor('https://é.example', A)}\n`
    const headers = { 'content-md5': md5(body), 'content-type': 'text/plain' }
    expect((await putCors(edge, body, headers)).status).toBe(200)
    const [put, get] = bucket.recording.received
    expect(put).toMatchObject({
      method: 'PUT',
      url: '/?cors',
      headers: { ...SIGNED, ...headers, 'content-length': String(Buffer.byteLength(body)) },
    })
    expect(put?.body.toString()).toBe(body)
    expect(get).toMatchObject({ method: 'GET', url: '/?cors' })
    expect(get?.headers.authorization).toMatch(/^q-sign-algorithm=sha1&q-ak=AKIDdemo&/)
    expect([await allows(edge, A), await allows(edge, B)]).toEqual([false, true])
    expect(JSON.parse((await live(edge)) ?? '').source).toBe('PUT /?cors')
    expect(eventsIn(await edge.wholeLog())).toContain('rules-published')
  })

  test.each<Record<string, string | string[]>>([
    { 'content-encoding': 'aws-chunked' },
    { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' },
    { 'content-md5': 'no digest' },
    { 'transfer-encoding': 'chunked', 'content-length': [] },
  ])('has one way for every body, of any encoding and size: %o', async headers => {
    const bucket = corsBucket()
    const edge = await fresh('writeThrough')
    bucket.afterPut = async () => {
      bucket.document = rulesFor(B)
    }
    const body = '5;chunk-signature=…'.padEnd(70_000)
    expect((await putCors(edge, body, headers)).status).toBe(200)
    expect(bucket.recording.received[0]?.body.toString()).toBe(body)
    expect(await allows(edge, B)).toBe(true)
  })

  test('passes an unsigned change on to the bucket, and asks and publishes nothing', async () => {
    const bucket = corsBucket()
    const edge = await fresh('writeThrough', rulesFor(A))
    const before = await edge.allRules()
    for (const headers of [{}, { authorization: 'Bearer x' }, { authorization: 'Basic eA==' }]) {
      expect((await edge.send('/?cors', { method: 'PUT', headers, body: rulesFor(B) })).status).toBe(200)
      expect((await edge.send('/?cors', { method: 'DELETE', headers })).status).toBe(204)
    }
    expect(bucket.calls.filter(call => call.startsWith('GET'))).toEqual([])
    expect(await edge.allRules()).toEqual(before)
  })

  test.each<[string, (response: ServerResponse) => void, event: string]>([
    ['a page', r => r.end('<!doctype html><title>Welcome</title>'), 'sync-refused'],
    ['nothing', r => r.end(), 'sync-unanswered'],
    [
      'JSON',
      r => r.end(JSON.stringify([{ AllowedOrigins: ['*'], AllowedMethods: ['GET'] }])),
      'sync-unanswered',
    ],
    [
      'an object that somebody has stored there',
      r => r.writeHead(200, { 'last-modified': new Date(0).toUTCString() }).end(rulesFor('*')),
      'sync-unanswered',
    ],
    ['an error', r => r.end('<Error><Code>NoSuchCORSConfiguration</Code></Error>'), 'sync-refused'],
    ['no content', r => r.writeHead(204).end(), 'sync-unanswered'],
  ])(
    'publishes nothing by a status: an upstream that answers 2xx to everything, with %s',
    async (_, answer, event) => {
      const bucket = corsBucket()
      const edge = await fresh('writeThrough', rulesFor(A))
      const before = await edge.allRules()
      bucket.answers(answer)
      expect((await putCors(edge, rulesFor(B))).status).toBeLessThan(300)
      expect((await edge.send('/?cors', { method: 'DELETE', headers: SIGNED })).status).toBeLessThan(300)
      expect(await edge.allRules()).toEqual(before)
      expect([await allows(edge, A), await allows(edge, B)]).toEqual([true, false])
      const events = eventsIn(await edge.wholeLog()).filter((name: string) => name.startsWith('sync-'))
      expect(events).toEqual([event, event])
    },
  )

  test('needs a key: without one, every answer is a configuration error that says so', async () => {
    const edge = await fresh('keyless')
    expect(codeOf(await edge.send('/k'))).toBe('MissingSecret')
    expect((await edge.wholeLog()).join()).toContain('because SYNC has write-through')
  })

  test('publishes nothing when the bucket refuses, when the request is not a CORS write, or when it is off', async () => {
    const bucket = corsBucket()
    const edge = await fresh('writeThrough', rulesFor(A))
    const off = await fresh('off', rulesFor(A))
    bucket.fault = response =>
      response.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code></Error>')
    expect((await putCors(edge, rulesFor(B))).status).toBe(403)
    expect(bucket.calls, 'nobody makes the edge ask with a signature that is wrong').toEqual(['PUT /?cors'])
    bucket.fault = null
    for (const path of [
      ...[
        '/?cors&acl',
        '/?CORS',
        '/key?cors',
        '/?lifecycle',
        '/?x=cors',
        '/?c%6Frs',
        '/?cors=x',
        '/?cors&cors=x',
      ],
      ...['/?cors&x-amz-copy-source=a', '/?cors&x-cos-copy-source=a', '/?cors&q-any=a', '/?q-signature=cors'],
    ])
      expect((await putCors(edge, rulesFor(B), {}, path)).status, path).toBe(200)
    expect((await putCors(off, rulesFor(B))).status).toBe(200)
    for (const each of [edge, off])
      expect(await each.allRules()).toEqual(new Map([[`cors:${each.host}`, rulesFor(A)]]))
  })

  test.each([
    ['COS', () => '/?cors=&q-sign-algorithm=sha1&q-ak=a&q-signature=b&x-cos-security-token=c'],
    ['COS, of old', () => '/?sign=q-ak%3Da%26q-signature%3Db&cors'],
    [
      'the AWS SDK',
      async () => {
        const credentials = { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' }
        const client = new S3Client({ region: 'us-east-1', endpoint: 'https://edge.example', credentials })
        const CORSConfiguration = { CORSRules: [{ AllowedOrigins: [B], AllowedMethods: ['GET'] }] }
        const command = new PutBucketCorsCommand({ Bucket: 'bucket', CORSConfiguration })
        return `/${new URL(await getSignedUrl(client, command)).search}`
      },
    ],
  ])('publishes by a presigned URL of %s', async (_, pathOf) => {
    corsBucket()
    const edge = await fresh('writeThrough', rulesFor(A))
    const answer = await edge.send(await pathOf(), { method: 'PUT', body: rulesFor(B) })
    expect(answer.status).toBe(200)
    expect([await allows(edge, A), await allows(edge, B)]).toEqual([false, true])
  })

  test('two writers at once end with KV equal to the bucket', async () => {
    const bucket = corsBucket()
    const edge = await fresh('writeThrough')
    // The bucket takes A before B, but A's answer comes last: A's writer would overwrite B in KV.
    bucket.afterPut = async document => {
      if (!document.includes(A)) return
      bucket.afterPut = async () => {}
      expect((await putCors(edge, rulesFor(B))).status).toBe(200)
    }
    expect((await putCors(edge, rulesFor(A))).status).toBe(200)
    expect(bucket.document).toBe(rulesFor(B))
    expect(originsIn(await live(edge))).toEqual([B])
    expect([await allows(edge, A), await allows(edge, B)]).toEqual([false, true])
  })

  test('serves what it published while KV shows an older record, and takes a newer one at once', async () => {
    corsBucket()
    const edge = await fresh('writeThrough')
    await putCors(edge, rulesFor(A))
    await edge.putRules(`cors:${edge.host}`, await recordOf(rulesFor(B), LONG_AGO))
    expect([await allows(edge, A), await allows(edge, B)]).toEqual([true, false])
    await edge.deleteRules(`cors:${edge.host}`)
    expect(await allows(edge, A)).toBe(true)
    await edge.putRules(`cors:${edge.host}`, await recordOf(rulesFor(B), '2999-01-01T00:00:00.000Z'))
    expect([await allows(edge, A), await allows(edge, B)]).toEqual([false, true])
  })
})

describe('SYNC=write-through and a KV that fails', { timeout: 60_000 }, () => {
  const TTL_SECONDS = 60
  let edge: FaultyEdge
  /** A bucket of its own: what a test leaves for the background may still ask it in the next. */
  let asked: RecordingBucket
  beforeAll(async () => {
    asked = await RecordingBucket.start()
    const vars = {
      ...{ ORIGIN: asked.origin, SYNC: 'write-through', ...ASKS },
      POLICY_TTL_SECONDS: String(TTL_SECONDS),
    }
    // A publication is tried again after a pause, for which the limits of KV may not be put farther away.
    edge = await FaultyEdge.start(vars, { realLimits: true })
  })
  afterAll(() => Promise.all([edge?.stop(), asked?.stop()]))

  const allowed = async (isolate: string, host: string, origin: string, settle = false) => {
    const headers = { origin, 'access-control-request-method': 'GET' }
    return (await edge.send(isolate, '/k', { method: 'OPTIONS', host, headers }, { settle })).status === 200
  }
  const put = (isolate: string, host: string, body: string, settle = false) =>
    edge.send(isolate, '/?cors', { method: 'PUT', host, body, headers: SIGNED }, { settle })
  const told = async (host: string) =>
    eventsIn((await edge.wholeLog()).filter(line => line.includes(`"host":"${host}"`)))
  const kept = async (host: string) => originsIn(await edge.get(`cors:${host}`))

  test("gives the client the bucket's answer, serves the rules here, names it in the log, and repairs it", async () => {
    corsBucket(asked)
    const host = newHost()
    await edge.failWrites(host, 'reject')
    expect((await put('one', host, rulesFor(A))).status).toBe(200)
    expect(await told(host)).toContain('sync-unpublished')
    expect([await allowed('one', host, A), await allowed('two', host, A)]).toEqual([true, false])
    await edge.failWrites(host, 'none')
    await eventually(async () => expect(await kept(host)).toEqual([A]))
  })

  test('does not retry a record that was replaced meanwhile', async () => {
    corsBucket(asked)
    const host = newHost()
    await edge.failWrites(host, 'reject')
    // Answered once the repair is over.
    const repaired = put('one', host, rulesFor(A), true)
    await eventually(async () => expect(await told(host)).toContain('sync-unpublished'))
    await edge.failWrites(host, 'none')
    await put('one', host, rulesFor(B))
    await repaired
    expect(await kept(host)).toEqual([B])
    const published = (await told(host)).filter(event => event === 'rules-published')
    expect(published).toHaveLength(1)
  })

  test('does not delay the client when KV hangs', async () => {
    corsBucket(asked)
    const host = newHost()
    await edge.failWrites(host, 'hang')
    expect((await put('one', host, rulesFor(A))).status).toBe(200)
    expect(await allowed('one', host, A)).toBe(true)
  })

  test('does not delay the client when the bucket hangs', async () => {
    const bucket = corsBucket(asked)
    const host = newHost()
    bucket.afterPut = async () => bucket.answers(() => {})
    expect((await put('hanging-bucket', host, rulesFor(A))).status).toBe(200)
    // The client has its answer before the edge gives the bucket up.
    const events = await told(host)
    expect(events).toContain('sync-failed')
    expect(events).not.toContain('sync-unanswered')
  })

  test('after a publication, every isolate serves it within one POLICY_TTL_SECONDS and a request', async () => {
    corsBucket(asked)
    const host = newHost()
    await edge.put(`cors:${host}`, await recordOf(rulesFor(B), LONG_AGO))
    const isolates = ['one', 'two', 'three']
    for (const isolate of isolates) expect(await allowed(isolate, host, B)).toBe(true)
    await put('one', host, rulesFor(A))
    expect(await allowed('one', host, A)).toBe(true)
    await edge.later(TTL_SECONDS)
    for (const isolate of isolates) await allowed(isolate, host, A, true)
    for (const isolate of isolates)
      expect([await allowed(isolate, host, A), await allowed(isolate, host, B)]).toEqual([true, false])
  })
})

describe('SYNC=cron', { timeout: 60_000 }, () => {
  test('publishes changed rules once, and an explicit record where the bucket has no rules', async () => {
    const bucket = corsBucket()
    const edge = await fresh('cron', rulesFor(B))
    bucket.document = rulesFor(A)
    await edge.scheduled()
    const first = (await live(edge)) ?? ''
    expect(originsIn(first)).toEqual([A])
    expect(JSON.parse(first).source).toBe('GET /?cors')
    expect(bucket.recording.last.headers.authorization).toMatch(/^q-sign-algorithm=sha1&q-ak=AKIDdemo&/)
    expect(await edge.getRules(`history:${edge.host}:${JSON.parse(first).revision}`)).toBe(first)

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
  ])('keeps good rules when the bucket %s, and logs it', async (_, break_, event, detail) => {
    const bucket = corsBucket()
    const edge = await fresh('cron', rulesFor(A))
    const before = await edge.allRules()
    break_(bucket)
    await edge.scheduled()
    expect(await edge.allRules()).toEqual(before)
    const log = await edge.wholeLog()
    expect(log.find(line => JSON.parse(line).event === event)).toContain(detail)
    expect(log.join('\n')).not.toContain(KEY.SecretKey)
  })

  test("asks each host's own bucket, one with settings alone as well, and repairs what can't be used", async () => {
    const bucket = corsBucket()
    bucket.document = rulesFor(A)
    const other = await RecordingBucket.start()
    onTestFinished(() => other.stop())
    other.answer = (_, response) => response.end(rulesFor(B))
    const edge = await fresh('cron', null, {
      'cors:one.example': 'neither XML nor JSON',
      'bucket:two.example': JSON.stringify({ origin: other.origin, dialect: 's3' }),
      'bucket:three.example': '{"origin":"ftp://x"}',
      'bucket:four.example': '{"secretId":"AKIDunknown"}',
      'cors:default': rulesFor('https://c.example'),
    })
    await edge.scheduled()
    expect(originsIn(await live(edge, 'one.example'))).toEqual([A])
    expect(originsIn(await live(edge, 'two.example'))).toEqual([B])
    expect(other.last.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 /)
    // All hosts without their own share the ORIGIN of the variables.
    expect(originsIn(await live(edge, 'default'))).toEqual([A])
    expect([await live(edge, 'three.example'), await live(edge, 'four.example')]).toEqual([null, null])
    expect(eventsIn(await edge.wholeLog())).toEqual(
      expect.arrayContaining(['settings-unusable', 'sync-skipped']),
    )
  })

  test('publishes no rules for all hosts where only their settings are shared', async () => {
    const bucket = corsBucket()
    bucket.document = rulesFor('*')
    const edge = await fresh('cron', null, { 'bucket:default': '{"dialect":"s3"}' })
    await edge.scheduled()
    expect(await live(edge, 'default')).toBeNull()
    expect(bucket.calls).toEqual([])
  })

  test('makes 1000 requests at most, however often the rules change, and leaves the rest to the next run', {
    timeout: 180_000,
  }, async () => {
    const bucket = await RecordingBucket.start()
    onTestFinished(() => bucket.stop())
    bucket.answer = (_, response) => response.end(rulesFor(`https://${bucket.received.length}.example`))
    const names = Array.from({ length: 150 }, (_, at) => `h${at}.example`)
    const edge = await Edge.start({
      vars: { ORIGIN: bucket.origin, SYNC: 'cron', ...ASKS },
      around: `
import edge from './edge.js'
let requests = 0
const counted = kv => Object.fromEntries(['get', 'list', 'put'].map(method => [
  method, (...args) => { requests++; return kv[method](...args) }]))
export default {
  fetch: () => Response.json(requests),
  scheduled: (event, env, context) => edge.scheduled(event, { ...env, RULES: counted(env.RULES) }, context),
}`,
    })
    onTestFinished(() => edge.stop())
    await Promise.all(names.map(name => edge.putRules(`bucket:${name}`, '{}')))
    await edge.scheduled()
    const requests = Number((await edge.send('/')).text) + bucket.received.length
    expect(requests).toBeLessThanOrEqual(1000)
    expect(requests).toBeGreaterThan(900)
    const leftOut = (await edge.wholeLog())
      .map(line => JSON.parse(line))
      .find(line => line.synced !== undefined)
    const published = (await edge.ruleKeys()).filter(key => key.startsWith('cors:'))
    expect(leftOut).toMatchObject({ event: 'sync-hosts-left-out', hosts: 150, synced: published.length })
    expect(published.length).toBeLessThan(150)
  })

  test('reads every page of the list: the last of 1,200 hosts are synced, too', async () => {
    const bucket = await RecordingBucket.start()
    onTestFinished(() => bucket.stop())
    // Nothing is published, so that the run is short: the log has each host.
    bucket.answer = (_, response) => response.writeHead(403).end()
    const edge = await Edge.start({
      vars: { ORIGIN: bucket.origin, SYNC: 'cron', ...ASKS },
      around: `
import edge from './edge.js'
const names = Array.from({ length: 1200 }, (_, at) => 'bucket:h' + String(at).padStart(4, '0') + '.example')
const list = async ({ prefix, cursor }) => {
  const from = Number(cursor ?? 0)
  const all = names.filter(name => name.startsWith(prefix))
  const keys = all.slice(from, from + 1000).map(name => ({ name }))
  return from + 1000 < all.length
    ? { keys, list_complete: false, cursor: String(from + 1000) }
    : { keys, list_complete: true }
}
// The run begins with the host that is chosen by chance: here the 1,100th.
Math.random = () => 1100 / 1200
export default {
  fetch: edge.fetch,
  scheduled: (event, env, context) => edge.scheduled(event, {
    ...env, RULES: { list, get: (...args) => env.RULES.get(...args), put: (...args) => env.RULES.put(...args) },
  }, context),
}`,
    })
    onTestFinished(() => edge.stop())
    await edge.scheduled()
    const log = (await edge.wholeLog()).map(line => JSON.parse(line))
    const asked = log.filter(({ event }) => event === 'sync-unanswered').map(({ host }) => host)
    expect(asked).toContain('h1100.example')
    expect(asked).toContain('h1199.example')
    expect(log.find(({ event }) => event === 'sync-hosts-left-out')).toMatchObject({
      hosts: 1200,
      synced: 150,
    })
  })

  test('does nothing when it is off, and logs missing settings', async () => {
    const bucket = corsBucket()
    bucket.document = rulesFor(A)
    const off = await fresh('writeThrough', rulesFor(B))
    await off.scheduled()
    expect(bucket.calls).toEqual([])
    const keyless = await fresh('cronless')
    await keyless.scheduled()
    expect((await keyless.wholeLog()).join()).toContain('because SYNC has cron')
    expect(codeOf(await keyless.send('/k'))).toBe('MissingSecret')
    expect(codeOf(await (await fresh('wrong')).send('/k'))).toBe('InvalidVariable')
  })
})
