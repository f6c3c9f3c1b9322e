import { describe, expect, test } from 'vitest'
import { droppedHeaders, upstreamRequest } from '../../../src/bucket/request.ts'

const sent = (headers: Record<string, string>, url = 'https://edge.example/k', keepCors = false) =>
  Object.fromEntries(
    upstreamRequest('https://bucket.example/k', new Request(url, { headers }), keepCors).headers,
  )

const CORS = {
  origin: 'https://app.example',
  'access-control-request-method': 'PUT',
  'access-control-request-headers': 'x',
}

describe('upstreamRequest()', () => {
  test('removes sealed credentials from a forwarded preflight, in whatever spelling', () => {
    const url =
      'https://bucket.example/k?a=1&X-Cos-Security%2DToken=%65p1.k.AAAA&b=2&x-amz-security-token=real'
    const headers = { 'x-amz-security-token': 'ep1.k.AAAA', 'x-cos-security-token': 'real' }
    const upstream = upstreamRequest(url, new Request(url, { method: 'OPTIONS', headers }), true)
    expect(upstream.url).toBe('https://bucket.example/k?a=1&b=2&x-amz-security-token=real')
    expect(Object.fromEntries(upstream.headers)).toEqual({ 'x-cos-security-token': 'real' })
    const only = 'https://bucket.example/k?x-cos-security-token=ep1.k.AAAA'
    expect(upstreamRequest(only, new Request(only), true).url).toBe('https://bucket.example/k')
  })

  test('keeps the CORS headers of a forwarded preflight, and removes them otherwise', () => {
    expect(sent(CORS, undefined, true)).toEqual(CORS)
    expect(sent(CORS)).toEqual({})
  })

  test('removes the headers that Connection names, except those that change the request’s meaning', () => {
    const headers = {
      range: 'bytes=0-1',
      authorization: 'a',
      'content-type': 'c',
      'x-hop': '1',
      'x-end': '2',
    }
    const connection = 'X-Hop, close, Range, Authorization, content-type, , (no name), x y'
    expect(sent({ ...headers, connection })).toEqual({
      range: 'bytes=0-1',
      authorization: 'a',
      'content-type': 'c',
      'x-end': '2',
    })
  })

  test.each([
    ...[
      'x-amz-content-sha256',
      'x-amz-acl',
      'x-cos-forbid-overwrite',
      'x-ci-a',
      'x-oss-a',
      'x-goog-a',
      'x-obs-a',
    ],
    ...[
      'if-match',
      'if-none-match',
      'content-md5',
      'content-disposition',
      'cache-control',
      'cookie',
      'expires',
    ],
  ])('keeps %s, whatever Connection says', name => {
    expect(sent({ [name]: 'a', connection: `close, ${name}` })).toEqual({ [name]: 'a' })
  })

  test('removes every Access-Control-Request-*, unknown ones too', () => {
    const headers = { 'access-control-request-private-network': 'true', 'access-control-request-': 'x' }
    expect(sent(headers)).toEqual({})
    expect(sent(headers, undefined, true)).toEqual(headers)
  })

  test.each([
    'x-forwarded-for',
    'x-forwarded-host',
    'cf-connecting-ip',
    'forwarded',
    'x-real-ip',
    'x-original-url',
    'proxy-authorization',
    'expect',
  ])('removes %s, and no header that only begins like it', name => {
    expect(sent({ [name]: 'a', [`a-${name}`]: 'b' })).toEqual({ [`a-${name}`]: 'b' })
  })

  test('reads 32 options of Connection and no more', () => {
    const options = (count: number) =>
      [...Array.from({ length: count }, (_, at) => `o${at}`), 'x-hop'].join(',')
    expect(sent({ connection: options(31), 'x-hop': '1' })).toEqual({})
    expect(sent({ connection: options(32), 'x-hop': '1' })).toEqual({ 'x-hop': '1' })
  })

  const { origin } = CORS
  test.each([
    ['q-sign-algorithm=sha1&q-header-list=host;origin&q-url-param-list=', ''],
    ['q-header-list=origin;range&q-signature=s', ''],
    ['AWS4-HMAC-SHA256 Credential=c, SignedHeaders=host;origin;x-amz-date, Signature=s', ''],
    ['', 'q-header-list=host%3Borigin&q-signature=s'],
    ['', 'X-Amz-SignedHeaders=origin&X-Amz-Signature=s'],
    ['', 'sign=q-sign-algorithm%3Dsha1%26q-header-list%3Dhost%3Borigin%26q-url-param-list%3D'],
  ])('keeps a signed Origin: %s%s', (authorization, query) => {
    expect(sent({ origin, authorization }, `https://edge.example/k?${query}`)).toHaveProperty(
      'origin',
      origin,
    )
  })

  test.each([
    ['q-header-list=host;x-origin;origins&q-url-param-list=origin', ''],
    ['AWS4-HMAC-SHA256 SignedHeaders=host, Signature=origin', ''],
    ['', 'q-header-list=host&origin=1'],
    ['', 'origin'],
  ])('removes an unsigned Origin: %s%s', (authorization, query) => {
    expect(sent({ origin, authorization }, `https://edge.example/k?${query}`)).not.toHaveProperty('origin')
  })

  test('removes an Origin that only a list names, without credentials: the response is shared', () => {
    for (const query of ['SignedHeaders=origin', 'q-header-list=origin', 'X-Amz-SignedHeaders=origin'])
      expect(sent({ origin }, `https://edge.example/k?${query}`), query).toEqual({})
  })

  test('takes time in proportion to the size of the request', () => {
    const sizes = 128 * 1024
    for (const unit of [',', ' ', ';', 'q-header-list=', 'SignedHeaders=', '%3b', 'a,', 'origin;']) {
      const text = unit.repeat(sizes / unit.length)
      const started = performance.now()
      sent(
        { origin, authorization: `x${text}x`, connection: `x${text}x`, expect: text },
        `https://e.example/?${text}`,
      )
      // Quadratic, it would be minutes.
      expect(performance.now() - started, unit).toBeLessThan(2000)
    }
  })
})

test('droppedHeaders() names the headers that upstreamRequest() removes', () => {
  const headers = {
    ...CORS,
    connection: 'x-hop, if-match',
    'if-match': '"e"',
    'x-hop': '1',
    'x-real-ip': '6.6.6.6',
    'x-end': '2',
  }
  const request = new Request('https://edge.example/k', { headers })
  expect(droppedHeaders(request)).toEqual([
    'access-control-request-headers',
    'access-control-request-method',
    'connection',
    'origin',
    'x-hop',
    'x-real-ip',
  ])
  expect(Object.keys(sent(headers))).toEqual(['if-match', 'x-end'])
})
