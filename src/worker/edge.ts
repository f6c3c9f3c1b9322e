/**
 * @module
 * What an isolate keeps for an environment: its settings and the policies of its hosts; and what both doors,
 * preflights and actual requests, do with them.
 */

import { errorResponse } from '../answers/error-xml.ts'
import { INVALID_HOST, misconfigured, POLICY_UNAVAILABLE } from '../answers/errors.ts'
import { upstreamRequest } from '../bucket/request.ts'
import { type Sent, send, uploadMs } from '../bucket/send.ts'
import type { Sign } from '../bucket/signing/authorize.ts'
import { hasPlainHost, ownUrl, upstreamUrl } from '../bucket/url.ts'
import { type Dialect, dialectOf } from '../cors/dialect.ts'
import { type FoundPolicy, Policies } from '../rules/policies.ts'
import {
  type Env,
  type HostSettings,
  ORIGIN_ACCEPTED,
  readHostSettings,
  readSettings,
  type Settings,
} from '../settings/settings.ts'
import type { SettingProblem } from '../settings/values.ts'
import { Events } from '../telemetry/events.ts'
import { log } from '../telemetry/log.ts'

export interface Edge {
  readonly env: Env
  readonly settings: Settings
  readonly problems: readonly SettingProblem[]
  readonly policies: Policies
  readonly events: Events
}

/** Seconds after which a client may ask again when no policy can be had. */
const RETRY_AFTER_SECONDS = 5

const edges = new WeakMap<Env, Edge>()

/** The edge of an environment; made at its first request, since an environment does not change. */
export function edgeOf(env: Env): Edge {
  let edge = edges.get(env)
  if (edge === undefined) {
    edge = makeEdge(env)
    edges.set(env, edge)
  }
  return edge
}

function makeEdge(env: Env): Edge {
  const { settings, problems } = readSettings(env)
  const policies = new Policies({
    // Without the binding every answer is an error before this is used.
    kv: env.RULES as KVNamespace,
    ttlSeconds: settings.policyTtlSeconds,
    settings,
    assumed: { ...settings, cache: 'off' },
    readSettings: text => {
      const read = readHostSettings(text, env, settings)
      const [problem] = read.problems
      if (problem === undefined) return { settings: read.settings }
      return { bad: { code: problem.code, detail: read.problems.map(describe).join('; ') } }
    },
    report: (host, trouble, lastGood) => {
      const { event, ...rest } = trouble
      log('error', event, { host, ...rest, lastGood })
    },
  })
  const events = new Events(settings.sampleAllowed, env.EVENTS ?? null)
  return { env, settings, problems, policies, events }
}

const describe = (problem: SettingProblem): string =>
  `${problem.name} is ${JSON.stringify(problem.value)}; accepted: ${problem.accepted}`

/** The 500 of an edge whose variables or bindings are wrong; the log tells all of them. Null: nothing is wrong. */
export function settingsError(edge: Edge, request: Request): Response | null {
  const [first] = edge.problems
  if (first === undefined) return null
  for (const { code, name, value, accepted } of edge.problems)
    log('error', 'misconfigured', { code, name, value, accepted })
  return misconfiguredResponse(dialectOf(edge.settings.dialect), first.code, first.name, request)
}

/** The 500 of a host whose own settings can't be used, with no last good ones. */
export const hostSettingsError = (edge: Edge, host: string, request: Request): Response =>
  misconfiguredResponse(dialectOf(edge.settings.dialect), 'InvalidBucketSettings', `bucket:${host}`, request)

/**
 * The 400 of a Host that is none, as a header or in the URL; null: it is one. Asked before anything is read for a host:
 * what is none gets no place in memory, and no key of KV.
 */
export const hostError = ({ settings }: Edge, request: Request): Response | null =>
  hasPlainHost(request)
    ? null
    : errorResponse(dialectOf(settings.dialect), INVALID_HOST, request.url, request.method === 'HEAD')

/** The 500 of a host without ORIGIN, which only what goes to the bucket needs. */
export function missingOrigin(dialect: Dialect, request: Request): Response {
  const [code, name] = ['MissingVariable', 'ORIGIN']
  log('error', 'misconfigured', { code, name, value: '', accepted: ORIGIN_ACCEPTED })
  return misconfiguredResponse(dialect, code, name, request)
}

const misconfiguredResponse = (dialect: Dialect, code: string, name: string, request: Request): Response =>
  errorResponse(dialect, misconfigured(code, name), request.url, request.method === 'HEAD')

/** The 503 of what nothing is known for at the moment. */
export function policyUnavailable(
  dialect: Dialect,
  { url, method }: Request,
  host: string,
  detail: string,
): Response {
  log('error', 'policy-unavailable', { host, detail })
  const response = errorResponse(dialect, POLICY_UNAVAILABLE, url, method === 'HEAD')
  response.headers.set('retry-after', String(RETRY_AFTER_SECONDS))
  return response
}

/**
 * Sends a request to a host's bucket. `null`: the settings name none.
 *
 * @param sign signs each try of a request that the edge has to sign
 * @param keepCors true for a preflight that is forwarded whole
 */
export function sendToBucket(
  edge: Edge,
  settings: HostSettings,
  request: Request,
  init: RequestInit,
  sign: Sign | null,
  keepCors = false,
): Promise<Sent> | null {
  const { origin, originTimeoutMs } = settings
  if (origin === null) return null
  const url = origin.kind === 'url' ? upstreamUrl(origin.base, request.url) : ownUrl(request.url)
  const bucket = origin.kind === 'service' ? edge.env.BUCKET : undefined
  const fetcher = bucket === undefined ? fetch : bucket.fetch.bind(bucket)
  const retry = (request.method === 'GET' || request.method === 'HEAD') && request.body === null
  return send(
    () => {
      const upstream = upstreamRequest(url, request, keepCors)
      return sign === null ? upstream : sign(upstream)
    },
    (upstream, signal) => fetcher(upstream, { ...init, ...signal }),
    originTimeoutMs + uploadMs(request),
    retry,
  )
}

/**
 * Adds where the policy came from, how long the decision took and which revision decided; only with
 * DEBUG_REFUSALS=on. What the bucket says of its own time comes after it.
 */
export function addServerTiming(
  response: Response,
  { rules, source }: FoundPolicy,
  decidedMs: number,
): Response {
  const { headers } = response
  const revision = rules === null ? '' : `, revision;desc="${quotable(rules.revision)}"`
  const fromBucket = headers.get('server-timing')
  headers.set('server-timing', `policy;desc="${source}", decide;dur=${decidedMs.toFixed(3)}${revision}`)
  if (fromBucket !== null) headers.append('server-timing', fromBucket)
  return response
}

/** A record in KV may call its revision anything: what can't stand between quotes is left out (RFC 9110 5.6.4). */
const quotable = (revision: string): string => revision.slice(0, 64).replace(/[^\w.:-]/g, '')
