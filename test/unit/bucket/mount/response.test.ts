import { describe, expect, test } from 'vitest'
import { confineRedirect, keepListedHeaders } from '../../../../src/bucket/mount/response.ts'

describe('keepListedHeaders()', () => {
  const DOCUMENT = ['content-security-policy', 'link', 'service-worker-allowed', 'x-frame-options']
  const NEVER = [
    ...['accept-ch', 'clear-site-data', 'nel', 'report-to', 'secure-session-registration', 'set-cookie'],
    ...['speculation-rules', 'strict-transport-security', 'use-as-dictionary', 'www-authenticate', 'x-new'],
  ]

  test.each([false, true])('drops what is not listed, trusted: %s', isTrusted => {
    const kept = ['etag', 'content-type', 'location', 'x-amz-meta-a', 'x-cos-hash-crc64ecma', 'vary']
    const headers = new Headers([...kept, ...DOCUMENT, ...NEVER].map(name => [name, '1']))
    keepListedHeaders(headers, isTrusted)
    expect([...headers.keys()].sort()).toEqual([...kept, ...(isTrusted ? DOCUMENT : [])].sort())
  })
})

describe('confineRedirect()', () => {
  const BUCKET = 'https://bucket.example/prefix'
  const confine = (location: string, status = 302): string | null => {
    const response = new Response(null, { status, headers: { location } })
    const isConfined = confineRedirect(response, {
      mount: '/files',
      url: 'https://app.example/files/a/b?c',
      upstream: `${BUCKET}/a/b?c`,
      base: BUCKET,
    })
    return isConfined ? response.headers.get('location') : null
  }

  test.each([
    ['https://bucket.example/prefix/x?y#z', '/files/x?y#z'],
    ['https://bucket.example/prefix/', '/files/'],
    ['/prefix/x', '/files/x'],
    ['https://app.example/files/x#z', 'https://app.example/files/x#z'],
    ['/files/x', '/files/x'],
    ['x', 'x'],
    ['?d', '?d'],
    ['', ''],
  ])('keeps %j below the mount, as %j', (location, sent) => {
    expect(confine(location)).toBe(sent)
  })

  test.each([
    ...['https://evil.example/', '//evil.example/files/', '/', '/login', '../../x', '/filesx/'],
    ...['https://app.example/files/../x', '/files/%2e%2e/x', 'https://bucket.example/', '/prefixed/x'],
    ...['http://app.example/files/x', 'javascript:alert(1)', 'data:text/html,x', '/\\evil.example'],
    ...[
      'https://user@app.example:8443/files/x',
      'https://app.example@evil.example/files/',
      'https://bucket.example/prefix/../x',
    ],
  ])('refuses %s, which leads out of the mount', location => {
    expect(confine(location)).toBeNull()
  })

  test.each([200, 201, 304])('leaves the Location of a %i as it is: no browser follows it', status => {
    const response = new Response(null, {
      status: status === 304 ? 304 : status,
      headers: { location: '//evil' },
    })
    expect(
      confineRedirect(response, { mount: '/f', url: 'https://a/f/', upstream: BUCKET, base: BUCKET }),
    ).toBe(true)
    expect(response.headers.get('location')).toBe('//evil')
  })
})
