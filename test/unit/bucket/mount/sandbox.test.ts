import { describe, expect, test } from 'vitest'
import { sandboxOwnResponse, sandboxResponse, wantsToRun } from '../../../../src/bucket/mount/sandbox.ts'

function sandboxed(headers: Record<string, string>, status = 200): Record<string, string> {
  const response = new Response(null, { status, headers })
  sandboxResponse(response)
  return Object.fromEntries(response.headers)
}

describe('sandboxResponse()', () => {
  test.each([
    ...['image/png', 'image/svg+xml', 'IMAGE/JPEG', 'audio/mpeg', 'font/woff2', 'application/wasm'],
    ...['text/plain;charset=utf-8', 'text/plain; charset="utf-8"', 'application/json', 'application/pdf'],
    ...['video/mp4; codecs="avc1.42E01E, mp4a.40.2"', 'multipart/byteranges; boundary=a_b'],
  ])('keeps %s', type => {
    const headers = sandboxed({ 'content-type': type })
    expect(headers['content-type']).toBe(type)
    expect(headers).not.toHaveProperty('x-edge-preflight-content-type')
    expect(headers['x-content-type-options']).toBe('nosniff')
  })

  test.each([
    ...['text/html', 'text/javascript', 'application/javascript', 'text/css', 'application/xml', 'text/xml'],
    ...[
      'application/xhtml+xml',
      'image/x+xml',
      'application/manifest+json',
      'text/xsl',
      'text/cache-manifest',
    ],
    ...[
      'text/plain, text/html',
      'text/plain; charset=utf-8; a=b',
      'text/plain;',
      'image/png/x',
      'image',
      '*/*',
    ],
    ...['text/plain;charset=utf-8,text/html', `image/png; charset=${'x'.repeat(3000)}`, ' '],
  ])('makes a download of %j', type => {
    const headers = sandboxed({ 'content-type': type })
    expect(headers['content-type']).toBe('application/octet-stream')
    expect(headers['x-edge-preflight-content-type']).toBe(type.trim())
    expect(headers['content-disposition']).toBe('attachment')
  })

  test('makes a download of an object without a type', () => {
    expect(sandboxed({})).toEqual({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      'x-content-type-options': 'nosniff',
    })
  })

  test.each([
    ['inline; filename="a; b.svg"', 'attachment; filename="a; b.svg"'],
    [
      `inline; filename=a.svg; filename*=UTF-8''%c3%a4.svg`,
      `attachment; filename=a.svg; filename*=UTF-8''%c3%a4.svg`,
    ],
    ['inline', 'attachment'],
    ['inline, attachment; filename="x', 'attachment'],
    ['inline; x=y; filename=z', 'attachment; filename=z'],
  ])('downloads an SVG with the disposition %s as %s', (written, sent) => {
    const headers = sandboxed({ 'content-type': 'image/svg+xml', 'content-disposition': written })
    expect(headers['content-disposition']).toBe(sent)
  })

  test('replaces the bucket’s policy; media play, a PDF shows', () => {
    const policyOf = (type: string) =>
      sandboxed({ 'content-type': type, 'content-security-policy': 'sandbox allow-scripts' })[
        'content-security-policy'
      ]
    expect(policyOf('text/plain')).toBe("default-src 'none'; style-src 'unsafe-inline'; sandbox")
    expect(policyOf('video/mp4')).toContain('sandbox allow-same-origin')
    expect(policyOf('application/pdf')).toBeUndefined()
  })

  test('takes nothing off by a 304 that a cache stored with the sandbox', () => {
    expect(sandboxed({ 'content-disposition': 'inline', etag: '"1"' }, 304)).toEqual({
      etag: '"1"',
      'x-content-type-options': 'nosniff',
    })
    expect(sandboxed({ 'content-type': 'text/html' }, 304)['content-type']).toBe('application/octet-stream')
  })
})

describe('sandboxOwnResponse()', () => {
  test('leaves the error document XML', () => {
    const response = new Response('<Error/>', { headers: { 'content-type': 'application/xml' } })
    sandboxOwnResponse(response)
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'application/xml',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      'x-content-type-options': 'nosniff',
    })
  })
})

describe('wantsToRun()', () => {
  const asked = (headers: Record<string, string>) => wantsToRun({ headers: new Headers(headers) } as Request)

  test.each([
    ...['script', 'worker', 'sharedworker', 'serviceworker', 'style', 'xslt', 'manifest', 'audioworklet'],
    ...['paintworklet', 'report', 'speculationrules', 'dictionary', 'future'],
  ])('is true for the destination %s', destination => {
    expect(asked({ 'sec-fetch-dest': destination })).toBe(true)
  })

  test.each(['empty', 'image', 'video', 'font', 'document', 'iframe', 'object', 'json'])(
    'is false for the destination %s',
    destination => {
      expect(asked({ 'sec-fetch-dest': destination })).toBe(false)
    },
  )

  test('is true for a service worker script, and false without a destination', () => {
    expect(asked({ 'service-worker': 'script' })).toBe(true)
    expect(asked({})).toBe(false)
  })
})
