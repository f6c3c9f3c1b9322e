/**
 * METHODS and CREDENTIALS: which methods the edge passes on, and whether it grants credentials. Both per host too.
 */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, Edge, RecordingBucket } from './harness.ts'

const APP = 'https://app.example'
const RULES = JSON.stringify([
  {
    AllowedOrigins: [APP, 'null'],
    AllowedMethods: ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'],
    AllowedHeaders: ['*'],
    ExposeHeaders: ['Allow'],
  },
])

let bucket: RecordingBucket
let edges: { cos: Edge; s3: Edge; readOnly: Edge; without: Edge }

beforeAll(async () => {
  bucket = await RecordingBucket.start()
  const rules = {
    'cors:default': RULES,
    'bucket:own.example': '{"methods":"GET,HEAD","credentials":"off"}',
    'bucket:all.example': '{"methods":"GET, HEAD, PUT, POST, DELETE, PATCH","credentials":"on"}',
    'cors:broken.example': 'no rules',
  }
  const ORIGIN = bucket.origin
  edges = await Edge.startAll({
    cos: { vars: { ORIGIN }, rules },
    s3: { vars: { ORIGIN, DIALECT: 's3' }, rules },
    readOnly: { vars: { ORIGIN, METHODS: 'GET,HEAD', SYNC: 'write-through', ...KEY }, rules },
    without: { vars: { ORIGIN, CREDENTIALS: 'off' }, rules },
  })
})
const KEY = { SECRET_ID: 'AKIDexample', SECRET_KEY: 'secret' }
afterAll(() => Promise.all([edges.cos.stop(), bucket.stop()]))
beforeEach(() => {
  bucket.received.length = 0
  bucket.answer = (_request, response) => response.end('object')
})

const codeOf = ({ text }: Answer) => /<Code>(\w+)</.exec(text)?.[1]

describe('METHODS', () => {
  test.each(['GET', 'HEAD', 'PUT', 'POST', 'DELETE'])('passes %s on by default', async method => {
    expect((await edges.cos.send('/k', { method })).status).toBe(200)
    expect(bucket.received.map(received => received.method)).toEqual([method])
  })

  test.each(['PATCH', 'PROPFIND', 'COPY', 'LOCK', 'PURGE'])(
    'refuses %s by default, and the bucket gets nothing',
    async method => {
      const answer = await edges.cos.send('/k', { method, body: 'x' })
      expect([answer.status, codeOf(answer)]).toEqual([405, 'MethodNotAllowed'])
      expect(answer.headers.allow).toBe('GET, HEAD, PUT, POST, DELETE')
      expect(bucket.received).toEqual([])
    },
  )

  test('answers with the error document of each dialect', async () => {
    const cos = await edges.cos.send('/a/k?x=1', { method: 'PATCH' })
    expect(cos.text).toContain(
      "<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>MethodNotAllowed</Code>",
    )
    expect(cos.text).toContain(`<RequestId>${cos.headers['x-cos-request-id']}</RequestId>`)
    const s3 = await edges.s3.send('/a/k', { method: 'PATCH' })
    expect(s3.text).toContain(
      '<Code>MethodNotAllowed</Code><Message>The specified method is not allowed against this resource.</Message><Method>PATCH</Method><ResourceType>OBJECT</ResourceType>',
    )
    expect(s3.headers.allow).toBe('GET, HEAD, PUT, POST, DELETE')
  })

  test('refuses writes through a read-only edge, a change of the CORS configuration too', async () => {
    for (const [method, path] of [
      ['PUT', '/k'],
      ['POST', '/?delete'],
      ['DELETE', '/k'],
      ['PUT', '/?cors'],
      ['DELETE', '/?cors'],
    ] as const) {
      const answer = await edges.readOnly.send(path, {
        method,
        headers: { authorization: 'any' },
        body: RULES,
      })
      expect([answer.status, answer.headers.allow], `${method} ${path}`).toEqual([405, 'GET, HEAD'])
    }
    expect(bucket.received).toEqual([])
    expect((await edges.readOnly.send('/k', { method: 'HEAD' })).status).toBe(200)
  })

  test('lets a page read the refusal, and answers its preflight by the rules', async () => {
    const edge = edges.readOnly
    expect((await edge.preflight('/k', APP, 'PUT', 'content-type')).status).toBe(200)
    const answer = await edge.send('/k', { method: 'PUT', headers: { origin: APP }, body: 'x' })
    expect(answer.headers).toMatchObject({
      allow: 'GET, HEAD',
      'access-control-allow-origin': APP,
      'access-control-expose-headers': 'Allow',
      vary: 'Origin',
    })
  })

  test('can differ per host', async () => {
    const put = { method: 'PUT', body: 'x' }
    expect((await edges.cos.as('own.example').send('/k', put)).headers.allow).toBe('GET, HEAD')
    expect((await edges.readOnly.as('all.example').send('/k', put)).status).toBe(200)
    expect((await edges.readOnly.as('all.example').send('/k', { method: 'PATCH', body: 'x' })).status).toBe(
      200,
    )
  })
})

describe('CREDENTIALS', () => {
  const credentials = ({ headers }: Answer) => headers['access-control-allow-credentials']

  test.each([
    ['by default', () => edges.cos, 'true'],
    ['in s3', () => edges.s3, 'true'],
    ['on for the host', () => edges.without.as('all.example'), 'true'],
    ['off', () => edges.without, undefined],
    ['off for the host', () => edges.cos.as('own.example'), undefined],
  ])('decides over preflights and responses: %s', async (_, edgeOf, expected) => {
    const edge = edgeOf()
    const answers = [
      await edge.preflight('/k', APP, 'GET', 'x-a'),
      await edge.send('/k', { headers: { origin: APP } }),
    ]
    for (const answer of answers) {
      expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, APP])
      expect(credentials(answer)).toBe(expected)
    }
    expect(credentials(await edge.preflight('/k', 'null', 'GET'))).toBeUndefined()
  })

  test('off takes them out of the bucket’s own answer to a preflight too', async () => {
    bucket.answer = (_request, response) =>
      response
        .writeHead(200, { 'access-control-allow-origin': APP, 'access-control-allow-credentials': 'true' })
        .end()
    const answers = await Promise.all(
      [edges.cos, edges.without].map(edge => edge.as('broken.example').preflight('/k', APP, 'GET')),
    )
    expect(answers.map(answer => answer.headers['access-control-allow-origin'])).toEqual([APP, APP])
    expect(answers.map(credentials)).toEqual(['true', undefined])
  })
})
