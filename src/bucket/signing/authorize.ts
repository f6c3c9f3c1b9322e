/**
 * @module
 * Signs anonymous reads for a private bucket (SIGNING). Verifies requests that were signed with a key that the edge
 * knows, or with sealed temporary credentials, and re-signs them for the bucket (RESIGN). Every other request goes on
 * unchanged.
 */

import type { Secrets } from '../../settings/secrets.ts'
import type { Upstream } from '../../settings/upstream.ts'
import { isSignable, type PublicQuery } from '../public-read.ts'
import type { Authorization, Refusal, Sign } from './authorization.ts'
import { readCosSignature } from './cos-signature.ts'
import { carriesCredentials, carriesToken } from './credentials.ts'
import { EXPIRED, findSealed, openSeal, type SealRefusal } from './open-seal.ts'
import { type Credential, resignCosRequest, resignS3Request, VALID_SECONDS } from './resign.ts'
import { readS3Signature } from './s3-signature.ts'
import { redactToken } from './sealed-answer.ts'
import { signCos } from './sign-cos.ts'
import { signS3 } from './sign-s3.ts'
import { hostOf, pathOf, type SignedPlace, signable, withSignature } from './wire.ts'

/** The settings of a host that concern signatures. */
export interface Signing extends PublicQuery {
  readonly upstream: Upstream | null
  readonly signing: 'none' | 'cos' | 's3'
  /** The region for `s3`; empty: derived from the bucket's host. */
  readonly region: string
  /** The access key ID that SIGNING uses. */
  readonly secretId: string
  readonly resign: boolean
}

/**
 * Returns how to sign a request before it is sent, or why it is refused, or null if it goes on unchanged.
 *
 * @param request with the bucket's path
 * @param sentUrl the URL as the client sent it, with the mount
 */
export function authorize(
  request: Request,
  settings: Signing,
  secrets: Secrets,
  sentUrl = request.url,
): Authorization | Promise<Authorization> {
  const sealed = findSealed(request)
  // Whatever the settings: a seal must not reach a bucket, which would log it and refuse it with a misleading error.
  if (sealed !== null) return authorizeSealed(request, settings, secrets, sealed, sentUrl)
  if (settings.signing === 'none' && !settings.resign) return null
  if (carriesCredentials(request))
    return settings.resign && !carriesToken(request)
      ? authorizePermanent(request, settings, secrets.keys, sentUrl)
      : null
  return settings.signing !== 'none' && isSignable(request, settings)
    ? { sign: signer(settings, secrets.keys) }
    : null
}

/** True for an anonymous read that SIGNING does not sign, because it is not one object's or has something unlisted. */
export const leavesUnsigned = (request: Request, { signing }: Signing): boolean =>
  signing !== 'none' &&
  (request.method === 'GET' || request.method === 'HEAD') &&
  !carriesCredentials(request)

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

/** Returns the edge's host and path. SigV4 clients sign the path as they send it, COS clients the bucket's path. */
const arrivedAt = (signature: Signature, request: Request, sentUrl: string): SignedPlace => ({
  host: request.headers.get('host') ?? hostOf(request.url),
  path: pathOf('coverage' in signature ? request.url : sentUrl),
})

/** Returns the bucket's host if its paths are the edge's, otherwise null: one path is signed, never two. */
const bucketHost = (upstream: Upstream | null): string | null => {
  if (upstream?.kind !== 'url') return null
  const host = upstream.base.slice(upstream.base.indexOf('://') + 3)
  return host.includes('/') ? null : host
}

/** Verifies with a permanent key. Returns null if the signature is unreadable or the key unknown: the bucket judges it. */
async function authorizePermanent(
  request: Request,
  { upstream }: Signing,
  keys: ReadonlyMap<string, string>,
  sentUrl: string,
): Promise<Authorization> {
  const signature = signatureOf(request)
  const secret = signature === null ? undefined : keys.get(signature.keyId)
  if (signature === null || secret === undefined) return null
  // A server may have signed for the bucket's own host and path.
  const other = bucketHost(upstream)
  const arrived = arrivedAt(signature, request, sentUrl)
  const places = other === null ? [arrived] : [arrived, { host: other, path: pathOf(request.url) }]
  return resign(signature, request, places, { secret, token: null, expires: Number.POSITIVE_INFINITY })
}

/** Opens the seal, then verifies with the secret inside. */
async function authorizeSealed(
  request: Request,
  settings: Signing,
  { sealKeys }: Secrets,
  sealed: NonNullable<ReturnType<typeof findSealed>>,
  sentUrl: string,
): Promise<Authorization> {
  const refuse = (reason: string) => sealRefusal(settings, { reason, keyId: null, expires: null })
  if (!settings.resign || sealKeys.size === 0)
    return refuse('sealed credentials need RESIGN=on and SEAL_KEYS')
  if (sealed === 'ambiguous') return refuse('the request has more than one session token')
  const signature = signatureOf(request)
  if (signature === null) return refuse('the request has no readable signature')
  const field = 'coverage' in signature ? 'x-cos-security-token' : 'x-amz-security-token'
  if (sealed.field !== field) return refuse(`a request with this kind of signature has its token in ${field}`)
  const now = Date.now()
  const opened = await openSeal(sealed.text, signature.keyId, request.url, sealKeys, now)
  if ('reason' in opened) return sealRefusal(settings, opened)
  const { secret, token, expires } = opened
  const credential: Credential = { secret, token: { value: token, sealed }, expires }
  const result = await resign(signature, request, [arrivedAt(signature, request, sentUrl)], credential)
  return result !== null && 'sign' in result ? { ...result, redact: redactToken(token) } : result
}

type Signature =
  | NonNullable<ReturnType<typeof readS3Signature>>
  | Extract<ReturnType<typeof readCosSignature>, { type: 'signature' }>

function signatureOf(request: Request): Signature | null {
  const { query } = signable(request, '')
  const cos = readCosSignature(request.headers.get('authorization'), query)
  return cos?.type === 'signature' ? cos : readS3Signature(request.headers, query)
}

const resign = (
  signature: Signature,
  request: Request,
  places: readonly SignedPlace[],
  credential: Credential,
): Promise<Authorization> =>
  'coverage' in signature
    ? resignCosRequest(signature, request, places, credential)
    : resignS3Request(signature, request, places, credential)

/**
 * Returns the refusal of sealed credentials, in the words of the host's dialect. Never `AccessDenied` with a time: the
 * COS SDKs would set their clock by it and try again.
 */
function sealRefusal({ dialect }: Signing, seal: SealRefusal): { refusal: Refusal } {
  if (seal.reason === EXPIRED)
    return {
      refusal: { status: 400, code: 'ExpiredToken', message: 'The provided token has expired.', seal },
    }
  const refusal =
    dialect === 's3'
      ? {
          status: 400,
          code: 'InvalidToken',
          message: 'The provided token is malformed or otherwise invalid.',
        }
      : {
          status: 403,
          code: 'InvalidAccessKeyId',
          message: 'The Access Key Id you provided does not exist in our records.',
        }
  return { refusal: { ...refusal, seal } }
}
