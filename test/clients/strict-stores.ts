/**
 * @module
 * Buckets that check signatures for the Host that a request was sent to: the demo bucket, which speaks COS, and R2
 * behind its S3 API. Before each stands a verifier that shares no code with the edge. It accepts permanent and
 * temporary credentials, the latter with their real token only. Both let pages in, for clients without an edge.
 */

import { createServer, type IncomingHttpHeaders, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AwsV4Signer } from 'aws4fetch'
import { verifyFrames } from '../../tools/chunked-body.ts'
import type { Received } from '../worker/harness.ts'
import { COS_KEY, S3_BUCKET, S3_KEY, startPrivateBuckets } from '../worker/private-buckets.ts'
import { type StoreKey, verifyCosSignature, verifySigV4 } from '../worker/strict-signatures.ts'

/** Base64, with characters that URLs and XML escape. */
const TOKEN = `${Buffer.alloc(300, 0xfb).toString('base64')}==`
/** How long clients ask for. What the edge makes is held to five minutes elsewhere. */
const maxSeconds = 7 * 86_400

/** Temporary credentials that the S3 store accepts beside its permanent key. */
export const TEMPORARY = { id: 'ASIATEMPORARY', secret: 'secret+of/sts', token: TOKEN }
/** The demo bucket knows one key, with or without a token. */
export const TEMPORARY_COS = { id: COS_KEY.SecretId, secret: COS_KEY.SecretKey, token: TOKEN }

export interface StrictStores {
  readonly cos: string
  readonly s3: string
  /** Puts an object into both. */
  put(key: string, body: string): Promise<void>
  stop(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export async function startStrictStores(): Promise<StrictStores> {
  const buckets = await startPrivateBuckets()
  const [cos, s3] = await Promise.all([
    startFront(async request => {
      const token = request.headers['x-cos-security-token'] === undefined ? '' : TOKEN
      const key = { ...TEMPORARY_COS, token, maxSeconds }
      // A presigned URL is left to the demo bucket.
      const verdict = request.headers.authorization === undefined ? 'ok' : verifyCosSignature(request, key)
      return verdict === 'ok' ? pass(buckets.cos, request) : refusal(verdict)
    }),
    startFront(async request => {
      const keys = [{ id: S3_KEY.accessKeyId, secret: S3_KEY.secretAccessKey, token: '' }, TEMPORARY]
      const key = keys.find(({ id }) => idOf(request) === id)
      if (key === undefined) return refusal('no such key')
      const verdict = verifySigV4(request, { ...key, maxSeconds })
      if (verdict !== 'ok') return refusal(verdict)
      const body = payloadOf(request, key)
      return typeof body === 'string' ? refusal(body) : toR2(buckets.s3, { ...request, body })
    }),
  ])
  return {
    cos: cos.origin,
    s3: s3.origin,
    put: buckets.put,
    async stop() {
      cos.close()
      s3.close()
      await buckets.stop()
    },
  }
}

/** Returns the access key ID that a request names, in a header or in a parameter. */
const idOf = ({ headers, url }: Received): string | undefined =>
  /Credential=([^/%]+)/.exec(headers.authorization ?? url)?.[1]

/** Returns the object's bytes, or why a strict S3 would refuse the chunks that they are signed in. */
function payloadOf({ headers, body }: Received, { secret }: StoreKey): Buffer | string {
  const hash = headers['x-amz-content-sha256']
  if (typeof hash !== 'string' || !hash.startsWith('STREAMING-AWS4-')) return body
  const [, region = ''] = /Credential=[^/]+\/\d+\/([^/]+)/.exec(headers.authorization ?? '') ?? []
  const [, seed = ''] = /Signature=(\w+)/.exec(headers.authorization ?? '') ?? []
  const key = { secret, region, date: String(headers['x-amz-date']), seed }
  return verifyFrames(body, key, hash.endsWith('-TRAILER'))
}

const refusal = (verdict: string): Answer => ({
  status: 403,
  headers: { 'content-type': 'application/xml' },
  body: Buffer.from(
    `<Error><Code>SignatureDoesNotMatch</Code><Message>${verdict.replaceAll('&', '&amp;')}</Message></Error>`,
  ),
})

/** Sends a request on as it came, with the Host that it was sent to. */
function pass(to: string, { method, url, headers, body }: Received): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(to)
    const onward = send({ hostname, port, method, path: url, headers, setHost: false }, async response => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk as Buffer)
      resolve({
        status: response.statusCode ?? 502,
        headers: response.headers,
        body: Buffer.concat(chunks),
      })
    })
    onward.on('error', reject)
    onward.end(body)
  })
}

const NO_UPLOADS = '<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>'

/** R2's local API knows one key and no tokens: signs what has been verified for it. */
async function toR2(r2: string, { method, url: target, headers: sent, body }: Received): Promise<Answer> {
  // The pages of the recorder say `demo`.
  const url = new URL(`${r2}${target.replace(/^\/demo(?=[/?]|$)/, `/${S3_BUCKET}`)}`)
  // It never answers this. minio-js asks whether an upload can be continued.
  if (method === 'GET' && url.searchParams.has('uploads'))
    return { status: 200, headers: {}, body: Buffer.from(NO_UPLOADS) }
  for (const name of [...url.searchParams.keys()]) if (/^x-amz-/i.test(name)) url.searchParams.delete(name)
  const kept = Object.entries(sent).filter(([name]) => /^(?:content-type|range|x-amz-meta-.*)$/.test(name))
  const signed = await new AwsV4Signer({
    ...{ ...S3_KEY, service: 's3', region: 'auto', method, url: url.href, allHeaders: true },
    headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
  }).sign()
  const headers = Object.fromEntries(signed.headers)
  const { host, pathname, search } = signed.url
  return pass(signed.url.origin, {
    ...{ method, url: pathname + search, body },
    headers: { ...headers, host, ...(body.length > 0 && { 'content-length': String(body.length) }) },
  })
}

/** Serves `answer` to every origin. */
async function startFront(answer: (request: Received) => Promise<Answer>) {
  const server = createServer({ maxHeaderSize: 256 * 1024 }, async (incoming, response) => {
    const { method = '', url = '', headers } = incoming
    const cors = {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, PUT, POST, DELETE, HEAD',
      'access-control-allow-headers': headers['access-control-request-headers'] ?? '*',
      'access-control-expose-headers': '*',
    }
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    if (method === 'OPTIONS') return void response.writeHead(200, cors).end()
    const {
      status,
      headers: answered,
      body,
    } = await answer({ method, url, headers, body: Buffer.concat(chunks) })
    const length = method === 'HEAD' ? answered['content-length'] : String(body.length)
    const { 'transfer-encoding': _, connection: __, 'content-length': ___, ...rest } = answered
    response
      .writeHead(status, { ...rest, ...cors, ...(length !== undefined && { 'content-length': length }) })
      .end(body)
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, close: () => server.close().closeAllConnections() }
}
