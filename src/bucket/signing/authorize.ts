/**
 * @module
 * What the edge's keys do for a request: sign one without credentials for a private bucket (SIGNING), or verify one
 * that was signed for the edge's own host and sign it anew for the bucket's (RESIGN). Any other goes as it came.
 */

import { isObjectRead, isPlainRead } from '../object-read.ts'
import { droppedHeaders } from '../request.ts'
import { pathAndQuery } from '../url.ts'
import { coverageOf, type SignableRequest } from './cos-canonical.ts'
import { type CosSignature, readCosSignature, withoutCosSignature } from './cos-signature.ts'
import { carriesCredentials, carriesToken } from './credentials.ts'
import { readS3Signature, type S3Signature } from './s3-signature.ts'
import { signCos, verifyCos } from './sign-cos.ts'
import { CHUNKS_REFUSED, isSignedByChunks, resignS3, type S3Signed, signS3, verifyS3 } from './sign-s3.ts'

/** The settings of a host that concern signatures. */
export interface Signing {
  readonly signing: 'none' | 'cos' | 's3'
  /** Of S3; empty: as the bucket's host tells. */
  readonly region: string
  /** The id of the key that signs. */
  readonly secretId: string
  readonly resign: boolean
}

/** Signs a request that is ready to be sent to the bucket; its body is not touched. */
export type Sign = (upstream: Request) => Promise<Request>

/** Why a signature does not hold, as the bucket would say it. */
export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
  /** The edge's clock, by which a client can set its own (S3, COS: `ServerTime`). */
  readonly serverTime?: string
}

export type Authorization = { readonly sign: Sign } | { readonly refusal: Refusal } | null

/** How long a signature by the edge holds at most: it is used at once. In seconds. */
const VALID_SECONDS = 300

/**
 * What is done with a request before it is sent; null: nothing, at once.
 *
 * @param keepsHost whether the bucket gets the request with its own Host, so that signatures for it hold
 */
export function authorize(
  request: Request,
  settings: Signing,
  keys: ReadonlyMap<string, string>,
  keepsHost: boolean,
): Authorization | Promise<Authorization> {
  if (settings.signing === 'none' && !settings.resign) return null
  if (carriesCredentials(request))
    return settings.resign && !keepsHost && !carriesToken(request) ? resign(request, keys) : null
  return settings.signing !== 'none' &&
    isObjectRead(request.method, request.url) &&
    isPlainRead(request.headers)
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

/** A signature that can't be read, or was made with a key that the edge does not hold, is the bucket's to judge. */
async function resign(request: Request, keys: ReadonlyMap<string, string>): Promise<Authorization> {
  const arrived = signable(request, request.headers.get('host') ?? hostOf(request.url))
  const cos = readCosSignature(request.headers.get('authorization'), arrived.query)
  if (cos?.type === 'signature') return resignCosRequest(cos, request, arrived, keys)
  const s3 = readS3Signature(request.headers, arrived.query)
  return s3 === null ? null : resignS3Request(s3, request, arrived, keys)
}

async function resignCosRequest(
  signature: CosSignature,
  request: Request,
  arrived: SignableRequest,
  keys: ReadonlyMap<string, string>,
): Promise<Authorization> {
  const secret = keys.get(signature.keyId)
  // Without the host (ForceSignHost: false) it is valid for any: the bucket takes it as it is.
  if (secret === undefined || !signature.coverage.headers.includes('host')) return null
  const verdict = await verifyCos(signature, arrived, secret, Date.now())
  if (!verdict.ok) return { refusal: refusalOf({ status: 403, ...verdict }) }
  const { headers } = signature.coverage
  // By their names in the signature's form.
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
      // The same coverage: what the client left unsigned gets no more weight than it had.
      const authorization = await signCos({ ...sent, query }, key, {
        now,
        // No longer than the client's own, either.
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

/** Refusals that depend on the time tell it. */
const refusalOf = ({ status, code, message }: Refusal): Refusal => ({
  status,
  code,
  message,
  ...(code === 'RequestTimeTooSkewed' || code === 'AccessDenied'
    ? { serverTime: new Date().toISOString() }
    : {}),
})

/** Signed anew without a header that the client has covered, a request would say less than was signed. */
const notPassedOn = (name: string): Refusal => ({
  status: 403,
  code: 'AccessDenied',
  message: `The header ${name} is signed, and can not be passed on to the bucket.`,
})

/** Headers that the runtime or the connection to the bucket sets anew: a signature that covered them would break. */
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

/** Headers that the bucket does not get at all. */
const lostHeaders = (request: Request): string[] => droppedHeaders(request).filter(keepsHeader)

/** A request as a signature sees it, sent to `host`. */
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

/** Host and port of an absolute URL, as they are sent. */
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
