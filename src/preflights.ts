/**
 * @module
 * OPTIONS requests, answered before any router: one look-up, one decision, one answer. None costs a request to
 * the bucket, unless no policy can be had at all.
 */

import { errorResponse } from './answers/error-xml.ts'
import {
  INVALID_HOST,
  invalidRequestMethod,
  misconfigured,
  ORIGIN_NEEDED,
  POLICY_UNAVAILABLE,
} from './answers/errors.ts'
import { answerPreflight, type OptionsRequest } from './answers/preflight.ts'
import { decide } from './cors/decide.ts'
import { type Dialect, dialectOf } from './cors/dialect.ts'
import { addServerTiming, type Edge, edgeOf, hostSettingsError, sendToBucket, settingsError } from './edge.ts'
import { log } from './log.ts'
import { clientResponse } from './origin/response.ts'
import { hasPlainHost, hostnameOf } from './origin/target.ts'
import type { Found } from './rules/policies.ts'
import type { Env, HostSettings } from './settings.ts'

/** Seconds after which a client may ask again when no policy can be had. */
const RETRY_AFTER_SECONDS = 5

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
  if (held !== null) return answer(edge, request, host, held)
  return edge.policies.load(host, context).then(found => answer(edge, request, host, found))
}

function answer(
  edge: Edge,
  request: Request,
  host: string,
  { rules, settings, source }: Found<HostSettings>,
): Response | Promise<Response> {
  if (settings === null) return hostSettingsError(edge, host, request)
  const dialect = dialectOf(settings.dialect)
  const headers = request.headers
  const options: OptionsRequest = {
    url: request.url,
    origin: headers.get('origin'),
    method: headers.get('access-control-request-method'),
  }
  if (rules === null) return askBucket(edge, settings, dialect, request, options)

  const debug = edge.settings.debugRefusals
  const started = debug ? performance.now() : 0
  const requested = headers.get('access-control-request-headers')
  const decision = decide(rules.ready(settings.dialect), options.origin, options.method, requested)
  if (decision.outcome !== 'allowed') {
    const failed =
      decision.outcome === 'refused'
        ? { check: decision.check, value: decision.value }
        : { check: 'no-rules' }
    const { origin, method } = options
    log('info', 'preflight-refused', { host, origin, method, ...failed, revision: rules.revision, source })
  }
  const response = answerPreflight(dialect, decision, options, debug)
  return debug ? addServerTiming(response, source, started) : response
}

/** The last resort: the bucket has the same rules and answers the preflight itself. Never a guess of ours. */
async function askBucket(
  edge: Edge,
  settings: HostSettings,
  dialect: Dialect,
  request: Request,
  { url, origin, method }: OptionsRequest,
): Promise<Response> {
  if (!hasPlainHost(request)) return errorResponse(dialect, INVALID_HOST, url)
  if (origin === null || origin === '') return errorResponse(dialect, ORIGIN_NEEDED, url)
  if (method === null || method === '') return errorResponse(dialect, invalidRequestMethod(null), url)
  const sent = await sendToBucket(edge, settings, request, { cache: 'no-store' }, null, true)
  if (sent === null) return errorResponse(dialect, misconfigured('MissingVariable', 'ORIGIN'), url)
  if ('response' in sent && sent.response.status < 500) return clientResponse(sent.response)
  const detail = 'response' in sent ? `status ${sent.response.status}` : sent.detail
  log('error', 'policy-unavailable', { host: hostnameOf(url), detail })
  const unavailable = errorResponse(dialect, POLICY_UNAVAILABLE, url)
  unavailable.headers.set('retry-after', String(RETRY_AFTER_SECONDS))
  return unavailable
}
