/**
 * @module
 * Signs anonymous reads for a private bucket (SIGNING). Verifies requests that were signed for the edge's own host, and
 * re-signs them for the bucket's host (RESIGN). Every other request goes on unchanged.
 */

import { isSignable, type PublicQuery } from '../public-read.ts'
import { droppedHeaders } from '../request.ts'
import { pathAndQuery } from '../url.ts'
import { coverageOf, type SignableRequest } from './cos-canonical.ts'
import { type CosSignature, readCosSignature, withoutCosSignature } from './cos-signature.ts'
import { carriesCredentials, carriesToken } from './credentials.ts'
import { readS3Signature, type S3Signature } from './s3-signature.ts'
import { signCos, verifyCos } from './sign-cos.ts'
import { CHUNKS_REFUSED, isSignedByChunks, resignS3, type S3Signed, signS3, verifyS3 } from './sign-s3.ts'

/** The settings of a host that concern signatures. */
export interface Signing extends PublicQuery {
  readonly signing: 'none' | 'cos' | 's3'
  /** The region for `s3`; empty: derived from the bucket's host. */
  readonly region: string
  /** The access key ID that SIGNING uses. */
  readonly secretId: string
  readonly resign: boolean
}

/** Signs an upstream request. The body is not touched. */
export type Sign = (upstream: Request) => Promise<Request>

/** Why a signature is refused, with the bucket's own code and message. */
export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
  /** The edge's clock, by which a client can set its own (S3, COS: `ServerTime`). */
  readonly serverTime?: string
}

export type Authorization = { readonly sign: Sign } | { readonly refusal: Refusal } | null

/** The longest validity of a signature by the edge, which is used at once. In seconds. */
const VALID_SECONDS = 300

/**
 * Returns how to sign a request before it is sent, or why it is refused, or null if it goes on unchanged.
 *
 * @param keepsHost true if the bucket gets the request's own Host, so that the client's signature holds
 * @param sentUrl the URL as the client sent it, with the mount
 */
export function authorize(
  request: Request,
  settings: Signing,
  keys: ReadonlyMap<string, string>,
  keepsHost: boolean,
  sentUrl = request.url,
): Authorization | Promise<Authorization> {
  if (settings.signing === 'none' && !settings.resign) return null
  if (carriesCredentials(request))
    return settings.resign && !keepsHost && !carriesToken(request) ? resign(request, keys, sentUrl) : null
  return settings.signing !== 'none' && isSignable(request, settings)
    ? { sign: signer(settings, keys) }
    : null
}

function signer({ signing, region, secretId }: Signing, keys: ReadonlyMap<string, string>): Sign {
  const key = { id: secretId, secret: keys.get(secretId) ?? '' }
  return async upstream => {
    const request = signable(upstream, hostOf(upstream.url))
    if (signing === 's3') return withSignature(upstream, await signS3(request, key, region, Date.now()))
    upstream.headers.set(
      'authorization',
      await signCos(request, key, {
        now: Date.now(),
        validSeconds: VALID_SECONDS,
        signedHeaders: ['host'],
      }),
    )
    return upstream
  }
}

/** Verifies a signature. Returns null if it is unreadable or made with an unknown key: the bucket judges it. */
async function resign(
  request: Request,
  keys: ReadonlyMap<string, string>,
  sentUrl: string,
): Promise<Authorization> {
  const arrived = signable(request, request.headers.get('host') ?? hostOf(request.url))
  const cos = readCosSignature(request.headers.get('authorization'), arrived.query)
  if (cos?.type === 'signature') return resignCosRequest(cos, request, arrived, keys)
  const s3 = readS3Signature(request.headers, arrived.query)
  // SigV4 clients sign the path as they send it; COS clients sign the bucket's path.
  const sent = { ...arrived, path: pathOf(sentUrl) }
  return s3 === null ? null : resignS3Request(s3, request, sent, keys)
}

async function resignCosRequest(
  signature: CosSignature,
  request: Request,
  arrived: SignableRequest,
  keys: ReadonlyMap<string, string>,
): Promise<Authorization> {
  const secret = keys.get(signature.keyId)
  // Without the host (ForceSignHost: false) the signature is valid for any host, the bucket's too.
  if (secret === undefined || !signature.coverage.headers.includes('host')) return null
  const verdict = await verifyCos(signature, arrived, secret, Date.now())
  if (!verdict.ok) return { refusal: refusalOf({ status: 403, ...verdict }) }
  const { headers } = signature.coverage
  // In the form of the signature's list.
  const dropped = lostHeaders(request).map(name => [name, ''] as const)
  const [lost] = coverageOf({ ...arrived, headers: dropped }, headers).headers
  if (lost !== undefined) return { refusal: notPassedOn(lost) }
  const end = Math.min(signature.signTime.end, signature.keyTime.end)
  const key = { id: signature.keyId, secret }
  return {
    async sign(upstream) {
      const sent = signable(upstream, hostOf(upstream.url))
      const query = withoutCosSignature(sent.query)
      const now = Date.now()
      // The same coverage: a header that the client did not sign must not gain weight.
      const authorization = await signCos({ ...sent, query }, key, {
        now,
        // Never longer than the client's own.
        validSeconds: Math.max(0, Math.min(VALID_SECONDS, end - Math.floor(now / 1000))),
        signedHeaders: headers.filter(keepsHeader),
        signedParams: signature.coverage.params,
      })
      return withSignature(upstream, { query, headers: [['authorization', authorization]] })
    },
  }
}

async function resignS3Request(
  signature: S3Signature,
  request: Request,
  arrived: SignableRequest,
  keys: ReadonlyMap<string, string>,
): Promise<Authorization> {
  const secret = keys.get(signature.keyId)
  if (secret === undefined) return null
  const verdict = await verifyS3(signature, arrived, secret, Date.now())
  if (!verdict.ok) return { refusal: refusalOf(verdict) }
  if (isSignedByChunks(arrived)) return { refusal: refusalOf(CHUNKS_REFUSED) }
  const lost = lostHeaders(request).find(name => signature.signedHeaders.includes(name))
  if (lost !== undefined) return { refusal: notPassedOn(lost) }
  return {
    async sign(upstream) {
      const sent = signable(upstream, hostOf(upstream.url))
      return withSignature(upstream, await resignS3(signature, sent, secret, keepsHeader, Date.now()))
    },
  }
}

/** Adds the edge's clock to a refusal that depends on the time. */
const refusalOf = ({ status, code, message }: Refusal): Refusal => ({
  status,
  code,
  message,
  ...(code === 'RequestTimeTooSkewed' || code === 'AccessDenied'
    ? { serverTime: new Date().toISOString() }
    : {}),
})

/** A request must not be re-signed without a header that the client has covered: it would lose a signed condition. */
const notPassedOn = (name: string): Refusal => ({
  status: 403,
  code: 'AccessDenied',
  message: `The header ${name} is signed, and can not be passed on to the bucket.`,
})

/** Headers that the runtime sets for the connection to the bucket: a signature that covers them would break. */
const CHANGED_ON_THE_WAY: ReadonlySet<string> = new Set([
  'accept-encoding',
  'cache-control',
  'connection',
  'content-length',
  'expect',
  'pragma',
  'transfer-encoding',
])

const keepsHeader = (name: string): boolean => !CHANGED_ON_THE_WAY.has(name)

/** Returns the removed headers that the runtime does not set again. */
const lostHeaders = (request: Request): string[] => droppedHeaders(request).filter(keepsHeader)

/** Returns the signable parts of a request that is sent to `host`. */
function pathOf(url: string): string {
  const target = pathAndQuery(url)
  const mark = target.indexOf('?')
  return mark === -1 ? target : target.slice(0, mark)
}

function signable(request: Request, host: string): SignableRequest {
  const target = pathAndQuery(request.url)
  const mark = target.indexOf('?')
  return {
    method: request.method,
    path: mark === -1 ? target : target.slice(0, mark),
    query: mark === -1 ? '' : target.slice(mark + 1),
    headers: [...[...request.headers].filter(([name]) => name !== 'host'), ['host', host]],
  }
}

/** Returns host and port of an absolute URL. */
function hostOf(url: string): string {
  const start = url.indexOf('://') + 3
  return url.slice(start, url.length - pathAndQuery(url).length)
}

function withSignature(upstream: Request, { query, headers }: S3Signed): Request {
  const mark = upstream.url.indexOf('?')
  const bare = mark === -1 ? upstream.url : upstream.url.slice(0, mark)
  const url = query === '' ? bare : `${bare}?${query}`
  const signed = url === upstream.url ? upstream : new Request(url, upstream)
  for (const [name, value] of headers) signed.headers.set(name, value)
  return signed
}
