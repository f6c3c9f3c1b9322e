/**
 * @module
 * The one notion of a request that carries credentials of its own: the edge adds none to it, and caches nothing of it.
 */

/** A signature's header, and those of temporary keys (COS, COS's data processing, S3, OSS). */
const HEADERS = [
  'authorization',
  'x-cos-security-token',
  'x-ci-security-token',
  'x-amz-security-token',
  'x-oss-security-token',
]

/**
 * The parameters of a presigned URL: COS (`sign` holds a whole signature), SigV4, GCS, SigV2, OSS and Azure (`sig`); and
 * those of temporary keys. One of them is enough: half a signature is the bucket's to refuse, not the edge's to complete.
 */
const PARAMETERS =
  /[?&](?:q-(?:sign-algorithm|ak|signature)|sign|sig|(?:x-(?:amz|goog|oss)-)?signature|x-(?:amz|goog|oss)-(?:algorithm|credential)|(?:aws|oss)accesskeyid|googleaccessid|(?:x-(?:cos|ci|amz|oss)-)?security-token)(?:=|&|$)/i

/** Headers and parameters of a temporary key: its signature can't be verified without asking who gave it out. */
const TOKEN_HEADERS = HEADERS.slice(1)
const TOKEN_PARAMETERS = /[?&](?:x-(?:cos|ci|amz|oss)-)?security-token(?:=|&|$)/i

const queryOf = (url: string): string => {
  const start = url.indexOf('?')
  return start === -1 ? '' : url.slice(start)
}

/** A `%` in the name of a parameter. */
const ENCODED_NAME = /[?&][^=&?%]*%/

/** True when a parameter's name is percent-encoded: it may be one of those above, and is not recognised. */
export const hasEncodedName = (url: string): boolean => ENCODED_NAME.test(queryOf(url))

const has = (request: Request, headers: readonly string[], parameters: RegExp): boolean =>
  headers.some(name => request.headers.has(name)) || parameters.test(queryOf(request.url))

/** True when the request carries a signature or other credentials, in a header or in the query. */
export const carriesCredentials = (request: Request): boolean => has(request, HEADERS, PARAMETERS)

/** True when the request is signed with a temporary key. */
export const carriesToken = (request: Request): boolean => has(request, TOKEN_HEADERS, TOKEN_PARAMETERS)
