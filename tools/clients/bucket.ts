/**
 * @module
 * A bucket in memory that answers the S3, COS and OSS calls of the recorded clients. It checks no signature: what a
 * client asks for and reads does not depend on that.
 */

import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface StoredObject {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

type Answer = readonly [status: number, headers: Record<string, string | number>, body: Buffer]

/** Request headers that an object keeps, as S3 keeps them. */
const KEPT = /^(content-type|content-encoding|content-disposition|cache-control|x-(amz|cos|oss)-meta-.+)$/
const XML = { 'content-type': 'application/xml' }

const xml = (name: string, children: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${name}>${children}</${name}>`

export interface MemoryBucket {
  readonly url: string
  put(key: string, body: string | Uint8Array, type?: string): void
  remove(key: string): void
  /** Answers a missing object with 403 from now on, as S3 does to a key without ListBucket; or with 404 again. */
  hideMissing(isHidden: boolean): void
  /** Answers from now on with the headers of this vendor: `x-amz-…`, `x-cos-…` or `x-oss-…`. */
  vendor(prefix: string): void
  close(): void
}

/** Starts an empty bucket on loopback. A key is the whole path of a URL. */
export async function startBucket(): Promise<MemoryBucket> {
  const objects = new Map<string, StoredObject>()
  const uploads = new Map<string, Map<number, Buffer>>()
  let vendor = 'amz'
  let missing: Answer = [404, XML, Buffer.from(xml('Error', '<Code>NoSuchKey</Code>'))]
  const server = createServer((request, response) => {
    answer(request, response, objects, uploads, { vendor, missing }).catch(error => {
      response.writeHead(500, XML).end(xml('Error', `<Code>InternalError</Code><Message>${error}</Message>`))
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    put: (key, body, type = 'application/octet-stream') =>
      objects.set(`/${key}`, { body: Buffer.from(body as Uint8Array), headers: { 'content-type': type } }),
    remove: key => objects.delete(`/${key}`),
    hideMissing: isHidden => {
      const [status, code] = isHidden ? [403, 'AccessDenied'] : [404, 'NoSuchKey']
      missing = [status, XML, Buffer.from(xml('Error', `<Code>${code}</Code>`))]
    },
    vendor: prefix => {
      vendor = prefix
    },
    close: () => server.close().closeAllConnections(),
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  objects: Map<string, StoredObject>,
  uploads: Map<string, Map<number, Buffer>>,
  { vendor, missing }: { readonly vendor: string; readonly missing: Answer },
): Promise<void> {
  const { pathname: key, searchParams: query } = new URL(request.url ?? '/', 'http://bucket')
  const sent = await bodyOf(request)
  const uploadId = query.get('uploadId')
  // So that a client shows what it adds when it sends a request again.
  if (key.endsWith('/flaky.txt') && request.method === 'PUT' && !objects.has(key)) {
    objects.set(key, { body: Buffer.alloc(0), headers: {} })
    return void response.writeHead(500, XML).end(xml('Error', '<Code>InternalError</Code>'))
  }
  const end = (status: number, headers: Record<string, string | number>, body: string | Buffer = '') =>
    response
      .writeHead(status, { ...identified(vendor), ...headers, 'content-length': Buffer.byteLength(body) })
      .end(body)
  const store = (body: Buffer): string => {
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => KEPT.test(name)),
    ) as Record<string, string>
    const encoding = headers['content-encoding']?.replace(/,?\s*aws-chunked/, '')
    objects.set(key, { body, headers: { ...headers, 'content-encoding': encoding ?? '' } })
    return etagOf(body)
  }

  switch (request.method) {
    case 'GET':
    case 'HEAD': {
      if (query.has('location')) return void end(200, XML, xml('LocationConstraint', 'us-east-1'))
      if (query.has('uploads')) return void end(200, XML, xml('ListMultipartUploadsResult', ''))
      if (uploadId !== null) return void end(200, XML, xml('ListPartsResult', partsOf(uploads.get(uploadId))))
      const object = objects.get(key)
      if (object !== undefined) {
        const [status, headers, body] = read(request, object, vendor)
        response.writeHead(status, headers)
        return void response.end(request.method === 'HEAD' ? undefined : body)
      }
      if (
        key.split('/').length <= 3 &&
        (query.has('prefix') || query.has('list-type') || query.has('max-keys'))
      )
        return void end(200, XML, listOf(objects))
      const [status, headers, document] = missing
      return void end(status, headers, request.method === 'HEAD' ? '' : document)
    }
    case 'PUT': {
      const part = Number(query.get('partNumber'))
      if (uploadId !== null && part > 0) {
        uploads.get(uploadId)?.set(part, sent)
        return void end(200, { etag: etagOf(sent), ...checksumsOf(request) })
      }
      return void end(200, { etag: store(sent), ...checksumsOf(request) })
    }
    case 'POST': {
      if (query.has('uploads')) {
        const id = randomUUID()
        uploads.set(id, new Map())
        const name = key.slice(key.lastIndexOf('/') + 1)
        return void end(
          200,
          XML,
          xml(
            'InitiateMultipartUploadResult',
            `<Bucket>demo</Bucket><Key>${name}</Key><UploadId>${id}</UploadId>`,
          ),
        )
      }
      if (query.has('delete')) return void end(200, XML, xml('DeleteResult', ''))
      if (uploadId !== null) {
        const parts = [...(uploads.get(uploadId) ?? [])].sort(([one], [other]) => one - other)
        const etag = store(Buffer.concat(parts.map(([, part]) => part)))
        const children = `<Location>${key}</Location><Bucket>demo</Bucket><Key>${key}</Key><ETag>${etag}</ETag>`
        return void end(200, { ...XML }, xml('CompleteMultipartUploadResult', children))
      }
      return void end(204, { etag: etagOf(sent), location: `http://${request.headers.host}${key}` })
    }
    case 'DELETE':
      objects.delete(key)
      return void end(204, {})
    default:
      return void end(405, XML, xml('Error', '<Code>MethodNotAllowed</Code>'))
  }
}

/** Headers that the real services add to every response. */
const identified = (vendor: string): Record<string, string> => ({
  [`x-${vendor}-request-id`]: randomUUID(),
  [`x-${vendor}-version-id`]: 'v1',
  ...(vendor === 'amz' ? { 'x-amz-id-2': randomUUID() } : { [`x-${vendor}-hash-crc64ecma`]: '1' }),
})

const etagOf = (body: Buffer): string => `"${createHash('md5').update(body).digest('hex')}"`

const checksumsOf = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) => /^x-amz-checksum-(crc|sha)/.test(name)),
  ) as Record<string, string>

const partsOf = (parts: Map<number, Buffer> | undefined): string =>
  [...(parts ?? [])]
    .map(([at, part]) => `<Part><PartNumber>${at}</PartNumber><ETag>${etagOf(part)}</ETag></Part>`)
    .join('')

const listOf = (objects: Map<string, StoredObject>): string =>
  xml(
    'ListBucketResult',
    `<Name>demo</Name><IsTruncated>false</IsTruncated>${[...objects]
      .map(([key, { body }]) => `<Contents><Key>${key.slice(1)}</Key><Size>${body.length}</Size></Contents>`)
      .join('')}`,
  )

/** The body that was meant: chunks of `aws-chunked` without their frames. */
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  const body = Buffer.concat(pieces)
  if (!/aws-chunked/.test(request.headers['content-encoding'] ?? '')) return body
  const chunks: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const lineEnd = body.indexOf('\r\n', at)
    const size = Number.parseInt(body.toString('latin1', at, lineEnd), 16)
    if (!(size > 0)) break
    chunks.push(body.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
  return Buffer.concat(chunks)
}

/** Reads an object: conditions, then one range, as RFC 9110 orders them. */
function read(request: IncomingMessage, { body, headers: kept }: StoredObject, vendor: string): Answer {
  const etag = etagOf(body)
  const { 'if-none-match': noneMatch, 'if-match': match, 'if-range': ifRange, range } = request.headers
  const headers: Record<string, string | number> = {
    ...Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== '')),
    ...identified(vendor),
    etag,
    'last-modified': 'Sun, 01 Nov 2026 00:00:00 GMT',
    'accept-ranges': 'bytes',
    // So that a browser shows every response with its own CORS headers.
    'cache-control': 'no-store',
  }
  const refused = (status: number, code: string, more: Record<string, string> = {}): Answer => [
    status,
    { ...headers, ...more, ...XML },
    Buffer.from(xml('Error', `<Code>${code}</Code>`)),
  ]
  if (match !== undefined && match !== '*' && !match.includes(etag)) return refused(412, 'PreconditionFailed')
  if (noneMatch?.includes(etag)) return [304, headers, Buffer.alloc(0)]
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? []
  if ((first === '' && last === '') || (ifRange !== undefined && ifRange !== etag))
    return [200, { ...headers, 'content-length': body.length }, body]
  const from = first === '' ? Math.max(0, body.length - Number(last)) : Number(first)
  const to = first === '' || last === '' ? body.length - 1 : Math.min(Number(last), body.length - 1)
  if (from > to) return refused(416, 'InvalidRange', { 'content-range': `bytes */${body.length}` })
  const part = body.subarray(from, to + 1)
  const range206 = { 'content-range': `bytes ${from}-${to}/${body.length}`, 'content-length': part.length }
  return [206, { ...headers, ...range206 }, part]
}
