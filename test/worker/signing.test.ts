/**
 * SIGNING: reads without credentials, signed for a private bucket; nothing else is, and no secret shows.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../eventually.ts'
import { type Answer, Edge, RecordingBucket, send } from './harness.ts'
import { COS_KEY, type PrivateBuckets, S3_BUCKET, S3_KEY, startPrivateBuckets } from './private-buckets.ts'

const RULES = '[{"AllowedOrigins":["*"],"AllowedMethods":["GET","HEAD"]}]'
const KEYS = {
  SECRET_ID: COS_KEY.SecretId,
  SECRET_KEY: COS_KEY.SecretKey,
  KEYS: JSON.stringify({ [S3_KEY.accessKeyId]: S3_KEY.secretAccessKey }),
}
const SECRETS = [COS_KEY.SecretKey, S3_KEY.secretAccessKey]

let buckets: PrivateBuckets
let recorder: RecordingBucket
let edge: Edge

beforeAll(async () => {
  ;[buckets, recorder] = await Promise.all([startPrivateBuckets(), RecordingBucket.start()])
  const key = { signing: 's3', secretId: S3_KEY.accessKeyId }
  const s3 = { origin: `${buckets.s3}/${S3_BUCKET}`, dialect: 's3', ...key }
  edge = await Edge.start({
    vars: { ...KEYS, ORIGIN: buckets.cos, SIGNING: 'cos', CACHE_PARAMETERS: 'size' },
    rules: {
      'cors:default': RULES,
      'bucket:s3.example': JSON.stringify({ ...s3, region: 'auto' }),
      'bucket:recorded-cos.example': JSON.stringify({ origin: recorder.origin }),
      'bucket:recorded-s3.example': JSON.stringify({ ...s3, origin: recorder.origin }),
      'bucket:cached.example': JSON.stringify({ ...s3, origin: recorder.origin, cache: 60 }),
      'bucket:keyless.example': JSON.stringify({ ...s3, secretId: 'AKIDnowhere' }),
    },
  })
  await buckets.put('k.txt', '0123456789')
})
afterAll(() => Promise.all([edge?.stop(), buckets?.stop(), recorder?.stop()]))

/** A key as the SDKs put it into a path. */
const wire = (key: string) =>
  encodeURIComponent(key)
    .replaceAll('%2F', '/')
    .replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
const bodyOf = ({ status, text }: Answer) => [status, text]
const HOSTS = ['cos.example', 's3.example']
const RECORDED = ['recorded-cos.example', 'recorded-s3.example']

describe.each(HOSTS)('a private bucket behind %s', host => {
  test('refuses direct requests', async () => {
    const direct = host === 'cos.example' ? buckets.cos : `${buckets.s3}/${S3_BUCKET}`
    const { origin, pathname } = new URL(`${direct}/k.txt`)
    const answer = await send(origin, pathname, { host: new URL(origin).host })
    expect([400, 401, 403]).toContain(answer.status)
  })

  test('serves everybody through the edge: GET, HEAD, Range, If-None-Match', async () => {
    const whole = await edge.send('/k.txt', { host, headers: { origin: 'https://page.example' } })
    expect(bodyOf(whole)).toEqual([200, '0123456789'])
    expect(whole.headers['access-control-allow-origin']).toBe('*')
    const head = await edge.send('/k.txt', { host, method: 'HEAD' })
    expect([head.status, head.body.length, head.headers['content-length']]).toEqual([200, 0, '10'])
    expect(bodyOf(await edge.send('/k.txt', { host, headers: { range: 'bytes=2-4' } }))).toEqual([206, '234'])
    const etag = String(whole.headers.etag)
    expect((await edge.send('/k.txt', { host, headers: { 'if-none-match': etag } })).status).toBe(304)
  })

  test.each(['a b+c', 'ü/漢字 😀', 'a//b', 'a%2Fb', 'a?b&c=d#e', "it's (1)*!", 'end/', '..a'])(
    'serves the key %j',
    async key => {
      const body = `body of ${key}`
      await buckets.put(key, body)
      const path = `/${wire(key)}`
      expect(bodyOf(await edge.send(path, { host }))).toEqual([200, body])
      expect(bodyOf(await edge.send(`${path}?v=1.2&t=1764103000`, { host }))).toEqual([200, body])
    },
  )

  test('answers 404 for a missing object, and lists nothing', async () => {
    expect((await edge.send('/none', { host })).status).toBe(404)
    for (const path of [
      '/',
      '/?prefix=k',
      '/?list-type=2',
      '//',
      '/%2F',
      '/k.txt?acl',
      '/k.txt?uploadId=x',
    ]) {
      const answer = await edge.send(path, { host })
      expect(answer.status, path).toBeGreaterThanOrEqual(400)
      expect(answer.text, path).not.toContain('<Key>')
    }
  })
})

describe.each(RECORDED)('the signature for %s', host => {
  const authorization = () => recorder.last.headers.authorization

  test('covers the bucket’s own host, path and query as sent, and bypasses the cache', async () => {
    await edge.send('/a%20b?v=1', { host })
    expect(recorder.last).toMatchObject({ method: 'GET', url: '/a%20b?v=1' })
    expect(recorder.last.headers.host).toBe(new URL(recorder.origin).host)
    expect(authorization()).toContain(
      host.includes('cos') ? 'q-header-list=host&q-url-param-list=v&' : 'SignedHeaders=host;',
    )
    expect(authorization()).toContain(host.includes('cos') ? COS_KEY.SecretId : S3_KEY.accessKeyId)
    // What workerd says to a cache when the fetch is no-store.
    expect(recorder.last.headers['cache-control']).toBe('no-cache')
  })

  test('is made again for the second attempt', async () => {
    recorder.received.length = 0
    recorder.answer = (_, response) => {
      response.statusCode = recorder.received.length === 1 ? 503 : 200
      response.end('object')
    }
    expect(bodyOf(await edge.send('/k', { host }))).toEqual([200, 'object'])
    expect(recorder.received.map(({ headers }) => headers.authorization !== undefined)).toEqual([true, true])
  })

  test.each(['PUT', 'POST', 'DELETE'])('is not put on %s', async method => {
    await edge.send('/k', { host, method, ...(method === 'DELETE' ? {} : { body: 'x' }) })
    expect(recorder.last.method).toBe(method)
    expect(authorization()).toBeUndefined()
  })

  test.each([
    '/',
    '/?max-keys=1',
    '/k?acl',
    '/k?response-content-type=text%2Fhtml',
    '/k?q-signature=0',
    '/k?sign=q-sign-algorithm%3Dsha1',
    '/k?X-Amz-Signature=0',
    '/k?AWSAccessKeyId=a&Signature=b',
    '/k?x-cos-security-token=t',
    '/..%2Fother/k',
    // Presigned forms of other vendors, and reads that write or start something (threat 31).
    '/k?token=k:s:e',
    '/k?authorization=bce-auth-v1%2Fk',
    '/k?X-Tos-Signature=s',
    '/k?access_token=s',
    '/k?auth_key=1-0-0-s',
    '/k?_upt=s',
    '/k?x-image-save-object=a',
    '/k?imageMogr2/thumbnail/1x|saveas/a',
    '/k?imageMogr2/thumbnail/1x%7Csaveas/a',
    '/k?imageMogr2/thumbnail/1x/saveas/a',
    '/k?x-oss-process=image/resize,w_1%7Csys/saveas,o_a',
    '/k?ci-process=snapshot',
    '/k?versionId=1',
    '/k?unknown=1',
    '/k?v=1%202',
  ])('is not put on GET %s', async path => {
    await edge.send(path, { host })
    expect(recorder.last.url).toBe(path)
    expect(authorization()).toBeUndefined()
  })

  test('is missing, and the log says so, without the request’s own texts', async () => {
    edge.log.length = 0
    await edge.send('/k?v=1', { host })
    expect((await edge.wholeLog()).join()).not.toContain('read-unsigned')
    await edge.send('/secret-key?unknown=secret-value', { host })
    await edge.send('/k', { host, headers: { authorization: 'Bearer secret' } })
    const lines = (await edge.wholeLog()).filter(line => line.includes('read-unsigned'))
    expect(lines.map(line => JSON.parse(line))).toEqual([{ event: 'read-unsigned', host, method: 'GET' }])
  })

  test.each([
    ['x-amz-request-payer', 'requester'],
    ['x-amz-expected-bucket-owner', '1'],
    ['x-cos-server-side-encryption-customer-key', 'k'],
    ['x-goog-user-project', 'p'],
    ...['x-auth-token', 'x-api-key', 'private-token', 'dpop', 'x-tos-a', 'x-ms-date', 'pic-operations'].map(
      (name): [string, string] => [name, 'x'],
    ),
  ])('is not added beside %s', async (name, value) => {
    await edge.send('/k', { host, headers: { [name]: value } })
    expect(recorder.last.headers[name]).toBe(value)
    expect(authorization()).toBeUndefined()
  })

  test('is put on image processing of the dialect, and on the host’s own parameters', async () => {
    const processing = host.includes('cos') ? 'imageMogr2/thumbnail/200x' : 'x-oss-process=image/resize,w_1'
    for (const query of [processing, 'size=1%2F2&v=3']) {
      await edge.send(`/k?${query}`, { host })
      expect([recorder.last.url, authorization() !== undefined]).toEqual([`/k?${query}`, true])
    }
  })

  test.each(['x-amz-checksum-mode', 'x-cos-traffic-limit', 'x-amz-cf-id', 'cookie', 'range'])(
    'is put beside %s',
    async name => {
      await edge.send('/k', { host, headers: { [name]: 'x' } })
      expect(recorder.last.headers[name]).toBe('x')
      expect(authorization()).toBeDefined()
      if (!host.includes('cos') && name.startsWith('x-amz-')) expect(authorization()).toContain(`;${name}`)
    },
  )

  test.each([
    ['authorization', 'Bearer own'],
    ['authorization', `AWS4-HMAC-SHA256 Credential=${S3_KEY.accessKeyId}/20260101/auto/s3/aws4_request`],
    ['x-cos-security-token', 't'],
    ['x-amz-security-token', 't'],
  ])('is not put beside %s: %s', async (name, value) => {
    await edge.send('/k', { host, headers: { [name]: value } })
    expect(recorder.last.headers[name]).toBe(value)
    expect(authorization()).toBe(name === 'authorization' ? value : undefined)
  })
})

describe('SIGNING and CACHE', () => {
  test('with a number of seconds, a read signed by the edge is stored for everybody; a request signed by the client is not', async () => {
    recorder.answer = (_, response) => response.setHeader('content-length', '6').end('object')
    const host = 'cached.example'
    await eventually(async () => {
      recorder.received.length = 0
      expect(bodyOf(await edge.send('/kept', { host }))).toEqual([200, 'object'])
      expect(recorder.received).toEqual([])
    })
    const headers = { authorization: 'Bearer own' }
    for (let times = 1; times <= 2; times++) {
      await edge.send('/kept', { host, headers })
      expect(recorder.received.length).toBe(times)
    }
  })
})

describe('SIGNING without rewriting the host', () => {
  test('with ORIGIN=route covers the edge’s own host', async () => {
    const vars = { ...KEYS, ORIGIN: 'route', SIGNING: 'cos' }
    const routed = await Edge.start({
      vars,
      outbound: new URL(buckets.cos).host,
      rules: { 'cors:default': RULES },
    })
    try {
      expect(bodyOf(await routed.send('/k.txt', { host: 'files.example:8080' }))).toEqual([200, '0123456789'])
    } finally {
      await routed.stop()
    }
  })
})

describe('a missing key', () => {
  const expectNoSecret = (answer: Answer, log: readonly string[]) => {
    for (const secret of SECRETS) expect(answer.text + log.join()).not.toContain(secret)
  }

  const broken: [vars: Record<string, string>, code: string, name: string][] = [
    [{ SIGNING: 's3' }, 'MissingSecret', 'SECRET_ID'],
    [{ SIGNING: 's3', SECRET_ID: 'AKIDx' }, 'MissingSecret', 'SECRET_KEY'],
    [{ RESIGN: 'on' }, 'MissingSecret', 'KEYS'],
    [{ RESIGN: 'on', KEYS: `{"AKIDx":"${COS_KEY.SecretKey}"` }, 'InvalidVariable', 'KEYS'],
    [
      { SECRET_ID: 'AKIDx', SECRET_KEY: `${COS_KEY.SecretKey} `, SIGNING: 'cos' },
      'InvalidVariable',
      'SECRET_KEY',
    ],
  ]
  let edges: Record<string, Edge>
  beforeAll(async () => {
    const each = broken.map(
      ([vars], at) => [`${at}`, { vars: { ORIGIN: recorder.origin, ...vars } }] as const,
    )
    edges = await Edge.startAll(Object.fromEntries(each))
  })
  afterAll(() => edges[0]?.stop())

  test.each(broken.map((each, at) => [...each, at] as const))(
    'is a 500 that names the variable: %j',
    async (_, code, name, at) => {
      const { [at]: asked } = edges
      if (asked === undefined) throw new Error('it was not started')
      asked.log.length = 0
      const answer = await asked.send('/k')
      expect(answer.status).toBe(500)
      expect(answer.text).toContain(`<Code>${code}</Code>`)
      expect(answer.text).toContain(name)
      const log = await asked.wholeLog()
      expect(log.join()).toContain(`"name":"${name}","value":""`)
      expectNoSecret(answer, log)
    },
  )

  test('is a 500 for the one host whose settings need it', async () => {
    const answer = await edge.send('/k.txt', { host: 'keyless.example' })
    expect([answer.status, answer.text.includes('<Code>InvalidBucketSettings</Code>')]).toEqual([500, true])
    const log = await edge.wholeLog()
    expect(log.join()).toContain('keyless.example')
    expectNoSecret(answer, log)
    expect((await edge.send('/k.txt', { host: 's3.example' })).status).toBe(200)
  })
})
