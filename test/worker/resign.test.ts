/**
 * RESIGN: clients sign for the edge's own host; the edge verifies that and signs for the bucket's. test/clients has
 * the official clients' operations. A signature that does not verify gets the bucket's error, readable to a page. Other requests pass unchanged.
 */

import { createHash } from 'node:crypto'
import { globalAgent } from 'node:http'
import { createRequire } from 'node:module'
import { Readable } from 'node:stream'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { AwsV4Signer } from 'aws4fetch'
import COS from 'cos-nodejs-sdk-v5'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { signCos } from '../../src/bucket/signing/sign-cos.ts'
import { type Answer, Edge, RecordingBucket } from './harness.ts'
import { COS_KEY, type PrivateBuckets, S3_BUCKET, S3_KEY, startPrivateBuckets } from './private-buckets.ts'
import { COS_OBJECT, getS3, putCos, putS3, S3_OBJECT } from './sdk-operations.ts'

const browserSdk: {
  getAuthorization(options: object): string
} = createRequire(import.meta.url)('cos-js-sdk-v5')

const PAGE = 'https://page.example'
const RULES = JSON.stringify([
  { AllowedOrigins: [PAGE], AllowedMethods: ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'], AllowedHeaders: ['*'] },
])

let buckets: PrivateBuckets
let recorder: RecordingBucket
let edge: Edge
let without: Edge

beforeAll(async () => {
  ;[buckets, recorder] = await Promise.all([startPrivateBuckets(), RecordingBucket.start()])
  const vars = {
    ORIGIN: recorder.origin,
    SECRET_ID: COS_KEY.SecretId,
    SECRET_KEY: COS_KEY.SecretKey,
    KEYS: JSON.stringify({ [S3_KEY.accessKeyId]: S3_KEY.secretAccessKey }),
  }
  const rules = {
    'cors:default': RULES,
    // The clients take the edge's address for its name: one name for each bucket.
    'bucket:127.0.0.1': JSON.stringify({ origin: buckets.cos }),
    'bucket:photos.example': JSON.stringify({ origin: `${buckets.s3}/${S3_BUCKET}`, dialect: 's3' }),
    'bucket:prefix.example': JSON.stringify({ origin: `${recorder.origin}/prefix` }),
    'bucket:localhost': JSON.stringify({ origin: buckets.s3, dialect: 's3' }),
  }
  ;[edge, without] = await Promise.all([
    Edge.start({ vars: { ...vars, RESIGN: 'on' }, rules }),
    Edge.start({ vars, rules }),
  ])
})
afterAll(async () => {
  // The SDK's idle connections would hold up the end of the servers for seconds.
  globalAgent.destroy()
  await Promise.all([edge?.stop(), without?.stop(), buckets?.stop(), recorder?.stop()])
})

const codeOf = ({ text }: Answer) => /<Code>(\w+)<\/Code>/.exec(text)?.[1]
const portOf = (of: Edge) => new URL(of.origin).port

/** A refusal that a page's script can read. */
function expectReadable(answer: Answer, status: number, code: string): void {
  expect([answer.status, codeOf(answer)]).toEqual([status, code])
  expect(answer.headers['access-control-allow-origin']).toBe(PAGE)
  expect(answer.headers['content-type']).toBe('application/xml')
}

describe('cos-nodejs-sdk-v5 with its default settings', () => {
  const client = (of: Edge, options: COS.COSOptions = {}) =>
    new COS({
      ...COS_KEY,
      Domain: `127.0.0.1:${portOf(of)}`,
      Protocol: 'http:',
      AutoSwitchHost: false,
      KeepAlive: false,
      ...options,
    })

  test('presigned URLs of both forms work, hold only for what they sign, and fail without RESIGN', async () => {
    const cos = client(edge)
    await putCos(cos)
    const target = (of: Edge, options: COS.COSOptions = {}) => {
      const url = new URL(
        client(of, options).getObjectUrl({
          ...COS_OBJECT,
          Sign: true,
          Query: { 'response-content-type': 'text/x-signed' },
        }),
      )
      return { path: url.pathname + url.search, host: url.host }
    }
    const { path, host } = target(edge)
    const answer = await edge.send(path, { host })
    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([
      200,
      'a note',
      'text/x-signed',
    ])
    const [pathname, query = ''] = path.split('?')
    const [signature, rest] = [query.replace(/&response.*/, ''), query.replace(/^.*(?=response-)/, '')]
    const inOne = `${pathname}?sign=${encodeURIComponent(signature)}&${rest}`
    expect((await edge.send(inOne, { host })).text).toBe('a note')

    const headers = { origin: PAGE }
    for (const changed of [path.replace('x-signed', 'html'), path.replace('?', 'x?'), `${path}&${rest}`])
      expectReadable(await edge.send(changed, { host, headers }), 403, 'SignatureDoesNotMatch')
    expectReadable(await edge.send(path, { host, headers, method: 'DELETE' }), 403, 'SignatureDoesNotMatch')
    const old = target(edge, { SystemClockOffset: -3_600_000 })
    const expired = await edge.send(old.path, { host, headers })
    expectReadable(expired, 403, 'AccessDenied')
    expect(expired.text).toContain('<Message>Request has expired</Message>')
    const off = target(without)
    expect(codeOf(await without.send(off.path, { host: off.host }))).toBe('SignatureDoesNotMatch')
  })

  test('a presigned upload keeps its Content-Length', async () => {
    const url = new URL(client(edge).getObjectUrl({ ...COS_OBJECT, Method: 'PUT', Sign: true }))
    const upload = { method: 'PUT', host: url.host, body: 'by URL' }
    expect((await edge.send(url.pathname + url.search, upload)).status).toBe(200)
    expect((await client(edge).getObject(COS_OBJECT)).Body.toString()).toBe('by URL')
  })

  test.each([
    ['an hour slow', -3_600_000],
    ['an hour fast', 3_600_000],
  ])('a client whose clock is %s corrects it by the edge’s', async (_, SystemClockOffset) => {
    await putCos(client(edge))
    const fixed = client(edge, { SystemClockOffset, CorrectClockSkew: false })
    await expect(fixed.getObject(COS_OBJECT)).rejects.toMatchObject({
      statusCode: 403,
      code: expect.stringMatching(/^(AccessDenied|RequestTimeTooSkewed)$/),
    })
    expect((await client(edge, { SystemClockOffset }).getObject(COS_OBJECT)).Body.toString()).toBe('a note')
  })

  test('a wrong secret is refused at the edge, and a script can read why', async () => {
    const wrong = client(edge, { SecretKey: 'wrong' })
    await expect(putCos(wrong)).rejects.toMatchObject({ statusCode: 403, code: 'SignatureDoesNotMatch' })
  })
})

describe('COS signatures that the edge refuses, and those that it passes on', () => {
  const host = 'edge.example:8080'
  const authorization = (options: object = {}) =>
    browserSdk.getAuthorization({
      ...COS_KEY,
      Method: 'PUT',
      Pathname: '/k',
      Query: {},
      Headers: { Host: host, 'Content-Type': 'text/plain', 'x-cos-acl': 'private' },
      ...options,
    })
  const put = (headers: Record<string, string>, path = '/k') =>
    edge.send(path, {
      method: 'PUT',
      host,
      body: 'body',
      headers: { origin: PAGE, 'content-type': 'text/plain', 'x-cos-acl': 'private', ...headers },
    })

  test('the browser SDK’s request is re-signed with the same coverage, and nothing else changes', async () => {
    const sent = authorization({ Headers: { Host: host, 'x-cos-acl': 'private', 'Content-Length': '4' } })
    expect((await put({ authorization: sent, 'x-unsigned': 'as it was' })).status).toBe(200)
    const { headers, url, body } = recorder.last
    expect([url, String(body), headers['content-length'], headers['x-unsigned']]).toEqual([
      '/k',
      'body',
      '4',
      'as it was',
    ])
    expect(headers.authorization).not.toBe(sent)
    expect(headers.authorization).toContain('q-header-list=host;x-cos-acl&q-url-param-list=&')
    expect(headers.authorization).toContain(`q-ak=${COS_KEY.SecretId}&`)
  })

  test('the signature is verified for the Host as it was sent', async () => {
    const Host = 'Edge.example:8080'
    const sent = authorization({ Method: 'GET', Headers: { Host } })
    const headers = { authorization: sent }
    expect((await edge.send('/k', { host: Host, headers })).status).toBe(200)
    expect((await edge.send('/k', { host, headers })).status).toBe(403)
  })

  test.each([
    ['a wrong secret', { authorization: authorization({ SecretKey: 'wrong' }) }, 'SignatureDoesNotMatch'],
    [
      'another host',
      { authorization: authorization({ Headers: { Host: 'edge.example' } }) },
      'SignatureDoesNotMatch',
    ],
    [
      'a changed header',
      { authorization: authorization(), 'x-cos-acl': 'public-read' },
      'SignatureDoesNotMatch',
    ],
    [
      'a missing header',
      { authorization: authorization(), 'x-cos-acl': [] as never },
      'SignatureDoesNotMatch',
    ],
    ['another method', { authorization: authorization({ Method: 'GET' }) }, 'SignatureDoesNotMatch'],
    [
      'an end that has passed',
      { authorization: authorization({ KeyTime: '1000000000;1000000900' }) },
      'AccessDenied',
    ],
    [
      'a start to come',
      { authorization: authorization({ KeyTime: '4000000000;4000000900' }) },
      'RequestTimeTooSkewed',
    ],
  ])('%s is refused in COS’s words, and never reaches the bucket', async (_, headers, code) => {
    recorder.received.length = 0
    edge.log.length = 0
    const answer = await put(headers)
    expectReadable(answer, 403, code)
    expect(answer.text.includes('<ServerTime>')).toBe(code !== 'SignatureDoesNotMatch')
    expect(recorder.received).toEqual([])
    // A line may come after the answer that it is about.
    const log = (await edge.wholeLog()).join()
    expect(log).toMatch(new RegExp(`signature-refused.*"${code}"`))
    expect(log).not.toContain(COS_KEY.SecretKey)
  })

  test('a Connection header does not remove signed headers', async () => {
    const signed = { 'x-cos-forbid-overwrite': 'true', 'if-none-match': '*', 'cache-control': 'private' }
    const sent = authorization({ Headers: { Host: host, 'x-cos-acl': 'private', ...signed } })
    const headers = { ...signed, authorization: sent, connection: Object.keys(signed).join() }
    expect((await put(headers)).status).toBe(200)
    expect(recorder.last.headers).toMatchObject(signed)
    const list = 'q-header-list=host;if-none-match;x-cos-acl;x-cos-forbid-overwrite&'
    expect(recorder.last.headers.authorization).toContain(list)
  })

  test.each<[what: string, name: string, more: Record<string, string>]>([
    ['that Connection names', 'x-a!b', { connection: 'close, x-a!b' }],
    ['of an address', 'x-forwarded-for', {}],
    ['of another method', 'x-http-method-override', {}],
    ['for a proxy', 'proxy-authorization', {}],
  ])(
    'a header %s is signed, and the bucket will not get it: refused, not left out',
    async (_, name, more) => {
      recorder.received.length = 0
      const headers: [string, string][] = [
        ['host', host],
        [name, 'v'],
      ]
      // The SDK chooses what it signs; another client signs what it likes.
      const own = await signCos(
        { method: 'PUT', path: '/k', query: '', headers },
        { id: COS_KEY.SecretId, secret: COS_KEY.SecretKey },
        {
          now: Date.now(),
          validSeconds: 60,
          signedHeaders: ['host', encodeURIComponent(name).replace('!', '%21')],
        },
      )
      const answer = await put({ [name]: 'v', ...more, authorization: own })
      expectReadable(answer, 403, 'AccessDenied')
      expect(answer.text).toContain('is signed, and can not be passed on')
      expect(recorder.received).toEqual([])
    },
  )

  test('a re-signed request expires no later than the client’s own signature', async () => {
    const now = Math.floor(Date.now() / 1000)
    const endOf = () => Number(/q-key-time=\d+;(\d+)/.exec(recorder.last.headers.authorization ?? '')?.[1])
    await put({ authorization: authorization({ KeyTime: `${now - 10};${now + 60}` }) })
    expect(endOf()).toBe(now + 60)
    await put({ authorization: authorization({ KeyTime: `${now - 10};${now + 9000}` }) })
    expect(endOf()).toBeLessThan(now + 8000)
  })

  test('the log shows no secret that an Origin holds', async () => {
    edge.log.length = 0
    const origin = `${PAGE}?token=topsecret`
    const wrong = authorization({ SecretKey: 'wrong' })
    await put({ authorization: wrong, origin, 'sec-fetch-mode': 'no-cors' })
    const log = (await edge.wholeLog()).join()
    expect([log.includes('signature-refused'), log.includes('topsecret')]).toEqual([true, false])
  })

  test.each([
    ['a key that the edge does not hold', { authorization: authorization({ SecretId: 'AKIDother' }) }],
    ['temporary credentials', { authorization: authorization(), 'x-cos-security-token': 'token' }],
    ['a scheme of its own', { authorization: 'Bearer x' }],
    ['half a signature', { authorization: 'q-sign-algorithm=sha1&q-ak=AKIDcos' }],
  ])('a request with %s passes unchanged', async (_, headers) => {
    expect((await put(headers)).status).toBe(200)
    expect(recorder.last.headers).toMatchObject(headers)
  })

  test('temporary credentials pass unchanged in presigned URLs, too', async () => {
    const path = `/k?${authorization({ SecretKey: 'wrong' })}&x-cos-security-token=token`
    expect((await put({}, path)).status).toBe(200)
    expect(recorder.last.url).toBe(path)
  })

  test('a redirect from the bucket is passed on, not followed with the edge’s signature', async () => {
    const original = recorder.answer
    onTestFinished(() => {
      recorder.answer = original
    })
    recorder.answer = (_, response) =>
      void response.writeHead(307, { location: `${recorder.origin}/elsewhere` }).end()
    recorder.received.length = 0
    const get = authorization({ Method: 'GET', Headers: { Host: host } })
    const answers = [
      await edge.send('/k', { host, headers: { authorization: get } }),
      await edge.send(`/k?${get}`, { host }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([307, 307])
    expect(recorder.received.map(({ url }) => url)).toEqual(['/k', '/k'])
  })

  test('a signature that does not cover Host is verified and re-signed, without adding Host', async () => {
    const sent = authorization({ ForceSignHost: false, Headers: { 'x-cos-acl': 'private' } })
    expect((await put({ authorization: sent })).status).toBe(200)
    expect(recorder.last.headers.authorization).not.toBe(sent)
    expect(recorder.last.headers.authorization).toContain('q-header-list=x-cos-acl&')
    const wrong = authorization({ ForceSignHost: false, Headers: {}, SecretKey: 'wrong' })
    expectReadable(await put({ authorization: wrong }), 403, 'SignatureDoesNotMatch')
  })

  test('a signature that a server made for the bucket’s own host is accepted', async () => {
    const Host = new URL(recorder.origin).host
    const sent = authorization({ Headers: { Host, 'x-cos-acl': 'private' } })
    expect((await put({ authorization: sent })).status).toBe(200)
    expect(recorder.last.headers.authorization).toContain('q-header-list=host;x-cos-acl&')
    expect((await put({}, `/k?${sent}`)).status).toBe(200)
    const wrong = authorization({ Headers: { Host, 'x-cos-acl': 'private' }, SecretKey: 'wrong' })
    expectReadable(await put({ authorization: wrong }), 403, 'SignatureDoesNotMatch')
    // Under a bucket with a path of its own, the edge's paths are others.
    const onPath = await edge.send('/k', {
      method: 'PUT',
      host: 'prefix.example',
      body: 'b',
      headers: { authorization: sent, 'x-cos-acl': 'private', origin: PAGE },
    })
    expectReadable(onPath, 403, 'SignatureDoesNotMatch')
  })

  test('with ORIGIN=route the request is re-signed for the same host', async () => {
    const routed = await Edge.start({
      vars: {
        ORIGIN: 'route',
        RESIGN: 'on',
        KEYS: JSON.stringify({ [COS_KEY.SecretId]: COS_KEY.SecretKey }),
      },
      outbound: new URL(recorder.origin).host,
    })
    onTestFinished(() => routed.stop())
    const put = (authorization: string) =>
      routed.send('/k', { method: 'PUT', host, body: 'b', headers: { authorization } })
    const sent = authorization({ Headers: { Host: host } })
    expect((await put(sent)).status).toBe(200)
    // By https and the default port, whatever the client used.
    expect(recorder.last.headers.host).toBe('edge.example')
    expect(recorder.last.headers.authorization).toContain('q-header-list=host&')
    expect((await put(authorization({ SecretKey: 'wrong' }))).status).toBe(403)
    const other = authorization({ SecretId: 'AKIDother' })
    expect((await put(other)).status).toBe(200)
    expect(recorder.last.headers.authorization).toBe(other)
  })
})

describe('@aws-sdk/client-s3 with its default settings', () => {
  const client = (of: Edge, options: S3ClientConfig = {}) => {
    const s3 = new S3Client({
      endpoint: `http://localhost:${portOf(of)}`,
      region: 'auto',
      forcePathStyle: true,
      credentials: S3_KEY,
      maxAttempts: 1,
      ...options,
    })
    onTestFinished(() => s3.destroy())
    return s3
  }
  const key = S3_OBJECT.Key

  const presigned = (url: string, of = edge) => {
    const { host, pathname, search } = new URL(url)
    return (options: object = {}, change = (path: string) => path) =>
      of.send(change(pathname + search), { host, ...options })
  }

  test('presigned GET and PUT work, hold only for what they sign, and fail without RESIGN', async () => {
    const s3 = client(edge)
    const upload = presigned(await getSignedUrl(s3, new PutObjectCommand(S3_OBJECT)))
    expect((await upload({ method: 'PUT', body: 'by URL' })).status).toBe(200)
    const download = presigned(await getSignedUrl(s3, new GetObjectCommand(S3_OBJECT)))
    expect((await download()).text).toBe('by URL')
    expect((await download({ headers: { range: 'bytes=3-' } })).text).toBe('URL')

    const headers = { origin: PAGE }
    const refused = [
      await download({ headers, method: 'DELETE' }),
      await download({ headers }, path => path.replace('?', 'x?')),
      await download({ headers }, path => `${path}&response-content-type=text/html`),
      await download({ headers }, path => path.replace('?', '?x-id=a&')),
    ]
    for (const answer of refused) expectReadable(answer, 403, 'SignatureDoesNotMatch')
    expectReadable(
      await upload({ method: 'PUT', body: 'x', headers: { ...headers, 'x-amz-acl': 'public-read' } }),
      403,
      'AccessDenied',
    )
    const off = presigned(await getSignedUrl(client(without), new GetObjectCommand(S3_OBJECT)), without)
    expect(codeOf(await off())).toBe('SignatureDoesNotMatch')
  })

  test('an edge on one bucket’s own domain serves a client with bucketEndpoint', async () => {
    const s3 = client(edge, { bucketEndpoint: true })
    const own = { Bucket: 'http://photos.example', Key: key }
    const upload = presigned(await getSignedUrl(s3, new PutObjectCommand(own)))
    expect((await upload({ method: 'PUT', body: 'by its domain' })).status).toBe(200)
    const url = await getSignedUrl(s3, new GetObjectCommand(own))
    expect(new URL(url).pathname).not.toContain(S3_BUCKET)
    expect((await presigned(url)()).text).toBe('by its domain')
  })

  test('a URL that a server presigned for the bucket’s own host works through the edge', async () => {
    const s3 = client(edge, { endpoint: recorder.origin })
    const url = new URL(await getSignedUrl(s3, new GetObjectCommand(S3_OBJECT)))
    const answer = await edge.send(url.pathname + url.search, { host: 'edge.example' })
    expect(answer.status).toBe(200)
    const signatureOf = (text: string) => new URL(text, recorder.origin).searchParams.get('X-Amz-Signature')
    expect(signatureOf(recorder.last.url)).not.toBe(signatureOf(url.href))
    const changed = url.search.replace('x-id=GetObject', 'x-id=PutObject')
    const headers = { origin: PAGE }
    const refused = await edge.send(url.pathname + changed, { host: 'edge.example', headers })
    expectReadable(refused, 403, 'SignatureDoesNotMatch')
  })

  test('a presigned multipart upload works', async () => {
    const s3 = client(edge)
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(S3_OBJECT))
    const part = { ...S3_OBJECT, UploadId, PartNumber: 1 }
    const answer = await presigned(await getSignedUrl(s3, new UploadPartCommand(part)))({
      method: 'PUT',
      body: 'the only part',
    })
    expect(answer.status).toBe(200)
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: String(answer.headers.etag) }] }
    await s3.send(new CompleteMultipartUploadCommand({ ...S3_OBJECT, UploadId, MultipartUpload }))
    expect(await getS3(s3)).toEqual({ body: 'the only part' })
  })

  test('a signed PUT is not replayed with another body, nor a presigned URL without its conditions', async () => {
    const { accessKeyId, secretAccessKey } = S3_KEY
    const signerOf = (url: string, headers: Record<string, string>, signQuery: boolean) =>
      new AwsV4Signer({
        ...{ method: 'PUT', url, headers, accessKeyId, secretAccessKey, signQuery },
        ...{ service: 's3', region: 'auto', allHeaders: true },
      }).sign()
    const host = 'edge.example'
    const hash = createHash('sha256').update('the signed body').digest('hex')
    const { headers: signed } = await signerOf(
      `https://${host}/k`,
      { 'x-amz-content-sha256': hash, 'if-none-match': '*' },
      false,
    )
    const headers = Object.fromEntries(signed)
    const connection = 'keep-alive, x-amz-content-sha256, if-none-match'
    await edge.send('/k', { method: 'PUT', host, headers: { ...headers, connection }, body: 'another' })
    expect(recorder.last.headers).toMatchObject({ 'x-amz-content-sha256': hash, 'if-none-match': '*' })
    expect(recorder.last.headers.authorization).toContain(
      'SignedHeaders=host;if-none-match;x-amz-content-sha256;x-amz-date,',
    )

    const conditions = {
      'if-none-match': '*',
      'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==',
      'content-type': 'a/b',
    }
    const { url } = await signerOf(`https://${host}/k?X-Amz-Expires=300`, conditions, true)
    const withConditions = { ...conditions, connection: `keep-alive, ${Object.keys(conditions)}` }
    const path = url.pathname + url.search
    await edge.send(path, { method: 'PUT', host, headers: withConditions, body: 'x' })
    expect(recorder.last.headers).toMatchObject(conditions)
    expect(recorder.last.url).toContain('SignedHeaders=content-md5%3Bcontent-type%3Bhost%3Bif-none-match&')

    recorder.received.length = 0
    const { headers: forwarded } = await signerOf(`https://${host}/k`, { 'x-real-ip': '6.6.6.6' }, false)
    const refused = await edge.send('/k', {
      method: 'PUT',
      host,
      headers: { ...Object.fromEntries(forwarded), origin: PAGE },
      body: 'x',
    })
    expectReadable(refused, 403, 'AccessDenied')
    expect(recorder.received).toEqual([])
  })

  test('an expired URL, a wrong secret and a wrong clock are refused in S3’s words, and a script can read them', async () => {
    const old = await getSignedUrl(client(edge), new GetObjectCommand(S3_OBJECT), {
      signingDate: new Date(Date.now() - 100_000),
      expiresIn: 60,
    })
    const expired = await presigned(old)({ headers: { origin: PAGE } })
    expectReadable(expired, 403, 'AccessDenied')
    expect(expired.text).toContain('<Message>Request has expired</Message>')
    const wrong = client(edge, { credentials: { ...S3_KEY, secretAccessKey: 'wrong' } })
    await expect(putS3(wrong)).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' })
    await expect(putS3(client(edge, { systemClockOffset: -3_600_000 }))).rejects.toMatchObject({
      name: 'RequestTimeTooSkewed',
    })
  })

  test('temporary credentials, and access key IDs that the edge does not know, pass unchanged', async () => {
    const unknown = client(edge, { credentials: { ...S3_KEY, accessKeyId: 'AKIAother' } })
    const temporary = client(edge, { credentials: { ...S3_KEY, sessionToken: 'token' } })
    for (const s3 of [unknown, temporary]) {
      const url = new URL(await getSignedUrl(s3, new GetObjectCommand(S3_OBJECT)))
      await edge.send(url.pathname + url.search, { host: 'edge.example' })
      expect(recorder.last.url).toBe(url.pathname + url.search)
    }
  })

  test('a body of unsigned chunks is streamed', async () => {
    const host = 'edge.example'
    const s3 = client(edge, { endpoint: `https://${host}` })
    let sent: Record<string, string> = {}
    let path = ''
    s3.middlewareStack.add(
      () => async args => {
        const request = args.request as { headers: Record<string, string>; path: string; query: object }
        sent = request.headers
        path = `${request.path}?${new URLSearchParams(Object.entries(request.query))}`
        return { response: {}, output: { $metadata: {} } } as never
      },
      { step: 'finalizeRequest', priority: 'low' },
    )
    const Body = Readable.from(['chunk'])
    await s3.send(new PutObjectCommand({ ...S3_OBJECT, Body, ContentLength: 5 }))
    expect(sent['x-amz-content-sha256']).toBe('STREAMING-UNSIGNED-PAYLOAD-TRAILER')
    const body = '5\r\nchunk\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n'
    const { 'content-length': _, 'transfer-encoding': __, ...headers } = sent
    expect((await edge.send(path, { method: 'PUT', host, headers, body })).status).toBe(200)
    expect(recorder.last.body.toString()).toBe(body)
    expect(recorder.last.headers['x-amz-content-sha256']).toBe('STREAMING-UNSIGNED-PAYLOAD-TRAILER')
    expect(recorder.last.headers.authorization).not.toBe(sent.authorization)
  })
})
