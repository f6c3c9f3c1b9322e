/**
 * @module
 * The Hono app: actual requests. Decide, refuse or send on, and put the edge's CORS headers on what comes back.
 */

import type { Context } from 'hono'
import { Hono } from 'hono/tiny'
import { type CorsOutcome, decorate } from '../answers/actual.ts'
import { type ErrorAnswer, errorResponse } from '../answers/error-xml.ts'
import {
  BAD_GATEWAY,
  DOT_SEGMENT,
  GATEWAY_TIMEOUT,
  INTERNAL_ERROR,
  notAllowed,
  reasonOf,
} from '../answers/errors.ts'
import { fetchInit, throughCache } from '../bucket/cache.ts'
import { clientResponse } from '../bucket/response.ts'
import { authorize } from '../bucket/signing/authorize.ts'
import { hasDotSegment, hostnameOf, withoutQueries } from '../bucket/url.ts'
import { type Decision, decide } from '../cors/decide.ts'
import { type DialectName, dialectOf } from '../cors/dialect.ts'
import type { FoundPolicy } from '../rules/policies.ts'
import type { Rules } from '../rules/record.ts'
import type { Env } from '../settings/settings.ts'
import { REQUEST, withoutSecrets } from '../telemetry/events.ts'
import { log } from '../telemetry/log.ts'
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
import { isCorsWrite, publishWrite, readCorsWrite } from './write-through.ts'

type AppContext = Context<{ Bindings: Env }>

export const app = new Hono<{ Bindings: Env }>()

app.all('*', actualRequest)
app.onError((error, c) => internalError(error, c.req.raw, c.env))

/** The answer to an exception: a fixed text and a request id. What happened goes to the log, under the same id. */
export function internalError(error: unknown, request: Request, env: Env): Response {
  const dialect = dialectOf(edgeOf(env).settings.dialect)
  const response = errorResponse(dialect, INTERNAL_ERROR, request.url, request.method === 'HEAD')
  const requestId = response.headers.get(dialect.requestIdHeader)
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  log('error', 'internal-error', { host: hostnameOf(request.url), requestId, detail: withoutQueries(detail) })
  return response
}

async function actualRequest(c: AppContext): Promise<Response> {
  const request = c.req.raw
  const edge = edgeOf(c.env)
  const error = settingsError(edge, request) ?? hostError(edge, request)
  if (error !== null) return error

  const context = c.executionCtx as ExecutionContext
  const host = hostnameOf(request.url)
  const held = edge.policies.inMemory(host, context)
  const arrived = held === null ? performance.now() : 0
  const found = held ?? (await edge.policies.load(host, context))
  const waitedMs = held === null ? performance.now() - arrived : 0
  const { rules, settings } = found

  const debug = edge.settings.debugRefusals
  const started = debug ? performance.now() : 0
  const { dialect } = settings ?? edge.settings
  const cors: CorsOutcome = {
    dialect: dialectOf(dialect),
    decision: rules === null ? null : decideActual(rules, dialect, request),
    origin: request.headers.get('origin'),
  }
  const decidedMs = debug ? performance.now() - started : 0
  if (found.kind === 'settings-unusable') return decorate(hostSettingsError(edge, host, request), cors)
  const at: At = { host, found, waitedMs }
  const response = decorate(await respond(edge, at, request, cors, context), cors)
  return debug ? addServerTiming(response, found, decidedMs) : response
}

/** The host that was asked, and how long its policy was waited for. */
interface At {
  readonly host: string
  readonly found: Exclude<FoundPolicy, { kind: 'settings-unusable' }>
  readonly waitedMs: number
}

/** The bucket's response or the edge's own error, without the CORS headers that both get. */
async function respond(
  edge: Edge,
  at: At,
  request: Request,
  cors: CorsOutcome,
  context: ExecutionContext,
): Promise<Response> {
  const { host, found } = at
  const { settings } = found
  const { dialect, decision, origin } = cors
  const { url, method } = request
  const fail = (error: ErrorAnswer): Response => errorResponse(dialect, error, url, method === 'HEAD')
  if (hasDotSegment(url)) return fail(DOT_SEGMENT)
  if (decision?.outcome === 'refused' && isCrossOrigin(url, origin)) {
    const isRefused = settings.unmatched === 'refuse' && wouldBeThrownAway(request)
    recordUnmatched(edge, isRefused, at, request, cors)
    if (isRefused)
      return fail(
        notAllowed(dialect, { url, method }, edge.settings.debugRefusals ? reasonOf(decision) : undefined),
      )
  }

  const keepsHost = settings.origin?.kind !== 'url'
  const authorization = await authorize(request, settings, edge.settings.keys, keepsHost)
  const isAssumed = found.kind === 'assumed'
  const isRead = method === 'GET' || method === 'HEAD'
  if (isAssumed && (settings.origin === null || !isRead || authorization !== null))
    return policyUnavailable(dialect, request, host, 'no bucket is known for sure')
  if (authorization !== null && 'refusal' in authorization) {
    const { refusal } = authorization
    const { code, message } = refusal
    log('info', 'signature-refused', {
      host,
      origin: origin && withoutSecrets(origin),
      method,
      code,
      message,
    })
    return fail(refusal)
  }
  const isWrite = edge.settings.sync.writeThrough && isCorsWrite(request)
  const write = isWrite ? await readCorsWrite(request, settings.dialect) : null
  if (write !== null && 'refusal' in write) return fail(write.refusal)
  const sign = authorization?.sign ?? null
  const init = fetchInit(request, settings, sign !== null)
  const sent = await throughCache(request, settings, context, () =>
    sendToBucket(edge, settings, write?.request ?? request, init, sign),
  )
  if (sent === null) return missingOrigin(dialect, request)
  if ('response' in sent) {
    // The bucket has checked the signature, and accepted.
    if (write !== null && sent.response.ok) await publishWrite(edge, host, settings, write, context)
    const response = clientResponse(sent.response)
    if (isAssumed) response.headers.set('cache-control', 'no-store')
    return response
  }
  log('error', 'upstream-failed', { host, method, failure: sent.failure, detail: sent.detail })
  return fail(sent.failure === 'timeout' ? GATEWAY_TIMEOUT : BAD_GATEWAY)
}

function decideActual(rules: Rules, dialect: DialectName, request: Request): Decision {
  const headers = request.headers
  const origin = headers.get('origin')
  const policy = rules.ready(dialect)
  if (!policy.dialect.actualReadsRequestHeaders)
    return decide(policy, { origin, method: request.method, requestedHeaders: null })
  const method = headers.get('access-control-request-method') || request.method
  return decide(policy, { origin, method, requestedHeaders: headers.get('access-control-request-headers') })
}

function recordUnmatched(
  edge: Edge,
  isRefused: boolean,
  { host, found: { rules, source }, waitedMs }: At,
  { method, headers }: Request,
  { dialect, decision, origin }: CorsOutcome,
): void {
  const requestedHeaders = dialect.actualReadsRequestHeaders
    ? headers.get('access-control-request-headers')
    : null
  const revision = rules?.revision ?? null
  const facts = { host, origin, method, requestedHeaders, decision, revision, source, ms: waitedMs }
  edge.events.record(isRefused ? REQUEST.refused : REQUEST.forwarded, facts)
}

/** False without Origin, and of a page that the edge itself has served: CORS is not asked for. */
const isCrossOrigin = (url: string, origin: string | null): boolean =>
  !(origin === null || origin === '' || origin === URL.parse(url)?.origin)

/**
 * True when a browser would keep the response of this unmatched request from the page: a cross-origin request
 * in CORS mode. Refusing it saves the request to the bucket and its side effects; form posts and images, which
 * need no CORS, pass.
 */
function wouldBeThrownAway({ headers }: Request): boolean {
  const mode = headers.get('sec-fetch-mode')
  return mode === null || mode === 'cors'
}
