/**
 * Sealed temporary credentials: the edge opens the seal, verifies and re-signs. No seal reaches a bucket unopened, and
 * no client gets the real token back. test/clients has the official clients.
 */

import { createRequire } from 'node:module'
import { AwsV4Signer } from 'aws4fetch'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { seal } from '../../src/package/seal.ts'
import { type Answer, Edge, RecordingBucket, type RequestOptions } from './harness.ts'
import { verifyCosSignature, verifySigV4 } from './strict-signatures.ts'

const browserSdk: { getAuthorization(options: object): string } = createRequire(import.meta.url)(
  'cos-js-sdk-v5',
)

const PAGE = 'https://page.example'
const RULES = JSON.stringify([
  { AllowedOrigins: [PAGE], AllowedMethods: ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'], AllowedHeaders: ['*'] },
])
const keyOf = (byte: number) => Buffer.alloc(32, byte).toString('base64')
const SEAL_KEYS = { old: keyOf(1), new: keyOf(2) }
/** Base64, with characters that URLs and XML escape. */
const TOKEN = `${Buffer.alloc(300, 0xfb).toString('base64')}==`
const STORE = { id: 'ASIATEMPORARY', secret: 'secret+of/sts', token: TOKEN }
const HOST = 'edge.example:8080'
const HOSTS = ['edge.example', 's3.example']

interface Sealing {
  id?: string
  secret?: string
  key?: Record<string, string>
  hosts?: string[]
  expiration?: number
}

/** Seals the store's temporary credentials. */
async function sealed({ id, secret, key, hosts, expiration }: Sealing = {}): Promise<string> {
  const { sessionToken } = await seal(
    {
      accessKeyId: id ?? STORE.id,
      secretAccessKey: secret ?? STORE.secret,
      sessionToken: TOKEN,
      expiration: expiration ?? Math.floor(Date.now() / 1000) + 3600,
    },
    key ?? { new: SEAL_KEYS.new },
    { hosts: hosts ?? HOSTS },
  )
  return sessionToken
}

let recorder: RecordingBucket
let edge: Edge
let off: Edge
let keyless: Edge
let routed: Edge

beforeAll(async () => {
  recorder = await RecordingBucket.start()
  const vars = { ORIGIN: recorder.origin, DEBUG_REFUSALS: 'on' }
  const rules = {
    'cors:default': RULES,
    'bucket:s3.example': JSON.stringify({ dialect: 's3' }),
    'cors:unusable.example': '[{}]',
  }
  const sealing = { RESIGN: 'on', SEAL_KEYS: JSON.stringify(SEAL_KEYS) }
  const KEYS = JSON.stringify({ AKIDpermanent: 'secret' })
  ;({ edge, off, keyless, routed } = await Edge.startAll({
    edge: { vars: { ...vars, ...sealing }, rules },
    off: { vars: { ...vars, ...sealing, RESIGN: 'off' }, rules },
    keyless: { vars: { ...vars, RESIGN: 'on', KEYS }, rules },
    routed: {
      vars: { ...vars, ...sealing, ORIGIN: 'route' },
      rules,
      outbound: new URL(recorder.origin).host,
    },
  }))
})
afterAll(async () => {
  await Promise.all([edge?.stop(), recorder?.stop()])
})
beforeEach(() => {
  recorder.received.length = 0
  recorder.answer = (_request, response) => response.end('object')
  edge.log.length = 0
})

const codeOf = ({ text }: Answer) => /<Code>(\w+)<\/Code>/.exec(text)?.[1]

/** Headers of a COS request. The token is not covered, as the SDKs do it. */
const cosHeaders = (token: string, options: object = {}): Record<string, string> => ({
  authorization: browserSdk.getAuthorization({
    SecretId: STORE.id,
    SecretKey: STORE.secret,
    Method: 'PUT',
    Pathname: '/k',
    Query: {},
    Headers: { Host: HOST, 'x-cos-acl': 'private' },
    ...options,
  }),
  'x-cos-security-token': token,
})
const putCos = (headers: Record<string, string>, path = '/k', of = edge, more: RequestOptions = {}) =>
  of.send(path, {
    method: 'PUT',
    host: HOST,
    body: 'body',
    headers: { origin: PAGE, 'x-cos-acl': 'private', ...headers },
    ...more,
  })

/** A SigV4 request with the token among the signed headers, or presigned. */
async function s3Request(
  token: string,
  { path = '/k', signQuery = false, method = 'PUT', id = STORE.id } = {},
) {
  const signed = await new AwsV4Signer({
    ...{ method, url: `https://s3.example${path}`, service: 's3', region: 'auto', signQuery },
    ...{ accessKeyId: id, secretAccessKey: STORE.secret, sessionToken: token },
  }).sign()
  return { path: signed.url.pathname + signed.url.search, headers: Object.fromEntries(signed.headers) }
}
const sendS3 = async (
  { path, headers }: Awaited<ReturnType<typeof s3Request>>,
  options: RequestOptions = {},
) =>
  edge.send(path, {
    method: 'PUT',
    host: 's3.example',
    body: 'body',
    ...options,
    headers: { origin: PAGE, ...headers, ...options.headers },
  })

describe('a strict bucket gets the real token, signed with the real secret', () => {
  test('COS, header form: with the client’s coverage, and Host for the bucket', async () => {
    expect((await putCos(cosHeaders(await sealed()))).status).toBe(200)
    expect(verifyCosSignature(recorder.last, STORE)).toBe('ok')
    expect(recorder.last.headers.authorization).toContain('q-header-list=host;x-cos-acl&')
    expect(String(recorder.last.body)).toBe('body')
  })

  test('COS, with the token covered, as a header', async () => {
    const token = await sealed()
    const headers = cosHeaders(token, { Headers: { Host: HOST, 'x-cos-security-token': token } })
    expect((await putCos(headers)).status).toBe(200)
    expect(verifyCosSignature(recorder.last, STORE)).toBe('ok')
    expect(recorder.last.headers.authorization).toContain('q-header-list=host;x-cos-security-token&')
  })

  test.each([false, true])('COS, presigned: the token becomes a header (covered: %s)', async covered => {
    const token = await sealed()
    const Query = { 'response-content-type': 'text/x', ...(covered && { 'x-cos-security-token': token }) }
    const { authorization } = cosHeaders(token, { Method: 'GET', Query, Headers: { Host: HOST } })
    const path = `/k?response-content-type=text%2Fx&${authorization}&x-cos-security-token=${token}`
    expect((await edge.send(path, { host: HOST })).status).toBe(200)
    expect(recorder.last.url).toBe('/k?response-content-type=text%2Fx')
    expect(verifyCosSignature(recorder.last, STORE)).toBe('ok')
    const list = covered ? 'q-header-list=host;x-cos-security-token&' : 'q-header-list=host&'
    expect(recorder.last.headers.authorization).toContain(`${list}q-url-param-list=response-content-type&`)
  })

  test('COS, without Host covered', async () => {
    const headers = cosHeaders(await sealed(), { ForceSignHost: false, Headers: { 'x-cos-acl': 'private' } })
    expect((await putCos(headers)).status).toBe(200)
    expect(verifyCosSignature(recorder.last, STORE)).toBe('ok')
    expect(recorder.last.headers.authorization).toContain('q-header-list=x-cos-acl&')
  })

  test.each([false, true])('SigV4 (presigned: %s)', async signQuery => {
    const request = await s3Request(await sealed(), { signQuery, path: '/a%20b?x=1' })
    expect((await sendS3(request)).status).toBe(200)
    expect(verifySigV4(recorder.last, STORE)).toBe('ok')
    expect(recorder.last.url.startsWith('/a%20b?x=1')).toBe(true)
  })

  test('with ORIGIN=route, for the same Host', async () => {
    expect((await putCos(cosHeaders(await sealed()), '/k', routed)).status).toBe(200)
    // By https and the default port, whatever the client used.
    expect(recorder.last.headers.host).toBe('edge.example')
    expect(verifyCosSignature(recorder.last, STORE)).toBe('ok')
  })

  test('with the old key of a rotation, too', async () => {
    const token = await sealed({ key: { old: SEAL_KEYS.old } })
    expect((await putCos(cosHeaders(token))).status).toBe(200)
    expect(verifyCosSignature(recorder.last, STORE)).toBe('ok')
  })

  test('for no longer than the seal', async () => {
    const expiration = Math.floor(Date.now() / 1000) + 60
    const token = await sealed({ expiration })
    await putCos(cosHeaders(token))
    const [, end] = /q-key-time=\d+;(\d+)/.exec(String(recorder.last.headers.authorization)) ?? []
    expect(Number(end)).toBe(expiration)
    await sendS3(await s3Request(token, { signQuery: true }))
    const { searchParams } = new URL(recorder.last.url, recorder.origin)
    expect(Number(searchParams.get('X-Amz-Expires'))).toBeLessThanOrEqual(60)
    expect(verifySigV4(recorder.last, STORE)).toBe('ok')
  })
})

/** Refused by the edge, readably, with the reason in the log and nothing of the seal, and unseen by the bucket. */
async function expectRefused(answer: Answer, status: number, code: string, reason: RegExp): Promise<void> {
  expect([answer.status, codeOf(answer)]).toEqual([status, code])
  expect(answer.headers['access-control-allow-origin']).toBe(PAGE)
  expect(answer.text).not.toContain('ServerTime')
  expect(answer.text).toMatch(new RegExp(`<Reason>[^<]*${reason.source}`))
  expect(recorder.received).toEqual([])
  const log = (await edge.wholeLog()).filter(line => line.includes('seal-refused')).join('\n')
  expect(log).toMatch(reason)
  for (const secret of [STORE.secret, TOKEN, SEAL_KEYS.new]) expect(log + answer.text).not.toContain(secret)
  expect(log + answer.text).not.toMatch(/ep1\.\w+\.\w/)
}

describe('the edge refuses', () => {
  const attacks: [string, (token: string) => string | Promise<string>, RegExp][] = [
    ['a forged seal', () => `ep1.new.${'A'.repeat(200)}`, /does not open/],
    ['a truncated seal', token => token.slice(0, -4), /does not open|malformed/],
    ['a changed seal', token => token.replace(/.$/, c => (c === 'A' ? 'Q' : 'A')), /does not open|malformed/],
    ['no data', () => 'ep1.new.', /malformed/],
    ['no key ID', () => 'ep1.', /malformed/],
    ['an unknown key ID', token => token.replace('ep1.new.', 'ep1.none.'), /no key of this ID/],
    ['another key of the list', token => token.replace('ep1.new.', 'ep1.old.'), /does not open/],
    ['a key that the edge does not have', () => sealed({ key: { new: keyOf(9) } }), /does not open/],
    ['a seal for another access key ID', () => sealed({ id: 'ASIAOTHER' }), /does not open/],
    ['a seal for another host', () => sealed({ hosts: ['other.example'] }), /another host/],
    ['a text that is too long', () => `ep1.new.${'A'.repeat(8190)}`, /too long/],
  ]

  test.each(attacks)('%s: COS', async (_, attack, reason) => {
    const answer = await putCos(cosHeaders(await attack(await sealed())))
    await expectRefused(answer, 403, 'InvalidAccessKeyId', reason)
    expect(answer.text).toContain('The Access Key Id you provided does not exist in our records.')
  })

  test.each(attacks)('%s: SigV4', async (_, attack, reason) => {
    const answer = await sendS3(await s3Request(await attack(await sealed())))
    await expectRefused(answer, 400, 'InvalidToken', reason)
    expect(answer.text).toContain('The provided token is malformed or otherwise invalid.')
  })

  test('an expired seal, with the code that makes SDKs renew', async () => {
    const now = Date.now
    onTestFinished(() => {
      Date.now = now
    })
    Date.now = () => now() - 7_200_000
    const token = await sealed()
    Date.now = now
    await expectRefused(await putCos(cosHeaders(token)), 400, 'ExpiredToken', /expired/)
    await expectRefused(await sendS3(await s3Request(token)), 400, 'ExpiredToken', /expired/)
  })

  test('a seal without a readable signature, or with a signature of another kind', async () => {
    const token = await sealed()
    const { authorization } = cosHeaders(token)
    for (const headers of [
      { 'x-cos-security-token': token },
      { authorization: 'Bearer x', 'x-cos-security-token': token },
      { authorization: String(authorization), 'x-amz-security-token': token },
      { authorization: String(authorization), 'x-ci-security-token': token },
    ])
      await expectRefused(await putCos(headers), 403, 'InvalidAccessKeyId', /signature/)
    const s3 = await s3Request('other')
    const answer = await sendS3({ ...s3, headers: { ...s3.headers, 'x-oss-security-token': token } })
    await expectRefused(answer, 400, 'InvalidToken', /more than one/)
  })

  test('two tokens where one is sealed, in whatever places', async () => {
    const token = await sealed()
    const headers = cosHeaders(token)
    const path = (query: string) => `/k?${query}`
    const answers = [
      await putCos({ ...headers, 'x-cos-security-token': `${token}, ${token}` }),
      await putCos({ ...headers, 'x-cos-security-token': `plain, ${token}` }),
      await putCos({ ...headers, 'x-amz-security-token': 'plain' }),
      await putCos(headers, path('x-cos-security-token=plain')),
      await putCos({ ...headers, 'x-cos-security-token': 'plain' }, path(`X-COS-Security-Token=${token}`)),
      await putCos({ ...headers, 'x-cos-security-token': 'plain' }, path(`x-cos-security-tok%65n=${token}`)),
    ]
    for (const answer of answers) await expectRefused(answer, 403, 'InvalidAccessKeyId', /more than one/)
  })

  test('a wrong client signature, as with permanent keys', async () => {
    const headers = cosHeaders(await sealed(), { SecretKey: 'wrong' })
    const answer = await putCos(headers)
    expect([answer.status, codeOf(answer)]).toEqual([403, 'SignatureDoesNotMatch'])
    const request = await s3Request(await sealed())
    expect(codeOf(await sendS3({ ...request, path: '/other' }))).toBe('SignatureDoesNotMatch')
    expect(recorder.received).toEqual([])
  })

  test('the token of one exchanged for the token of another with the same ID, if the secret differs', async () => {
    const other = await sealed({ secret: 'another-secret' })
    expect(codeOf(await putCos(cosHeaders(other)))).toBe('SignatureDoesNotMatch')
    const request = await s3Request(await sealed())
    const headers = { ...request.headers, 'x-amz-security-token': await sealed() }
    expect(codeOf(await sendS3({ ...request, headers }))).toBe('SignatureDoesNotMatch')
  })

  test('a SigV4 request that does not cover its token', async () => {
    const { headers, path } = await s3Request('')
    const answer = await sendS3({ path, headers: { ...headers, 'x-amz-security-token': await sealed() } })
    expect([answer.status, codeOf(answer)]).toEqual([403, 'AccessDenied'])
    expect(recorder.received).toEqual([])
  })
})

describe('no seal reaches a bucket unopened', () => {
  const places: [string, (token: string) => [path: string, headers: Record<string, string>]][] = [
    ...[
      'x-cos-security-token',
      'x-amz-security-token',
      'x-ci-security-token',
      'X-OSS-Security-Token',
    ].flatMap((name): [string, (token: string) => [string, Record<string, string>]][] => [
      [`the header ${name}`, token => ['/k', { [name]: token }]],
      [`the parameter ${name}`, token => [`/k?${name}=${token}`, {}]],
    ]),
    ['an encoded name', token => [`/k?x-cos-security%2Dtoken=${token}`, {}]],
    ['an encoded value', token => [`/k?x-cos-security-token=%65p1${token.slice(3)}`, {}]],
    ['many parameters', token => [`/k?${'a=1&'.repeat(400)}x-cos-security-token=${token}`, {}]],
  ]

  test.each(places)(
    'in %s, with RESIGN off, without SEAL_KEYS, or with a hopeless signature',
    async (_, place) => {
      const [path, headers] = place(await sealed())
      for (const of of [off, keyless, edge])
        for (const method of ['GET', 'PUT', 'POST', 'DELETE', 'HEAD']) {
          const answer = await of.send(path, { method, host: HOST, headers: { origin: PAGE, ...headers } })
          expect(answer.status, method).toBe(403)
        }
      expect(recorder.received).toEqual([])
      expect((await edge.wholeLog()).join()).toMatch(/"seal-refused"/)
    },
  )

  test('in the URL of a preflight that is forwarded, because the host’s rules are unusable', async () => {
    const path = `/k?a=1&x-cos-security-token=${await sealed()}`
    const headers = { origin: PAGE, 'access-control-request-method': 'PUT' }
    await edge.send(path, { method: 'OPTIONS', host: 'unusable.example', headers })
    expect([recorder.last.method, recorder.last.url]).toEqual(['OPTIONS', '/k?a=1'])
  })

  test('while an ordinary token passes unchanged', async () => {
    const headers = cosHeaders('an-ordinary.token')
    expect((await putCos(headers)).status).toBe(200)
    expect(recorder.last.headers).toMatchObject(headers)
  })
})

describe('the real token does not come back', () => {
  const percent = encodeURIComponent(TOKEN)
  const hex = Array.from(TOKEN, c => c.charCodeAt(0).toString(16)).join(' ')

  test('in an error that quotes it, in whatever form', async () => {
    const forms = [
      TOKEN,
      percent,
      percent.toLowerCase().includes('%2b') ? percent.replaceAll(/%../g, o => o.toLowerCase()) : '',
      hex,
    ]
    for (const [at, form] of forms.entries()) {
      const body = `<Error><Code>InvalidToken</Code><Token-0>${form}</Token-0><Rest>kept</Rest></Error>`
      recorder.answer = (_request, response) =>
        response.writeHead(400, { 'content-type': 'application/xml', 'x-echo': TOKEN }).end(body)
      const answer =
        at % 2 ? await putCos(cosHeaders(await sealed())) : await sendS3(await s3Request(await sealed()))
      expect(answer.text).toBe(
        '<Error><Code>InvalidToken</Code><Token-0>…</Token-0><Rest>kept</Rest></Error>',
      )
      expect([
        answer.status,
        answer.headers['x-echo'],
        answer.headers['access-control-allow-origin'],
      ]).toEqual([400, undefined, PAGE])
    }
  })

  test('in an error over the size limit, cut within the token', async () => {
    const before = 'x'.repeat(65_536 - 10)
    recorder.answer = (_request, response) => response.writeHead(500).end(before + TOKEN.repeat(4))
    const { text } = await putCos(cosHeaders(await sealed()))
    expect(text).not.toContain(TOKEN.slice(0, 10))
  })

  test('in a redirect, whose query is left out', async () => {
    const location = `${recorder.origin}/k`
    recorder.answer = (_request, response) =>
      response
        .writeHead(307, { location: `${location}?X-Amz-Security-Token=${percent}&X-Amz-Signature=0` })
        .end()
    const answer = await sendS3(await s3Request(await sealed(), { signQuery: true, method: 'GET' }), {
      method: 'GET',
    })
    expect([answer.status, answer.headers.location]).toEqual([307, location])
  })

  test('nor is an answer cached, and a good one is untouched', async () => {
    recorder.answer = (_request, response) =>
      response
        .writeHead(200, { etag: '"e"', 'content-length': 6, 'cache-control': 'max-age=60' })
        .end('object')
    const request = await s3Request(await sealed(), { method: 'GET' })
    for (const times of [1, 2]) {
      const answer = await sendS3(request, { method: 'GET' })
      expect([answer.text, answer.headers.etag, answer.headers['content-length']]).toEqual([
        'object',
        '"e"',
        '6',
      ])
      expect(recorder.received.length).toBe(times)
    }
  })

  test('in the log, when the bucket can’t be reached', async () => {
    recorder.answer = (_request, response) => response.socket?.destroy()
    const answer = await sendS3(await s3Request(await sealed(), { signQuery: true }))
    expect(answer.status).toBe(502)
    const log = (await edge.wholeLog()).join()
    expect(log).toContain('upstream-failed')
    for (const secret of [TOKEN, percent, STORE.secret, 'ep1.']) expect(log).not.toContain(secret)
  })
})
