/**
 * @module
 * Which requests carry credentials of their own. The edge neither signs nor caches them.
 */

/** The header of a signature, and the session tokens of temporary credentials (COS, CI, S3, OSS). */
const HEADERS = [
  'authorization',
  'x-cos-security-token',
  'x-ci-security-token',
  'x-amz-security-token',
  'x-oss-security-token',
]

/**
 * The parameters of a presigned URL: COS (`sign` holds a whole signature), SigV4, GCS, SigV2, OSS and Azure (`sig`); and
 * session tokens. One is enough: the bucket must refuse half a signature, and the edge must not complete it.
 */
const PARAMETERS =
  /[?&](?:q-(?:sign-algorithm|ak|signature)|sign|sig|(?:x-(?:amz|goog|oss)-)?signature|x-(?:amz|goog|oss)-(?:algorithm|credential)|(?:aws|oss)accesskeyid|googleaccessid|(?:x-(?:cos|ci|amz|oss)-)?security-token)(?:=|&|$)/i

/** Headers and parameters of a session token. Only its issuer knows the secret access key of such a request. */
const TOKEN_HEADERS = HEADERS.slice(1)
const TOKEN_PARAMETERS = /[?&](?:x-(?:cos|ci|amz|oss)-)?security-token(?:=|&|$)/i

const queryOf = (url: string): string => {
  const start = url.indexOf('?')
  return start === -1 ? '' : url.slice(start)
}

const has = (request: Request, headers: readonly string[], parameters: RegExp): boolean =>
  headers.some(name => request.headers.has(name)) || parameters.test(queryOf(request.url))

/** True if the request carries a signature or other credentials, in a header or in the query. */
export const carriesCredentials = (request: Request): boolean => has(request, HEADERS, PARAMETERS)

/** True if the request carries a session token. */
export const carriesToken = (request: Request): boolean => has(request, TOKEN_HEADERS, TOKEN_PARAMETERS)
