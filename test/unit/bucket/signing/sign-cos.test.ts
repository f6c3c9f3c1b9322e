import { createHash, createHmac } from 'node:crypto'
import { createRequire } from 'node:module'
import COS from 'cos-nodejs-sdk-v5'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  canonicalRequest,
  MAX_QUERY_PARAMS,
  type SignableRequest,
} from '../../../../src/bucket/signing/cos-canonical.ts'
import {
  type CosSignature,
  MAX_AUTHORIZATION_LENGTH,
  MAX_LISTED_NAMES,
  readCosSignature,
  withoutCosSignature,
} from '../../../../src/bucket/signing/cos-signature.ts'
import { CLOCK_SKEW_SECONDS, signCos, verifyCos } from '../../../../src/bucket/signing/sign-cos.ts'

interface GetAuthOptions {
  SecretId: string
  SecretKey: string
  KeyTime?: string
  Method: string
  Pathname: string
  Query: Record<string, string>
  Headers: Record<string, string>
  Expires?: number
}
const require = createRequire(import.meta.url)
const nodeSdk: { getAuth(o: GetAuthOptions): string } = require('cos-nodejs-sdk-v5/sdk/util.js')
const browserSdk: { getAuthorization(o: GetAuthOptions): string } = require('cos-js-sdk-v5')

const key = { id: 'AKIDdemo', secret: 'secret-of-the-demo' }
const now = 1_800_000_000_000
const host = 'bucket-1250000000.cos.ap-beijing.myqcloud.com'

/** A URL's part as the SDKs put it on the wire. */
const wire = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
const wirePath = (objectKey: string) => `/${objectKey.split('/').map(wire).join('/')}`
const wireQuery = (query: Record<string, string>) =>
  Object.entries(query)
    .map(([k, v]) => (v === '' ? wire(k) : `${wire(k)}=${wire(v)}`))
    .join('&')

const get = (parts: Partial<SignableRequest> = {}): SignableRequest => ({
  method: 'GET',
  path: '/a',
  query: '',
  headers: [['host', host]],
  ...parts,
})

const read = (authorization: string | null, query = ''): CosSignature => {
  const signature = readCosSignature(authorization, query)
  if (signature?.type !== 'signature') throw new Error(`no signature: ${JSON.stringify(signature)}`)
  return signature
}

const signed = async (request: SignableRequest) =>
  read(await signCos(request, key, { now, validSeconds: 900 }))

const verify = (signature: CosSignature, request: SignableRequest, at = now, secret = key.secret) =>
  verifyCos(signature, request, secret, at)

const MISMATCH = {
  ok: false,
  code: 'SignatureDoesNotMatch',
  message: 'The Signature you specified is invalid.',
}

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom(...` +!'()*~-_./%&=?#;:@,"<>[]{}|\\^\`aZ9é漢😀`) }),
)
const objectKey = text.filter(k => k !== '' && !k.startsWith('/') && k.isWellFormed())
const paramName = fc
  .oneof(
    fc.constantFrom('acl', 'Uploads', 'partNumber', 'response-content-type', 'prefix', 'a b', 'A!', 'ключ'),
    text,
  )
  .filter(k => k !== '' && k !== '__proto__' && k.isWellFormed())
const query = fc.dictionary(
  paramName,
  text.filter(v => v.isWellFormed()),
  { maxKeys: 6, noNullPrototype: true },
)
const headerName = fc.constantFrom(
  'Content-Type',
  'content-length',
  'Content-MD5',
  'RANGE',
  'If-None-Match',
  'Origin',
  'x-cos-acl',
  'X-Cos-Meta-Author',
  "x-cos-meta-it's!",
  'x-ci-thing',
  'Accept',
  'Cookie',
  'User-Agent',
)
const headerValue = fc.string({ unit: 'grapheme-ascii', minLength: 1 }).map(v => v.trim() || 'v')
const headers = fc.dictionary(headerName, headerValue, { maxKeys: 6, noNullPrototype: true })
const method = fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'DELETE')

describe('signCos() and the official SDKs', () => {
  test('signCos() returns what cos-nodejs-sdk-v5 and cos-js-sdk-v5 return', async () => {
    await fc.assert(
      fc.asyncProperty(method, objectKey, query, headers, async (Method, Key, Query, Headers) => {
        const ours = await signCos(
          get({
            method: Method,
            path: wirePath(Key),
            query: wireQuery(Query),
            headers: Object.entries({ ...Headers, Host: host }),
          }),
          key,
          { now, validSeconds: 900 },
        )
        const options = {
          SecretId: key.id,
          SecretKey: key.secret,
          KeyTime: read(ours).keyTime.text,
          Method,
          Pathname: `/${Key}`,
          Query,
          Headers: { ...Headers, Host: host },
        }
        expect(ours).toBe(nodeSdk.getAuth(options))
        // The browser's SDK leaves this one header out, since a browser may change it.
        if (!('Content-Type' in Headers)) expect(ours).toBe(browserSdk.getAuthorization(options))
      }),
      { numRuns: 400 },
    )
  })

  test('verifyCos() accepts an SDK’s signature, and refuses every later change', async () => {
    await fc.assert(
      fc.asyncProperty(method, objectKey, query, headers, async (Method, Key, Query, Headers) => {
        const request = get({
          method: Method,
          path: wirePath(Key),
          query: wireQuery(Query),
          headers: Object.entries({ ...Headers, Host: host }),
        })
        const signature = read(
          COS.getAuthorization({
            SecretId: key.id,
            SecretKey: key.secret,
            Method: Method as 'GET',
            Key,
            Query,
            Headers: { ...Headers, Host: host },
          }),
        )
        const at = Date.now()
        expect(await verify(signature, request, at)).toEqual({ ok: true })
        const changed: Partial<SignableRequest>[] = [
          { method: Method === 'GET' ? 'PUT' : 'GET' },
          { path: `${request.path}x` },
          { headers: Object.entries({ ...Headers, Host: 'edge.example' }) },
          { headers: Object.entries(Headers) },
        ]
        for (const [name, value] of Object.entries(Query)) {
          changed.push({ query: wireQuery({ ...Query, [name]: `${value}x` }) })
          changed.push({ query: `${request.query}&${wire(name)}=more` })
          changed.push({
            query: wireQuery(Object.fromEntries(Object.entries(Query).filter(([n]) => n !== name))),
          })
        }
        for (const change of changed) {
          expect(await verify(signature, { ...request, ...change }, at), JSON.stringify(change)).toEqual(
            MISMATCH,
          )
        }
        expect(await verify(signature, request, at, `${key.secret}x`)).toEqual(MISMATCH)
      }),
      { numRuns: 200 },
    )
  })

  test.each(['header', 'query', 'sign'] as const)('readCosSignature() reads the %s form', async form => {
    const Query = { 'response-content-type': 'text/plain; charset=utf-8', 'Response-Cache-Control': '' }
    const auth = COS.getAuthorization({
      SecretId: key.id,
      SecretKey: key.secret,
      Method: 'GET',
      Key: 'a b',
      Query,
      Headers: { Host: host },
    })
    const rest = wireQuery(Query)
    const [header, queryText] = {
      header: [auth, rest] as const,
      query: [null, `${auth}&${rest}`] as const,
      sign: [null, `sign=${encodeURIComponent(auth)}&${rest}`] as const,
    }[form]
    const signature = read(header, queryText)
    expect(signature).toMatchObject({
      form,
      keyId: key.id,
      coverage: { headers: ['host'], params: ['response-cache-control', 'response-content-type'] },
    })
    expect(await verify(signature, get({ path: '/a%20b', query: queryText }), Date.now())).toEqual({
      ok: true,
    })
    expect(withoutCosSignature(queryText)).toBe(rest)
  })

  test('readCosSignature() reads the presigned URLs of both callback and return of getObjectUrl', async () => {
    const cos = new COS({
      SecretId: key.id,
      SecretKey: key.secret,
      Domain: 'edge.example:8787',
      Protocol: 'http:',
    })
    const urls: string[] = []
    await new Promise<void>((done, fail) => {
      const url = cos.getObjectUrl(
        {
          Bucket: 'b-1250000000',
          Region: 'ap-beijing',
          Key: 'a b/ü+.txt',
          Sign: true,
          Query: { 'response-content-disposition': 'attachment; filename="x y.txt"', 'a b': '1' },
        },
        (error, data) => {
          urls.push(data?.Url ?? '')
          error ? fail(error) : done()
        },
      )
      urls.push(url)
    })
    expect(urls).toHaveLength(2)
    expect(urls[0]).not.toBe(urls[1])
    for (const url of urls) {
      const { host, pathname, search } = new URL(url)
      const request = get({ path: pathname, query: search.slice(1), headers: [['host', host]] })
      expect(await verify(read(null, request.query), request, Date.now())).toEqual({ ok: true })
    }
  })
})

describe('canonicalRequest() and the real service', () => {
  const sha1 = async (bytes: Uint8Array | null) =>
    Buffer.from(await crypto.subtle.digest('SHA-1', Uint8Array.from(bytes ?? []))).toString('hex')

  // FormatString and StringToSign of two SignatureDoesNotMatch documents that COS sent, as users posted them.
  test('canonicalRequest() hashes to what COS computed for a key with a space and Chinese letters', async () => {
    const canonical = canonicalRequest(
      get({
        method: 'PUT',
        path: '/imagesresume-zh%20en_%E9%A1%B5%E9%9D%A2_1.png',
        headers: [['Host', 'o2-1258123310.cos.ap-beijing.myqcloud.com']],
      }),
      { headers: ['host'], params: [] },
    )
    expect(await sha1(canonical)).toBe('c7503b92a8581b3f3f68c8f7f64a8917b03a1a95')
  })

  test('canonicalRequest() hashes to what COS computed for PUT ?cors with five signed headers', async () => {
    const canonical = canonicalRequest(
      get({
        method: 'PUT',
        path: '/',
        query: 'cors',
        headers: [
          ['Host', 'test-app-1251021022.cos.ap-guangzhou.myqcloud.com'],
          ['Date', 'Wed, 19 Oct 2022 05:49:28 GMT'],
          ['Content-Type', 'application/xml; charset=utf-8'],
          ['Content-MD5', 'DfuiC7IOBwIeiVanWPG/Kg=='],
          ['Content-Length', '454'],
        ],
      }),
      { headers: ['content-length', 'content-md5', 'content-type', 'date', 'host'], params: ['cors'] },
    )
    expect(await sha1(canonical)).toBe('488ab174d5f7a6ec0966aeeb82600e185114d7d1')
  })

  test('canonicalRequest() reads a bare plus as a space in the query and as a plus in the path', () => {
    const canonical = canonicalRequest(get({ path: '/a+b%2B', query: 'prefix=a+b%2B' }), {
      headers: [],
      params: ['prefix'],
    })
    expect(new TextDecoder().decode(canonical ?? undefined)).toBe('get\n/a+b+\nprefix=a%20b%2B\n\n')
  })
})

describe('signCos() options', () => {
  test('signCos() covers the wanted names that the request has', async () => {
    const request = get({
      query: 'prefix=x&marker=y',
      headers: [
        ['Host', host],
        ['Range', 'bytes=0-1'],
      ],
    })
    const authorization = await signCos(request, key, {
      now,
      validSeconds: 60,
      signedHeaders: ['host', 'if-match'],
      signedParams: ['prefix'],
    })
    const signature = read(authorization)
    expect(signature.coverage).toEqual({ headers: ['host'], params: ['prefix'] })
    const extra = get({ query: 'prefix=x&marker=other', headers: [['host', host]] })
    expect(await verify(signature, extra)).toEqual({ ok: true })
  })
})

describe('verifyCos() honours the window', () => {
  const start = now / 1000 - CLOCK_SKEW_SECONDS
  test.each([
    ['at the start', now, true],
    ['a tolerated difference of the clocks before it', (start - CLOCK_SKEW_SECONDS) * 1000, true],
    ['earlier', (start - CLOCK_SKEW_SECONDS - 1) * 1000, 'RequestTimeTooSkewed'],
    ['in its last second', now + 900_999, true],
    ['after it', now + 901_000, 'AccessDenied'],
  ])('verifyCos() answers %s', async (_, at, expected) => {
    const verdict = await verify(await signed(get()), get(), at)
    expect(verdict.ok || verdict.code).toBe(expected)
  })

  test('verifyCos() refuses an expired signature with the code and message that make the SDKs set their clock', async () => {
    expect(await verify(await signed(get()), get(), now + 3_600_000)).toEqual({
      ok: false,
      code: 'AccessDenied',
      message: 'Request has expired',
    })
  })

  test('verifyCos() derives the key from q-key-time and signs q-sign-time, as the document says', async () => {
    const [seconds, early, late] = [now / 1000, (now / 1000 - 100) * 1000, (now / 1000 + 100) * 1000]
    const sha1 = (text: string, secret?: string) =>
      (secret === undefined ? createHash('sha1') : createHmac('sha1', secret)).update(text).digest('hex')
    const make = (signTime: string, keyTime: string) => {
      const toSign = `sha1\n${signTime}\n${sha1(`get\n/a\n\nhost=${host}\n`)}\n`
      const digest = sha1(toSign, sha1(keyTime, key.secret))
      return read(
        `q-sign-algorithm=sha1&q-ak=${key.id}&q-sign-time=${signTime}&q-key-time=${keyTime}` +
          `&q-header-list=host&q-url-param-list=&q-signature=${digest}`,
      )
    }
    const [narrow, wide] = [`${seconds};${seconds + 50}`, `${seconds - 200};${seconds + 200}`]
    for (const signature of [make(narrow, wide), make(wide, narrow)]) {
      expect(await verify(signature, get())).toEqual({ ok: true })
      expect(await verify(signature, get(), early)).toMatchObject({ code: 'RequestTimeTooSkewed' })
      expect(await verify(signature, get(), late)).toMatchObject({ code: 'AccessDenied' })
    }
  })

  test('verifyCos() requires both windows to hold', async () => {
    const signature = await signed(get())
    const later = {
      ...signature.signTime,
      end: 9_999_999_999,
      text: `${signature.signTime.start};9999999999`,
    }
    expect(await verify({ ...signature, signTime: later }, get(), now + 3_600_000)).toMatchObject({
      code: 'AccessDenied',
    })
    expect(await verify({ ...signature, signTime: later, keyTime: later }, get())).toEqual(MISMATCH)
    expect(await verify({ ...signature, signTime: later }, get())).toEqual(MISMATCH)
  })
})

describe('verifyCos() covers what the signature claims', () => {
  test('verifyCos() refuses a listed header that the request does not have', async () => {
    const request = get({
      headers: [
        ['host', host],
        ['range', 'bytes=0-1'],
      ],
    })
    expect(await verify(await signed(request), get())).toEqual(MISMATCH)
  })

  test('verifyCos() refuses a covered parameter that was added a second time', async () => {
    const signature = await signed(get({ query: 'versionId=1' }))
    for (const query of ['versionId=1&versionId=2', 'versionId=2&versionId=1', 'versionId=1&VERSIONID=2']) {
      expect(await verify(signature, get({ query })), query).toEqual(MISMATCH)
    }
  })

  test('verifyCos() refuses when the lists were cut or repeated', async () => {
    const request = get({ query: 'acl&prefix=x' })
    const signature = await signed(request)
    for (const coverage of [
      { headers: [], params: signature.coverage.params },
      { headers: ['host', 'host'], params: signature.coverage.params },
      { headers: ['host'], params: ['prefix'] },
    ]) {
      expect(await verify({ ...signature, coverage }, request)).toEqual(MISMATCH)
    }
  })

  test('verifyCos() distinguishes two keys whose escapes are invalid UTF-8', async () => {
    const signature = await signed(get({ path: '/%ff' }))
    expect(await verify(signature, get({ path: '/%FF' }))).toEqual({ ok: true })
    expect(await verify(signature, get({ path: '/%fe' }))).toEqual(MISMATCH)
  })

  test.each(['/%', '/%zz', '/%f', '/a%', '/%%20', '/%e4%b8', '/\ud800'])(
    'signCos() and verifyCos() do not throw when the path is %j',
    async path => {
      const request = get({ path, query: `a=${path}&${path}` })
      expect(await verify(await signed(request), request)).toEqual({ ok: true })
    },
  )
})

describe('bounds', () => {
  const authorization = (names: number) => {
    const list = Array.from({ length: names }, (_, i) => `p${i}`).join(';')
    return `q-sign-algorithm=sha1&q-ak=a&q-sign-time=1;2&q-key-time=1;2&q-header-list=&q-url-param-list=${list}&q-signature=${'0'.repeat(40)}`
  }

  test('readCosSignature() reads lists up to the bound', () => {
    expect(read(authorization(MAX_LISTED_NAMES)).coverage.params).toHaveLength(MAX_LISTED_NAMES)
    expect(readCosSignature(authorization(MAX_LISTED_NAMES + 1), '')).toEqual({
      type: 'malformed',
      reason: 'bad field',
    })
  })

  test('readCosSignature() does not read a longer Authorization, nor more parameters', () => {
    const tooLong = { type: 'malformed', reason: 'too long' }
    expect(readCosSignature(authorization(1).padEnd(MAX_AUTHORIZATION_LENGTH + 1, 'x'), '')).toEqual(tooLong)
    const filler = (count: number) => 'x=1&'.repeat(count)
    expect(read(null, filler(MAX_QUERY_PARAMS - 7) + authorization(1)).form).toBe('query')
    expect(readCosSignature(null, filler(MAX_QUERY_PARAMS - 6) + authorization(1))).toEqual(tooLong)
  })

  test('verifyCos() refuses a covered query that grew beyond the bound', async () => {
    const signature = await signed(get({ query: 'a=1' }))
    expect(await verify(signature, get({ query: `a=1${'&x=1'.repeat(MAX_QUERY_PARAMS - 1)}` }))).toEqual({
      ok: true,
    })
    expect(await verify(signature, get({ query: `a=1${'&x=1'.repeat(MAX_QUERY_PARAMS)}` }))).toEqual(MISMATCH)
  })

  test('signCos() signs a query beyond the bound without covering it', async () => {
    const request = get({ query: 'x=1&'.repeat(MAX_QUERY_PARAMS + 1) })
    const signature = await signed(request)
    expect(signature.coverage.params).toEqual([])
    expect(await verify(signature, request)).toEqual({ ok: true })
  })
})

describe('readCosSignature() without a valid signature', () => {
  const good = `q-sign-algorithm=sha1&q-ak=a&q-sign-time=1;2&q-key-time=1;2&q-header-list=host&q-url-param-list=&q-signature=${'0'.repeat(40)}`

  test.each([
    [null, ''],
    ['', 'prefix=a'],
    [null, 'sign=abc'],
    [null, 'q-ak=a'],
    [null, 'search=q-sign-algorithm'],
  ])('readCosSignature() returns null for %j with query %j', (authorization, query) => {
    expect(readCosSignature(authorization, query)).toBeNull()
    expect(withoutCosSignature(query.replace('q-ak=a', ''))).toBe(query.replace('q-ak=a', ''))
  })

  test.each([
    ['Bearer x', '', 'unknown scheme'],
    [good, good, 'two signatures'],
    [null, `${good}&sign=${encodeURIComponent(good)}`, 'missing or repeated field'],
    [null, `sign=${encodeURIComponent(good)}&sign=${encodeURIComponent(good)}`, 'two signatures'],
    [`${good}&q-ak=b`, '', 'missing or repeated field'],
    [good.replace('&q-key-time=1;2', ''), '', 'missing or repeated field'],
    [good.replace('sha1', 'md5'), '', 'bad field'],
    [good.replace('q-ak=a', 'q-ak='), '', 'bad field'],
    [good.replace('q-sign-time=1;2', 'q-sign-time=2;1'), '', 'bad field'],
    [good.replace('q-key-time=1;2', 'q-key-time=1'), '', 'bad field'],
    [good.replace('q-key-time=1;2', 'q-key-time=1;9999999999999'), '', 'bad field'],
    [good.replace(/0{40}/, '0'.repeat(39)), '', 'bad field'],
    [good.replace(/0{40}/, 'A'.repeat(40)), '', 'bad field'],
    [null, good.replace('q-ak=a', 'q-ak=%ff'), 'bad field'],
  ])('readCosSignature() calls %j with query %j malformed', (authorization, query, reason) => {
    expect(readCosSignature(authorization, query)).toEqual({ type: 'malformed', reason })
  })
})
