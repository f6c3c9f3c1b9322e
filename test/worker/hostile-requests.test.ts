/**
 * Generated hostile requests through the built Worker: methods, targets, hosts, headers of all vendors, bodies. The
 * bucket answers 200 to anything and repeats the credentials that reached it. `npm run test:deep` sends many more.
 */

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runs } from '../model/runs.ts'
import { Edge, RecordingBucket } from './harness.ts'
import { Connection } from './wire.ts'

/** Stands in place of every credential that a client sends. */
const MARK = 'client-credential'
const EDGE_SECRETS = ['secret-of-the-edge', 'secret-of-another-key']
const RULES =
  '[{"AllowedOrigins":["https://app.example"],"AllowedMethods":["GET","PUT"],"AllowedHeaders":["*"]}]'
const KEYS = {
  SECRET_ID: 'AKIDedge',
  SECRET_KEY: EDGE_SECRETS[0] ?? '',
  KEYS: JSON.stringify({ AKIDother: EDGE_SECRETS[1] }),
}

interface HostileRequest {
  readonly edge: EdgeName
  readonly method: string
  readonly target: string
  readonly host: string
  readonly headers: readonly string[]
  readonly body: string
}

const EDGES = ['byUrl', 'byRoute', 'mounted'] as const
type EdgeName = (typeof EDGES)[number]

const some = (...values: string[]) => fc.constantFrom(...values)
/** Runtimes and proxies read some of these as another text. */
const odd = some(
  '%00',
  '%2F',
  '%5c',
  '\\',
  '%2e%2e',
  '..',
  '//',
  '%',
  '%zz',
  '+',
  '"',
  '<',
  '{',
  '\xff',
  '|',
  '\t',
  '@',
)

const path = fc
  .array(fc.oneof(some('k', 'files', 'a/b.html', 'index.js', 'service-worker.js', 'bucket'), odd), {
    maxLength: 4,
  })
  .map(parts => `/${parts.join('/')}`)
const parameter = fc.oneof(
  some('cors', 'cors=', 'c%6Frs', 'acl', 'uploads', 'uploadId=1', 'delete', 'versionId=1', 'v=1', 'prefix=a'),
  some(
    'imageMogr2/thumbnail/1x',
    'imageMogr2/saveas/a',
    'x-image-save-object=a',
    'response-content-type=text/html',
  ),
  some(
    ...['q-sign-algorithm=sha1&q-ak=AKIDother&q-signature', 'sign', 'sig', 'Signature', 'X-Amz-Signature'],
    ...[
      'x-cos-security-token',
      'X-Amz-Security-Token',
      'x-amz-credential',
      'OSSAccessKeyId=a&Signature',
      'token',
    ],
    ...[
      'authorization',
      'access_token',
      'auth_key',
      '_upt',
      'X-Tos-Signature',
      'X-Goog-Signature',
      'jwt',
      'key',
    ],
  ).map(name => `${name}=${MARK}`),
  odd,
)
const target = fc
  .tuple(
    some('', '', '', 'http://edge.example', 'https://other.example:8443', 'http://x@edge.example'),
    path,
    fc.array(parameter, { maxLength: 3 }),
  )
  .map(([origin, path, query]) => `${origin}${path}${query.length === 0 ? '' : `?${query.join('&')}`}`)
const credential = some(
  ...[
    'Authorization: Bearer',
    'Authorization: q-sign-algorithm=sha1&q-ak=AKIDedge&q-signature=',
    'Cookie: id=',
  ],
  ...['Authorization: AWS4-HMAC-SHA256 Credential=AKIDother/20260101/auto/s3/aws4_request, Signature='],
  ...[
    'X-Auth-Token:',
    'X-Api-Key:',
    'Private-Token:',
    'DPoP:',
    'X-Amz-Security-Token:',
    'x-cos-security-token:',
  ],
  ...[
    'x-cos-server-side-encryption-customer-key:',
    'x-tos-security-token:',
    'x-ms-copy-source-authorization:',
  ],
  ...[
    'x-oss-security-token:',
    'x-goog-iam-authorization-token:',
    'x-obs-security-token:',
    'Proxy-Authorization:',
  ],
  ...[
    'X-Custom:',
    'X-Forwarded-Authorization:',
    'Origin: https://app.example/?',
    'Referer: https://a.example/?k=',
  ],
).map(name => `${name} ${MARK}`)
const header = fc.oneof(
  credential,
  some(
    ...[
      'Origin: https://app.example',
      'Origin: null',
      'Origin: \x01',
      'Sec-Fetch-Mode: no-cors',
      'Range: bytes=0-1',
    ],
    ...['Access-Control-Request-Method: PUT', 'Access-Control-Request-Method: \x7f', 'If-None-Match: *'],
    ...[
      'Access-Control-Request-Headers: a,,,,\t, ,b',
      'Connection: authorization, x-auth-token, host',
      'TE: x',
    ],
    ...['X-HTTP-Method-Override: DELETE', 'X-Original-URL: /?cors', 'X-Forwarded-Host: other.example'],
    ...['Transfer-Encoding: chunked', 'Content-Encoding: gzip', 'Content-MD5: x', 'Expect: 100-continue'],
    ...[
      'x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'Cache-Control: only-if-cached',
      'Upgrade: x',
    ],
    ...[
      'Sec-Fetch-Dest: script',
      'Service-Worker: script',
      'Accept-Encoding: br',
      'Host: second.example',
      'Age: 1',
    ],
  ),
)
const CONFIGURATION =
  '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>'
const request: fc.Arbitrary<HostileRequest> = fc.record({
  edge: fc.constantFrom(...EDGES),
  method: some(
    'GET',
    'GET',
    'GET',
    'HEAD',
    'PUT',
    'POST',
    'DELETE',
    'PATCH',
    'OPTIONS',
    'PROPFIND',
    'get',
    'X',
  ),
  target: fc.oneof({ weight: 4, arbitrary: target }, some('*', '/?cors', '', `/${'k'.repeat(9000)}`)),
  host: some(
    'edge.example',
    'EDGE.example.',
    'own.example:81',
    'broken.example',
    '[::1]',
    'a b',
    '',
    '..',
    'default',
  ),
  headers: fc.array(header, { maxLength: 5 }),
  body: fc.oneof(
    some('', '', MARK, CONFIGURATION, '[]', '5\r\nhello\r\n0\r\n\r\n', 'zz\r\n', '\0'),
    fc.string(),
  ),
})

let bucket: RecordingBucket
let edges: Record<EdgeName, Edge>

beforeAll(async () => {
  bucket = await RecordingBucket.start()
  bucket.answer = ({ method, url, headers }, response) => {
    const body = JSON.stringify([
      method,
      url,
      Object.values(headers).filter(value => String(value).includes(MARK)),
    ])
    response.writeHead(200, { 'content-length': Buffer.byteLength(body), 'cache-control': 'max-age=60' })
    response.end(method === 'HEAD' ? undefined : body)
  }
  const rules = {
    'cors:default': RULES,
    'cors:broken.example': 'no rules',
    'bucket:own.example': '{"signing":"none","cache":"60","unmatched":"forward"}',
    'bucket:broken.example': `{"origin":"https://AKID:${EDGE_SECRETS[0]}@bucket.example"}`,
  }
  const vars = { CACHE: '300', RESIGN: 'on', SYNC: 'write-through', ...KEYS }
  const outbound = new URL(bucket.origin).host
  edges = await Edge.startAll({
    byUrl: { vars: { ...vars, ORIGIN: bucket.origin, SIGNING: 'cos' }, rules },
    byRoute: { vars: { ...vars, ORIGIN: 'route', SIGNING: 's3', DIALECT: 's3' }, rules, outbound },
    mounted: { vars: { ...vars, ORIGIN: bucket.origin, MOUNT: '/files', UNMATCHED: 'forward' }, rules },
  })
})
afterAll(() => Promise.all([edges.byUrl.stop(), bucket.stop()]))

/** Sends bytes that no HTTP library would send, ends its side, and returns all that comes back. */
async function exchange({ edge, method, target, host, headers, body }: HostileRequest): Promise<string> {
  const lengths =
    headers.some(line => line.startsWith('Transfer-Encoding')) || body === ''
      ? []
      : [`Content-Length: ${body.length}`]
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...headers, ...lengths]
  const connection = new Connection(edges[edge].origin)
  connection.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
  connection.socket.end()
  await connection.closed
  return connection.received
}

describe('a hostile request', () => {
  test('is no internal error, reveals no secret, publishes nothing, and leaves nothing for strangers in a cache', async () => {
    const snapshot = () => Promise.all(EDGES.map(async name => [...(await edges[name].allRules())].sort()))
    const before = await snapshot()
    await fc.assert(
      fc.asyncProperty(request, async hostile => {
        edges.byUrl.log.length = 0
        const answer = await exchange(hostile)
        expect(answer).not.toContain('<Code>InternalError</Code>')
        // A stranger asks for the same URL, and has no credential of the client.
        const stranger = await exchange({ ...hostile, method: 'GET', headers: [], body: '' })
        if (!hostile.target.includes(MARK)) expect(stranger).not.toContain(MARK)
        for (const secret of EDGE_SECRETS) expect(answer + stranger).not.toContain(secret)

        const log = (await edges.byUrl.wholeLog()).join('\n')
        for (const secret of [MARK, ...EDGE_SECRETS]) expect(log).not.toContain(secret)
        expect(log).not.toMatch(/signature=[^…"]|"event":"(?:internal-error|rules-published)"/i)
      }),
      runs(200, 20_000),
    )
    expect(await snapshot()).toEqual(before)
    // The bucket was reached, with credentials to repeat.
    expect(bucket.received.some(({ headers }) => JSON.stringify(headers).includes(MARK))).toBe(true)
  })
})
