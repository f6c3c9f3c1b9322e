/**
 * MOUNT and USER_CONTENT through the built Worker: the bucket below a path of the page's own domain.
 */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Edge, RecordingBucket, type RequestOptions } from './harness.ts'

const RULES = JSON.stringify([
  { AllowedOrigins: ['https://other.example'], AllowedMethods: ['GET', 'PUT'], AllowedHeaders: ['*'] },
])
const SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

let bucket: RecordingBucket
let all: Record<'sandbox' | 'trusted' | 'plain' | 'unmounted' | 'cached', Edge>

beforeAll(async () => {
  bucket = await RecordingBucket.start()
  const rules = { 'cors:edge.example': RULES }
  const vars = { ORIGIN: `${bucket.origin}/prefix`, MOUNT: '/files' }
  all = await Edge.startAll({
    sandbox: { vars, rules },
    trusted: { vars: { ...vars, USER_CONTENT: 'trusted' }, rules },
    plain: { vars: { ORIGIN: bucket.origin }, rules },
    unmounted: { vars: { ORIGIN: bucket.origin, USER_CONTENT: 'sandbox' }, rules },
    cached: {
      vars: { ...vars, CACHE: '600', RESOURCE_POLICY: 'same-origin', TIMING: 'rules' },
      rules,
    },
  })
})
beforeEach(() => {
  bucket.received.length = 0
  bucket.answer = (_request, response) => response.setHeader('content-type', 'text/plain').end('object')
})
afterAll(async () => {
  await all?.sandbox.stop()
  await bucket?.stop()
})

describe('the path of a mount', () => {
  test.each([
    ['/files/a/%2F%20b?c=d', '/prefix/a/%2F%20b?c=d'],
    ['/files//a', '/prefix//a'],
    ['/files', '/prefix/'],
    ['/files?list-type=2', '/prefix/?list-type=2'],
  ])('%s reaches the bucket as %s', async (path, sent) => {
    expect((await all.sandbox.send(path)).status).toBe(200)
    expect(bucket.last.url).toBe(sent)
  })

  test.each(['/filesx', '/Files/a', '/%66iles/a', '/', '/a'])('%s is a 404 of the edge', async path => {
    const origin = { origin: 'https://other.example' }
    for (const options of [
      { headers: origin },
      { method: 'PUT', headers: origin },
      { method: 'OPTIONS', headers: { ...origin, 'access-control-request-method': 'GET' } },
    ] satisfies RequestOptions[]) {
      const { status, headers } = await all.sandbox.send(path, options)
      expect(status).toBe(404)
      expect(headers).not.toHaveProperty('access-control-allow-origin')
      expect(headers['content-security-policy'] ?? SANDBOX).toBe(SANDBOX)
    }
    expect(bucket.received).toEqual([])
  })

  test('a preflight below it is answered by the rules', async () => {
    const allowed = await all.sandbox.preflight('/files/a', 'https://other.example', 'PUT', 'x-a')
    expect(allowed.headers['access-control-allow-origin']).toBe('https://other.example')
    expect(allowed.headers).not.toHaveProperty('content-security-policy')
    expect((await all.sandbox.preflight('/files/a', 'https://evil.example', 'PUT')).status).toBe(403)
  })

  test('a host can have another mount, or none', async () => {
    await all.sandbox.putRules('bucket:own.example', '{"mount":"/own"}')
    await all.sandbox.putRules('bucket:none.example', '{"mount":"off"}')
    expect((await all.sandbox.as('own.example').send('/own/a')).status).toBe(200)
    expect((await all.sandbox.as('own.example').send('/files/a')).status).toBe(404)
    expect((await all.sandbox.as('none.example').send('/files/a')).status).toBe(200)
    expect(bucket.last.url).toBe('/prefix/files/a')
  })
})

describe('a request below the mount', () => {
  test('reaches the bucket without the page’s own headers', async () => {
    const headers = {
      cookie: 'session=1',
      authorization: 'Bearer secret',
      'x-csrf-token': 'secret',
      referer: 'https://edge.example/account?token=secret',
      range: 'bytes=0-1',
    }
    await all.sandbox.send('/files/a', { headers })
    expect(bucket.last.headers).toMatchObject({ range: 'bytes=0-1', referer: 'https://edge.example/' })
    for (const name of ['cookie', 'authorization', 'x-csrf-token'])
      expect(bucket.last.headers).not.toHaveProperty(name)
  })

  test('by the page itself is never refused by the rules, whatever its Origin says', async () => {
    const form = { origin: 'null', 'sec-fetch-site': 'same-origin' }
    expect((await all.sandbox.send('/files/a', { method: 'POST', headers: form })).status).toBe(200)
    const stranger = { origin: 'null', 'sec-fetch-site': 'cross-site' }
    expect((await all.sandbox.send('/files/a', { method: 'POST', headers: stranger })).status).toBe(403)
  })

  test('for a script is refused, and costs no request to the bucket', async () => {
    const headers = { 'sec-fetch-dest': 'script' }
    const refused = await all.sandbox.send('/files/a.js', { headers })
    expect(refused.status).toBe(403)
    expect(refused.text).toContain('<Code>ContentSandboxed</Code>')
    expect(refused.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'application/xml',
      'content-security-policy': SANDBOX,
    })
    expect(bucket.received).toEqual([])
    expect((await all.trusted.send('/files/a.js', { headers })).status).toBe(200)
    expect((await all.plain.send('/files/a.js', { headers })).status).toBe(200)
  })
})

describe('a response below the mount', () => {
  const HEADERS = {
    'content-type': 'text/html',
    'content-security-policy': 'sandbox allow-scripts',
    'x-cos-meta-a': '1',
    'set-cookie': 'a=1',
    'clear-site-data': '"*"',
    'x-unknown': '1',
    vary: 'Accept-Encoding',
  }

  test('has listed headers, and no type that runs', async () => {
    bucket.answer = (_request, response) => response.writeHead(200, HEADERS).end('<script>')
    const { headers } = await all.sandbox.send('/files/a.html')
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment',
      'content-security-policy': SANDBOX,
      'x-content-type-options': 'nosniff',
      'x-edge-preflight-content-type': 'text/html',
      'x-cos-meta-a': '1',
      vary: 'Accept-Encoding, Origin',
    })
    for (const name of ['set-cookie', 'clear-site-data', 'x-unknown'])
      expect(headers).not.toHaveProperty(name)
  })

  test('keeps the document’s own headers where user content is trusted', async () => {
    bucket.answer = (_request, response) => response.writeHead(200, HEADERS).end('<script>')
    const { headers } = await all.trusted.send('/files/a.html')
    expect(headers).toMatchObject({
      'content-type': 'text/html',
      'content-security-policy': 'sandbox allow-scripts',
    })
    for (const name of ['set-cookie', 'clear-site-data', 'x-unknown'])
      expect(headers).not.toHaveProperty(name)
  })

  test.each([206, 404, 500])('with status %i has no type that runs', async status => {
    bucket.answer = (_request, response) => response.writeHead(status, HEADERS).end('<script>')
    const { headers } = await all.sandbox.send('/files/a.html')
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment',
    })
  })

  test('is a redirect only where that stays below the mount', async () => {
    const redirectTo = async (location: string) => {
      bucket.answer = (_request, response) => response.writeHead(302, { location }).end()
      return all.sandbox.send('/files/a')
    }
    const inside = await redirectTo(`${bucket.origin}/prefix/b?c`)
    expect([inside.status, inside.headers.location]).toEqual([302, '/files/b?c'])
    const outside = await redirectTo('https://evil.example/')
    expect(outside.status).toBe(502)
    expect(outside.text).toContain('<Code>UnsafeRedirect</Code>')
    expect(outside.headers).not.toHaveProperty('location')
  })

  test('without a mount, the sandbox passes redirects and protects the rest', async () => {
    bucket.answer = (_request, response) => response.writeHead(302, { location: 'https://a.example/' }).end()
    expect((await all.unmounted.send('/a')).headers).toMatchObject({
      location: 'https://a.example/',
      'content-security-policy': SANDBOX,
    })
  })
})

describe('a cached response', () => {
  test('is stored under the page’s own path, without derived headers', async () => {
    const ask = (origin: string) =>
      all.cached.send('/files/cached', { headers: { origin, 'sec-fetch-mode': 'no-cors' } })
    const first = await ask('https://other.example')
    expect(first.headers).toMatchObject({
      'timing-allow-origin': 'https://other.example',
      'cross-origin-resource-policy': 'same-origin',
    })
    await all.cached.wholeLog()
    const second = await ask('https://evil.example')
    expect(second.headers).not.toHaveProperty('timing-allow-origin')
    expect(second.headers).toMatchObject({ 'cross-origin-resource-policy': 'same-origin' })
  })

  test('gives no preflight a derived header', async () => {
    const { headers } = await all.cached.preflight('/files/a', 'https://other.example', 'PUT')
    expect(headers).not.toHaveProperty('timing-allow-origin')
    expect(headers).not.toHaveProperty('cross-origin-resource-policy')
  })
})
