import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasPublicQuery, isCacheable, isSignable, type PublicQuery } from '../../../src/bucket/public-read.ts'

const COS: PublicQuery = { dialect: 'cos', cacheParameters: [] }
const S3: PublicQuery = { dialect: 's3', cacheParameters: [] }
const read = (target: string, init: RequestInit = {}) => new Request(`https://edge.example${target}`, init)
const isPublic = (query: string, settings = COS) =>
  hasPublicQuery(`https://edge.example/k?${query}`, settings)

describe('hasPublicQuery()', () => {
  test.each([
    '',
    'v=3',
    'v',
    'ver=1.2.3',
    'version=2026-01-31T00:00:00Z',
    't=1764103000',
    'hash=3fdba35f04dc8c462986c992bcf87554',
    '1764103000',
    'v=1&t=2&_=3',
  ])('is true of versions: ?%s', query => {
    expect([isPublic(query), isPublic(query, S3)]).toEqual([true, true])
  })

  test.each([
    'imageMogr2/thumbnail/200x',
    'imageMogr2/thumbnail/!50p/format/webp/auto-orient/strip',
    'imageView2/2/w/200/h/100/q/85',
    'imageInfo',
    'imageMogr2/crop/100x100&v=3',
  ])('is true of COS image processing: ?%s', query => {
    expect([isPublic(query), isPublic(query, S3)]).toEqual([true, false])
  })

  test.each([
    'x-oss-process=image/resize,m_fill,w_100,h_100/format,webp',
    'x-tos-process=image/resize,w_100',
    'x-image-process=image/info',
  ])('is true of image processing by name: ?%s', query => {
    expect([isPublic(query, S3), isPublic(query)]).toEqual([true, false])
  })

  test.each([
    // Pipes, saving and callbacks, however they are encoded.
    'imageMogr2/thumbnail/200x|saveas/ZGVtbzprZXk',
    'imageMogr2/thumbnail/200x%7Csaveas/ZGVtbzprZXk',
    'imageMogr2/thumbnail/200x%7csaveas',
    'imageMogr2/saveas/ZGVtbzprZXk',
    'imageMogr2/thumbnail/200x/saveas/x',
    'imageMogr2%2Fthumbnail%2F200x',
    'imageMogr2/thumbnail/200x/callback/aHR0cA',
    'imageMogr2/thumbnail',
    'imageMogr2/',
    'imageMogr2',
    'imageView2/6/w/1',
    'imageView2/1/w',
    'watermark/1/image/aHR0cDovL2E',
    'imageInfo/x',
    'x-oss-process=image/resize,w_100|sys/saveas,o_a,b_b',
    'x-oss-process=image/resize,w_100%7Csys/saveas,o_a',
    'x-oss-process=image/saveas,o_a',
    'x-oss-process=video/snapshot,t_1',
    'x-oss-process=video/format,mp4',
    'x-oss-process=image',
    'x-oss-async-process=image/resize,w_1',
    'x-image-process=image/resize,w_1&x-image-save-object=a',
    'x-image-save-object=a&x-image-save-bucket=b',
    'ci-process=snapshot&time=1',
    'pic-operations=%7B%7D',
    // Signatures and tokens of all vendors.
    ...['token=a:b', 'e=1', 'authorization=bce-auth-v1%2Fx', 'Authorization=b2', 'X-Tos-Signature=0'],
    ...['access_token=x', 'auth_key=1-2-3-4', '_upt=0', 'sign=x', 'sig=x', 'q-signature=s', 'Signature=s'],
    ...['X-Amz-Signature=s', 'X-Amz-Signatur%65=s', 'X-Goog-Signature=s', 'X-Obs-Signature=s', 'jwt=x'],
    ...['key=x', 'apikey=x', 'Policy=x&Key-Pair-Id=y', 'verify=1-x', 'hdnts=exp', 'code=x', 'ticket=x'],
    // Other resources, other versions, and headers as parameters.
    ...['acl', 'ACL=', 'tagging', 'uploads', 'uploadId=x', 'versionId=1', 'list-type=2', 'prefix=a', 'cors'],
    ...[
      'response-content-type=text/html',
      'partNumber=1',
      'torrent',
      'x-cos-process=x',
      'select&select-type=2',
    ],
    // Not a plain value, or not the name as it is written.
    ...['v=1%202', 'v=a/b', 'v=a,b', `v=${'a'.repeat(65)}`, '%76=1', 'V=1', 'v[]=1', '=1', '&', 'v=1&&t=2'],
    ...['12345678901234567', 'unknown', 'unknown=1', 'v=1&unknown=1', '?v=1', 'v=1?acl', 'v=1#a'],
  ])('is false of ?%s', query => {
    expect([isPublic(query), isPublic(query, S3)]).toEqual([false, false])
  })

  test('is true of the host’s own parameters, by their exact names', () => {
    const settings = { ...COS, cacheParameters: ['size', 'lang'] }
    for (const query of ['size=%E5%A4%A7', 'lang=de&size=1', 'size', 'size=1&v=2'])
      expect(isPublic(query, settings), query).toBe(true)
    for (const query of ['Size=1', 's%69ze=1', 'sizes=1', 'size=1&token=x', 'lang=de&q-signature=s'])
      expect(isPublic(query, settings), query).toBe(false)
  })

  test('is false of more parameters than its bound', () => {
    expect(isPublic(`${'v=1&'.repeat(31)}v=1`)).toBe(true)
    expect(isPublic(`${'v=1&'.repeat(32)}v=1`)).toBe(false)
  })

  test('is false of any query with a character outside its grammars', () => {
    const outside = fc.constantFrom('|', '%7C', '%', ' ', '(', ';', '"', '\\', '*', '%2F', '\u00fc', '@', '$')
    const text = fc.string({ maxLength: 20 })
    fc.assert(
      fc.property(text, outside, text, (before, odd, after) => {
        for (const prefix of ['v=', 'imageMogr2/thumbnail/', 'x-oss-process=image/resize,w_'])
          for (const settings of [COS, S3])
            expect(isPublic(prefix + before + odd + after, settings)).toBe(false)
      }),
    )
  })
})

/** A page's image request, as each client sends it. Names that the runtime would not let through are set here, too. */
const CLIENTS: Record<string, Record<string, string>> = {
  'Chromium 156': {
    accept: 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8',
    'accept-encoding': 'gzip, deflate, br, zstd',
    'accept-language': 'en-US,en;q=0.9',
    connection: 'keep-alive',
    dnt: '1',
    origin: 'https://page.example',
    priority: 'u=1, i',
    referer: 'https://page.example/',
    'sec-ch-ua': '"Chromium";v="156"',
    'sec-ch-ua-mobile': '?0',
    'sec-ch-ua-platform': '"Linux"',
    'sec-fetch-dest': 'image',
    'sec-fetch-mode': 'cors',
    'sec-fetch-site': 'cross-site',
    'sec-fetch-storage-access': 'active',
    'sec-purpose': 'prefetch',
    'upgrade-insecure-requests': '1',
    'user-agent': 'Mozilla/5.0',
    'if-none-match': '"e"',
  },
  'Firefox 145': {
    accept: 'image/avif,image/webp,*/*',
    'accept-encoding': 'gzip, deflate, br, zstd',
    'accept-language': 'en-US',
    priority: 'u=5, i',
    'sec-fetch-dest': 'image',
    'sec-gpc': '1',
    te: 'trailers',
    'x-moz': 'prefetch',
    'if-modified-since': 'Wed, 21 Oct 2026 07:28:00 GMT',
  },
  'Safari 26': { accept: '*/*', 'accept-language': 'de-DE', priority: 'u=3, i', 'sec-fetch-mode': 'cors' },
  WebView: { 'x-requested-with': 'com.example.app', 'save-data': 'on', dpr: '2', ect: '4g' },
  'curl 8': { accept: '*/*', 'user-agent': 'curl/8.17.0' },
  'behind Cloudflare': {
    'cdn-loop': 'cloudflare; loops=1',
    'cf-connecting-ip': '192.0.2.1',
    'cf-ray': 'x',
    'x-forwarded-for': '192.0.2.1',
    'x-forwarded-proto': 'https',
    'x-real-ip': '192.0.2.1',
    'true-client-ip': '192.0.2.1',
  },
  'a traced page': { traceparent: '00-a-b-01', tracestate: 'a=b', baggage: 'a=b', 'sentry-trace': 'x' },
  'a page of a sibling domain': { cookie: 'session=1' },
}

/** The same, as a request that carries exactly these headers. */
const requestWith = (headers: Record<string, string>, target = '/k', method = 'GET'): Request =>
  ({ method, url: `https://edge.example${target}`, headers: new Headers(headers), body: null }) as Request

/** Headers that authorise a request somewhere, or make it another one. */
const UNKNOWN_HEADERS = [
  ...['authorization', 'x-auth-token', 'x-api-key', 'private-token', 'dpop', 'x-tos-security-token'],
  ...['x-ms-date', 'x-ms-version', 'x-goog-user-project', 'x-obs-acl', 'x-oss-security-token', 'x-bce-date'],
  ...[
    'x-cos-security-token',
    'x-amz-security-token',
    'x-csrf-token',
    'x-xsrf-token',
    'x-session-id',
    'cookie2',
  ],
  ...[
    'signature',
    'signature-input',
    'x-signature',
    'x-access-token',
    'x-vault-token',
    'job-token',
    'x-user',
  ],
  ...[
    'sec-private-state-token',
    'sec-session-response',
    'x-amz-request-payer',
    'x-amz-expected-bucket-owner',
  ],
  ...['x-cos-server-side-encryption-customer-key', 'x-amz-server-side-encryption-customer-key', 'x-custom'],
  ...['pic-operations', 'x-ci-a', 'x-tenant', 'prefer', 'a-im', 'available-dictionary'],
]

describe('isCacheable() and isSignable()', () => {
  test.each(Object.entries(CLIENTS))('are true of what %s sends', (_, headers) => {
    expect([isCacheable(requestWith(headers), COS), isSignable(requestWith(headers), COS)]).toEqual([
      true,
      true,
    ])
  })

  test.each(UNKNOWN_HEADERS)('are false of %s', name => {
    const request = requestWith({ accept: '*/*', [name]: 'x' })
    expect([isCacheable(request, COS), isSignable(request, COS)]).toEqual([false, false])
  })

  test.each([
    ...['range', 'if-range', 'if-match', 'if-unmodified-since', 'amz-sdk-request', 'x-amz-user-agent'],
    ...[
      'x-amz-checksum-mode',
      'x-amz-date',
      'x-amz-content-sha256',
      'x-cos-traffic-limit',
      'x-cos-sdk-retry',
    ],
  ])('%s may be signed, but not cached', name => {
    const request = requestWith({ [name]: 'x' })
    expect([isCacheable(request, COS), isSignable(request, COS)]).toEqual([false, true])
  })

  test.each(['token=x', 'acl', 'imageMogr2/thumbnail/1x|saveas/a', 'response-content-type=a'])(
    'are false of ?%s',
    query => {
      const request = requestWith({}, `/k?${query}`)
      expect([isCacheable(request, COS), isSignable(request, COS)]).toEqual([false, false])
    },
  )

  test('are false of other methods, except that HEAD is signed, and of a body', () => {
    for (const method of ['PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS'])
      expect([isCacheable(read('/k', { method }), COS), isSignable(read('/k', { method }), COS)]).toEqual([
        false,
        false,
      ])
    const head = read('/k', { method: 'HEAD' })
    expect([isCacheable(head, COS), isSignable(head, COS)]).toEqual([false, true])
    const withBody = { ...requestWith({}), url: 'https://e.example/k', body: new ReadableStream() } as Request
    expect([isCacheable(withBody, COS), isSignable(withBody, COS)]).toEqual([false, false])
  })

  test.each(['/', '/?', '//', '/%2F', '/%2f/', '/%5c', '/?v=1'])(
    'isSignable() is false of a bucket: %s',
    target => {
      expect(isSignable(requestWith({}, target), COS)).toBe(false)
    },
  )

  test.each(['/..%2Fother/k', '/a/%2e%2e%2fb', '/a%2f..%5Cb', '/a%2F.', '/a/../b'])(
    'isSignable() is false of a path that leads elsewhere once decoded: %s',
    target => {
      expect(isSignable(requestWith({}, target), COS)).toBe(false)
    },
  )

  test.each(['/k', '/a/b%20c', '/folder/', '//k', '/..k', '/k?'])('isSignable() is true of %s', target => {
    expect(isSignable(requestWith({}, target), COS)).toBe(true)
  })
})
