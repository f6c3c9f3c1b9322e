/**
 * The bucket in every state that it can be in, and what the edge answers: the table of docs/reliability.md.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../tools/free-port.ts'
import { eventually } from '../eventually.ts'
import { Edge } from './harness.ts'
import { corsNames, writeOrCompare } from './reliability.ts'
import { merged, type Row, table } from './tables.ts'
import { Connection, parse, requestBytes, responseBytes, valuesOf, WireBucket } from './wire.ts'

const APP = 'https://app.example'

interface BucketState {
  readonly name: string
  /** Sends what it sends; a state without it is that of a closed port. */
  readonly answer?: WireBucket['answer']
  /** The client is let wait: its answer never ends. */
  readonly endless?: true
}

const HALF = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\nAccess-Control-Allow-Origin: *\r\n\r\nhalf!'
const WIDE = ['Access-Control-Allow-Origin: *', 'Access-Control-Allow-Credentials: true']

const BUCKET: readonly BucketState[] = [
  { name: 'refuses connections' },
  { name: 'resets the connection', answer: socket => socket.resetAndDestroy() },
  { name: 'hangs before its headers', answer: () => {} },
  { name: 'hangs in the body', endless: true, answer: socket => socket.write(HALF) },
  { name: 'dies in the body', answer: socket => socket.end(HALF) },
  {
    name: 'answers 500',
    answer: socket => socket.end(responseBytes('500 Internal Server Error', WIDE, 'x')),
  },
  { name: 'answers 503', answer: socket => socket.end(responseBytes('503 Slow Down', WIDE, 'x')) },
  { name: 'answers what is no HTTP', answer: socket => socket.end('SSH-2.0-internal\r\n\r\n') },
  {
    name: 'sends two lengths',
    answer: socket => socket.end(responseBytes('200 OK', ['Content-Length: 6', ...WIDE], 'x')),
  },
  {
    name: 'answers 200 to anything',
    answer: socket => socket.end(responseBytes('200 OK', WIDE, 'object')),
  },
  {
    name: 'redirects in a circle',
    answer: socket => socket.end(responseBytes('302 Found', ['Location: /k', ...WIDE])),
  },
]
const BUCKET_REQUESTS = ['GET', 'PUT', 'preflight', 'preflight, no rules to be had'] as const

interface Through {
  readonly state: BucketState
  readonly request: (typeof BUCKET_REQUESTS)[number]
  readonly bytes: string
  /** How often the bucket was asked. */
  readonly asked: number
}

describe('bucket × request', () => {
  let bucket: WireBucket
  let edge: Edge
  const observed: Through[] = []

  const hostOf = (state: BucketState, request: Through['request']) =>
    `${request.endsWith('had') ? 'none' : 'known'}-${BUCKET.indexOf(state)}.example`

  async function observe(state: BucketState, request: Through['request']): Promise<Through> {
    const method = request.startsWith('preflight') ? 'OPTIONS' : request
    const headers = {
      GET: [],
      PUT: ['Content-Length: 4'],
      OPTIONS: ['Access-Control-Request-Method: PUT'],
    }[method as 'GET' | 'PUT' | 'OPTIONS']
    const body = method === 'PUT' ? 'body' : ''
    bucket.received.length = 0
    bucket.answer = state.answer ?? (() => {})
    const connection = new Connection(edge.origin)
    const bytes = requestBytes(method, '/k', [`Origin: ${APP}`, ...headers], body)
    connection.write(bytes.replace('Host: edge.example', `Host: ${hostOf(state, request)}`))
    if (state.endless && request !== 'preflight') {
      const closed = bucket.closed
      await connection.until('half!')
      connection.socket.resetAndDestroy()
      // The client has gone, so nobody waits for the bucket any longer.
      await eventually(() => expect(bucket.closed).toBeGreaterThan(closed))
    } else await connection.closed
    return { state, request, bytes: connection.received, asked: bucket.received.length }
  }

  beforeAll(async () => {
    bucket = await WireBucket.start()
    const rules = JSON.stringify([
      { AllowedOrigins: [APP], AllowedMethods: ['GET', 'PUT'], ExposeHeaders: ['ETag'], MaxAgeSeconds: 5 },
    ])
    const closed = JSON.stringify({ origin: `http://127.0.0.1:${await freePort()}` })
    edge = await Edge.start({
      vars: { ORIGIN: bucket.origin, ORIGIN_TIMEOUT_MS: '1500' },
      rules: { 'cors:default': rules },
    })
    for (const state of BUCKET)
      for (const request of BUCKET_REQUESTS) {
        const host = hostOf(state, request)
        if (host.startsWith('none')) await edge.putRules(`cors:${host}`, 'allow everything')
        if (state.answer === undefined) await edge.putRules(`bucket:${host}`, closed)
        observed.push(await observe(state, request))
      }
    await edge.wholeLog()
  })
  afterAll(() => Promise.all([edge.stop(), bucket.stop()]))

  const logOf = (state: BucketState, request: Through['request']) =>
    edge.log.filter(line => line.includes(`"host":"${hostOf(state, request)}"`))
  const statusOf = (bytes: string) => Number(parse(bytes).line.split(' ')[1])
  const isEdgeMade = (bytes: string) => valuesOf(parse(bytes), 'x-cos-request-id').length > 0
  const isWhole = (bytes: string) => {
    const message = parse(bytes)
    return message.body.length >= Number(valuesOf(message, 'content-length')[0] ?? 0)
  }

  function told({ state, bytes, asked }: Through): string {
    const status = statusOf(bytes)
    const code = /<Code>(\w+)</.exec(bytes)?.[1]
    const times = asked > 1 ? ', asked twice' : ''
    if (isEdgeMade(bytes)) return `${status}${code === undefined ? '' : ` \`${code}\``}${times}`
    const how = isWhole(bytes) ? 'as it came' : state.endless ? 'and waits on' : 'and is cut off'
    return `${status} ${how}${times}`
  }
  const where = ({ state, request }: Through) => `the bucket ${state.name}, ${request}`
  const only = (request: Through['request']) => observed.filter(each => each.request === request)

  test('the table of the document equals the observations', () => {
    const rows = BUCKET.map((state): Row => {
      const cells = observed.filter(each => each.state === state)
      const events = new Set(
        logOf(state, 'GET')
          .map(line => JSON.parse(line) as { event: string; failure?: string })
          .map(({ event, failure }) => `\`${event}\`: \`${failure}\``),
      )
      return { conditions: [[state.name]], outcome: [...cells.map(told), [...events].join(', ') || '–'] }
    })
    writeOrCompare(
      'bucket',
      table(
        ['the bucket', ...BUCKET_REQUESTS, 'log'],
        merged(rows, [0]).map(({ conditions, outcome }) => [conditions.flat().join(', '), ...outcome]),
      ),
    )
  })

  test('a preflight is answered without the bucket', () => {
    for (const each of only('preflight')) {
      expect([statusOf(each.bytes), each.asked], where(each)).toEqual([200, 0])
      expect(valuesOf(parse(each.bytes), 'access-control-max-age')).toEqual(['5'])
    }
  })

  test('a script can read every answer: one Allow-Origin, its own, and Origin in Vary', () => {
    for (const each of [...only('GET'), ...only('PUT')]) {
      const message = parse(each.bytes)
      expect(valuesOf(message, 'access-control-allow-origin'), where(each)).toEqual([APP])
      expect(valuesOf(message, 'access-control-expose-headers'), where(each)).toEqual(['ETag'])
      expect(valuesOf(message, 'vary'), where(each)).toEqual(['Origin'])
    }
  })

  test('an upload is sent once, a read at most twice', () => {
    for (const each of only('PUT')) expect(each.asked, where(each)).toBeLessThanOrEqual(1)
    for (const each of only('GET')) expect(each.asked, where(each)).toBeLessThanOrEqual(2)
  })

  test('a partial object never looks complete, and no answer contains details of a failure', () => {
    for (const each of observed) {
      if (each.bytes.includes('half!')) expect(isWhole(each.bytes), where(each)).toBe(false)
      expect(each.bytes, where(each)).not.toMatch(/SSH|internal|127\.0\.0\.1|ECONN|\.js\b/)
    }
  })

  test('without usable rules, the edge itself grants nothing, and says when to retry', () => {
    for (const each of only('preflight, no rules to be had').filter(each => isEdgeMade(each.bytes))) {
      const message = parse(each.bytes)
      expect([statusOf(each.bytes), ...valuesOf(message, 'retry-after')], where(each)).toEqual([503, '5'])
      expect(corsNames(message.headers.map(([name]) => name)), where(each)).toEqual([])
      expect(logOf(each.state, each.request).join(), where(each)).toContain('"event":"policy-unavailable"')
    }
  })
})
