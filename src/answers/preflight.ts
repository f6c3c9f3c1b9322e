/**
 * @module
 * The answer to an OPTIONS request, from a decision: the header set of a rule, or an error document.
 */

import { isMethod } from '../cors/configuration.ts'
import type { Allowed, Decision } from '../cors/decide.ts'
import type { Dialect } from '../cors/dialect.ts'
import type { CorsRequest } from '../cors/request.ts'
import { type ErrorAnswer, errorResponse } from './error-xml.ts'
import { invalidRequestMethod, noRules, notAllowed, ORIGIN_NEEDED, reasonOf } from './errors.ts'
import { newRequestId } from './ids.ts'

/** The parts of an OPTIONS request that its answer depends on. A refusal names the resource, hence the URL. */
export interface OptionsRequest extends CorsRequest {
  readonly url: string
}

/**
 * Answers an OPTIONS request as the bucket's own "OPTIONS Object" would.
 *
 * @param debug adds the reason to a refusal
 */
export function answerPreflight(
  dialect: Dialect,
  decision: Decision,
  request: OptionsRequest,
  debug: boolean,
): Response {
  if (decision.outcome === 'allowed') return allow(dialect, decision, request.origin ?? '')
  return errorResponse(dialect, refusal(dialect, decision, request, debug), request.url)
}

function allow(dialect: Dialect, decision: Allowed, origin: string): Response {
  // The Response copies the template, so its receiver can't change the headers of the next answer.
  const response = new Response(null, { headers: decision.sets.preflight })
  const headers = response.headers
  if (!decision.rule.anyOrigin) headers.set('access-control-allow-origin', origin)
  if (decision.allowHeaders !== null) headers.set('access-control-allow-headers', decision.allowHeaders)
  headers.set(dialect.requestIdHeader, newRequestId(dialect.name))
  return response
}

/** Returns the error. OPTIONS that is not a preflight is a bad request; recorded S3 without rules differs. */
function refusal(
  dialect: Dialect,
  decision: Exclude<Decision, Allowed>,
  request: OptionsRequest,
  debug: boolean,
): ErrorAnswer {
  const { origin, method } = request
  if (origin === null || origin === '') return ORIGIN_NEEDED
  if (decision.outcome === 'no-rules' && dialect.namesMissingRules)
    return noRules(dialect, request, debug ? reasonOf(decision) : undefined)
  if (method === null || method === '') return invalidRequestMethod(null)
  const reason = debug ? reasonOf(decision) : undefined
  if (dialect.unknownMethodIsBadRequest && !isMethod(method)) return invalidRequestMethod(method, reason)
  return decision.outcome === 'no-rules'
    ? noRules(dialect, request, reason)
    : notAllowed(dialect, request, reason)
}
