/**
 * @module
 * The requests that the Worker has logged, found in what a log holds: its own lines, or the documents that wrangler and
 * Cloudflare wrap around them.
 */

import type { CorsRequest } from '../../cors/request.ts'

/** What the Worker says of a request; see docs/operations.md. */
export interface LoggedRequest extends CorsRequest {
  readonly event: 'preflight' | 'request'
  readonly outcome: 'allowed' | 'refused' | 'no-rules' | 'forwarded'
  readonly host: string
  /** Of a refused one. */
  readonly check: string | null
  /** The first name that no rule allows, or the problem of the list. */
  readonly header: string | null
  readonly revision: string | null
  /** How many requests the line stands for. */
  readonly weight: number
  /** How many like it were not logged in the minute before, because a minute's lines are bounded. */
  readonly leftOut: number
  /** When, in milliseconds since 1970; null: the log does not say. */
  readonly time: number | null
}

const EVENTS = ['preflight', 'request'] as const
const OUTCOMES = ['allowed', 'refused', 'no-rules', 'forwarded'] as const
/** Characters of a line that is a text within a document: over what the Worker writes. */
const MAX_LINE = 16 * 1024
/** Sampling is 1 in so many, at most. */
const MAX_WEIGHT = 1_000_000
/** Where Cloudflare's documents have a time: Workers Logs, `wrangler tail`, Logpush. */
const TIMES = ['timestamp', 'eventTimestamp', 'TimestampMs', 'EventTimestampMs']

type LoggedFields = Readonly<Record<string, unknown>>

/**
 * The requests in one document: a line of the Worker's own, or one in `message` or `source` (Workers Logs), in
 * `logs[].message[]` (`wrangler tail --format json`) or in `Logs[].Message[]` (Logpush). Nothing is looked for elsewhere:
 * the documents also hold what clients have sent.
 */
export function* loggedRequests(document: unknown): Generator<LoggedRequest> {
  if (isFields(document)) yield* requestsIn(document, null)
}

function* requestsIn(fields: LoggedFields, outerTime: number | null): Generator<LoggedRequest> {
  const time = timeOf(fields) ?? outerTime
  const own = requestOf(fields, time)
  if (own !== null) {
    yield own
    return
  }
  for (const message of [fields.message, fields.Message, fields.source].flat()) {
    const line = typeof message === 'string' ? parseLine(message) : message
    const request = isFields(line) ? requestOf(line, time) : null
    if (request !== null) yield request
  }
  for (const log of [fields.logs, fields.Logs].flat()) {
    // A log has a message, and no logs of its own.
    if (isFields(log)) yield* requestsIn({ ...log, logs: null, Logs: null }, time)
  }
}

function requestOf(fields: LoggedFields, time: number | null): LoggedRequest | null {
  const event = EVENTS.find(name => name === fields.event)
  const outcome = OUTCOMES.find(name => name === fields.outcome)
  const { host, weight, leftOut } = fields
  if (event === undefined || outcome === undefined || typeof host !== 'string') return null
  return {
    event,
    outcome,
    host,
    origin: textOf(fields.origin),
    method: textOf(fields.method),
    requestedHeaders: textOf(fields.headers),
    check: textOf(fields.check),
    header: textOf(fields.header),
    revision: textOf(fields.revision),
    weight: typeof weight === 'number' && weight > 1 ? Math.min(weight, MAX_WEIGHT) : 1,
    leftOut: typeof leftOut === 'number' && leftOut > 0 ? leftOut : 0,
    time,
  }
}

function timeOf(fields: LoggedFields): number | null {
  for (const name of TIMES) {
    const value = fields[name]
    const time = typeof value === 'string' ? Date.parse(value) : value
    // An invalid date can't be shown.
    if (typeof time === 'number' && !Number.isNaN(new Date(time).getTime())) return time
  }
  return null
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
const isFields = (value: unknown): value is LoggedFields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parseLine(text: string): unknown {
  if (!text.startsWith('{') || text.length > MAX_LINE) return null
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
