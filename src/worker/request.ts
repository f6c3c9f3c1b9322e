/**
 * @module
 * Actual requests. Hono's routes are the doors; behind a door, each step is a function with one job: look up the
 * policy, decide, refuse or authorize, ask the bucket, and deliver its response with the edge's CORS headers.
 */

import type { Context } from 'hono'
import { Hono } from 'hono/tiny'
import { type CorsOutcome, decorate } from '../answers/actual.ts'
import { derive } from '../answers/derived.ts'
import { fetchInit, throughCache } from '../bucket/cache.ts'
import { sandboxOwnResponse } from '../bucket/mount/sandbox.ts'
import { clientResponse } from '../bucket/response.ts'
import type { Sent } from '../bucket/send.ts'
import type { Signed } from '../bucket/signing/authorization.ts'
import { authorize, leavesUnsigned } from '../bucket/signing/authorize.ts'
import { hasDotSegment, hostnameOf } from '../bucket/url.ts'
import { type Decision, decide } from '../cors/decide.ts'
import { type DialectName, dialectOf } from '../cors/dialect.ts'
import type { UsablePolicy } from '../rules/host-state.ts'
import type { Rules } from '../rules/rules.ts'
import { isSandboxed } from '../settings/mount.ts'
import type { Env } from '../settings/settings.ts'
import { REQUEST } from '../telemetry/events.ts'
import { log } from '../telemetry/log.ts'
import { sendToBucket } from './bucket.ts'
import { type Edge, edgeOf } from './edge.ts'
import { type Failure, failureResponse, invalidHost, MISSING_ORIGIN, misconfiguration } from './failures.ts'
import { admit, harmless, isOwnPage, mayBeMounted } from './mount.ts'
import { addServerTiming } from './server-timing.ts'
import { isSignedCorsWrite, publishAfterWrite } from './write-through.ts'

type AppContext = Context<{ Bindings: Env }>

export const app = new Hono<{ Bindings: Env }>()

app.on(['PUT', 'DELETE'], '*', c => answer(c, write))
app.all('*', c => answer(c, passOn))
// The one catch is in index.ts.
app.onError(error => {
  throw error
})

/** An actual request with everything that the edge knows about it. The steps read it; none changes it. */
interface ActualRequest {
  readonly edge: Edge
  readonly context: ExecutionContext
  /** As the client sent it. */
  readonly asked: Request
  /** As the bucket may see it: without the mount, if there is one. */
  readonly request: Request
  readonly host: string
  readonly policy: UsablePolicy
  /** How long the request waited for its policy, in milliseconds. */
  readonly waitedMs: number
  readonly cors: CorsOutcome
}

type Authorized = Signed | { readonly sign: null; readonly body?: never }
/** What happens behind a door: the bucket's response, or a failure. Both get CORS headers afterwards. */
type Door = (actual: ActualRequest) => Promise<Response | Failure>

async function answer(c: AppContext, door: Door): Promise<Response> {
  const asked = c.req.raw
  const edge = edgeOf(c.env)
  const invalid = misconfiguration(edge) ?? invalidHost(asked)
  if (invalid !== null) return failureResponse(edge, asked, invalid)

  const context = c.executionCtx as ExecutionContext
  const host = hostnameOf(asked.url)
  const held = edge.policies.inMemory(host, context)
  const arrived = held === null ? performance.now() : 0
  const policy = held ?? (await edge.policies.load(host, context))
  const waitedMs = held === null ? performance.now() - arrived : 0

  const debug = edge.settings.debugRefusals
  const started = debug ? performance.now() : 0
  const { dialect, credentials } = policy.settings ?? edge.settings
  const cors: CorsOutcome = {
    dialect: dialectOf(dialect),
    decision: policy.rules === null ? null : decideActual(policy.rules, dialect, credentials, asked),
    origin: asked.headers.get('origin'),
  }
  const decidedMs = debug ? performance.now() - started : 0

  const settings = policy.settings ?? edge.settings
  const respond = (outcome: Response | Failure): Response => {
    const isBucket = outcome instanceof Response
    const response = isBucket ? outcome : failureResponse(edge, asked, outcome, dialect)
    if (!isBucket && isSandboxed(settings)) sandboxOwnResponse(response)
    derive(response, settings, cors)
    return response
  }
  if (policy.kind === 'settings-unusable') return decorate(respond({ kind: 'settings-unusable' }), cors)
  if (policy.kind === 'assumed' && mayBeMounted(settings, asked))
    return decorate(respond(UNSURE_BUCKET), cors)
  const request = admit(settings, asked)
  // Outside the mount is no bucket, so its rules say nothing.
  if ('kind' in request && request.kind === 'outside-mount') return respond(request)
  const outcome =
    'kind' in request ? request : await door({ edge, context, asked, request, host, policy, waitedMs, cors })
  const response = decorate(respond(outcome), cors)
  return debug ? addServerTiming(response, policy, decidedMs) : response
}

/** A change goes to the bucket; one of its CORS configuration is published as well. */
const write: Door = actual => {
  if (writesCors(actual)) return writeCors(actual)
  const { edge, host, request } = actual
  // Somebody may expect a publication.
  if (edge.settings.sync.writeThrough && /[?&]cors(?:[=&]|$)/.test(request.url))
    log('info', 'sync-skipped', { host, reason: 'not a signed PUT or DELETE /?cors' })
  return passOn(actual)
}

/**
 * Passes a read or a write on to the bucket.
 *
 * @param accepted runs once the bucket has accepted the request, and before the client is answered
 */
async function passOn(actual: ActualRequest, accepted?: () => Promise<void>): Promise<Response | Failure> {
  const failure = unlistedMethod(actual) ?? dotSegment(actual) ?? unmatched(actual) ?? unsureBucket(actual)
  if (failure !== null) return failure
  const authorization = await authorizationOf(actual)
  if ('kind' in authorization) return authorization
  const sent = await ask(actual, authorization)
  if (sent !== null && 'response' in sent && sent.response.ok) await accepted?.()
  return deliver(actual, sent, authorization)
}

/** Passes a change of the bucket's CORS configuration on. Once it is accepted, publishes what the bucket has now. */
function writeCors(actual: ActualRequest): Promise<Response | Failure> {
  const { edge, context, request, host, policy } = actual
  return passOn(actual, () => publishAfterWrite(edge, host, policy.settings, request.method, context))
}

const writesCors = ({ edge, request }: ActualRequest): boolean =>
  edge.settings.sync.writeThrough && isSignedCorsWrite(request)

function decideActual(
  rules: Rules,
  dialect: DialectName,
  credentials: boolean,
  { method, headers }: Request,
): Decision {
  const origin = headers.get('origin')
  const policy = rules.ready(dialect, credentials)
  if (!policy.dialect.actualReadsRequestHeaders)
    return decide(policy, { origin, method, requestedHeaders: null })
  return decide(policy, {
    origin,
    method: headers.get('access-control-request-method') || method,
    requestedHeaders: headers.get('access-control-request-headers'),
  })
}

const unlistedMethod = ({ request, policy }: ActualRequest): Failure | null => {
  const allowed: readonly string[] = policy.settings.methods
  return allowed.includes(request.method) ? null : { kind: 'method-not-allowed', allowed }
}

const dotSegment = ({ request }: ActualRequest): Failure | null =>
  hasDotSegment(request.url) ? { kind: 'dot-segment' } : null

/** Records a cross-origin request that no rule allows, and refuses it where UNMATCHED says so. */
function unmatched(actual: ActualRequest): Failure | null {
  const { edge, asked, policy, cors } = actual
  const { decision, origin } = cors
  if (decision?.outcome !== 'refused' || !isCrossOrigin(asked.url, origin)) return null
  if (isOwnPage(policy.settings, asked)) return null
  const isRefused = policy.settings.unmatched === 'refuse' && isUnreadable(asked)
  edge.events.record(isRefused ? REQUEST.refused : REQUEST.forwarded, {
    host: actual.host,
    origin,
    method: asked.method,
    requestedHeaders: cors.dialect.actualReadsRequestHeaders
      ? asked.headers.get('access-control-request-headers')
      : null,
    decision,
    revision: policy.rules?.revision ?? null,
    source: policy.source,
    ms: actual.waitedMs,
  })
  return isRefused ? { kind: 'not-allowed', decision } : null
}

/** False without Origin, and for a page that the edge itself has served: neither needs CORS. */
const isCrossOrigin = (url: string, origin: string | null): boolean =>
  !(origin === null || origin === '' || origin === URL.parse(url)?.origin)

/**
 * True if a browser would hide the response of this unmatched request from the page: a cross-origin request in CORS
 * mode. To refuse it saves the bucket the request and its side effects. Form posts and images need no CORS and pass.
 */
function isUnreadable({ headers }: Request): boolean {
  const mode = headers.get('sec-fetch-mode')
  return mode === null || mode === 'cors'
}

const UNSURE_BUCKET: Failure = { kind: 'policy-unavailable', detail: 'no bucket is known for sure' }

/** While KV can't be read, the host may have a bucket other than the assumed one, which must not be written to. */
function unsureBucket({ request: { method }, policy }: ActualRequest): Failure | null {
  const isRead = method === 'GET' || method === 'HEAD'
  return policy.kind === 'assumed' && (policy.settings.upstream === null || !isRead) ? UNSURE_BUCKET : null
}

/** Verifies the request's signature, where RESIGN asks for it, and returns how to sign the request for the bucket. */
async function authorizationOf({
  edge,
  asked,
  request,
  host,
  policy,
}: ActualRequest): Promise<Authorized | Failure> {
  const { settings } = policy
  const authorization = await authorize(request, settings, edge.settings, asked.url)
  if (authorization === null) {
    if (leavesUnsigned(request, settings)) log('info', 'read-unsigned', { host, method: request.method })
    return { sign: null }
  }
  // A signature would hold at whatever bucket is assumed.
  if (policy.kind === 'assumed') return UNSURE_BUCKET
  return 'refusal' in authorization
    ? { kind: 'signature-refused', refusal: authorization.refusal }
    : authorization
}

/** Asks the cache, where CACHE has one, or the bucket. */
function ask(
  { edge, context, asked, request, policy: { settings } }: ActualRequest,
  { sign, body }: Authorized,
): Promise<Sent | null> {
  const init = fetchInit(request, settings, sign !== null)
  const send = () => sendToBucket(edge, settings, request, init, sign, false, body)
  return throughCache(request, settings, context, send, asked.url)
}

/** Returns the bucket's response as the client gets it. */
async function deliver(
  { asked, request, policy }: ActualRequest,
  sent: Sent | null,
  signed: Authorized,
): Promise<Response | Failure> {
  if (sent === null) return MISSING_ORIGIN
  // Also beside an answer, which a bucket may have sent before the end of the body.
  const refusal = signed.body?.refusal() ?? null
  if (refusal !== null) return { kind: 'signature-refused', refusal }
  if (!('response' in sent)) {
    const { failure, detail } = sent
    return failure === 'client'
      ? { kind: 'request-incomplete', detail }
      : { kind: 'upstream-failed', failure, detail }
  }
  const answer = clientResponse(sent.response)
  const response = 'redact' in signed && signed.redact !== undefined ? await signed.redact(answer) : answer
  // The assumed bucket may be the wrong one: no browser may store its object.
  if (policy.kind === 'assumed') response.headers.set('cache-control', 'no-store')
  return harmless(policy.settings, asked, request, response)
}
