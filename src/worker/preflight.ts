/**
 * @module
 * OPTIONS requests, answered before any router: one look-up, one decision, one answer. None costs a request to
 * the bucket, unless no policy can be had at all.
 */

import { errorResponse } from '../answers/error-xml.ts'
import { invalidRequestMethod, ORIGIN_NEEDED } from '../answers/errors.ts'
import { answerPreflight, type OptionsRequest } from '../answers/preflight.ts'
import { clientResponse } from '../bucket/response.ts'
import { hostnameOf } from '../bucket/url.ts'
import { decide } from '../cors/decide.ts'
import { type Dialect, dialectOf } from '../cors/dialect.ts'
import type { FoundPolicy } from '../rules/policies.ts'
import type { Env } from '../settings/settings.ts'
import { PREFLIGHT } from '../telemetry/events.ts'
import {
  addServerTiming,
  type Edge,
  edgeOf,
  hostError,
  hostSettingsError,
  missingOrigin,
  policyUnavailable,
  sendToBucket,
  settingsError,
} from './edge.ts'

/** What an event tells of a policy where none can be had. */
const UNKNOWN = { requestedHeaders: null, decision: null, revision: null, source: null }

/** Answers an OPTIONS request; at once, unless the host's policy must be read first. */
export function answerOptions(
  request: Request,
  env: Env,
  context: ExecutionContext,
): Response | Promise<Response> {
  const edge = edgeOf(env)
  const error = settingsError(edge, request)
  if (error !== null) return error
  const host = hostnameOf(request.url)
  const held = edge.policies.inMemory(host, context)
  // The clock of a Worker stands still unless something is waited for: a policy in memory takes no time.
  if (held !== null) return answer(edge, request, host, held, 0)
  const invalid = hostError(edge, request)
  if (invalid !== null) return invalid
  const arrived = performance.now()
  return edge.policies
    .load(host, context)
    .then(found => answer(edge, request, host, found, performance.now() - arrived))
}

function answer(
  edge: Edge,
  request: Request,
  host: string,
  found: FoundPolicy,
  waitedMs: number,
): Response | Promise<Response> {
  if (found.kind === 'settings-unusable') return hostSettingsError(edge, host, request)
  const { rules, settings, source } = found
  const dialect = dialectOf(settings.dialect)
  const headers = request.headers
  const options: OptionsRequest = {
    url: request.url,
    origin: headers.get('origin'),
    method: headers.get('access-control-request-method'),
    requestedHeaders: headers.get('access-control-request-headers'),
  }
  if (rules === null) return askBucket(edge, found, dialect, request, options, waitedMs)

  const debug = edge.settings.debugRefusals
  const started = debug ? performance.now() : 0
  const decision = decide(rules.ready(settings.dialect), options)
  const decidedMs = debug ? performance.now() - started : 0
  if (decision.outcome !== 'allowed' || edge.events.recordsAllowed) {
    const { origin, method, requestedHeaders } = options
    const { revision } = rules
    const facts = {
      host,
      origin,
      method,
      requestedHeaders,
      decision,
      revision,
      source,
      ms: waitedMs,
    }
    edge.events.record(PREFLIGHT[decision.outcome], facts)
  }
  const response = answerPreflight(dialect, decision, options, debug)
  return debug ? addServerTiming(response, found, decidedMs) : response
}

/** A policy with settings. */
type UsablePolicy = Exclude<FoundPolicy, { kind: 'settings-unusable' }>

/** The last resort: the bucket has the same rules and answers the preflight itself. Never a guess of ours. */
async function askBucket(
  edge: Edge,
  { kind, settings }: UsablePolicy,
  dialect: Dialect,
  request: Request,
  { url, origin, method }: OptionsRequest,
  waitedMs: number,
): Promise<Response> {
  if (origin === null || origin === '') return errorResponse(dialect, ORIGIN_NEEDED, url)
  if (method === null || method === '') return errorResponse(dialect, invalidRequestMethod(null), url)
  const host = hostnameOf(url)
  const isAssumed = kind === 'assumed'
  const sent = await sendToBucket(edge, settings, request, { cache: 'no-store' }, null, true)
  if (sent === null)
    return isAssumed
      ? policyUnavailable(dialect, request, host, 'no bucket is known')
      : missingOrigin(dialect, request)
  edge.events.record(PREFLIGHT.forwarded, { ...UNKNOWN, host, origin, method, ms: waitedMs })
  if ('response' in sent && sent.response.status < 500) {
    const response = clientResponse(sent.response)
    // What may be another bucket's answer is not remembered for long.
    if (isAssumed) response.headers.delete('access-control-max-age')
    return response
  }
  const detail = 'response' in sent ? `status ${sent.response.status}` : sent.detail
  return policyUnavailable(dialect, request, host, detail)
}
