/**
 * Path and query, byte for byte: what a client writes into its request line is what the bucket reads in its own, or
 * the request is refused. Sent and received over plain sockets. (threats 16, 17)
 */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Edge } from './harness.ts'
import { exchange, parse, requestBytes, valuesOf, WireBucket } from './wire.ts'

let bucket: WireBucket
let edge: Edge

beforeAll(async () => {
  bucket = await WireBucket.start()
  edge = await Edge.start({ vars: { ORIGIN: `${bucket.origin}/prefix` } })
})
afterAll(() => Promise.all([edge.stop(), bucket.stop()]))
beforeEach(() => {
  bucket.received.length = 0
})

/** What the bucket's request line names when a client's names `target`; the status when nothing reached it. */
async function arrives(target: string, host = 'edge.example'): Promise<string | number> {
  const bytes = requestBytes('GET', target).replace('Host: edge.example', `Host: ${host}`)
  const answer = parse(await exchange(edge.origin, bytes))
  if (bucket.received.length === 0) return Number(answer.line.split(' ')[1])
  expect(bucket.received.length, target).toBe(1)
  expect(valuesOf(bucket.last, 'host')).toEqual([new URL(bucket.origin).host])
  return bucket.last.line.replace(/^GET /, '').replace(/ HTTP\/1\.1$/, '')
}

const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

describe('arrives as it was sent', () => {
  test.each([
    ['space', '/a%20b'],
    ['plus', '/a+b'],
    ['encoded plus', '/a%2Bb'],
    ['encoded slash', '/a%2Fb%2f'],
    ['two slashes', '//'],
    ['slashes anywhere', '//a///b//'],
    ['a host after two slashes', '//evil.example/k'],
    ['encoded percent', '/100%25'],
    ['percent alone', '/100%'],
    ['no percent-encoding', '/%zz%'],
    ['encoded question mark', '/a%3Fb'],
    ['encoded hash', '/a%23b'],
    ['encoded backslash', '/a%5Cb%5c..%5c'],
    ['encoded NUL', '/a%00b'],
    ['encoded line end', '/a%0D%0Ab'],
    ['UTF-8', '/%E4%BD%A0%E5%A5%BD.txt'],
    ['lower-case hex digits', '/%e4%bd%a0'],
    ['mixed hex digits', '/%E4%bD%a0'],
    ['bytes that are no UTF-8', '/%FF%C0%AF'],
    ['encoded letters', '/%61%7E'],
    ['RFC 3986 sub-delims', "/!$&'()*+,;="],
    ['unreserved', '/-._~'],
    ['at and colon', '/@user:pw@evil.example:80/'],
    ['brackets and bar', '/[a]|b'],
    ['trailing slash', '/folder/'],
    ['trailing dot', '/a.'],
    ['dots that are names', '/.../..a/a../.b/..;/..%2fb'],
    ['dots before an encoded slash', '/%2e%2e%2fb'],
    ['dots encoded twice', '/%252e%252e/b'],
    ['a URL', '/https://evil.example/k'],
    ['a key of 1,024 bytes', `/${'k'.repeat(1024)}`],
    ['an encoded key of 1,024 bytes', `/${'%E4%BD%A0'.repeat(341)}%21`],
    ['a query', '/k?a=1&b=%20+&c=a/../b&d=?&e=%2e%2e'],
    ['an empty query', '/k?'],
    ['an empty query', '/?cors'],
    ['empty parameters', '/k?&&=&a&'],
    ['an order of parameters', '/k?z=1&a=2&z=0'],
    ['marks in a query', '/k?()*!{}[]|^`'],
  ])('%s: %s', async (_case, target) => {
    expect(await arrives(target)).toBe(`/prefix${target}`)
  })
})

/** workerd's fetch encodes what RFC 3986 does not allow in a URL: to the bucket, the same key. */
describe('arrives as the same key', () => {
  test.each([
    ['backslash', '/a\\b', '/a%5Cb'],
    ['quote', '/a"b', '/a%22b'],
    ['circumflex', '/a^b', '/a%5Eb'],
    ['braces', '/{a}', '/%7Ba%7D'],
    ['raw UTF-8', utf8('/你好'), '/%E4%BD%A0%E5%A5%BD'],
    ['raw UTF-8 in a query', utf8('/k?a=你'), '/k?a=%E4%BD%A0'],
    ['apostrophes in a query', "/k?a='b'", '/k?a=%27b%27'],
    ['backslash in a query', '/k?a=\\', '/k?a=%5C'],
  ])('%s: %s', async (_case, target, expected) => {
    const arrived = await arrives(target)
    expect(arrived).toBe(`/prefix${expected}`)
    expect(decodeURIComponent(String(arrived))).toBe(
      `/prefix${Buffer.from(target, 'latin1').toString('utf8')}`,
    )
  })
})

describe('is refused with 400', () => {
  const SEGMENTS = ['..', '.', '%2e%2e', '%2E%2e', '.%2E', '%2e.', '%2e']
  test.each(
    SEGMENTS.flatMap(dots => [`/a/${dots}/b`, `/${dots}`, `//${dots}/b`, `/a/${dots}?q`, `/a\\${dots}\\b`]),
  )('a dot segment: %s', async target => {
    expect(await arrives(target)).toBe(400)
  })

  test.each([
    ['a space', '/a b'],
    ['a tab', '/a\tb'],
    ['a delete', '/a\x7fb'],
    ['a quote in a query', '/k?a="b"'],
    ['angle brackets', '/<a>'],
    ['a grave accent', '/a`b'],
    ['latin1', '/\xe9'],
    ['nothing', ''],
    ['no path', '?q'],
    ['a host without a scheme', '@evil.example/k'],
    ['a name without a slash', '.evil.example/k'],
  ])('%s in the request line', async (_case, target) => {
    expect(await arrives(target)).toBe(400)
  })

  test.each([
    'evil.example@edge.example',
    'edge.example@evil.example',
    'edge.example/../x',
    'edge.example/x',
    'edge.example\\x',
    'edge.example?x=',
    'edge.example#x',
    'edge.example:80:80',
    'edge.example:x',
    'a b',
    '[::1',
    'edge.example, evil.example',
    utf8('édge.example'),
  ])('an invalid Host: %s', async host => {
    expect(await arrives('/k', host)).toBe(400)
  })

  test('two Hosts', async () => {
    const bytes = requestBytes('GET', '/k', ['Host: evil.example'])
    expect(parse(await exchange(edge.origin, bytes)).line).toContain('400')
    expect(bucket.received).toEqual([])
  })
})

describe('goes to the bucket of the settings, whatever host the client names', () => {
  test.each([
    ['http://evil.example/k', '/prefix/k'],
    ['https://evil.example:8443/k?q', '/prefix/k?q'],
    ['http://user:pw@evil.example/k', '/prefix/k'],
    ['http://evil.example//k', '/prefix//k'],
    ['http://evil.example', '/prefix/'],
    ['ftp://evil.example/k', '/prefix/k'],
  ])('an absolute target: %s', async (target, expected) => {
    expect(await arrives(target)).toBe(expected)
  })

  test('a dot segment in an absolute target is refused as well', async () => {
    expect(await arrives('http://evil.example/a/../b')).toBe(400)
  })

  test.each(['evil.example', 'EVIL.example:80', '127.0.0.1:1', '[::1]:1', 'localhost'])(
    'a Host: %s',
    async host => {
      expect(await arrives('/k', host)).toBe('/prefix/k')
    },
  )

  test.each([
    'X-Forwarded-Host',
    'X-Host',
    'X-Original-Host',
    'Forwarded',
    'X-Original-URL',
    'X-Rewrite-URL',
  ])('a header: %s', async name => {
    await exchange(edge.origin, requestBytes('GET', '/k', [`${name}: http://evil.example/other`]))
    expect(bucket.last.line).toBe('GET /prefix/k HTTP/1.1')
    expect(valuesOf(bucket.last, name.toLowerCase())).toEqual([])
  })

  test('a fragment never reaches the edge: the runtime has cut it off', async () => {
    expect(await arrives('/a#b')).toBe('/prefix/a')
  })
})

test('with ORIGIN=route, a key keeps its bytes and an invalid Host is refused', async () => {
  const route = await Edge.start({ vars: { ORIGIN: 'route' }, outbound: new URL(bucket.origin).host })
  const ask = async (target: string, host: string) =>
    parse(await exchange(route.origin, requestBytes('GET', target).replace('edge.example', host))).line
  try {
    for (const [target, expected] of [
      ["/a+b%2B//%2f/%20!'()*?x=%2e", "/a+b%2B//%2f/%20!'()*?x=%2e"],
      ['/a\\b', '/a%5Cb'],
      ['http://evil.example/k', '/k'],
    ] as const) {
      expect(await ask(target, 'files.example:81')).toContain('200')
      expect(bucket.last.line).toBe(`GET ${expected} HTTP/1.1`)
      expect(valuesOf(bucket.last, 'host')).toEqual(['files.example:81'])
    }
    bucket.received.length = 0
    for (const [target, host] of [
      ['/k', 'files.example@evil.example'],
      ['/k', 'files.example/../x'],
      ['/a/../k', 'files.example'],
      ['/a\\..\\k', 'files.example'],
    ] as const)
      expect(await ask(target, host), `${host} ${target}`).toContain('400')
    expect(bucket.received).toEqual([])
  } finally {
    await route.stop()
  }
})
