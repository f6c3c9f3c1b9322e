import { Readable } from 'node:stream'
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_QUERY_PARAMS, type SignableRequest } from '../../../../src/bucket/signing/cos-canonical.ts'
import { MAX_AUTHORIZATION_LENGTH, MAX_LISTED_NAMES } from '../../../../src/bucket/signing/cos-signature.ts'
import {
  amzDate,
  readAmzDate,
  readS3Signature,
  type S3Signature,
  withoutS3Signature,
} from '../../../../src/bucket/signing/s3-signature.ts'
import { resignS3, signS3, verifyS3 } from '../../../../src/bucket/signing/sign-s3.ts'

const key = { id: 'AKIDdemo', secret: 'secret-of-the-demo' }
const HOST = 'edge.example:8787'
const REGION = 'eu-west-1'
const QUARTER_HOUR = 15 * 60 * 1000
const MISMATCH = { ok: false, status: 403, code: 'SignatureDoesNotMatch' }

interface Sent {
  readonly method: string
  readonly path: string
  readonly query?: Record<string, string | string[] | null>
  readonly headers: Record<string, string>
}
interface SdkSigner {
  sign(request: unknown, options: { signingDate: Date }): Promise<Sent>
  presign(request: unknown): Promise<Sent>
}

let last: Sent | null = null
/** The official client; what it would send is kept in `last`. */
const options: S3ClientConfig = {
  endpoint: `http://${HOST}`,
  region: REGION,
  forcePathStyle: true,
  credentials: { accessKeyId: key.id, secretAccessKey: key.secret },
  requestHandler: {
    handle: async (request: Sent) => {
      last = request
      const headers = { etag: '"e"' }
      return { response: { statusCode: 200, headers, body: Readable.from([]) } as never }
    },
  },
}
const client = new S3Client(options)
const sdkSigner = async () =>
  (await client.config.signer({
    name: 'sigv4',
    signingName: 's3',
    signingRegion: REGION,
    properties: {},
  } as never)) as unknown as SdkSigner

const wire = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
const wirePath = (objectKey: string) => `/${objectKey.split('/').map(wire).join('/')}`

/** What the client puts on the wire for a command. */
async function signedBySdk(command: PutObjectCommand | ListObjectsV2Command): Promise<SignableRequest> {
  // Their types have no common one that `send` takes.
  await client.send(command as PutObjectCommand)
  if (last === null) throw new Error('nothing was sent')
  const { method, path, query = {}, headers } = last
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map(one => (one === null ? wire(name) : `${wire(name)}=${wire(one)}`)),
  )
  const sent = new Headers(headers)
  return { method, path, query: pairs.join('&'), headers: [...sent] }
}

const presigned = (method: string, url: string, headers: Record<string, string> = {}): SignableRequest => {
  const { host, pathname, search } = new URL(url)
  return {
    method,
    path: pathname,
    query: search.slice(1),
    headers: [...new Headers({ host, ...headers })],
  }
}

const headersOf = ({ headers }: SignableRequest) => new Headers([...headers].map(([n, v]) => [n, v]))

function read(request: SignableRequest): S3Signature {
  const signature = readS3Signature(headersOf(request), request.query)
  if (signature === null) throw new Error('no signature')
  return signature
}

const verify = (request: SignableRequest, at = Date.now(), secret = key.secret) =>
  verifyS3(read(request), request, secret, at)

const withHeader = (request: SignableRequest, name: string, value: string): SignableRequest => {
  const headers = headersOf(request)
  headers.set(name, value)
  return { ...request, headers: [...headers] }
}

const text = fc
  .oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom(...` +!'()*~-_%&=?#;:@,"<>[]{}|^\`aZ9é漢😀`) }),
  )
  .filter(k => k.isWellFormed())
const objectKey = text.filter(k => k !== '' && !/^[/.]|\/\.|\/\/|\\/.test(k))

const put = async (Key: string, more: object = {}) =>
  signedBySdk(new PutObjectCommand({ Bucket: 'b', Key, Body: 'body', ...more }))

describe('signS3() and the official SDK', () => {
  test('signS3() returns what the SDK’s signer returns', async () => {
    const signer = await sdkSigner()
    const names = fc.constantFrom('v', 'imageMogr2/thumbnail/200x', 'x-id', 'a b', 'partNumber', 'ключ')
    await fc.assert(
      fc.asyncProperty(
        objectKey,
        fc.dictionary(names, text, { noNullPrototype: true }),
        fc.integer({ min: 0, max: 4e12 }),
        async (Key, query, now) => {
          const signed = await signS3(
            {
              method: 'GET',
              path: wirePath(Key),
              query: Object.entries(query)
                .map(([name, value]) => `${wire(name)}=${wire(value)}`)
                .join('&'),
              headers: [
                ['host', HOST],
                ['range', 'bytes=0-1'],
                ['x-amz-checksum-mode', 'ENABLED'],
              ],
            },
            key,
            REGION,
            now,
          )
          const official = await signer.sign(
            {
              method: 'GET',
              protocol: 'https:',
              hostname: 'edge.example',
              path: wirePath(Key),
              query,
              headers: {
                host: HOST,
                'x-amz-checksum-mode': 'ENABLED',
                'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
              },
            },
            { signingDate: new Date(now) },
          )
          const { authorization, 'x-amz-date': date } = official.headers
          expect(Object.fromEntries(signed.headers)).toEqual({
            authorization,
            'x-amz-date': date,
            'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
          })
        },
      ),
      { numRuns: 200 },
    )
  })

  test('signS3() takes neither date nor payload hash from the client, and the region from the host', async () => {
    const signed = await signS3(
      {
        method: 'GET',
        path: '/k',
        query: '',
        headers: [
          ['host', 'account.r2.cloudflarestorage.com'],
          ['x-amz-date', '19700101T000000Z'],
          ['x-amz-content-sha256', 'x'],
        ],
      },
      key,
      '',
      0,
    )
    expect(Object.fromEntries(signed.headers)).toMatchObject({
      authorization: expect.stringContaining('/19700101/auto/s3/aws4_request'),
      'x-amz-date': '19700101T000000Z',
      'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
    })
  })
})

describe('verifyS3() and the official SDK', () => {
  test('verifyS3() accepts the SDK’s signature in headers, and refuses every later change', async () => {
    await fc.assert(
      fc.asyncProperty(objectKey, async Key => {
        const request = await put(Key, { ContentType: 'text/plain', Metadata: { author: 'Ada  L.' } })
        expect(await verify(request)).toEqual({ ok: true })
        const changes: SignableRequest[] = [
          { ...request, method: 'POST' },
          { ...request, path: `${request.path}x` },
          { ...request, query: `${request.query}&versionId=1` },
          { ...request, query: '' },
          withHeader(request, 'host', 'bucket.example'),
          withHeader(request, 'x-amz-meta-author', 'Eve'),
          withHeader(request, 'x-amz-content-sha256', 'UNSIGNED-PAYLOAD'),
          withHeader(request, 'content-type', 'text/html'),
        ]
        for (const change of changes)
          expect(await verify(change), JSON.stringify(change)).toMatchObject(MISMATCH)
        expect(await verify(request, Date.now(), 'wrong')).toMatchObject(MISMATCH)
      }),
      { numRuns: 60 },
    )
  })

  test('verifyS3() accepts the SDK’s presigned URLs, and refuses every later change', async () => {
    await fc.assert(
      fc.asyncProperty(objectKey, text, async (Key, type) => {
        const urls: [string, string][] = [
          [
            'GET',
            await getSignedUrl(
              client,
              new GetObjectCommand({ Bucket: 'b', Key, ResponseContentType: `t/${type}` }),
            ),
          ],
          [
            'PUT',
            await getSignedUrl(client, new PutObjectCommand({ Bucket: 'b', Key, Metadata: { a: 'b' } })),
          ],
          [
            'PUT',
            await getSignedUrl(
              client,
              new UploadPartCommand({ Bucket: 'b', Key, UploadId: type || 'u', PartNumber: 2 }),
            ),
          ],
        ]
        for (const [method, url] of urls) {
          const request = presigned(method, url)
          expect(await verify(request), url).toEqual({ ok: true })
          const { query } = request
          const changes: SignableRequest[] = [
            { ...request, method: 'DELETE' },
            { ...request, path: `${request.path}x` },
            { ...request, query: query.replace('Expires=900', 'Expires=901') },
            { ...request, query: query.replace(REGION, 'eu-west-2') },
            { ...request, query: `${query}&more=1` },
            { ...request, query: `${query}&=1` },
            // A signer that takes the first of two would not see these.
            { ...request, query: `${query}&x-id=Other` },
            { ...request, query: `x-id=Other&${query}` },
            withHeader(request, 'host', 'bucket.example'),
          ]
          for (const change of changes) expect(await verify(change), change.query).toMatchObject(MISMATCH)
        }
      }),
      { numRuns: 40 },
    )
  })

  test('verifyS3() refuses an x-amz header that is not listed, and a listed one that is missing', async () => {
    const extra = withHeader(await put('k'), 'x-amz-acl', 'public-read')
    expect(await verify(extra)).toMatchObject({ status: 403, code: 'AccessDenied' })
    const url = await getSignedUrl(client, new PutObjectCommand({ Bucket: 'b', Key: 'k' }))
    expect(await verify(presigned('PUT', url, { 'x-amz-acl': 'public-read' }))).toMatchObject({
      code: 'AccessDenied',
    })
    const listed = new PutObjectCommand({ Bucket: 'b', Key: 'k', ContentType: 'text/plain' })
    const typed = await getSignedUrl(client, listed, { signableHeaders: new Set(['content-type']) })
    expect(typed).toContain('SignedHeaders=content-type%3Bhost')
    expect(await verify(presigned('PUT', typed, { 'content-type': 'text/plain' }))).toEqual({ ok: true })
    expect(await verify(presigned('PUT', typed))).toMatchObject(MISMATCH)
    expect(await verify(presigned('PUT', typed, { 'content-type': 'text/html' }))).toMatchObject(MISMATCH)
  })

  test.each([
    ['host', 'AccessDenied'],
    ['x-amz-date', 'AccessDenied'],
    ['x-amz-content-sha256', 'AccessDenied'],
  ])('verifyS3() requires %s in the list', async (name, code) => {
    const request = await put('k')
    const authorization = headersOf(request).get('authorization') ?? ''
    const cut = authorization.replace(new RegExp(`(?<=[=;])${name};?`), '')
    expect(cut).not.toBe(authorization)
    expect(await verify(withHeader(request, 'authorization', cut))).toMatchObject({ status: 403, code })
  })

  test.each([
    ['another day', /(?<=Credential=AKIDdemo\/)\d{8}/, '20200101'],
    ['another region', '/eu-west-1/', '/eu-west-2/'],
    [
      'a list out of order',
      /SignedHeaders=[^,]*/,
      (s: string) => s.replace('host', 'zost').replace(/$/, ';host'),
    ],
  ])('verifyS3() refuses a scope or list of %s', async (_, from, to) => {
    const request = await put('k')
    const changed = (headersOf(request).get('authorization') ?? '').replace(from, to as string)
    expect(await verify(withHeader(request, 'authorization', changed))).toMatchObject(MISMATCH)
  })

  test.each([
    'http://edge.example:443',
    'http://edge.example:8787',
    'https://edge.example:80',
    'https://edge.example',
  ])('verifyS3() takes the port of %s as the client sends it', async endpoint => {
    const other = new S3Client({ ...options, endpoint })
    const url = await getSignedUrl(other, new GetObjectCommand({ Bucket: 'b', Key: 'k' }))
    const sent = endpoint.slice(endpoint.indexOf('//') + 2)
    expect(await verify({ ...presigned('GET', url), headers: [['host', sent]] })).toEqual({ ok: true })
    expect(await verify({ ...presigned('GET', url), headers: [['host', `${sent}0`]] })).toMatchObject(
      MISMATCH,
    )
  })

  test('verifyS3() and resignS3() honour a payload hash among the parameters', async () => {
    const signer = await sdkSigner()
    const { path, query = {} } = await signer.presign({
      method: 'PUT',
      protocol: 'https:',
      hostname: 'edge.example',
      path: '/k',
      query: {},
      headers: { host: HOST, 'X-Amz-Content-Sha256': 'f'.repeat(64) },
    })
    const url = `https://${HOST}${path}?${new URLSearchParams(query as Record<string, string>)}`
    const request = presigned('PUT', url)
    expect(request.query).toContain('X-Amz-Content-Sha256=ffff')
    expect(await verify(request)).toEqual({ ok: true })
    const { query: signed } = await resignS3(read(request), request, key.secret, () => true, Date.now())
    expect(await verify({ ...request, query: signed })).toEqual({ ok: true })
    const changed = request.query.replace('Sha256=f', 'Sha256=e')
    expect(await verify({ ...request, query: changed })).toMatchObject(MISMATCH)
  })

  test.each(['', 'a/b', `user@${HOST}`, 'edge.example:8787?x', 'edge example', '[::1'])(
    'verifyS3() does not throw when the Host is %j',
    async host => {
      const url = await getSignedUrl(client, new GetObjectCommand({ Bucket: 'b', Key: 'k' }))
      expect(await verify(withHeader(presigned('GET', url), 'host', host))).toMatchObject(MISMATCH)
    },
  )
})

describe('verifyS3() honours the time', () => {
  test('accepts a signed request within 15 minutes, before and after', async () => {
    const request = await put('k')
    const at = read(request).at
    for (const [offset, expected] of [
      [QUARTER_HOUR, true],
      [-QUARTER_HOUR, true],
      [QUARTER_HOUR + 1, 'RequestTimeTooSkewed'],
      [-QUARTER_HOUR - 1, 'RequestTimeTooSkewed'],
    ] as const) {
      const verdict = await verify(request, at + offset)
      expect(verdict.ok || verdict.code, String(offset)).toBe(expected)
    }
  })

  test('accepts a presigned URL until its last second, and not before its date', async () => {
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket: 'b', Key: 'k' }), { expiresIn: 60 })
    const request = presigned('GET', url)
    const at = read(request).at
    expect(await verify(request, at + 60_000)).toEqual({ ok: true })
    expect(await verify(request, at + 60_001)).toMatchObject({
      code: 'AccessDenied',
      message: 'Request has expired',
    })
    expect(await verify(request, at - QUARTER_HOUR)).toEqual({ ok: true })
    expect(await verify(request, at - QUARTER_HOUR - 1)).toMatchObject({ code: 'AccessDenied' })
  })

  test.each(['604801', '-1'])('refuses a presigned URL for %s seconds', async expires => {
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket: 'b', Key: 'k' }))
    const verdict = await verify(presigned('GET', url.replace('Expires=900', `Expires=${expires}`)))
    expect(verdict).toMatchObject({ status: 400, code: 'AuthorizationQueryParametersError' })
  })
})

describe('resignS3()', () => {
  const bucket = (request: SignableRequest, prefix = ''): SignableRequest => ({
    ...withHeader(request, 'host', 'bucket.example'),
    path: prefix + request.path,
  })
  const resign = async (request: SignableRequest, prefix = '') => {
    const upstream = bucket(request, prefix)
    const { query, headers } = await resignS3(
      read(request),
      upstream,
      key.secret,
      name => name !== 'accept-encoding',
      Date.now(),
    )
    return headers.reduce((all, [name, value]) => withHeader(all, name, value), { ...upstream, query })
  }

  test('re-signs the SDK’s signature for the bucket, under another path too', async () => {
    const list = new ListObjectsV2Command({ Bucket: 'b', Prefix: "a b/+'(ü)" })
    const requests = [
      await put('a+b c'),
      await put('k', { Metadata: { a: 'b' }, ContentMD5: 'x' }),
      await signedBySdk(list),
      presigned('GET', await getSignedUrl(client, new GetObjectCommand({ Bucket: 'b', Key: 'ü +' }))),
      presigned('GET', await getSignedUrl(client, list)),
    ]
    for (const request of requests) {
      expect(await verify(bucket(request))).toMatchObject(MISMATCH)
      const signed = await resign(request, '/prefix')
      expect(await verify(signed)).toEqual({ ok: true })
      expect(withoutS3Signature(signed.query)).toBe(withoutS3Signature(request.query))
      expect(headersOf(signed).get('x-amz-content-sha256')).toBe(
        headersOf(request).get('x-amz-content-sha256'),
      )
    }
  })

  test('covers every header that the client covered, content-type and range too', async () => {
    const listed = new PutObjectCommand({ Bucket: 'b', Key: 'k', ContentType: 'text/plain' })
    const url = await getSignedUrl(client, listed, { signableHeaders: new Set(['content-type']) })
    const signed = await resign(presigned('PUT', url, { 'content-type': 'text/plain', range: 'bytes=0-1' }))
    expect(read(signed).signedHeaders).toEqual(['content-type', 'host'])
    expect(await verify(withHeader(signed, 'content-type', 'text/html'))).toMatchObject(MISMATCH)
    expect(await verify(withHeader(signed, 'range', 'bytes=1-2'))).toEqual({ ok: true })
  })

  test('a re-signed URL expires no later than the client’s own, and after five minutes at most', async () => {
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket: 'b', Key: 'k' }), {
      expiresIn: 900,
    })
    const request = presigned('GET', url)
    const { at } = read(request)
    for (const [later, expires] of [
      [0, 300],
      [599_999, 300],
      [600_001, 299],
      [895_000, 5],
      [899_999, 1],
    ] as const) {
      const { query } = await resignS3(read(request), request, key.secret, () => true, at + later)
      const signed = read({ ...request, query })
      expect(signed.expires, String(later)).toBe(expires)
      if (later < 899_000) expect(signed.at + expires * 1000).toBeLessThanOrEqual(at + 900_000)
    }
  })

  test('a header that changes on the way is left out', async () => {
    const request = withHeader(await put('k'), 'accept-encoding', 'identity')
    const authorization = (headersOf(request).get('authorization') ?? '').replace(
      'SignedHeaders=',
      'SignedHeaders=accept-encoding;',
    )
    const signed = await resign(withHeader(request, 'authorization', authorization))
    expect(read(signed).signedHeaders).not.toContain('accept-encoding')
    expect(await verify(signed)).toEqual({ ok: true })
  })
})

describe('readS3Signature()', () => {
  const date = '20260131T235959Z'
  const good = `AWS4-HMAC-SHA256 Credential=a/b/20260131/auto/s3/aws4_request,SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`
  const readHeader = (authorization: string, when = date, query = '') =>
    readS3Signature(new Headers({ authorization, 'x-amz-date': when }), query)

  test('reads a header, also with a slash in the access key ID', () => {
    expect(readHeader(good)).toEqual({
      form: 'header',
      keyId: 'a/b',
      day: '20260131',
      region: 'auto',
      date,
      at: Date.UTC(2026, 0, 31, 23, 59, 59),
      expires: null,
      signedHeaders: ['host', 'x-amz-date'],
      digest: '0'.repeat(64),
    })
  })

  test.each<[authorization: string, when?: string, query?: string]>([
    ['Bearer x'],
    ['AWS AKID:signature'],
    [good.replace('AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256')],
    [good.replace('a/b/', '')],
    [good.replace('/s3/', '/execute-api/')],
    [good.replace('aws4_request', 'aws4')],
    [good.replace('0'.repeat(64), '0'.repeat(63))],
    [good.replace('0'.repeat(64), 'A'.repeat(64))],
    [`${good}, More=1`],
    [good.replace('SignedHeaders=host;x-amz-date,', '')],
    [good, '2026-01-31'],
    [good, '20261331T000000Z'],
    [good, date, 'X-Amz-Signature=x'],
    [good.replace('host', 'host'.padEnd(MAX_AUTHORIZATION_LENGTH, 'x'))],
    [good.replace('host', 'h;'.repeat(MAX_LISTED_NAMES))],
  ])('returns null for %.90s %s %s', (authorization, when, query) => {
    expect(readHeader(authorization, when, query)).toBeNull()
  })

  test('reads a query up to the bound', async () => {
    const url = await getSignedUrl(client, new GetObjectCommand({ Bucket: 'b', Key: 'k' }))
    const { query } = presigned('GET', url)
    const many = (count: number) => `${query}${'&x=1'.repeat(count - query.split('&').length)}`
    expect(readS3Signature(new Headers(), many(MAX_QUERY_PARAMS))?.form).toBe('query')
    expect(readS3Signature(new Headers(), many(MAX_QUERY_PARAMS + 1))).toBeNull()
    expect(readS3Signature(new Headers(), query.replace('X-Amz-Expires=900', 'X-Amz-Expires=1e3'))).toBeNull()
    expect(readS3Signature(new Headers(), 'list-type=2')).toBeNull()
  })

  test('amzDate() and readAmzDate() are each other’s inverse', () => {
    expect(amzDate(Date.UTC(2026, 0, 31, 23, 59, 59, 999))).toBe(date)
    expect(readAmzDate(date)).toBe(Date.UTC(2026, 0, 31, 23, 59, 59))
  })
})
