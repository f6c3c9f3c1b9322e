/**
 * KV can't be read, and the host has no last known good values: what the edge still does for the host.
 */

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Fault, FaultyEdge } from './faulty-kv.ts'
import { type Answer, RecordingBucket } from './harness.ts'
import { corsNames } from './reliability.ts'

const APP = 'https://app.example'
const EVIL = 'https://evil.example'

const originsOf = (document: string | null): string[] =>
  JSON.parse(document ?? '[]').flatMap((rule: { AllowedOrigins: string[] }) => rule.AllowedOrigins)

describe('KV can’t be read, and the host has no last known good values', () => {
  /** Behind ORIGIN, and behind the host's own settings. */
  let shared: RecordingBucket
  let own: RecordingBucket
  /** Without `ORIGIN`, every host's bucket stands in KV. */
  let edges: { all: FaultyEdge; none: FaultyEdge }
  let hosts = 0

  beforeAll(async () => {
    ;[shared, own] = await Promise.all([RecordingBucket.start(), RecordingBucket.start()])
    const vars = {
      SYNC: 'write-through',
      DIALECT: 's3',
      CACHE: '3600',
      SECRET_ID: 'AKID',
      SECRET_KEY: 'secret',
    }
    const [all, none] = await Promise.all([
      FaultyEdge.start({ ...vars, ORIGIN: shared.origin, SIGNING: 's3', RESIGN: 'on' }),
      FaultyEdge.start(vars),
    ])
    edges = { all, none }
  })
  afterAll(() => Promise.all([edges.all.stop(), edges.none.stop(), shared.stop(), own.stop()]))

  /** A host with rules and a bucket of its own; KV can be read no longer, and every isolate is a new one. */
  async function failing(edge: FaultyEdge, fault: Fault = 'reject') {
    const host = `own-${++hosts}.example`
    await edge.put(
      `cors:${host}`,
      JSON.stringify([{ AllowedOrigins: [APP], AllowedMethods: ['GET', 'PUT'] }]),
    )
    await edge.put(`bucket:${host}`, JSON.stringify({ origin: own.origin, signing: 'none', resign: 'off' }))
    await edge.failReads(host, fault)
    shared.received.length = 0
    own.received.length = 0
    const send = (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
      edge.send(
        host,
        path,
        { method, host, headers: { origin: APP, ...headers }, ...(body === undefined ? {} : { body }) },
        { settle: true },
      )
    return { host, send }
  }
  const SIGNED = {
    authorization: 'AWS4-HMAC-SHA256 Credential=AKIDofClient/20260101/us-east-1/s3/aws4_request',
  }
  const unavailable = ({ status, headers }: Answer) => [
    status,
    headers['retry-after'],
    corsNames(Object.keys(headers)),
  ]

  test('a write is a 503, and reaches no bucket', async () => {
    const { host, send } = await failing(edges.all)
    const document = `<CORSConfiguration><CORSRule><AllowedOrigin>${EVIL}</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`
    for (const [method, path, body] of [
      ['PUT', '/k', 'x'],
      ['POST', '/', 'x'],
      ['DELETE', '/k', undefined],
      ['PUT', '/?cors', document],
      ['DELETE', '/?cors', undefined],
    ] as const)
      expect(unavailable(await send(method, path, SIGNED, body)), `${method} ${path}`).toEqual([503, '5', []])
    expect([shared.received, own.received]).toEqual([[], []])
    expect(originsOf(await edges.all.get(`cors:${host}`))).toEqual([APP])
    const told = (await edges.all.wholeLog()).filter(line => line.includes(host))
    expect(told.join()).toContain('"event":"policy-unavailable"')
  })

  test('a mount of the host may be unknown: only a page of another origin reads from the bucket', async () => {
    const vars = { ORIGIN: shared.origin, CACHE: 'off' }
    const [plain, mounted] = await Promise.all([
      FaultyEdge.start(vars),
      FaultyEdge.start({ ...vars, MOUNT: '/files' }),
    ])
    onTestFinished(() => Promise.all([plain.stop(), mounted.stop()]).then(() => {}))
    const statuses = async (edge: FaultyEdge, path: string) => {
      const { send } = await failing(edge)
      const kinds: Record<string, string>[] = [
        { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' },
        { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' },
        { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
      ]
      const answers = []
      for (const headers of kinds) answers.push((await send('GET', path, headers)).status)
      return [...answers, shared.received.length]
    }
    expect(await statuses(plain, '/k')).toEqual([503, 503, 200, 1])
    expect(await statuses(mounted, '/files/k')).toEqual([503, 503, 503, 0])
  })

  test('no key is used, neither to sign a read nor to re-sign one', async () => {
    const { send } = await failing(edges.all)
    for (const method of ['GET', 'HEAD'])
      expect(unavailable(await send(method, '/k')), method).toEqual([503, '5', []])
    expect(shared.received).toEqual([])
  })

  test('a read is not stored in the cache of the edge', async () => {
    const edge = await FaultyEdge.start({ ORIGIN: shared.origin, CACHE: '3600' })
    onTestFinished(() => edge.stop())
    const { send } = await failing(edge)
    shared.answer = (_request, response) =>
      response.writeHead(200, { 'content-length': 6, 'cache-control': 'max-age=60' }).end('shared')
    for (const times of [1, 2]) {
      await send('GET', '/stored', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' })
      expect(shared.received).toHaveLength(times)
    }
  })

  test('a read that needs no key goes to the bucket of the variables, and no cache stores the response', async () => {
    const { host, send } = await failing(edges.all)
    shared.answer = (_request, response) =>
      response
        .writeHead(200, {
          'content-length': 6,
          'cache-control': 'max-age=60',
          'access-control-allow-origin': '*',
        })
        .end('shared')
    own.answer = (_request, response) => response.end('own')
    for (const [path, headers] of [
      ['/k', SIGNED],
      ['/?prefix=a', {}],
    ] as const) {
      const answer = await send('GET', path, headers)
      expect([answer.status, answer.text, answer.headers['cache-control']]).toEqual([
        200,
        'shared',
        'no-store',
      ])
      expect(corsNames(Object.keys(answer.headers))).toEqual([])
      expect(shared.last.headers).toMatchObject(headers)
    }

    shared.answer = (_request, response) =>
      response.writeHead(200, { 'access-control-allow-origin': APP, 'access-control-max-age': '7200' }).end()
    const preflight = await send('OPTIONS', '/k', { 'access-control-request-method': 'PUT' })
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([200, APP])
    expect(preflight.headers['access-control-max-age'], 'it is not remembered').toBeUndefined()

    await edges.all.failReads(host, 'none')
    expect((await send('GET', '/k')).status, 'KV is tried again after 5 seconds').toBe(503)
    await edges.all.later(5)
    for (const path of ['/k', '/?prefix=a']) {
      const after = await send('GET', path)
      expect([after.status, after.text, corsNames(Object.keys(after.headers)).length > 0]).toEqual([
        200,
        'own',
        true,
      ])
    }
    // Not until all is settled: what a change makes invalid is forgotten once more, after a pause.
    const put = { method: 'PUT', host, headers: { origin: APP }, body: 'x' }
    expect((await edges.all.send(host, '/k', put)).status).toBe(200)
    expect(own.received.map(({ method }) => method)).toEqual(['GET', 'GET', 'PUT'])
  })

  test('an isolate that saw it long ago does not rely on it once KV is back', async () => {
    const { host, send } = await failing(edges.all, 'hang')
    await send('GET', '/k')
    await edges.all.failReads(host, 'none')
    await edges.all.later(3600)
    own.answer = (_request, response) => response.end('own')
    expect((await send('GET', '/k')).text).toBe('own')
  })

  test('if the variables name no bucket, every request is a 503', async () => {
    const { send } = await failing(edges.none)
    for (const method of ['GET', 'PUT', 'OPTIONS']) {
      const headers = method === 'OPTIONS' ? { 'access-control-request-method': 'GET' } : SIGNED
      expect(unavailable(await send(method, '/k', headers)), method).toEqual([503, '5', []])
    }
  })
})
