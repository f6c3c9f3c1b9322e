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

const ASKS = { SECRET_ID: KEY.SecretId, SECRET_KEY: KEY.SecretKey }

function startEdges(demo: DemoBucket, recording: RecordingBucket) {
  const vars = { ORIGIN: recording.origin, POLICY_TTL_SECONDS: '0' }
  return Edge.startAll({
    off: { vars },
    writeThrough: { vars: { ...vars, SYNC: 'write-through' } },
    writeThroughS3: { vars: { ...vars, SYNC: 'write-through', DIALECT: 's3' } },
    asking: { vars: { ...vars, SYNC: 'write-through', ...ASKS } },
    ofDemo: {
      vars: { ORIGIN: demo.origin, SYNC: 'write-through', RESIGN: 'on', POLICY_TTL_SECONDS: '60', ...ASKS },
    },
    cron: { vars: { ...vars, SYNC: 'cron', ...ASKS } },
    keyless: { vars: { ...vars, SYNC: 'write-through, cron' } },
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

function corsBucket(): CorsBucket {
  recording.received.length = 0
  return new CorsBucket(recording)
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
  test('passes the bytes on unchanged, and publishes after the bucket accepts them', async () => {
    const bucket = corsBucket()
    const edge = await fresh('writeThrough')
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
    expect(eventsIn(await edge.wholeLog())).toContain('rules-published')
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
    const edge = await fresh('writeThrough', rulesFor(A))
    const before = await edge.allRules()
    const answer = await edge.send('/?cors', { method: 'PUT', body, headers: { ...SIGNED, ...headers } })
    expect([answer.status, codeOf(answer)]).toEqual([400, code])
    expect(bucket.calls).toEqual([])
    expect(await edge.allRules()).toEqual(before)
  })

  test('refuses more than 64 KB without a length, too, and takes exactly 64 KB', async () => {
    const bucket = corsBucket()
    const edge = await fresh('writeThrough')
    const whole = rulesFor(A).padEnd(64 * 1024)
    const chunked = { 'transfer-encoding': 'chunked', 'content-length': [] as string[] }
    expect(codeOf(await putCors(edge, `${whole} `, chunked))).toBe('EntityTooLarge')
    expect(bucket.calls).toEqual([])
    expect((await putCors(edge, whole)).status).toBe(200)
  })

  test('says in the s3 dialect which method is unknown', async () => {
    corsBucket()
    const edge = await fresh('writeThroughS3')
    const answer = await putCors(edge, rulesFor(A).replace('GET', 'PATCH'))
    expect([answer.status, codeOf(answer)]).toEqual([400, 'InvalidRequest'])
    expect(answer.text).toContain('Unsupported method is PATCH')
  })

  test('publishes nothing when the bucket refuses, when the request is not a CORS write, or when it is off', async () => {
    const bucket = corsBucket()
    const edge = await fresh('writeThrough', rulesFor(A))
    const off = await fresh('off', rulesFor(A))
    bucket.fault = response =>
      response.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code></Error>')
    expect((await putCors(edge, rulesFor(B))).status).toBe(403)
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

  test.each([
    { 'content-encoding': 'aws-chunked' },
    { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' },
    { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' },
  ])('reads the rules of an encoded body from the bucket: %o', async headers => {
    const bucket = corsBucket()
    const edge = await fresh('asking')
    bucket.afterPut = async () => {
      bucket.document = rulesFor(B)
    }
    const body = '5;chunk-signature=…'
    expect((await putCors(edge, body, headers)).status).toBe(200)
    expect(bucket.recording.received[0]?.body.toString()).toBe(body)
    expect(await allows(edge, B)).toBe(true)
  })

  test('two writers at once end with KV equal to the bucket', async () => {
    const bucket = corsBucket()
    const edge = await fresh('asking')
    // The bucket takes A before B, but A's answer comes last: A's writer would overwrite B in KV.
    bucket.afterPut = async document => {
      if (!document.includes(A)) return
      bucket.afterPut = async () => {}
      expect((await putCors(edge, rulesFor(B))).status).toBe(200)
    }
    expect((await putCors(edge, rulesFor(A))).status).toBe(200)
    expect(bucket.document).toBe(rulesFor(B))
    await eventually(async () => expect(originsIn(await live(edge))).toEqual([B]))
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
  beforeAll(async () => {
    const vars = { ORIGIN: recording.origin, SYNC: 'write-through', POLICY_TTL_SECONDS: String(TTL_SECONDS) }
    // A publication is tried again after a pause, for which the limits of KV may not be put farther away.
    edge = await FaultyEdge.start(vars, { realLimits: true })
  })
  afterAll(() => edge?.stop())

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
    corsBucket()
    const host = newHost()
    await edge.failWrites(host, 'reject')
    expect((await put('one', host, rulesFor(A))).status).toBe(200)
    expect(await told(host)).toContain('sync-unpublished')
    expect([await allowed('one', host, A), await allowed('two', host, A)]).toEqual([true, false])
    await edge.failWrites(host, 'none')
    await eventually(async () => expect(await kept(host)).toEqual([A]))
  })

  test('does not retry a record that was replaced meanwhile', async () => {
    corsBucket()
    const host = newHost()
    await edge.failWrites(host, 'reject')
    // Answered once the repair is over.
    const repaired = put('one', host, rulesFor(A), true)
    await eventually(async () => expect(await told(host)).toContain('sync-unpublished'))
    await edge.failWrites(host, 'none')
    await put('one', host, rulesFor(B))
    await repaired
    expect(await kept(host)).toEqual([B])
  })

  test('does not delay the client when KV hangs', async () => {
    corsBucket()
    const host = newHost()
    await edge.failWrites(host, 'hang')
    expect((await put('one', host, rulesFor(A))).status).toBe(200)
    expect(await allowed('one', host, A)).toBe(true)
  })

  test('after a publication, every isolate serves it within one POLICY_TTL_SECONDS and a request', async () => {
    corsBucket()
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

  test('makes 1000 requests at most, however often the rules change, and leaves the rest to the next run', async () => {
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

  test('does nothing when it is off, and logs what it lacks', async () => {
    const bucket = corsBucket()
    bucket.document = rulesFor(A)
    const off = await fresh('asking', rulesFor(B))
    await off.scheduled()
    expect(bucket.calls).toEqual([])
    const keyless = await fresh('keyless')
    await keyless.scheduled()
    expect((await keyless.wholeLog()).join()).toContain('SECRET_KEY')
    expect(codeOf(await keyless.send('/k'))).toBe('MissingSecret')
    expect(codeOf(await (await fresh('wrong')).send('/k'))).toBe('InvalidVariable')
  })
})
