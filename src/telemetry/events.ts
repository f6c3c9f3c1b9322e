/**
 * @module
 * Preflights and unmatched actual requests as events: a log line each and, where EVENTS is bound, an Analytics Engine
 * point. docs/operations.md has their fields, which are all that is ever told of a request.
 */

import type { AnalyticsEngineDataPoint, AnalyticsEngineDataset } from '@cloudflare/workers-types'
import type { Decision } from '../cors/decide.ts'
import type { ReadyRule } from '../cors/policy.ts'
import type { CorsRequest } from '../cors/request.ts'
import { escapeControls, log, MAX_LINES, Quota, writeLine } from './log.ts'

/**
 * Points of one kind in one minute and isolate. Each preflight is to be a point, so there have to be far more of them
 * than of lines: 500 a second, more than one isolate answers but in a flood, of which a minute then costs less than a
 * cent.
 */
export const MAX_POINTS = 30_000
/** Characters of one text. The longest origin of a browser has 267: scheme, host name (RFC 1035) and port. */
export const MAX_TEXT = 512
/** Characters of the requested headers: of some thirty names. */
export const MAX_HEADERS = 1024
/** Bytes of one blob: ten of them stay below the 16 KB that Analytics Engine accepts of a point. */
export const MAX_BLOB = 1024
/** Bytes of an index that Analytics Engine accepts. */
export const MAX_INDEX = 96

/** A kind of request and its outcome. Each has its own quotas, so a flood of one kind does not displace another. */
class Kind {
  readonly event: string
  readonly outcome: string
  readonly lines = new Quota(MAX_LINES)
  readonly points = new Quota(MAX_POINTS)

  constructor(event: string, outcome: string) {
    this.event = event
    this.outcome = outcome
  }
}

export const PREFLIGHT = {
  allowed: new Kind('preflight', 'allowed'),
  refused: new Kind('preflight', 'refused'),
  'no-rules': new Kind('preflight', 'no-rules'),
  /** No policy is available: the bucket answers. */
  forwarded: new Kind('preflight', 'forwarded'),
}

/** An actual request that no rule allows. */
export const REQUEST = {
  refused: new Kind('request', 'refused'),
  /** It takes effect, and its answer has no CORS headers. */
  forwarded: new Kind('request', 'forwarded'),
}

/** A request and what was decided about it, as they came: neither escaped nor bounded. */
export interface EventFacts extends CorsRequest {
  readonly host: string
  /** null if no policy is available; then revision and source are null as well. */
  readonly decision: Decision | null
  /** Of the rules that decided. */
  readonly revision: string | null
  readonly source: string | null
  /** From arrival to decision, in milliseconds. */
  readonly ms: number
}

export class Events {
  /** False if events of allowed preflights need no work at all. */
  readonly recordsAllowed: boolean
  readonly #sampleAllowed: number
  readonly #dataset: AnalyticsEngineDataset | null

  /** @param sampleAllowed the share of the allowed preflights that are recorded, from 0 to 1 */
  constructor(sampleAllowed: number, dataset: AnalyticsEngineDataset | null) {
    this.recordsAllowed = sampleAllowed > 0
    this.#sampleAllowed = sampleAllowed
    this.#dataset = dataset
  }

  /** Records a request, within the bounds of its kind. Never throws, whatever the dataset does. */
  record(kind: Kind, facts: EventFacts): void {
    // OPTIONS without one of them is no preflight.
    if (!facts.origin || !facts.method) return
    const share = kind === PREFLIGHT.allowed ? this.#sampleAllowed : 1
    if (share < 1 && Math.random() >= share) return
    // Over its quotas, an event costs nothing more: clients must not be able to make logging expensive.
    const isLine = kind.lines.take()
    const isPoint = this.#dataset !== null && kind.points.take()
    if (!isLine && !isPoint) return

    const fields = fieldsOf(kind, facts, facts.origin, facts.method, 1 / share)
    const pointsLeftOut = (isPoint && kind.points.leftOut) || undefined
    if (isLine) writeLine('info', { ...fields, pointsLeftOut }, kind.lines)
    if (isPoint) this.#write(pointOf(fields))
  }

  #write(point: AnalyticsEngineDataPoint): void {
    try {
      const written: unknown = this.#dataset?.writeDataPoint(point)
      // A service binding accepts any method's name, and fails later.
      if (written !== undefined) Promise.resolve(written).catch(tellUnwritten)
    } catch (error) {
      tellUnwritten(error)
    }
  }
}

type EventFields = ReturnType<typeof fieldsOf>

/** In the order of a line. */
function fieldsOf(
  { event, outcome }: Kind,
  { host, requestedHeaders, decision, revision, source, ms }: EventFacts,
  origin: string,
  method: string,
  weight: number,
) {
  const refused = decision?.outcome === 'refused' ? decision : null
  const tellsHeader = refused?.check === 'header' || refused?.check === 'header-list'
  return {
    event,
    outcome,
    host: cut(host, MAX_TEXT),
    origin: cut(withoutSecrets(origin), MAX_TEXT),
    method: cut(method, MAX_TEXT),
    headers: refused && requestedHeaders ? cut(requestedHeaders, MAX_HEADERS) : undefined,
    check: refused?.check,
    header: refused && tellsHeader ? cut(refused.value, MAX_TEXT) : undefined,
    rule: decision?.outcome === 'allowed' ? cut(nameOf(decision.rule), MAX_TEXT) : undefined,
    revision: revision === null ? undefined : cut(revision, MAX_TEXT),
    source: source ?? undefined,
    ms: Math.round(ms),
    weight,
  }
}

/** The order is that of the table in docs/operations.md; it never changes, because points are kept for months. */
function pointOf(fields: EventFields): AnalyticsEngineDataPoint {
  const { event, outcome, host, origin, method, check, header, rule, revision, source, ms, weight } = fields
  return {
    indexes: [withinBytes(host, MAX_INDEX)],
    blobs: [event, outcome, host, origin, method, check, header, rule, revision, source].map(text =>
      withinBytes(escapeControls(text ?? ''), MAX_BLOB),
    ),
    doubles: [ms, weight],
  }
}

const nameOf = ({ position, id }: ReadyRule): string => (id ? `${position + 1} ${id}` : `${position + 1}`)

/** Masks userinfo and query of an Origin. A browser sends neither; another client may have put a secret there. */
export const withoutSecrets = (origin: string): string =>
  origin.replace(/\/\/[^/?#]*@/g, '//…@').replace(/[?#].*$/s, '?…')

/** The beginning of a text, without the first half of a character that was cut in two. */
const cut = (text: string, max: number): string =>
  text.length > max ? `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…` : text

const encoder = new TextEncoder()
const scratch = new Uint8Array(MAX_BLOB)

/** The beginning of a text that takes so many bytes in UTF-8, and no half character. */
function withinBytes(text: string, max: number): string {
  // A UTF-16 unit takes at most three.
  if (text.length * 3 <= max) return text
  return text.slice(0, encoder.encodeInto(text, scratch.subarray(0, max)).read)
}

/** One line a minute, because a failing dataset fails for every point. */
const unwritten = new Quota(1)

const tellUnwritten = (error: unknown): void =>
  log(
    'error',
    'events-unwritten',
    { detail: error instanceof Error ? error.message : String(error) },
    unwritten,
  )
