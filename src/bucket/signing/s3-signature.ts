/**
 * @module
 * A SigV4 signature as a request carries it: in the Authorization header, or in the query of a presigned URL.
 * Source: S3 "Authenticating Requests (AWS Signature Version 4)".
 */

import { MAX_QUERY_PARAMS } from './cos-canonical.ts'
import { MAX_AUTHORIZATION_LENGTH, MAX_LISTED_NAMES } from './cos-signature.ts'

const ALGORITHM = 'AWS4-HMAC-SHA256'

export interface S3Signature {
  readonly form: 'header' | 'query'
  readonly keyId: string
  /** The date of the credential scope, `20260131`. */
  readonly day: string
  readonly region: string
  /** `20260131T235959Z`. */
  readonly date: string
  /** The same in milliseconds since 1970. */
  readonly at: number
  /** Validity of a presigned URL in seconds; null in the header form. */
  readonly expires: number | null
  /** In lower case, in the order of the list. */
  readonly signedHeaders: readonly string[]
  /** 64 lower-case hex digits. */
  readonly digest: string
}

/** The parameters of a presigned URL's own signature. All others are signed, `X-Amz-Content-Sha256` too. */
const PARAMETERS: ReadonlySet<string> = new Set([
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Signature',
])

/** Returns milliseconds since 1970, or null if the text is not a SigV4 date. */
export function readAmzDate(text: string): number | null {
  const [, day, time] = /^(\d{8})T(\d{6})Z$/.exec(text) ?? []
  if (day === undefined || time === undefined) return null
  const at = Date.parse(
    `${day.replace(/(....)(..)(..)/, '$1-$2-$3')}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`,
  )
  return Number.isNaN(at) ? null : at
}

/** Returns a time in the form of SigV4. @param now in milliseconds since 1970 */
export const amzDate = (now: number): string => new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, '')

interface Fields {
  readonly credential: string | null | undefined
  readonly signedHeaders: string | null | undefined
  readonly digest: string | null | undefined
  readonly date: string | null
}

function parse(form: S3Signature['form'], fields: Fields, expires: number | null): S3Signature | null {
  const { credential, signedHeaders, digest, date } = fields
  if (!credential || !signedHeaders || !digest || !date || !/^[0-9a-f]{64}$/.test(digest)) return null
  const at = readAmzDate(date)
  // An access key ID may contain slashes.
  const parts = credential.split('/')
  const [day, region, service, end] = parts.splice(-4)
  const names = signedHeaders.split(';', MAX_LISTED_NAMES + 1).map(name => name.toLowerCase())
  if (!day || !region || service !== 's3' || end !== 'aws4_request' || at === null) return null
  if (parts.length === 0 || names.length > MAX_LISTED_NAMES) return null
  const keyId = parts.join('/')
  return { form, keyId, day, region, date, at, expires, signedHeaders: names, digest }
}

function readHeader(authorization: string, date: string | null): S3Signature | null {
  if (authorization.length > MAX_AUTHORIZATION_LENGTH) return null
  const fields = new Map(
    authorization
      .slice(ALGORITHM.length)
      .split(',', 4)
      .map(part => {
        const equals = part.indexOf('=')
        return [part.slice(0, equals).trim(), part.slice(equals + 1).trim()]
      }),
  )
  if (fields.size !== 3) return null
  return parse(
    'header',
    {
      credential: fields.get('Credential'),
      signedHeaders: fields.get('SignedHeaders'),
      digest: fields.get('Signature'),
      date,
    },
    null,
  )
}

function readQuery(query: string): S3Signature | null {
  if (query.split('&', MAX_QUERY_PARAMS + 1).length > MAX_QUERY_PARAMS) return null
  const params = new URLSearchParams(query)
  const expires = params.get('X-Amz-Expires') ?? ''
  if (params.get('X-Amz-Algorithm') !== ALGORITHM || !/^-?\d{1,12}$/.test(expires)) return null
  return parse(
    'query',
    {
      credential: params.get('X-Amz-Credential'),
      signedHeaders: params.get('X-Amz-SignedHeaders'),
      digest: params.get('X-Amz-Signature'),
      date: params.get('X-Amz-Date'),
    },
    Number(expires),
  )
}

/**
 * Reads the signature of a request.
 *
 * @param query the query without its `?`, still percent-encoded
 * @returns null if there is no readable signature, or more than one: the bucket answers such a request
 */
export function readS3Signature(headers: Headers, query: string): S3Signature | null {
  const authorization = headers.get('authorization')
  const presigned = query.includes('X-Amz-Signature=')
  if (authorization !== null) {
    if (presigned || !authorization.startsWith(`${ALGORITHM} `)) return null
    return readHeader(authorization, headers.get('x-amz-date'))
  }
  return presigned ? readQuery(query) : null
}

/** Returns a query without the signature's own parameters, the rest byte for byte, for a request that is re-signed. */
export const withoutS3Signature = (query: string): string =>
  query
    .split('&')
    .filter(pair => !PARAMETERS.has(pair.split('=', 1)[0] ?? ''))
    .join('&')
