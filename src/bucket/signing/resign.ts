/**
 * @module
 * RESIGN: verifies a request that a client signed, with the secret access key that the edge knows, and re-signs it as it
 * goes to the bucket. The secret comes from the edge's keys, or from a seal.
 */

import type { Authorization, Refusal } from './authorization.ts'
import { coverageOf, type SignableRequest } from './cos-canonical.ts'
import { type CosSignature, withoutCosSignature } from './cos-signature.ts'
import { replaceToken, type SealedField } from './open-seal.ts'
import { ChunkChain } from './s3-chunks.ts'
import type { S3Signature } from './s3-signature.ts'
import { signCos, verifyCos } from './sign-cos.ts'
import { MAX_RESIGNED_EXPIRES, resignS3, type S3Signed, verifyS3 } from './sign-s3.ts'
import { readSignedBody } from './signed-chunks.ts'
import { hostOf, keepsHeader, lostHeaders, type SignedPlace, signable, withSignature } from './wire.ts'

/** What verifies a request and signs it again. */
export interface Credential {
  readonly secret: string
  /** The real session token and the field that holds its seal; null for permanent keys. */
  readonly token: { readonly value: string; readonly sealed: SealedField } | null
  /** When the credential expires, in seconds since 1970. */
  readonly expires: number
}

/** The longest validity of a signature by the edge, which is used at once. In seconds. */
export const VALID_SECONDS = 300

/**
 * Verifies a COS request and returns how to re-sign it.
 *
 * @param places what the signature may be for, the edge's own host and path first
 */
export async function resignCosRequest(
  signature: CosSignature,
  request: Request,
  places: readonly SignedPlace[],
  credential: Credential,
): Promise<Authorization> {
  const { secret, token } = credential
  const { headers, params } = signature.coverage
  const refused = await firstRefusal(
    headers.includes('host') ? places : places.slice(0, 1),
    async ({ host, path }) => {
      const verdict = await verifyCos(signature, signable(request, host, path), secret, Date.now())
      return verdict.ok ? null : { status: 403, code: verdict.code, message: verdict.message }
    },
  )
  if (refused !== null) return { refusal: withServerTime(refused) }
  // In the form of the signature's list.
  const dropped = lostHeaders(request).map(name => [name, ''] as const)
  const [lost] = coverageOf({ ...signable(request, ''), headers: dropped }, headers).headers
  if (lost !== undefined) return { refusal: notPassedOn(lost) }
  const end = Math.min(signature.signTime.end, signature.keyTime.end, credential.expires)
  const key = { id: signature.keyId, secret }
  const field = token?.sealed.field ?? ''
  return {
    async sign(upstream) {
      const sent = signable(upstream, hostOf(upstream.url))
      const bare = withoutCosSignature(sent.query)
      // A token in the query becomes a header: the SDKs' only form, and it stays out of the bucket's logs.
      const query = token === null ? bare : replaceToken(bare, field, '')
      const tokenHeaders = token === null ? [] : [[field, token.value] as const]
      const others = [...sent.headers].filter(([name]) => name !== field)
      const now = Date.now()
      // The same coverage: a header that the client did not sign must not gain weight.
      const covered = headers.filter(keepsHeader)
      const authorization = await signCos({ ...sent, query, headers: [...others, ...tokenHeaders] }, key, {
        now,
        // Never longer than the client's own.
        validSeconds: Math.max(0, Math.min(VALID_SECONDS, end - Math.floor(now / 1000))),
        signedHeaders: field !== '' && params.includes(field) ? [...covered, field] : covered,
        signedParams: params.filter(name => name !== field),
      })
      return withSignature(upstream, { query, headers: [...tokenHeaders, ['authorization', authorization]] })
    },
  }
}

/**
 * Verifies a SigV4 request and returns how to re-sign it.
 *
 * @param places what the signature may be for, the edge's own host and path first
 */
export async function resignS3Request(
  signature: S3Signature,
  request: Request,
  places: readonly SignedPlace[],
  credential: Credential,
): Promise<Authorization> {
  const { secret, token } = credential
  const refused = await firstRefusal(places, async ({ host, path }) => {
    const verdict = await verifyS3(signature, signable(request, host, path), secret, Date.now())
    return verdict.ok ? null : verdict
  })
  if (refused !== null) return { refusal: withServerTime(refused) }
  const lost = lostHeaders(request).find(name => signature.signedHeaders.includes(name))
  if (lost !== undefined) return { refusal: notPassedOn(lost) }
  const body = await readSignedBody(signature, request, secret)
  if (body !== null && 'refused' in body) return { refusal: body.refused }
  return {
    ...(body !== null && { body }),
    async sign(upstream) {
      const sent = withToken(signable(upstream, hostOf(upstream.url)), token)
      const now = Date.now()
      const left = Math.min(MAX_RESIGNED_EXPIRES, credential.expires - Math.floor(now / 1000))
      const signed = await resignS3(signature, sent, secret, keepsHeader, now, left)
      body?.start(await ChunkChain.of(secret, { region: signature.region, ...seedIn(signed) }))
      const isHeader = token?.sealed.place === 'header'
      const tokenHeaders = isHeader ? [[token.sealed.field, token.value] as const] : []
      return withSignature(upstream, { query: signed.query, headers: [...tokenHeaders, ...signed.headers] })
    },
  }
}

/** Returns the time and the digest of a signature in the header form. */
function seedIn({ headers }: S3Signed): { date: string; digest: string } {
  const values = new Map(headers)
  const digest = values.get('authorization')?.split('Signature=')[1] ?? ''
  return { date: values.get('x-amz-date') ?? '', digest }
}

/** Returns a request with the real token in place of its seal, in the same field. */
function withToken(request: SignableRequest, token: Credential['token']): SignableRequest {
  if (token === null) return request
  const { value, sealed } = token
  if (sealed.place === 'query')
    return { ...request, query: replaceToken(request.query, sealed.field, encodeParameter(value)) }
  const headers = Array.from(
    request.headers,
    ([name, text]) => [name, name === sealed.field ? value : text] as const,
  )
  return { ...request, headers }
}

/** RFC 3986: everything but unreserved characters is escaped. */
const encodeParameter = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

/** Returns null if the signature holds for one of the places, otherwise the refusal for the first. */
async function firstRefusal(
  places: readonly SignedPlace[],
  verify: (place: SignedPlace) => Promise<Refusal | null>,
): Promise<Refusal | null> {
  let first: Refusal | null = null
  for (const place of places) {
    const refusal = await verify(place)
    if (refusal === null) return null
    first ??= refusal
  }
  return first
}

/** Adds the edge's clock to a refusal that depends on the time. */
const withServerTime = ({ status, code, message }: Refusal): Refusal => ({
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
