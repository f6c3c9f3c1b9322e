import { describe, expect, test } from 'vitest'
import { clientResponse } from '../../../src/bucket/response.ts'

describe('clientResponse()', () => {
  test('removes the headers of the connection to the bucket, and leaves the rest', () => {
    const dropped = {
      connection: 'x-hop, content-length, Content-Encoding',
      'x-hop': '1',
      'keep-alive': 'timeout=5',
      'proxy-authenticate': 'Basic',
      'proxy-authentication-info': 'x',
      te: 'trailers',
      trailer: 'x-t',
      upgrade: 'h2c',
      'alt-svc': 'h3=":443"',
    }
    const kept = { 'content-encoding': 'gzip', 'content-length': '3', etag: '"e"', 'x-unknown': '1' }
    const response = clientResponse(new Response('abc', { status: 206, headers: { ...dropped, ...kept } }))
    expect([response.status, Object.fromEntries(response.headers)]).toEqual([
      206,
      { ...kept, 'content-type': 'text/plain;charset=UTF-8' },
    ])
  })

  test('keeps every Set-Cookie', () => {
    const upstream = new Response()
    upstream.headers.append('set-cookie', 'a=1')
    upstream.headers.append('set-cookie', 'b=2, 3')
    expect(clientResponse(upstream).headers.getSetCookie()).toEqual(['a=1', 'b=2, 3'])
  })
})
