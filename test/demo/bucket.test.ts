import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { globalAgent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import COS from 'cos-nodejs-sdk-v5'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const BUCKET = { Bucket: 'demo-1250000000', Region: 'ap-beijing' }
const CORS_XML =
  '<CORSConfiguration>\n<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>\n</CORSConfiguration>'

const settings = await readFile(new URL('demo/wrangler.toml', root), 'utf8')
const setting = (name: string) => new RegExp(`^${name} = "(.+)"$`, 'm').exec(settings)?.[1] ?? ''
const KEY = { SecretId: setting('DEMO_SECRET_ID'), SecretKey: setting('DEMO_SECRET_KEY') }

const running: Miniflare[] = []
let script = ''
let host = ''
let cos: COS

/** The demo bucket over loopback, empty, with the variables of demo/wrangler.toml. */
const start = async (variables: Record<string, string> = {}): Promise<string> => {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: 'ESModule', path: 'index.js', contents: script }],
      compatibilityDate: setting('compatibility_date'),
      host: '127.0.0.1',
      port: 0,
      r2Buckets: { OBJECTS: 'demo' },
      bindings: { DEMO_SECRET_ID: KEY.SecretId, DEMO_SECRET_KEY: KEY.SecretKey, ...variables },
    }),
  )
  running.push(miniflare)
  return (await miniflare.ready).host
}

const client = (options: COS.COSOptions = {}) =>
  new COS({ ...KEY, Domain: host, Protocol: 'http:', AutoSwitchHost: false, KeepAlive: false, ...options })

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

/** A request as it stands, without what fetch would add or decode. */
const send = (
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
  to = host,
): Promise<Answer> =>
  new Promise((done, fail) => {
    const [hostname, port] = to.split(':')
    httpRequest({ method, path, headers, hostname, port: Number(port), agent: false }, response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('error', fail)
      response.on('end', () =>
        done({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
      .on('error', fail)
      .end(body)
  })

const signedHeaders = (
  Method: 'GET' | 'PUT' | 'POST' | 'DELETE',
  Pathname: string,
  Query: Record<string, string> = {},
  to = host,
) => ({
  Authorization: COS.getAuthorization({ ...KEY, Method, Pathname, Query, Headers: { Host: to } } as never),
})

const codeOf = (answer: Answer) => /<Code>(\w+)<\/Code>/.exec(answer.body.toString())?.[1]
const md5 = (body: string | Buffer) => createHash('md5').update(body).digest('hex')
const put = (Key: string, Body: string | Buffer = Key, more: object = {}) =>
  cos.putObject({ ...BUCKET, Key, Body, ...more })

beforeAll(async () => {
  const built = await build({
    entryPoints: [fileURLToPath(new URL('demo/bucket/index.ts', root))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
  })
  script = built.outputFiles[0]?.text ?? ''
  host = await start()
  cos = client()
})

afterAll(async () => {
  // The SDK's idle connections would hold up the end of the server for seconds.
  globalAgent.destroy()
  await Promise.all(running.map(miniflare => miniflare.dispose()))
})

describe('objects', () => {
  test.each(['plain.txt', 'a b/c d.txt', 'ünïcödé/漢字 😀.txt', '1+1=2', 'a//b', 'a%20b%2F', `!'()*~&=?#;@`])(
    'the official SDK puts, reads and deletes %j',
    async Key => {
      const body = `content of ${Key}`
      expect((await put(Key, body)).ETag).toBe(`"${md5(body)}"`)
      const got = await cos.getObject({ ...BUCKET, Key })
      expect(got.Body.toString()).toBe(body)
      expect((await cos.headObject({ ...BUCKET, Key })).headers?.['content-length']).toBe(
        String(body.length ? Buffer.byteLength(body) : 0),
      )
      expect((await cos.deleteObject({ ...BUCKET, Key })).statusCode).toBe(204)
      await expect(cos.getObject({ ...BUCKET, Key })).rejects.toMatchObject({
        code: 'NoSuchKey',
        statusCode: 404,
      })
    },
  )

  test('GET gives metadata and headers as they were put, and bytes that stay encoded', async () => {
    const body = gzipSync('hello hello hello')
    await put('meta', body, {
      ContentType: 'text/plain; charset=utf-8',
      CacheControl: 'max-age=60',
      ContentDisposition: 'attachment; filename="x.txt"',
      ContentEncoding: 'gzip',
      Expires: 'Thu, 01 Dec 2033 16:00:00 GMT',
      ACL: 'public-read',
      'x-cos-meta-author': 'Ada L.',
    })
    const answer = await send('GET', '/meta')
    expect(answer.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'max-age=60',
      'content-disposition': 'attachment; filename="x.txt"',
      'content-encoding': 'gzip',
      expires: 'Thu, 01 Dec 2033 16:00:00 GMT',
      'x-cos-meta-author': 'Ada L.',
      'content-length': String(body.length),
      etag: `"${md5(body)}"`,
      'accept-ranges': 'bytes',
    })
    expect(answer.body).toEqual(body)
    expect(answer.headers).not.toHaveProperty('x-cos-acl')
  })

  test('an empty object has a type, a length and no range', async () => {
    await put('empty', '')
    const answer = await send('GET', '/empty')
    expect(answer).toMatchObject({ status: 200, headers: { 'content-length': '0' } })
    expect(answer.headers['content-type']).toBe('application/octet-stream')
    expect((await send('GET', '/empty', { Range: 'bytes=0-' })).status).toBe(416)
  })

  test.each([
    ['bytes=0-2', 206, 'bytes 0-2/10', '012'],
    ['bytes=7-', 206, 'bytes 7-9/10', '789'],
    ['bytes=7-99', 206, 'bytes 7-9/10', '789'],
    ['bytes=-3', 206, 'bytes 7-9/10', '789'],
    ['bytes=-99', 206, 'bytes 0-9/10', '0123456789'],
    ['bytes=10-', 416, 'bytes */10', null],
    ['bytes=-0', 416, 'bytes */10', null],
    ['bytes=3-2', 200, undefined, '0123456789'],
    ['bytes=0-1,3-4', 200, undefined, '0123456789'],
    ['lines=0-1', 200, undefined, '0123456789'],
  ])('GET with Range %s answers %i', async (Range, status, contentRange, body) => {
    await put('digits', '0123456789')
    for (const method of ['GET', 'HEAD']) {
      const answer = await send(method, '/digits', { Range })
      expect(answer.status).toBe(status)
      expect(answer.headers['content-range']).toBe(contentRange)
      if (body !== null) expect(answer.headers['content-length']).toBe(String(body.length))
      if (body !== null && method === 'GET') expect(answer.body.toString()).toBe(body)
    }
  })

  test('conditions are honoured in the order of RFC 9110', async () => {
    await put('conditions', 'x')
    const { etag = '', 'last-modified': modified = '' } = (await send('HEAD', '/conditions')).headers
    const old = 'Thu, 01 Jan 2015 00:00:00 GMT'
    const cases: [Record<string, string>, number][] = [
      [{ 'If-Match': etag }, 200],
      [{ 'If-Match': '*' }, 200],
      [{ 'If-Match': '"other"' }, 412],
      [{ 'If-Match': etag, 'If-Unmodified-Since': old }, 200],
      [{ 'If-Unmodified-Since': old }, 412],
      [{ 'If-Unmodified-Since': modified }, 200],
      [{ 'If-None-Match': etag }, 304],
      [{ 'If-None-Match': `"other", W/${etag}` }, 304],
      [{ 'If-None-Match': '"other"', 'If-Modified-Since': modified }, 200],
      [{ 'If-Modified-Since': modified }, 304],
      [{ 'If-Modified-Since': old }, 200],
      [{ 'If-Modified-Since': 'yesterday' }, 200],
      [{ 'If-Match': etag, 'If-None-Match': etag }, 304],
      [{ Range: 'bytes=0-0', 'If-Range': etag }, 206],
      [{ Range: 'bytes=0-0', 'If-Range': '"other"' }, 200],
    ]
    for (const [headers, status] of cases) {
      expect((await send('GET', '/conditions', headers)).status, JSON.stringify(headers)).toBe(status)
    }
  })

  test('PUT checks Content-MD5 and needs a Content-Length', async () => {
    const authorization = signedHeaders('PUT', '/checked')
    const send5 = (md5: string) =>
      send('PUT', '/checked', { ...authorization, 'Content-MD5': md5, 'Content-Length': '1' }, 'x')
    expect(codeOf(await send5(Buffer.from(md5('y'), 'hex').toString('base64')))).toBe('BadDigest')
    expect(codeOf(await send5('nonsense'))).toBe('InvalidDigest')
    expect((await send('GET', '/checked')).status).toBe(404)
    expect((await send5(Buffer.from(md5('x'), 'hex').toString('base64'))).status).toBe(200)
    const chunked = await send('PUT', '/checked', { ...authorization, 'Transfer-Encoding': 'chunked' }, 'x')
    expect([chunked.status, codeOf(chunked)]).toEqual([411, 'MissingContentLength'])
  })

  test('PUT refuses more metadata than COS keeps, and a key too long', async () => {
    await expect(put('m', 'x', { 'x-cos-meta-a': 'v'.repeat(2048) })).rejects.toMatchObject({
      code: 'MetadataTooLarge',
    })
    await expect(put('k'.repeat(1100))).rejects.toMatchObject({ code: 'KeyTooLong' })
  })
})

describe('multipart uploads', () => {
  const MB = 1024 * 1024
  const Key = 'multi part+.bin'
  const chunks = [Buffer.alloc(MB, 'a'), Buffer.alloc(MB + 1, 'b'), Buffer.from('end')]

  const begin = async () => {
    const { UploadId } = await cos.multipartInit({
      ...BUCKET,
      Key,
      ContentType: 'text/x-parts',
      'x-cos-meta-a': '1',
    })
    return UploadId
  }
  const uploadPart = async (UploadId: string, PartNumber: number, Body: Buffer) => {
    const { ETag } = await cos.multipartUpload({ ...BUCKET, Key, UploadId, PartNumber, Body })
    return { PartNumber, ETag }
  }
  const finish = (UploadId: string, Parts: COS.Part[]) =>
    cos.multipartComplete({ ...BUCKET, Key, UploadId, Parts })

  test('three parts of different sizes, put in any order, become one object with its metadata', async () => {
    const UploadId = await begin()
    const parts: COS.Part[] = []
    for (const number of [3, 1, 2])
      parts.push(await uploadPart(UploadId, number, chunks[number - 1] ?? Buffer.of()))
    parts.sort((a, b) => Number(a.PartNumber) - Number(b.PartNumber))
    const listed = await cos.multipartListPart({ ...BUCKET, Key, UploadId, MaxParts: 2 })
    expect(listed).toMatchObject({ IsTruncated: 'true', NextPartNumberMarker: '2' })
    expect(listed.Part.map(part => [part.PartNumber, part.Size])).toEqual([
      ['1', String(MB)],
      ['2', String(MB + 1)],
    ])
    const uploads = await cos.multipartList({ ...BUCKET, Prefix: 'multi', Delimiter: '' })
    expect(uploads.Upload).toMatchObject([{ Key, UploadId }])

    const whole = Buffer.concat(chunks)
    const digests = Buffer.concat(chunks.map(chunk => createHash('md5').update(chunk).digest()))
    const done = await finish(UploadId, parts)
    expect(done.ETag).toBe(`"${md5(digests)}-3"`)
    const got = await cos.getObject({ ...BUCKET, Key })
    expect(md5(got.Body)).toBe(md5(whole))
    expect(got.headers).toMatchObject({
      etag: done.ETag,
      'content-type': 'text/x-parts',
      'x-cos-meta-a': '1',
    })
    expect((await cos.getBucket({ ...BUCKET, Prefix: Key })).Contents).toMatchObject([{ ETag: done.ETag }])
    expect((await send('GET', '/multi%20part%2B.bin', { 'If-None-Match': done.ETag })).status).toBe(304)
    await expect(finish(UploadId, parts)).rejects.toMatchObject({ code: 'NoSuchUpload' })
  })

  test('completing refuses wrong, missing, misordered and small parts, and the upload stays', async () => {
    const UploadId = await begin()
    const one = await uploadPart(UploadId, 1, Buffer.from('small'))
    const two = await uploadPart(UploadId, 2, Buffer.from('last'))
    await expect(finish(UploadId, [{ ...one, ETag: two.ETag }])).rejects.toMatchObject({
      code: 'InvalidPart',
    })
    await expect(finish(UploadId, [{ ...one, PartNumber: 7 }])).rejects.toMatchObject({ code: 'InvalidPart' })
    await expect(finish(UploadId, [two, one])).rejects.toMatchObject({ code: 'InvalidPartOrder' })
    await expect(finish(UploadId, [one, two])).rejects.toMatchObject({ code: 'EntityTooSmall' })
    await expect(finish(UploadId, [])).rejects.toMatchObject({ code: 'MalformedXML' })
    expect((await cos.multipartListPart({ ...BUCKET, Key, UploadId })).Part).toHaveLength(2)
  })

  test('aborting deletes upload and parts', async () => {
    const UploadId = await begin()
    await uploadPart(UploadId, 1, Buffer.from('x'))
    expect((await cos.multipartAbort({ ...BUCKET, Key, UploadId })).statusCode).toBe(204)
    expect((await cos.multipartList({ ...BUCKET, Prefix: '', Delimiter: '' })).Upload).not.toContainEqual(
      expect.objectContaining({ UploadId }),
    )
    await expect(uploadPart(UploadId, 2, Buffer.from('x'))).rejects.toMatchObject({ code: 'NoSuchUpload' })
    await expect(cos.multipartAbort({ ...BUCKET, Key, UploadId: 'nonsense' })).rejects.toMatchObject({
      code: 'NoSuchUpload',
    })
  })

  test('the list of uploads pages', async () => {
    const started = [await begin(), await begin(), await begin()]
    const seen: string[] = []
    let more = { KeyMarker: '', UploadIdMarker: '' }
    for (let pages = 0; pages < 20; pages++) {
      const page = await cos.multipartList({
        ...BUCKET,
        Prefix: 'multi',
        Delimiter: '',
        MaxUploads: 1,
        ...more,
      })
      seen.push(...page.Upload.map(upload => upload.UploadId))
      if (page.IsTruncated !== 'true') break
      more = { KeyMarker: page.NextKeyMarker ?? '', UploadIdMarker: page.NextUploadIdMarker ?? '' }
    }
    expect(seen).toEqual(expect.arrayContaining(started))
    expect(new Set(seen).size).toBe(seen.length)
  })

  test("an upload belongs to its key and doesn't show in the list of objects", async () => {
    const UploadId = await begin()
    await expect(cos.multipartListPart({ ...BUCKET, Key: 'other', UploadId })).rejects.toMatchObject({
      code: 'NoSuchUpload',
    })
    const keys = (await cos.getBucket(BUCKET)).Contents.map(object => object.Key)
    expect(keys.some(key => key.includes(UploadId))).toBe(false)
  })

  test("the SDK's own sliced upload works with COS's smallest parts", async () => {
    const Body = Buffer.concat([...chunks, ...chunks])
    const directory = await mkdtemp(join(tmpdir(), 'sliced-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    await writeFile(join(directory, 'file'), Body)
    await cos.sliceUploadFile({
      ...BUCKET,
      Key: 'sliced',
      FilePath: join(directory, 'file'),
      ChunkSize: MB,
    })
    expect(md5((await cos.getObject({ ...BUCKET, Key: 'sliced' })).Body)).toBe(md5(Body))
  })
})

describe('listing', () => {
  test.each([1, 2])(
    'the list pages by %i through keys and groups with delimiter and marker',
    async MaxKeys => {
      const keys = ['l/', 'l/1', 'l/a/1', 'l/a/2', 'l/b', 'l/c & <d>/1', 'l/é 1', 'l/é 2']
      for (const key of keys) await put(key)
      const seen: string[] = []
      let Marker: string | undefined = ''
      for (let pages = 0; Marker !== undefined && pages < 20; pages++) {
        const page: COS.GetBucketResult = await cos.getBucket({
          ...BUCKET,
          Prefix: 'l/',
          Delimiter: '/',
          MaxKeys,
          Marker,
        })
        expect(page.Contents.length + page.CommonPrefixes.length).toBeLessThanOrEqual(MaxKeys)
        seen.push(
          ...page.Contents.map(object => object.Key),
          ...page.CommonPrefixes.map(group => group.Prefix),
        )
        Marker = page.IsTruncated === 'true' ? page.NextMarker : undefined
      }
      expect(seen.sort()).toEqual(['l/', 'l/1', 'l/a/', 'l/b', 'l/c & <d>/', 'l/é 1', 'l/é 2'])
      const encoded = await cos.getBucket({ ...BUCKET, Prefix: 'l/é', EncodingType: 'url' })
      expect(encoded.Contents.map(object => object.Key)).toEqual(['l%2F%C3%A9%201', 'l%2F%C3%A9%202'])
      expect(await cos.getBucket({ ...BUCKET, Prefix: 'l/b' })).toMatchObject({
        Name: BUCKET.Bucket,
        IsTruncated: 'false',
        Contents: [{ Key: 'l/b', Size: '3', ETag: `"${md5('l/b')}"` }],
      })
    },
  )

  test('DELETE Multiple Objects deletes them, Content-MD5 checked', async () => {
    await put('d/1 &')
    await put('d/2')
    const result = await cos.deleteMultipleObject({ ...BUCKET, Objects: [{ Key: 'd/1 &' }, { Key: 'd/2' }] })
    expect(result.Deleted).toEqual([{ Key: 'd/1 &' }, { Key: 'd/2' }])
    expect((await cos.getBucket({ ...BUCKET, Prefix: 'd/' })).Contents).toEqual([])
  })
})

describe('?cors', () => {
  const cors = (method: 'GET' | 'PUT' | 'DELETE', body = '', headers = {}) =>
    send(method, '/?cors', { ...signedHeaders(method, '/', { cors: '' }), ...headers }, body)

  test('the official SDK puts, reads and deletes the rules', async () => {
    const rule = {
      AllowedOrigin: ['https://example.com'],
      AllowedMethod: ['GET', 'PUT'],
      AllowedHeader: ['*'],
      ExposeHeader: ['ETag'],
      MaxAgeSeconds: 600,
    }
    expect(await cos.putBucketCors({ ...BUCKET, CORSRules: [rule] })).toMatchObject({ statusCode: 200 })
    const { CORSRules } = await cos.getBucketCors(BUCKET)
    expect(CORSRules).toMatchObject([{ AllowedOrigins: ['https://example.com'], MaxAgeSeconds: '600' }])
    expect((await cos.deleteBucketCors(BUCKET)).statusCode).toBe(204)
    expect(await cos.getBucketCors(BUCKET)).toMatchObject({ CORSRules: [], statusCode: 404 })
  })

  test('the document comes back byte for byte, and is no object', async () => {
    expect((await cors('PUT', CORS_XML)).status).toBe(200)
    const answer = await cors('GET')
    expect(answer.body.toString()).toBe(CORS_XML)
    expect(answer.headers['content-type']).toBe('application/xml')
    expect((await send('GET', '/config/cors')).status).toBe(404)
    expect((await cors('DELETE')).status).toBe(204)
    expect(codeOf(await cors('GET'))).toBe('NoSuchCORSConfiguration')
  })

  test('a document that is wrong, too large or damaged on the way is refused, and the old one stays', async () => {
    await cors('PUT', CORS_XML)
    for (const document of [
      '',
      '<CORSConfiguration>',
      '<CORSConfiguration/>',
      CORS_XML.replace('GET', 'get'),
    ]) {
      expect(codeOf(await cors('PUT', document)), document).toBe('MalformedXML')
    }
    expect(codeOf(await cors('PUT', CORS_XML, { 'Content-MD5': 'x' }))).toBe('InvalidDigest')
    expect(codeOf(await cors('PUT', CORS_XML, { 'Content-MD5': `${'A'.repeat(22)}==` }))).toBe('BadDigest')
    expect(codeOf(await cors('PUT', CORS_XML.padEnd(64 * 1024 + 1)))).toBe('EntityTooLarge')
    expect((await cors('GET')).body.toString()).toBe(CORS_XML)
  })

  test('preflights are answered by the rules that were put, and refused without any', async () => {
    const preflight = (method: string) =>
      send('OPTIONS', '/k', { Origin: 'https://example.com', 'Access-Control-Request-Method': method })
    await cors('PUT', CORS_XML)
    const allowed = await preflight('GET')
    expect([allowed.status, allowed.headers['access-control-allow-origin']]).toEqual([200, '*'])
    expect((await preflight('PUT')).status).toBe(403)
    expect((await send('OPTIONS', '/k', { Origin: 'https://example.com' })).status).toBe(400)
    await cors('DELETE')
    const refused = await preflight('GET')
    expect([refused.status, codeOf(refused)]).toEqual([403, 'AccessForbidden'])
  })
})

describe('access', () => {
  const expectRefused = async (answer: Promise<unknown>, code: string) =>
    expect(answer).rejects.toMatchObject({ statusCode: 403, code })

  test('anyone reads objects and their list; only the key’s owner writes or sees the rest', async () => {
    await put('public.txt', 'hello')
    expect((await send('GET', '/public.txt')).body.toString()).toBe('hello')
    expect((await send('HEAD', '/')).status).toBe(200)
    expect((await send('GET', '/?prefix=public')).body.toString()).toContain('<Key>public.txt</Key>')
    for (const [method, path] of [
      ['PUT', '/public.txt'],
      ['DELETE', '/public.txt'],
      ['POST', '/public.txt?uploads'],
      ['POST', '/?delete'],
      ['GET', '/?uploads'],
      ['GET', '/?cors'],
      ['PUT', '/?cors'],
      ['DELETE', '/?cors'],
      ['GET', '/?acl'],
    ] as const) {
      const answer = await send(method, path, { 'Content-Length': '0' })
      expect([answer.status, codeOf(answer)], `${method} ${path}`).toEqual([403, 'AccessDenied'])
    }
    expect((await send('GET', '/public.txt')).body.toString()).toBe('hello')
  })

  test('PRIVATE=on refuses anonymous reads and serves signed ones', async () => {
    const privateHost = await start({ PRIVATE: 'on' })
    const owner = client({ Domain: privateHost })
    await owner.putObject({ ...BUCKET, Key: 'secret', Body: 's' })
    for (const [method, path] of [
      ['GET', '/secret'],
      ['HEAD', '/secret'],
      ['GET', '/'],
      ['GET', '/nothing'],
    ] as const) {
      expect((await send(method, path, {}, '', privateHost)).status, `${method} ${path}`).toBe(403)
    }
    expect((await owner.getObject({ ...BUCKET, Key: 'secret' })).Body.toString()).toBe('s')
  })

  test('a wrong secret, an unknown id and an unreadable Authorization are refused, for reads too', async () => {
    await put('k')
    const wrong = client({ SecretKey: 'wrong' })
    await expectRefused(wrong.getObject({ ...BUCKET, Key: 'k' }), 'SignatureDoesNotMatch')
    await expectRefused(wrong.putObject({ ...BUCKET, Key: 'k', Body: 'x' }), 'SignatureDoesNotMatch')
    await expectRefused(
      client({ SecretId: 'AKIDother' }).getObject({ ...BUCKET, Key: 'k' }),
      'InvalidAccessKeyId',
    )
    expect(codeOf(await send('GET', '/k', { Authorization: 'Bearer x' }))).toBe('AccessDenied')
  })

  test('a signature that was made for another host is refused: behind a proxy that changes Host it breaks', async () => {
    await put('k')
    const elsewhere = signedHeaders('GET', '/k', {}, 'edge.example')
    expect(codeOf(await send('GET', '/k', elsewhere))).toBe('SignatureDoesNotMatch')
    expect((await send('GET', '/k', { ...elsewhere, Host: 'edge.example' })).status).toBe(200)
  })

  test('presigned URLs work, override headers, and fail once changed', async () => {
    await put('pre signed+/ü.txt', 'p')
    const url = new URL(
      cos.getObjectUrl({
        ...BUCKET,
        Key: 'pre signed+/ü.txt',
        Sign: true,
        Query: { 'response-content-type': 'text/html', 'response-cache-control': 'no-store' },
      }),
    )
    const answer = await send('GET', url.pathname + url.search)
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/html', 'cache-control': 'no-store' },
    })
    expect(answer.body.toString()).toBe('p')
    for (const changed of [
      `${url.pathname}x${url.search}`,
      url.pathname + url.search.replace('text%2Fhtml', 'text%2Fxml'),
      `${url.pathname}${url.search}&response-content-type=text/xml`,
    ]) {
      expect(codeOf(await send('GET', changed)), changed).toBe('SignatureDoesNotMatch')
    }
    expect((await send('PUT', url.pathname + url.search, { 'Content-Length': '0' })).status).toBe(403)
    const anonymous = await send('GET', `${url.pathname}?response-content-type=text/html`)
    expect(anonymous.headers['content-type']).toBe('application/octet-stream')
  })

  test.each([
    ['slow', -3_600_000],
    ['fast', 3_600_000],
  ])('an SDK whose clock is an hour %s gets an error and sets its clock', async (_, SystemClockOffset) => {
    await put('clock', 'tick')
    const expired = client({ SystemClockOffset, CorrectClockSkew: false })
    await expect(expired.getObject({ ...BUCKET, Key: 'clock' })).rejects.toMatchObject({ statusCode: 403 })
    const correcting = client({ SystemClockOffset })
    expect((await correcting.getObject({ ...BUCKET, Key: 'clock' })).Body.toString()).toBe('tick')
  })
})

describe('answers', () => {
  test('errors are COS documents with ids; HEAD has none', async () => {
    const answer = await send('GET', '/no%20such&key')
    const { 'x-cos-request-id': requestId, 'x-cos-trace-id': traceId } = answer.headers
    expect(answer.body.toString()).toBe(
      `<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>NoSuchKey</Code>\n\t<Message>The specified key does not exist.</Message>\n\t<Resource>${host}/no%20such&amp;key</Resource>\n\t<RequestId>${requestId}</RequestId>\n\t<TraceId>${traceId}</TraceId>\n</Error>`,
    )
    const head = await send('HEAD', '/no%20such')
    expect([head.status, head.body.length]).toEqual([404, 0])
  })

  test('every answer has its own request id and no CORS header', async () => {
    await put('k')
    const answers = [
      await send('GET', '/k', { Origin: 'https://example.com' }),
      await send('GET', '/', { Origin: 'https://example.com' }),
      await send('GET', '/k', { Origin: 'https://example.com', 'If-Match': '"x"' }),
      await send('DELETE', '/k', { Origin: 'https://example.com' }),
      await send('OPTIONS', '/k', {
        Origin: 'https://example.com',
        'Access-Control-Request-Method': 'PATCH',
      }),
    ]
    expect(answers.map(answer => answer.status)).toEqual([200, 200, 412, 403, 403])
    expect(codeOf(answers[4] as Answer)).toBe('AccessForbidden')
    const ids = answers.map(answer => answer.headers['x-cos-request-id'])
    expect(new Set(ids).size).toBe(ids.length)
    for (const { headers } of answers) {
      expect(Object.keys(headers).filter(name => name.startsWith('access-control-'))).toEqual([])
    }
  })

  test('what the bucket does not have is refused, never answered as something else', async () => {
    const signed = async (method: 'GET' | 'PUT' | 'POST', path: string, query = {}) =>
      codeOf(
        await send(method, path, {
          ...signedHeaders(method, path.split('?')[0] ?? '', query),
          'Content-Length': '0',
        }),
      )
    expect(await signed('GET', '/?acl')).toBe('NotImplemented')
    expect(await signed('PUT', '/?lifecycle')).toBe('NotImplemented')
    expect(await signed('GET', '/k?tagging')).toBe('NotImplemented')
    expect(await signed('POST', '/k')).toBe('MethodNotAllowed')
    expect(await signed('PUT', '/')).toBe('MethodNotAllowed')
    await expect(put('copy', 'x', { 'x-cos-copy-source': 'a/b' })).rejects.toMatchObject({
      code: 'NotImplemented',
    })
    expect(codeOf(await send('GET', '/%ff'))).toBe('InvalidURI')
    expect(codeOf(await send('GET', '/?max-keys=-1'))).toBe('InvalidArgument')
  })
})
