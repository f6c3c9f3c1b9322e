/**
 * @module
 * SigV4 for a bucket: signs a request, verifies a request that was signed for this host, and re-signs it. aws4fetch
 * makes the canonical request. This module chooses the covered headers, and refuses what aws4fetch is lenient about.
 */

import { AwsV4Signer } from 'aws4fetch'
import type { SignableRequest } from './cos-canonical.ts'
import { amzDate, type S3Signature, withoutS3Signature } from './s3-signature.ts'

export interface S3Key {
  readonly id: string
  readonly secret: string
}

/** The query and headers of a signed request. */
export interface S3Signed {
  /** The whole query, without its `?`. */
  readonly query: string
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** A refusal with S3's own code and message. */
export interface S3Refusal {
  readonly ok: false
  readonly status: 400 | 403
  readonly code:
    | 'SignatureDoesNotMatch'
    | 'RequestTimeTooSkewed'
    | 'AccessDenied'
    | 'AuthorizationQueryParametersError'
  readonly message: string
}

/** The largest difference of a client's clock (S3 "Authenticating Requests"). */
const MAX_SKEW_MS = 15 * 60 * 1000
/** The longest validity of a presigned URL, seven days. In seconds. */
const MAX_EXPIRES = 604_800
/** The longest validity of a presigned URL that the edge has re-signed. In seconds. */
export const MAX_RESIGNED_EXPIRES = 300

export const CONTENT_HASH = 'x-amz-content-sha256'

const headerOf = (request: SignableRequest, name: string): string | null => {
  for (const [key, value] of request.headers) if (key === name) return value
  return null
}

/** Returns the URL with the request's own host, or null if the host is not valid. */
function urlOf(request: SignableRequest, query: string): string | null {
  const host = headerOf(request, 'host') ?? ''
  // A URL omits its scheme's default port. A client that sent the port has signed it.
  const scheme = host.endsWith(':443') ? 'http' : 'https'
  const url = `${scheme}://${host}${request.path.replaceAll('\\', '%5C')}${query === '' ? '' : `?${query}`}`
  return URL.canParse(url) && new URL(url).host === host.toLowerCase() ? url : null
}

/** Returns the covered headers. aws4fetch takes the host from the URL. */
const pick = (request: SignableRequest, covered: (name: string) => boolean): [string, string][] =>
  Array.from(request.headers, ([name, value]): [string, string] => [name, value]).filter(
    ([name]) => name !== 'host' && covered(name),
  )

const refuse = (status: S3Refusal['status'], code: S3Refusal['code'], message: string): S3Refusal => ({
  ok: false,
  status,
  code,
  message,
})

const mismatch = (): S3Refusal =>
  refuse(
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  )

/**
 * Signs an anonymous request for its `host`, with an unsigned payload.
 *
 * @param region empty: derived from the host (AWS, R2, Backblaze), else `us-east-1`
 * @param now in milliseconds since 1970
 */
export async function signS3(
  request: SignableRequest,
  key: S3Key,
  region: string,
  now: number,
): Promise<S3Signed> {
  // S3 requires every x-amz-* header to be signed. The client's own date and payload hash are replaced.
  const amz = (name: string) => name.startsWith('x-amz-') && name !== 'x-amz-date' && name !== CONTENT_HASH
  const url = urlOf(request, request.query)
  // Programmer error: the bucket's host comes from the settings.
  if (url === null) throw new Error('signS3: the request has no host')
  const signer = new AwsV4Signer({
    method: request.method,
    url,
    headers: pick(request, amz),
    accessKeyId: key.id,
    secretAccessKey: key.secret,
    service: 's3',
    region,
    datetime: amzDate(now),
  })
  return { query: request.query, headers: await headersOf(signer) }
}

const headersOf = async (signer: AwsV4Signer): Promise<S3Signed['headers']> => [
  ['authorization', await signer.authHeader()],
  ['x-amz-date', signer.datetime],
  [CONTENT_HASH, signer.headers.get(CONTENT_HASH) ?? 'UNSIGNED-PAYLOAD'],
]

/** Checks only the validity window: returns null while it holds. */
function windowRefusal({ at, expires }: S3Signature, now: number): S3Refusal | null {
  if (expires === null) {
    if (Math.abs(now - at) <= MAX_SKEW_MS) return null
    return refuse(
      403,
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
    )
  }
  if (expires < 0 || expires > MAX_EXPIRES) {
    return refuse(
      400,
      'AuthorizationQueryParametersError',
      `X-Amz-Expires must be non-negative and at most ${MAX_EXPIRES} seconds.`,
    )
  }
  if (at > now + MAX_SKEW_MS) return refuse(403, 'AccessDenied', 'Request is not valid yet')
  return now > at + expires * 1000 ? refuse(403, 'AccessDenied', 'Request has expired') : null
}

/** True if a parameter has no name or is repeated: aws4fetch would leave it out of the signature. */
function isAmbiguous(query: string): boolean {
  const names = [...new URLSearchParams(query).keys()]
  return names.includes('') || new Set(names).size !== names.length
}

/** Compares two texts in constant time. Their lengths are public. */
function isSame(a: string, b: string): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i)
  return difference === 0
}

/**
 * Verifies a signature: it is within its validity, it covers every `x-amz-*` header and every parameter, and the secret
 * access key made it for the host that the request was sent to. Compares in constant time. The bucket checks the
 * payload against the covered hash.
 *
 * @param request as it arrived, with the `host` that it was sent to
 * @param now in milliseconds since 1970
 */
export async function verifyS3(
  signature: S3Signature,
  request: SignableRequest,
  secret: string,
  now: number,
): Promise<{ readonly ok: true } | S3Refusal> {
  const late = windowRefusal(signature, now)
  if (late !== null) return late
  const { form, keyId, day, region, date, signedHeaders } = signature
  const covered = new Set(signedHeaders)
  const isBare = ([name]: readonly [string, string]) => name.startsWith('x-amz-') && !covered.has(name)
  if (!covered.has('host') || Array.from(request.headers).some(isBare)) {
    return refuse(403, 'AccessDenied', 'There were headers present in the request which were not signed')
  }
  const query = withoutParameter(request.query, 'X-Amz-Signature')
  const url = urlOf(request, query)
  if (url === null || day !== date.slice(0, 8) || isAmbiguous(request.query)) return mismatch()
  const signer = new AwsV4Signer({
    method: request.method,
    url,
    headers: pick(request, name => covered.has(name)),
    accessKeyId: keyId,
    secretAccessKey: secret,
    service: 's3',
    region,
    datetime: date,
    signQuery: form === 'query',
    allHeaders: true,
  })
  // They differ if a listed header is missing, or if date or payload hash are not listed: the signer adds those.
  if (signer.signedHeaders !== signedHeaders.join(';')) return mismatch()
  takePayloadHash(signer)
  return isSame(await signer.signature(), signature.digest) ? { ok: true } : mismatch()
}

/** Copies the payload hash from a presigned URL's parameter to the headers, where the signer reads it. */
function takePayloadHash(signer: AwsV4Signer): void {
  const hash = signer.signQuery ? signer.url.searchParams.get('X-Amz-Content-Sha256') : null
  if (hash !== null) signer.headers.set(CONTENT_HASH, hash)
}

const withoutParameter = (query: string, name: string): string =>
  query
    .split('&')
    .filter(pair => pair.split('=', 1)[0] !== name)
    .join('&')

/**
 * Re-signs a verified request for another host, in the client's form, with the client's region and payload hash.
 *
 * @param request as it is sent to the bucket, with the bucket's `host`
 * @param keepsHeader false for headers that change on the way and so can't be covered
 * @param now in milliseconds since 1970
 * @param maxSeconds the longest validity of a presigned URL
 */
export async function resignS3(
  signature: S3Signature,
  request: SignableRequest,
  secret: string,
  keepsHeader: (name: string) => boolean,
  now: number,
  maxSeconds = MAX_RESIGNED_EXPIRES,
): Promise<S3Signed> {
  const { keyId, region, at, expires } = signature
  const covered = new Set(signature.signedHeaders)
  const isQuery = expires !== null
  // A redirect from the bucket may show the new URL to the client, which must not gain time.
  const left = isQuery ? Math.floor((at - now) / 1000) + expires : 0
  const query = isQuery
    ? joined(withoutS3Signature(request.query), `X-Amz-Expires=${Math.max(1, Math.min(maxSeconds, left))}`)
    : request.query
  const url = urlOf(request, query)
  // Programmer error: the bucket's host comes from the settings.
  if (url === null) throw new Error('resignS3: the request has no host')
  const signer = new AwsV4Signer({
    method: request.method,
    url,
    headers: pick(request, name => covered.has(name) && keepsHeader(name)),
    accessKeyId: keyId,
    secretAccessKey: secret,
    service: 's3',
    region,
    datetime: amzDate(now),
    signQuery: isQuery,
    // Without this, it leaves out content-type and range.
    allHeaders: true,
  })
  if (!isQuery) return { query, headers: await headersOf(signer) }
  takePayloadHash(signer)
  const params = new URLSearchParams({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${keyId}/${signer.credentialString}`,
    'X-Amz-Date': signer.datetime,
    'X-Amz-SignedHeaders': signer.signedHeaders,
    'X-Amz-Signature': await signer.signature(),
  })
  // These values hold no spaces, so the form encoding equals the URL encoding.
  return { query: joined(query, params.toString()), headers: [] }
}

const joined = (query: string, more: string): string => (query === '' ? more : `${query}&${more}`)
