/**
 * Whose fault, whose secret, whose word: threats 34 to 36, as attacks on the built Worker.
 */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../eventually.ts'
import { Edge } from './harness.ts'
import { Connection, parse, requestBytes, responseBytes, valuesOf, WireBucket } from './wire.ts'

const KEY = { SECRET_ID: 'AKIDexample', SECRET_KEY: 'hush-hush-hush-hush-hush-hush' }

let bucket: WireBucket
let edge: Edge

beforeAll(async () => {
  bucket = await WireBucket.start()
  edge = await Edge.start({ vars: { ORIGIN: bucket.origin, ORIGIN_TIMEOUT_MS: '20000' } })
})
afterAll(() => Promise.all([edge.stop(), bucket.stop()]))
beforeEach(() => {
  edge.log.length = 0
  bucket.received.length = 0
  bucket.answerEarly = () => false
  bucket.answer = socket => socket.write(responseBytes('200 OK', [], 'stored'))
})

const eventsOf = async () => (await edge.wholeLog()).map(line => JSON.parse(line))

describe('a broken upload', () => {
  /** What has reached the bucket of the current request. */
  let arrived = ''
  beforeEach(() => {
    arrived = ''
    bucket.answerEarly = (_socket, bytes) => {
      arrived = bytes
      return false
    }
  })
  const upload = (framing: string, body: string) => {
    const connection = new Connection(edge.origin)
    connection.write(requestBytes('PUT', '/k', [framing], body))
    return connection
  }
  const LENGTH = 'Content-Length: 1000'
  const CHUNKED = 'Transfer-Encoding: chunked'

  test.each([
    ['closes its side in the middle of a body', LENGTH, 'part', 'end'],
    ['closes its side between chunks', CHUNKED, '4\r\npart\r\n', 'end'],
    ['sends a chunk with an invalid size', CHUNKED, '4\r\npart\r\n', 'zz\r\nx\r\n'],
    ['begins with a chunk of an invalid size', CHUNKED, 'zz\r\nx\r\n', ''],
  ])('was blamed on the bucket: the client %s', async (_, framing, body, then) => {
    const connection = upload(framing, body)
    if (then !== '') await eventually(() => expect(arrived).toContain('part'))
    if (then === 'end') connection.socket.end()
    else connection.write(then)
    await connection.closed
    expect(parse(connection.received).line).toContain('400')
    expect(connection.received).toContain('<Code>IncompleteBody</Code>')
    expect(await eventsOf()).toMatchObject([
      { event: 'request-incomplete', host: 'edge.example', method: 'PUT' },
    ])
  })

  test.each([
    [LENGTH, 'part'],
    [CHUNKED, '4\r\npart\r\n'],
  ])('was blamed on the bucket: the client resets its connection, with %s', async (framing, body) => {
    const connection = upload(framing, body)
    await eventually(() => expect(arrived).toContain('part'))
    const closed = bucket.closed
    connection.socket.resetAndDestroy()
    await eventually(() => expect(bucket.closed).toBeGreaterThan(closed))
    expect((await eventsOf()).filter(({ event }) => event === 'upstream-failed')).toEqual([])
  })

  test.each([
    ['in the middle of a body', LENGTH, 'part'],
    ['after a body', 'Content-Length: 4', 'part'],
    ['between chunks', CHUNKED, '4\r\npart\r\n'],
  ])('is the bucket’s failure when the bucket resets the connection %s', async (_, framing, body) => {
    bucket.answerEarly = (socket, bytes) => {
      if (bytes.includes('part')) socket.resetAndDestroy()
      return bytes.includes('part')
    }
    const connection = upload(framing, body)
    await connection.closed
    expect(parse(connection.received).line).toContain('502')
    expect(await eventsOf()).toMatchObject([{ event: 'upstream-failed', failure: 'unreachable' }])
  })

  test.each([
    ['9007199254740993'],
    ['18446744073709551615'],
    ['99999999999999999999'],
    ['1e3'],
    ['-1'],
    [''],
  ])('is no internal error when its Content-Length is %j', async length => {
    const connection = upload(`Content-Length: ${length}`, 'part')
    connection.socket.end()
    await connection.closed
    expect((await eventsOf()).filter(({ event }) => event === 'internal-error')).toEqual([])
    expect(connection.received).not.toContain('InternalError')
  })
})

describe('a signature of the edge', () => {
  const AROUND = `
import edge from './edge.js'
const { fetch } = globalThis
globalThis.fetch = (request, init) => {
  console.log(JSON.stringify({ event: 'fetched', url: request.url, signed: request.headers.get('authorization') }))
  return fetch(request, init)
}
export default edge`
  let route: Edge

  beforeAll(async () => {
    route = await Edge.start({
      vars: { ORIGIN: 'route', SIGNING: 's3', REGION: 'auto', DIALECT: 's3', ...KEY },
      rules: {
        'bucket:cos.example': '{"signing":"cos","dialect":"cos"}',
        'bucket:unsigned.example': '{"signing":"none"}',
      },
      outbound: new URL(bucket.origin).host,
      around: AROUND,
    })
  })
  afterAll(() => route.stop())

  const fetched = async (host: string) => {
    route.log.length = 0
    await route.send('/a%20k?v=1', { host })
    const [line] = (await route.wholeLog()).map(text => JSON.parse(text))
    return [line.url, line.signed !== null]
  }

  test.each([
    'files.example',
    'files.example:80',
    'files.example:8080',
    'cos.example:8080',
    'FILES.example.:81',
  ])(
    'was sent by the scheme and port of the client: a request to http://%s is signed for https',
    async host => {
      const name = host.startsWith('cos') ? 'cos.example' : 'files.example'
      expect(await fetched(host)).toEqual([`https://${name}/a%20k?v=1`, true])
      expect(valuesOf(bucket.last, 'host')).toEqual([name])
    },
  )

  test('goes to a loopback host as the client named it, for development', async () => {
    expect(await fetched('localhost:8080')).toEqual(['http://localhost:8080/a%20k?v=1', true])
  })

  test('is not needed for a request that is passed on unchanged', async () => {
    expect(await fetched('unsigned.example:8080')).toEqual(['http://unsigned.example:8080/a%20k?v=1', false])
  })
})

describe('a wrong setting', () => {
  const SECRET = 'hush'
  const wrong = {
    userinfo: { ORIGIN: `https://AKID:${SECRET}@bucket.example` },
    query: { ORIGIN: `https://bucket.example/?sign=${SECRET}` },
    withoutHost: { ORIGIN: `https://AKID:${SECRET}` },
    inRegion: {
      ORIGIN: 'https://bucket.example',
      REGION: `${SECRET} ${SECRET} ${SECRET} ${SECRET} ${SECRET} ${SECRET}`,
    },
    inKeys: { ORIGIN: 'https://bucket.example', KEYS: `{"AKID":"${SECRET}"` },
  }
  let edges: Record<keyof typeof wrong | 'host', Edge>

  beforeAll(async () => {
    const rules = {
      'bucket:broken.example': `{"secretKey":"${SECRET}","origin":"https://bucket.example"`,
      'bucket:list.example': `["${SECRET}"]`,
      'bucket:userinfo.example': `{"origin":"https://AKID:${SECRET}@bucket.example"}`,
      'bucket:field.example': `{"${`${SECRET}-`.repeat(6)}":1}`,
    }
    const started = await Edge.startAll({
      ...Object.fromEntries(Object.entries(wrong).map(([name, vars]) => [name, { vars }])),
      host: { vars: { ORIGIN: bucket.origin }, rules },
    })
    edges = started as typeof edges
  })
  afterAll(() => edges.host.stop())

  test.each(Object.keys(wrong) as (keyof typeof wrong)[])(
    'showed a secret, %s: neither response nor log has it, and the log names the variable',
    async name => {
      edges.host.log.length = 0
      const answers = [
        await edges[name].send('/k'),
        await edges[name].preflight('/k', 'https://a.example', 'GET'),
      ]
      expect(answers.map(({ status }) => status)).toEqual([500, 500])
      const log = (await edges[name].wholeLog()).join('\n')
      expect(log).toContain('"event":"misconfigured"')
      expect(log).toContain(`"name":"${Object.keys(wrong[name]).at(-1)}"`)
      expect(log + JSON.stringify(answers)).not.toContain(SECRET)
    },
  )

  test.each(['broken', 'list', 'userinfo', 'field'])(
    'showed a secret of a bucket: value, %s: neither response nor log has it',
    async name => {
      const host = `${name}.example`
      edges.host.log.length = 0
      const answers = [
        await edges.host.send('/k', { host }),
        await edges.host.preflight('/k', 'https://a.example', 'GET', undefined, host),
      ]
      expect(answers.map(({ status }) => status)).toEqual([500, 500])
      const log = (await edges.host.wholeLog()).join('\n')
      expect(log).toContain('"event":"settings-unusable"')
      expect(log + JSON.stringify(answers)).not.toContain(SECRET)
    },
  )
})
