/**
 * What HTTP says of objects, through the edge: methods, ranges, conditions, encodings, lengths, and what a message
 * may have besides. Sent and received over plain sockets. (threats 19, 23, 25)
 */

import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Edge } from './harness.ts'
import {
  Connection,
  exchange,
  type Message,
  parse,
  requestBytes,
  responseBytes,
  valuesOf,
  WireBucket,
} from './wire.ts'

let bucket: WireBucket
let edge: Edge

beforeAll(async () => {
  bucket = await WireBucket.start()
  edge = await Edge.start({
    vars: { ORIGIN: bucket.origin, ORIGIN_TIMEOUT_MS: '1000' },
    rules: {
      'cors:rules.example': JSON.stringify([
        { AllowedOrigins: ['https://app.example'], AllowedMethods: ['GET'] },
      ]),
    },
  })
})
afterAll(() => Promise.all([edge.stop(), bucket.stop()]))
beforeEach(() => {
  bucket.received.length = 0
  bucket.answerEarly = () => false
  bucket.answer = socket => socket.write(responseBytes('200 OK', [], 'object'))
})

const answers = (bytes: string): void => {
  bucket.answer = socket => socket.write(bytes, 'latin1')
}
const ask = async (method = 'GET', headers: string[] = [], body = ''): Promise<Message> =>
  parse(await exchange(edge.origin, requestBytes(method, '/k', headers, body)))

describe('a request arrives', () => {
  test.each([
    ['Range: bytes=0-4'],
    ['Range: bytes=0-1,4-5,-3'],
    ['Range: bytes=5-', 'If-Range: "e"'],
    ['If-Range: Wed, 21 Oct 2026 07:28:00 GMT', 'Range: bytes=-1'],
    ['If-Match: "a", W/"b"'],
    ['If-None-Match: *'],
    ['If-None-Match: "a","b"'],
    ['If-Modified-Since: Wed, 21 Oct 2026 07:28:00 GMT'],
    ['If-Unmodified-Since: Wed, 21 Oct 2026 07:28:00 GMT'],
  ])('with %s %s', async (...fields) => {
    for (const method of ['GET', 'HEAD']) {
      const headers = fields.filter(field => field !== undefined)
      await ask(method, headers)
      expect(bucket.last.line).toBe(`${method} /k HTTP/1.1`)
      for (const field of headers) {
        const [name = '', value] = field.split(/: (.*)/)
        expect(valuesOf(bucket.last, name.toLowerCase())).toEqual([value])
      }
    }
  })

  test('with headers that the edge does not know, to the byte', async () => {
    const utf8 = Buffer.from('你好', 'utf8').toString('latin1')
    await ask('PUT', [
      `x-cos-meta-name: ${utf8} caf\xe9`,
      'x-unknown: a,b;c="d"',
      'X-Amz-Acl: private',
      'Cookie: a=1; b=2',
      'Via: 1.1 before',
      'Cache-Control: max-age=60',
      'Content-Length: 0',
    ])
    for (const [name, value] of [
      ['x-cos-meta-name', `${utf8} caf\xe9`],
      ['x-unknown', 'a,b;c="d"'],
      ['x-amz-acl', 'private'],
      ['cookie', 'a=1; b=2'],
      ['via', '1.1 before'],
      ['cache-control', 'max-age=60'],
      ['content-length', '0'],
    ] as const)
      expect(valuesOf(bucket.last, name), name).toEqual([value])
  })

  test.each([
    'CF-Connecting-IP: 6.6.6.6',
    'CF-IPCountry: XX',
    'Client-IP: 6.6.6.6',
    'X-Client-IP: 6.6.6.6',
    'X-Real-IP: 6.6.6.6',
    'True-Client-IP: 6.6.6.6',
    'X-Forwarded-For: 6.6.6.6',
    'X-Forwarded-Port: 1',
    'Proxy-Authorization: Basic eA==',
    'X-HTTP-Method-Override: DELETE',
    'Keep-Alive: timeout=1',
    'TE: trailers',
    'Trailer: x-t',
    'Upgrade: websocket',
  ])('without %s', async field => {
    const name = field.slice(0, field.indexOf(':')).toLowerCase()
    await ask('GET', [field])
    expect(valuesOf(bucket.last, name)).toEqual([])
  })

  test('with its body and its length, and without headers of the edge that an upload would store', async () => {
    const body = String.fromCharCode(...Array.from({ length: 5000 }, (_, at) => at % 256))
    await ask('PUT', ['Content-Encoding: gzip', 'Content-Type: text/plain', 'Content-Length: 5000'], body)
    expect(bucket.last.body).toBe(body)
    expect(valuesOf(bucket.last, 'content-length')).toEqual(['5000'])
    expect(valuesOf(bucket.last, 'content-encoding')).toEqual(['gzip'])
    for (const name of ['transfer-encoding', 'cache-control', 'pragma', 'accept-encoding'])
      expect(valuesOf(bucket.last, name), name).toEqual([])
  })

  test.each(['POST', 'PUT', 'DELETE'])('as %s without a body, with the length 0', async method => {
    await ask(method)
    expect([bucket.last.line, ...valuesOf(bucket.last, 'content-length')]).toEqual([
      `${method} /k HTTP/1.1`,
      '0',
    ])
  })

  test('in chunks when it was sent in chunks; its trailers are dropped', async () => {
    await ask(
      'PUT',
      ['Transfer-Encoding: chunked', 'Trailer: x-t'],
      '3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nx-t: 1\r\n\r\n',
    )
    expect(valuesOf(bucket.last, 'transfer-encoding')).toEqual(['chunked'])
    expect(bucket.last.body).toMatch(/^(?:3\r\nabc\r\n2\r\nde|5\r\nabcde)\r\n0\r\n\r\n$/)
  })

  test('after Expect: 100-continue, which the edge accepts', async () => {
    const connection = new Connection(edge.origin)
    connection.write(requestBytes('PUT', '/k', ['Expect: 100-continue', 'Content-Length: 4']))
    await connection.until('HTTP/1.1 100 Continue\r\n\r\n')
    connection.write('body')
    await connection.closed
    expect(connection.received).toContain('HTTP/1.1 200 OK')
    expect([bucket.last.body, valuesOf(bucket.last, 'expect')]).toEqual(['body', []])
  })

  test('of a multipart upload, part by part', async () => {
    const part = 'x'.repeat(3000)
    const send = (method: string, target: string, headers: string[], body: string) =>
      exchange(
        edge.origin,
        requestBytes(method, target, [`Content-Length: ${body.length}`, ...headers], body),
      )
    answers(responseBytes('200 OK', ['ETag: "part-1"'], ''))
    await send('POST', '/big%20key?uploads', [], '')
    const answer = await send('PUT', '/big%20key?partNumber=1&uploadId=u%2B1', ['Content-MD5: abc='], part)
    expect(valuesOf(parse(answer), 'etag')).toEqual(['"part-1"'])
    await send('POST', '/big%20key?uploadId=u%2B1', ['Content-Type: application/xml'], '<Complete/>')
    await send('DELETE', '/big%20key?uploadId=u%2B1', [], '')
    expect(bucket.received.map(each => [parse(each).line, parse(each).body])).toEqual([
      ['POST /big%20key?uploads HTTP/1.1', ''],
      ['PUT /big%20key?partNumber=1&uploadId=u%2B1 HTTP/1.1', part],
      ['POST /big%20key?uploadId=u%2B1 HTTP/1.1', '<Complete/>'],
      ['DELETE /big%20key?uploadId=u%2B1 HTTP/1.1', ''],
    ])
  })
})

describe('a response comes back', () => {
  test.each([
    ['206 Partial Content', ['Content-Range: bytes 0-2/9', 'ETag: "e"'], 'abc'],
    ['206 Partial Content', ['Content-Type: multipart/byteranges; boundary=b'], '--b\r\n\r\nx\r\n--b--'],
    ['416 Range Not Satisfiable', ['Content-Range: bytes */9'], '<Error/>'],
    ['412 Precondition Failed', ['x-cos-request-id: r'], '<Error/>'],
    ['404 Not Found', ['Content-Type: application/xml'], '<Error/>'],
    ['301 Moved Permanently', ['Location: https://elsewhere.example/k?a=b#c'], ''],
    ['307 Temporary Redirect', ['Location: //evil.example/k'], '<Error/>'],
    ['200 OK', ['Set-Cookie: a=1; Path=/', 'Set-Cookie: b=2, 3', 'x-unknown: \xe9', 'Via: 1.1 x'], 'abc'],
  ])('%s with %j', async (status, headers, body) => {
    answers(responseBytes(status, headers, body))
    const answer = await ask('GET', ['Range: bytes=0-2'])
    expect(answer.line).toBe(`HTTP/1.1 ${status}`)
    expect(answer.body).toBe(body)
    expect(valuesOf(answer, 'content-length')).toEqual([String(body.length)])
    const names = new Set(headers.map(field => field.slice(0, field.indexOf(':')).toLowerCase()))
    for (const name of names)
      expect(valuesOf(answer, name)).toEqual(valuesOf(parse(responseBytes(status, headers)), name))
    expect(bucket.received.length).toBe(1)
  })

  test('304 and 204 without a body, with their headers', async () => {
    for (const status of ['304 Not Modified', '204 No Content']) {
      answers(`HTTP/1.1 ${status}\r\nETag: "e"\r\nLast-Modified: Wed, 21 Oct 2026 07:28:00 GMT\r\n\r\n`)
      const answer = await ask('GET', ['If-None-Match: "e"'])
      expect([answer.line, answer.body]).toEqual([`HTTP/1.1 ${status}`, ''])
      expect(valuesOf(answer, 'etag')).toEqual(['"e"'])
      expect(valuesOf(answer, 'last-modified').length).toBe(1)
    }
  })

  test('to HEAD with the length and the encoding of the object', async () => {
    answers('HTTP/1.1 200 OK\r\nContent-Length: 5368709120\r\nContent-Encoding: gzip\r\nETag: "e"\r\n\r\n')
    const answer = await ask('HEAD')
    expect(valuesOf(answer, 'content-length')).toEqual(['5368709120'])
    expect(valuesOf(answer, 'content-encoding')).toEqual(['gzip'])
    expect(answer.body).toBe('')
  })

  const CONTENT = Buffer.from('the object as it was stored '.repeat(50))
  test.each([
    ['gzip', gzipSync(CONTENT)],
    ['br', brotliCompressSync(CONTENT)],
    ['gzip', Buffer.from('no gzip at all')],
    ['zstd', Buffer.from('(\xb5/\xfd', 'latin1')],
    ['aws-chunked,gzip', gzipSync(CONTENT)],
  ])('encoded as %s, byte for byte and with its length', async (encoding, stored) => {
    const body = stored.toString('latin1')
    answers(responseBytes('200 OK', [`Content-Encoding: ${encoding}`, 'ETag: "e"'], body))
    for (const headers of [['Accept-Encoding: gzip, br, zstd'], []]) {
      const answer = await ask('GET', headers)
      expect(answer.body).toBe(body)
      expect(valuesOf(answer, 'content-encoding')).toEqual([encoding])
      expect(valuesOf(answer, 'content-length')).toEqual([String(body.length)])
    }
  })

  test('after 1xx responses, which end at the edge', async () => {
    answers(
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${responseBytes('200 OK', [], 'abc')}`,
    )
    const answer = await ask()
    expect([answer.line, answer.body, valuesOf(answer, 'link')]).toEqual(['HTTP/1.1 200 OK', 'abc', []])
  })

  test('in chunks, without its trailers', async () => {
    answers(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-t\r\n\r\n3;x=y\r\nabc\r\n0\r\nx-t: 1\r\n\r\n',
    )
    const bytes = await exchange(edge.origin, requestBytes('GET', '/k'))
    expect(bytes).toMatch(/\r\n\r\n3\r\nabc\r\n0\r\n\r\n$/)
    expect(bytes.toLowerCase()).not.toContain('x-t')
  })

  test.each([
    ['Keep-Alive: timeout=5'],
    ['Proxy-Connection: keep-alive'],
    ['Proxy-Authenticate: Basic'],
    ['Proxy-Authentication-Info: x'],
    ['Alt-Svc: h3="evil.example:443"'],
    ['Connection: X-Hop, keep-alive', 'X-Hop: 1'],
    ['Access-Control-Allow-Private-Network: true'],
  ])('without %s', async (...headers) => {
    answers(responseBytes('200 OK', headers, 'abc'))
    const answer = await ask()
    expect(answer.body).toBe('abc')
    const name = String(headers.at(-1)?.split(':')[0]).toLowerCase()
    expect(valuesOf(answer, name)).toEqual([])
  })

  test('whole, though its Connection header names what it needs', async () => {
    answers(
      responseBytes(
        '206 Partial Content',
        ['Connection: content-length, content-range', 'Content-Range: bytes 0-2/9'],
        'abc',
      ),
    )
    const answer = await ask()
    expect(valuesOf(answer, 'content-length')).toEqual(['3'])
    expect(valuesOf(answer, 'content-range')).toEqual(['bytes 0-2/9'])
  })
})

describe('a hostile bucket', () => {
  const decorated = ['Origin: https://app.example']
  const askWithRules = async (headers: string[]): Promise<Message> =>
    parse(
      await exchange(
        edge.origin,
        requestBytes('GET', '/k', headers).replace('edge.example', 'rules.example'),
      ),
    )
  const corsOf = (answer: Message) => answer.headers.filter(([name]) => name.startsWith('access-control-'))

  test('widens no policy with headers of its own', async () => {
    answers(
      responseBytes(
        '200 OK',
        [
          'Access-Control-Allow-Origin: *',
          'access-control-allow-origin: https://evil.example',
          'ACCESS-CONTROL-ALLOW-CREDENTIALS: true',
          'Access-Control-Allow-Methods: \xff\xfe',
          'Access-Control-: x',
          'Access-Control-Something-New: *',
          'Connection: Access-Control-Allow-Origin, Vary',
          'Vary: accept-encoding',
        ],
        'abc',
      ),
    )
    expect(corsOf(await askWithRules(decorated))).toEqual([
      ['access-control-allow-origin', 'https://app.example'],
      ['access-control-allow-credentials', 'true'],
    ])
    const other = await askWithRules(['Origin: https://evil.example', 'Sec-Fetch-Mode: no-cors'])
    expect([corsOf(other), valuesOf(other, 'vary')]).toEqual([[], ['accept-encoding, Origin']])
  })

  test('gets its many headers through, but its Vary of 10,000 names becomes *', async () => {
    const names = Array.from({ length: 10_000 }, (_, at) => `n${at}`).join(',')
    answers(responseBytes('200 OK', [`Vary: ${names}`], 'abc'))
    expect(valuesOf(await askWithRules(decorated), 'vary')).toEqual(['*'])
    const many = Array.from({ length: 2000 }, (_, at) => `Access-Control-X-${at}: ${at}`)
    answers(responseBytes('200 OK', [...many, `x-long: ${'v'.repeat(60_000)}`], 'abc'))
    const answer = await askWithRules(decorated)
    expect([corsOf(answer).length, valuesOf(answer, 'x-long')[0]?.length]).toEqual([2, 60_000])
  })

  test.each([
    ['a status over 599', 'HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nno'],
    ['a status that switches protocols', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
    ['a broken header', 'HTTP/1.1 200 OK\r\nbad name: 1\r\nContent-Length: 2\r\n\r\nno'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc'],
  ])('that answers %s is a 502 with CORS headers', async (_case, bytes) => {
    bucket.answer = socket => socket.end(bytes, 'latin1')
    const answer = await askWithRules(decorated)
    expect(answer.line).toBe('HTTP/1.1 502 Bad Gateway')
    expect(answer.body).toContain('<Code>BadGateway</Code>')
    expect(valuesOf(answer, 'access-control-allow-origin')).toEqual(['https://app.example'])
  })
})

describe('a retry', () => {
  const SLOW_DOWN = responseBytes('503 Slow Down', ['x-cos-request-id: first'], 'first')

  test('that never answers leaves the first answer, complete', async () => {
    bucket.answer = socket => {
      if (bucket.received.length === 1) socket.write(SLOW_DOWN)
    }
    const answer = await ask()
    expect([answer.line, answer.body, bucket.received.length]).toEqual(['HTTP/1.1 503 Slow Down', 'first', 2])
  })

  test('takes the place of a first answer whose body never ends, and closes that one’s connection', async () => {
    const { closed } = bucket
    bucket.answer = socket =>
      socket.write(
        bucket.received.length === 1
          ? 'HTTP/1.1 503 Slow Down\r\nContent-Length: 1000000\r\n\r\nfirst'
          : responseBytes('200 OK', ['Connection: close'], 'second'),
      )
    expect((await ask()).body).toBe('second')
    await expect.poll(() => bucket.closed).toBeGreaterThan(closed)
  })

  test('happens once for HEAD, and never for a body', async () => {
    bucket.answer = socket => socket.write('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n')
    await ask('HEAD')
    expect(bucket.received.length).toBe(2)
    for (const method of ['PUT', 'POST', 'DELETE', 'GET']) {
      bucket.received.length = 0
      expect((await ask(method, ['Content-Length: 1'], 'x')).line).toContain('502')
      expect(bucket.received.length, method).toBe(1)
    }
  })
})
