/**
 * @module
 * The errors that the edge answers, by name, with the texts of COS and S3. A decision or a failure becomes one
 * of these, and `errorResponse` makes it a document.
 */

import type { Allowed, Decision } from '../cors/decide.ts'
import type { Dialect } from '../cors/dialect.ts'
import { isToken } from '../cors/token.ts'
import type { ErrorAnswer } from './error-xml.ts'

/** The misspellings and the missing full stop are COS's own ("OPTIONS Object", sample 4). */
const COS_NOT_ALLOWED =
  "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Requet-Headers are not whitelisted by the resource's CORS spec"
const S3_NOT_ALLOWED =
  "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."

/** Longest requested method that a message quotes. In bytes. */
const MAX_QUOTED_METHOD = 32
/** Characters of an offending value that a `Reason` quotes. */
const MAX_REASON_VALUE = 256

/** The parts of a request that CORS errors name. */
export interface CorsFacts {
  readonly url: string
  /** Access-Control-Request-Method, or the method of an actual request. */
  readonly method: string | null
}

/** No rule matches (or, in COS, the bucket has no rules). */
export function notAllowed(dialect: Dialect, facts: CorsFacts, reason?: string): ErrorAnswer {
  return {
    status: 403,
    code: 'AccessForbidden',
    message: dialect.name === 'cos' ? COS_NOT_ALLOWED : S3_NOT_ALLOWED,
    method: quotable(facts.method) ?? 'OPTIONS',
    resourceType: isBucketUrl(facts.url) ? 'BUCKET' : 'OBJECT',
    ...(reason === undefined ? {} : { reason }),
  }
}

/** A bucket without rules: S3 says so; COS refuses as it refuses any mismatch. */
export function noRules(dialect: Dialect, facts: CorsFacts, reason?: string): ErrorAnswer {
  const error = notAllowed(dialect, facts, reason)
  return dialect.namesMissingRules
    ? { ...error, message: 'CORSResponse: CORS is not enabled for this bucket.', resourceType: 'BUCKET' }
    : error
}

/** OPTIONS without Origin. */
export const ORIGIN_NEEDED: ErrorAnswer = {
  status: 400,
  code: 'BadRequest',
  message: 'Insufficient information. Origin request header needed.',
}

/** OPTIONS without a request method, or (S3) with one outside the five. */
export const invalidRequestMethod = (method: string | null, reason?: string): ErrorAnswer => ({
  status: 400,
  code: 'BadRequest',
  message: `Invalid Access-Control-Request-Method: ${quotable(method) ?? 'null'}`,
  ...(reason === undefined ? {} : { reason }),
})

/** The path has a dot segment. HTTP clients resolve these, so it may mean another key. */
export const DOT_SEGMENT: ErrorAnswer = {
  status: 400,
  code: 'InvalidURI',
  message: 'The path holds a dot segment. Send the key percent-encoded as it is stored.',
}

/** The Host is invalid: a URL parser would read a user, a path or a query in it. */
export const INVALID_HOST: ErrorAnswer = {
  status: 400,
  code: 'InvalidURI',
  message: 'The Host is not a host name or an address, with or without a port.',
}

/** The path is not below the mount of the bucket. */
export const OUTSIDE_MOUNT: ErrorAnswer = {
  status: 404,
  code: 'NoSuchKey',
  message: 'This path is not below the mount of the bucket.',
}

/** A browser wants to run the object, or install it. */
export const CONTENT_SANDBOXED: ErrorAnswer = {
  status: 403,
  code: 'ContentSandboxed',
  message:
    'This object is user content: it is not served as a script, style sheet, worker or manifest. USER_CONTENT=trusted allows it.',
}

/** The signature covers the cookies of the page, which never go to the bucket. */
export const COOKIE_SIGNED: ErrorAnswer = {
  status: 403,
  code: 'AccessDenied',
  message: 'The header cookie is signed, and cookies of the page are not passed on to the bucket.',
}

/** The bucket redirects to a place that is not below the mount. */
export const UNSAFE_REDIRECT: ErrorAnswer = {
  status: 502,
  code: 'UnsafeRedirect',
  message:
    'The bucket redirects out of the mount. Below a page’s own domain, the edge does not follow or pass that on.',
}

/** METHODS does not list the method of the request. */
export const methodNotAllowed = ({ url, method }: CorsFacts): ErrorAnswer => ({
  status: 405,
  code: 'MethodNotAllowed',
  message: 'The specified method is not allowed against this resource.',
  method: quotable(method) ?? '',
  resourceType: isBucketUrl(url) ? 'BUCKET' : 'OBJECT',
})

/** The body of the request was cut off, or its framing was invalid. */
export const INCOMPLETE_BODY: ErrorAnswer = {
  status: 400,
  code: 'IncompleteBody',
  message: 'The request body ended before it was complete, or could not be read.',
}

/** With pathStyle, the first part of the path must be the bucket's name. */
export const NO_SUCH_BUCKET: ErrorAnswer = {
  status: 404,
  code: 'NoSuchBucket',
  message:
    'The specified bucket does not exist. The path must begin with the name of the bucket (pathStyle).',
}

/** The bucket would store its CORS configuration as an object with the bucket's name. */
export const bucketNameRepeated = (name: string): ErrorAnswer => ({
  status: 400,
  code: 'InvalidRequest',
  message: `This host is the bucket ${name} itself: send the request to /?cors. In an S3 client, use this host as the endpoint of the bucket (bucketEndpoint in the AWS SDK), or set pathStyle to on for this host.`,
})

export const BAD_GATEWAY: ErrorAnswer = {
  status: 502,
  code: 'BadGateway',
  message: 'The bucket could not be reached or its answer could not be read.',
}

export const GATEWAY_TIMEOUT: ErrorAnswer = {
  status: 504,
  code: 'GatewayTimeout',
  message: 'The bucket did not answer in time.',
}

/** No policy is available: not in memory, KV or the last known good values, and not from the bucket. */
export const POLICY_UNAVAILABLE: ErrorAnswer = {
  status: 503,
  code: 'ServiceUnavailable',
  message: 'The configuration of this host is not available at the moment. Try again.',
}

export const INTERNAL_ERROR: ErrorAnswer = {
  status: 500,
  code: 'InternalError',
  message: 'The edge met an unexpected condition. Its log holds the request id.',
}

/** A variable, binding or per-host setting is wrong. Its value goes to the log alone. */
export const misconfigured = (code: string, name: string): ErrorAnswer => ({
  status: 500,
  code,
  message: `The edge is not configured correctly${name === '' ? '' : `: ${name}`}. Its log says what is accepted.`,
})

/** One sentence for an operator: which check failed, for which value. */
export function reasonOf(refused: Exclude<Decision, Allowed>): string {
  if (refused.outcome === 'no-rules') return 'the bucket has no CORS rules'
  const value = refused.value.slice(0, MAX_REASON_VALUE)
  switch (refused.check) {
    case 'origin':
      return `origin: no rule allows the origin "${value}"`
    case 'method':
      return `method: no rule that allows the origin allows the method "${value}"`
    case 'header':
      return `header: no rule that allows the origin and the method allows the header "${value}" beside those before it`
    case 'header-list':
      return `header: the list of requested headers is refused: ${value}`
  }
}

const quotable = (method: string | null): string | null =>
  method !== null && method.length <= MAX_QUOTED_METHOD && isToken(method) ? method : null

/** `/` alone, with or without a query, is the bucket; anything else names an object. */
function isBucketUrl(url: string): boolean {
  const path = url.indexOf('/', url.indexOf('://') + 3)
  return path === -1 || path === url.length - 1 || url[path + 1] === '?'
}
