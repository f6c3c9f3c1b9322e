import { describe, expect, test } from 'vitest'
import { COOKIE_SIGNED, mountedRequest } from '../../../../src/bucket/mount/request.ts'

const SIGNATURE =
  'q-sign-algorithm=sha1&q-ak=AKID&q-sign-time=1;2&q-key-time=1;2&q-url-param-list=&q-signature=' +
  `${'a'.repeat(40)}&q-header-list=`
const SIGV4 = `AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/s3/aws4_request, Signature=${'a'.repeat(64)}, SignedHeaders=`

/** What the bucket gets of a request with these headers. */
function passed(headers: Record<string, string>, target = '/a'): Record<string, string> {
  const request = new Request(`https://app.example/files${target}`, { headers })
  const mounted = mountedRequest(request, `https://app.example${target}`)
  if (mounted === COOKIE_SIGNED) throw new Error(mounted)
  expect(mounted.url).toBe(`https://app.example${target}`)
  return Object.fromEntries(mounted.headers)
}

describe('mountedRequest()', () => {
  test('passes on what a read, an upload and their conditions need', () => {
    const headers = {
      accept: 'image/*',
      'cache-control': 'no-cache',
      'content-md5': 'x',
      'content-type': 'text/plain',
      'if-none-match': '"1"',
      range: 'bytes=0-1',
      'x-amz-meta-a': '1',
      'amz-sdk-request': 'attempt=1',
      'x-cos-acl': 'private',
      'x-ci-a': '1',
    }
    expect(passed(headers)).toEqual(headers)
  })

  test.each([
    'authorization',
    'cookie',
    'dpop',
    'origin',
    'priority',
    'private-token',
    'sec-fetch-site',
    'token',
    'x-api-key',
    'x-csrf-token',
    'x-forwarded-for',
    'x-xsrf-token',
  ])('keeps %s with the page', name => {
    expect(passed({ [name]: 'Bearer secret' })).toEqual({})
  })

  test.each([SIGNATURE, SIGV4])('passes on a signature, and what it covers: %s', signature => {
    const authorization = `${signature}host;x-api-key`
    const headers = { authorization, 'x-amz-date': '20260101T000000Z' }
    expect(passed({ ...headers, 'x-api-key': '1', 'x-other': '1' })).toEqual({ ...headers, 'x-api-key': '1' })
  })

  test('passes on what a presigned URL covers', () => {
    const target = `/a?${SIGNATURE}host%3Bx-api-key`
    expect(passed({ 'x-api-key': '1', cookie: 'a=b' }, target)).toEqual({ 'x-api-key': '1' })
  })

  test('does not pass on a cookie, not even a signed one', () => {
    const headers = { authorization: `${SIGNATURE}cookie;host`, cookie: 'session=1' }
    const request = new Request('https://app.example/files/a', { headers })
    expect(mountedRequest(request, 'https://app.example/a')).toBe(COOKIE_SIGNED)
  })

  test.each([
    ['https://app.example/account?token=1#x', 'https://app.example/'],
    ['https://app.example:8443', 'https://app.example:8443/'],
    ['about:blank', undefined],
    ['nonsense', undefined],
  ])('cuts the referrer %s to %s', (referer, sent) => {
    expect(passed({ referer }).referer).toBe(sent)
  })

  test('leaves a referrer as it is that a signature covers', () => {
    const referer = 'https://app.example/account?token=1'
    expect(passed({ referer, authorization: `${SIGNATURE}referer` }).referer).toBe(referer)
  })
})
