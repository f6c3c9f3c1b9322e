/**
 * @module
 * OPTIONS requests, answered before any router: one lookup, one decision, one answer. The bucket is asked only if no
 * policy is available at all.
 */

import { errorResponse } from '../answers/error-xml.ts'
import { invalidRequestMethod, ORIGIN_NEEDED } from '../answers/errors.ts'
import { answerPreflight, type OptionsRequest } from '../answers/preflight.ts'
import { withoutMount } from '../bucket/mount/path.ts'
import { clientResponse } from '../bucket/response.ts'
import { hostnameOf } from '../bucket/url.ts'
import { decide } from '../cors/decide.ts'
import { type Dialect, dialectOf } from '../cors/dialect.ts'
import type { FoundPolicy, UsablePolicy } from '../rules/host-state.ts'
import type { Env } from '../settings/settings.ts'
import { PREFLIGHT } from '../telemetry/events.ts'
import { sendToBucket } from './bucket.ts'
import { type Edge, edgeOf } from './edge.ts'
import { failureResponse, invalidHost, MISSING_ORIGIN, misconfiguration } from './failures.ts'
import { admit, harmlessPreflight } from './mount.ts'
import { addServerTiming } from './server-timing.ts'

/** The fields of an event while no policy is available. */
const UNKNOWN = { requestedHeaders: null, decision: null, revision: null, source: null }

/** Answers an OPTIONS request: synchronously, unless the policy of the host must be read first. */
export function answerOptions(
  request: Request,
  env: Env,
  context: ExecutionContext,
): Response | Promise<Response> {
  const edge = edgeOf(env)
  const wrong = misconfiguration(edge)
  if (wrong !== null) return failureResponse(edge, request, wrong)
  const host = hostnameOf(request.url)
  const held = edge.policies.inMemory(host, context)
  // The clock of a Worker stands still while it computes, so a policy in memory takes no time.
  if (held !== null) return answer(edge, request, host, held, 0)
  const invalid = invalidHost(request)
  if (invalid !== null) return failureResponse(edge, request, invalid)
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
  if (found.kind === 'settings-unusable') return failureResponse(edge, request, found)
  const { rules, settings, source } = found
  if (settings.mount !== '' && withoutMount(settings.mount, request.url) === null)
    return failureResponse(edge, request, { kind: 'outside-mount' }, settings.dialect)
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
  const decision = decide(rules.ready(settings.dialect, settings.credentials), options)
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

/** The last fallback: the bucket has the same rules and answers the preflight itself. The edge never guesses. */
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
  const isAssumed = kind === 'assumed'
  const unavailable = (detail: string): Response =>
    failureResponse(edge, request, { kind: 'policy-unavailable', detail }, dialect.name)
  const admitted = admit(settings, request, true)
  if ('kind' in admitted) return failureResponse(edge, request, admitted, dialect.name)
  const sent = await sendToBucket(edge, settings, admitted, { cache: 'no-store' }, null, true)
  if (sent === null)
    return isAssumed
      ? unavailable('no bucket is known')
      : failureResponse(edge, request, MISSING_ORIGIN, dialect.name)
  const host = hostnameOf(url)
  edge.events.record(PREFLIGHT.forwarded, { ...UNKNOWN, host, origin, method, ms: waitedMs })
  if (!('response' in sent)) return unavailable(sent.detail)
  if (sent.response.status >= 500) return unavailable(`status ${sent.response.status}`)
  const response = clientResponse(sent.response)
  harmlessPreflight(settings, response)
  if (!settings.credentials) response.headers.delete('access-control-allow-credentials')
  // The assumed bucket may be the wrong one: browsers must not remember its answer for long.
  if (isAssumed) response.headers.delete('access-control-max-age')
  return response
}
