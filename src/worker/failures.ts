/**
 * @module
 * Everything that can fail while a request passes the edge, as one union, and the one mapping to a response. The
 * client gets a fixed text and a request ID; details go to the log.
 */

import { type ErrorAnswer, errorResponse } from '../answers/error-xml.ts'
import {
  BAD_GATEWAY,
  bucketNameRepeated,
  CONTENT_SANDBOXED,
  COOKIE_SIGNED,
  DOT_SEGMENT,
  GATEWAY_TIMEOUT,
  INCOMPLETE_BODY,
  INTERNAL_ERROR,
  INVALID_HOST,
  methodNotAllowed,
  misconfigured,
  NO_SUCH_BUCKET,
  notAllowed,
  OUTSIDE_MOUNT,
  POLICY_UNAVAILABLE,
  reasonOf,
  UNSAFE_REDIRECT,
} from '../answers/errors.ts'
import type { SendFailure } from '../bucket/send.ts'
import type { Refusal } from '../bucket/signing/authorization.ts'
import { hasPlainHost, hostnameOf, withoutQueries } from '../bucket/url.ts'
import type { Allowed, Decision } from '../cors/decide.ts'
import { type Dialect, type DialectName, dialectOf } from '../cors/dialect.ts'
import { UPSTREAM } from '../settings/upstream.ts'
import type { SettingProblem } from '../settings/values.ts'
import { withoutSecrets } from '../telemetry/events.ts'
import { log } from '../telemetry/log.ts'
import type { Edge } from './edge.ts'

type Problems = readonly [SettingProblem, ...SettingProblem[]]

export type Failure =
  /** Variables or bindings are wrong or missing. */
  | { readonly kind: 'misconfigured'; readonly problems: Problems }
  /** The host has settings of its own that cannot be used. */
  | { readonly kind: 'settings-unusable' }
  /** The Host header or the URL authority is not a valid host name. */
  | { readonly kind: 'invalid-host' }
  /** METHODS does not have the method. */
  | { readonly kind: 'method-not-allowed'; readonly allowed: readonly string[] }
  /** The path has a dot segment. */
  | { readonly kind: 'dot-segment' }
  /** The path is not below the mount of the host. */
  | { readonly kind: 'outside-mount' }
  /** A browser wants to run an object that is user content. */
  | { readonly kind: 'content-sandboxed' }
  /** The signature covers the cookies of the page. */
  | { readonly kind: 'cookie-signed' }
  /** The bucket redirects out of the mount. */
  | { readonly kind: 'unsafe-redirect' }
  /** With pathStyle, the path does not begin with the bucket's name. */
  | { readonly kind: 'no-such-bucket' }
  /** A request for the bucket's CORS configuration repeats the name of the bucket in its path. */
  | { readonly kind: 'bucket-name-repeated'; readonly name: string }
  /** No rule allows the request. */
  | { readonly kind: 'not-allowed'; readonly decision: Exclude<Decision, Allowed> }
  | { readonly kind: 'signature-refused'; readonly refusal: Refusal }
  /** Neither memory nor KV nor the bucket has an answer at the moment. */
  | { readonly kind: 'policy-unavailable'; readonly detail: string }
  | {
      readonly kind: 'upstream-failed'
      readonly failure: Exclude<SendFailure, 'client'>
      readonly detail: string
    }
  /** The client closed its connection in the middle of the body, or sent a body that is not valid HTTP. */
  | { readonly kind: 'request-incomplete'; readonly detail: string }
  /** Something threw: a defect of the edge. */
  | { readonly kind: 'internal-error'; readonly error: unknown }

/** The failure of a host without ORIGIN. Only what goes to the bucket needs it. */
export const MISSING_ORIGIN: Failure = {
  kind: 'misconfigured',
  problems: [{ code: 'MissingVariable', name: 'ORIGIN', value: '', accepted: UPSTREAM.accepted }],
}

/** Returns the failure that every request meets while variables or bindings are wrong, else null. */
export function misconfiguration({ problems: [first, ...others] }: Edge): Failure | null {
  return first === undefined ? null : { kind: 'misconfigured', problems: [first, ...others] }
}

/**
 * Returns a failure if the Host header or the URL authority is not a valid host name, else null. Runs before any
 * lookup, so that an invalid host never takes memory or a KV read.
 */
export const invalidHost = (request: Request): Failure | null =>
  hasPlainHost(request) ? null : { kind: 'invalid-host' }

/** Seconds after which a client may try again while no policy is available. */
const RETRY_AFTER_SECONDS = 5

/**
 * Logs a failure and returns the error response for it.
 *
 * @param name the dialect of the host, if its settings are known
 */
export function failureResponse(
  { settings }: Edge,
  request: Request,
  failure: Failure,
  name: DialectName = settings.dialect,
): Response {
  const dialect = dialectOf(name)
  const error = errorOf(failure, request, dialect, settings.debugRefusals)
  const response = errorResponse(dialect, error, request.url, request.method === 'HEAD')
  if (failure.kind === 'policy-unavailable') response.headers.set('retry-after', String(RETRY_AFTER_SECONDS))
  if (failure.kind === 'content-sandboxed') response.headers.set('cache-control', 'no-store')
  if (failure.kind === 'method-not-allowed') response.headers.set('allow', failure.allowed.join(', '))
  logFailure(failure, request, response.headers.get(dialect.requestIdHeader))
  return response
}

function errorOf(failure: Failure, { url, method }: Request, dialect: Dialect, debug: boolean): ErrorAnswer {
  switch (failure.kind) {
    case 'misconfigured':
      return misconfigured(failure.problems[0].code, failure.problems[0].name)
    case 'settings-unusable':
      return misconfigured('InvalidBucketSettings', `bucket:${hostnameOf(url)}`)
    case 'invalid-host':
      return INVALID_HOST
    case 'method-not-allowed':
      return methodNotAllowed({ url, method })
    case 'dot-segment':
      return DOT_SEGMENT
    case 'no-such-bucket':
      return NO_SUCH_BUCKET
    case 'bucket-name-repeated':
      return bucketNameRepeated(failure.name)
    case 'outside-mount':
      return OUTSIDE_MOUNT
    case 'content-sandboxed':
      return CONTENT_SANDBOXED
    case 'cookie-signed':
      return COOKIE_SIGNED
    case 'unsafe-redirect':
      return UNSAFE_REDIRECT
    case 'not-allowed':
      return notAllowed(dialect, { url, method }, debug ? reasonOf(failure.decision) : undefined)
    case 'signature-refused':
      return signatureError(failure.refusal, debug)
    case 'policy-unavailable':
      return POLICY_UNAVAILABLE
    case 'upstream-failed':
      return failure.failure === 'timeout' ? GATEWAY_TIMEOUT : BAD_GATEWAY
    case 'request-incomplete':
      return INCOMPLETE_BODY
    case 'internal-error':
      return INTERNAL_ERROR
  }
}

/** The reason of a refused seal is for the log, and for answers with DEBUG_REFUSALS. */
function signatureError({ seal, ...error }: Refusal, debug: boolean): ErrorAnswer {
  if (!debug || seal === undefined) return error
  const { reason, keyId, expires } = seal
  const details = [keyId === null ? '' : `kid ${keyId}`, expires === null ? '' : `expires ${expires}`]
  return { ...error, reason: [reason, ...details.filter(text => text !== '')].join('; ') }
}

/** Failures without a line here are the client's, or are events of their own (telemetry/events.ts). */
function logFailure(failure: Failure, { url, method, headers }: Request, requestId: string | null): void {
  const host = hostnameOf(url)
  switch (failure.kind) {
    case 'misconfigured':
      for (const { code, name, value, accepted } of failure.problems)
        log('error', 'misconfigured', { code, name, value, accepted })
      return
    case 'signature-refused': {
      const origin = headers.get('origin')
      const { code, message, seal } = failure.refusal
      const facts = { host, origin: origin && withoutSecrets(origin), method, code }
      if (seal === undefined) log('info', 'signature-refused', { ...facts, message })
      else
        log('info', 'seal-refused', { ...facts, kid: seal.keyId, reason: seal.reason, expires: seal.expires })
      return
    }
    case 'policy-unavailable':
      log('error', 'policy-unavailable', { host, detail: failure.detail })
      return
    case 'upstream-failed':
      log('error', 'upstream-failed', { host, method, failure: failure.failure, detail: failure.detail })
      return
    case 'request-incomplete':
      log('info', 'request-incomplete', { host, method, detail: failure.detail })
      return
    case 'internal-error': {
      const { error } = failure
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
      log('error', 'internal-error', { host, requestId, detail: withoutQueries(detail) })
    }
  }
}
