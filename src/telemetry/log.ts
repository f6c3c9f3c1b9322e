/**
 * @module
 * One structured line per noteworthy request or problem. JSON escapes controls; lengths and rates are bounded.
 */

export type LogLevel = 'info' | 'warn' | 'error'
export type LogFields = Record<string, string | number | boolean | null | readonly LogFields[]>
type LogFieldsValue = LogFields[string]

/** Every event that is a problem or a change; docs/reliability.md has them all. The requests': src/telemetry/events.ts. */
export const LOG_EVENTS = [
  'events-unwritten',
  'guardrail-unusable',
  'internal-error',
  'kv-unavailable',
  'misconfigured',
  'policy-unavailable',
  'read-unsigned',
  'request-incomplete',
  'rules-published',
  'rules-unusable',
  'settings-mismatch',
  'settings-unusable',
  'signature-refused',
  'seal-refused',
  'sync-failed',
  'sync-hosts-left-out',
  'sync-refused',
  'sync-skipped',
  'sync-unanswered',
  'sync-unpublished',
  'sync-unsettled',
  'upstream-failed',
] as const
export type LogEvent = (typeof LOG_EVENTS)[number]

/** Characters of one text in a line: what a client sends can't make a line long. */
const MAX_TEXT = 256
/** Lines of one event in one minute and isolate: what a client sends can't make logs expensive. */
export const MAX_LINES = 300

/** Limits how many lines or points of one kind an isolate writes in a minute, and counts the dropped ones. */
export class Quota {
  readonly #max: number
  #minute = 0
  #asked = 0
  #over = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Takes one of the minute's quota. Returns false if it is used up. */
  take(): boolean {
    const minute = Math.floor(Date.now() / 60_000)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#over = Math.max(0, this.#asked - this.#max)
      this.#asked = 0
    }
    return ++this.#asked <= this.#max
  }

  /** Dropped during the previous active minute. Non-zero only for the first of a minute. */
  get leftOut(): number {
    return this.#asked === 1 ? this.#over : 0
  }

  /** True for the last one of a minute's quota. */
  get isSpent(): boolean {
    return this.#asked >= this.#max
  }
}

const quotas = new Map<LogEvent, Quota>()

/**
 * Writes an event, such as `upstream-failed`, with its fields.
 *
 * @param quota how many lines a minute may have; MAX_LINES without one
 */
export function log(level: LogLevel, event: LogEvent, fields: LogFields, quota = quotaOf(event)): void {
  if (quota.take()) writeLine(level, { event, ...bounded(fields) }, quota)
}

function quotaOf(event: LogEvent): Quota {
  const quota = quotas.get(event) ?? new Quota(MAX_LINES)
  quotas.set(event, quota)
  return quota
}

/** Writes a line within a quota, whose texts are bounded. Undefined fields are omitted. */
export function writeLine(level: LogLevel, fields: Readonly<Record<string, unknown>>, quota: Quota): void {
  const line = {
    ...fields,
    leftOut: quota.leftOut || undefined,
    silencedForThisMinute: quota.isSpent || undefined,
  }
  console[level](escapeControls(JSON.stringify(line)))
}

/**
 * Escapes characters that control a terminal. JSON does not escape DEL, C1 controls, line separators and the marks that
 * change the direction of text.
 */
export const escapeControls = (text: string): string =>
  text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

const bounded = (fields: LogFields): LogFields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, boundedValue(value)]))

function boundedValue(value: LogFieldsValue): LogFieldsValue {
  if (typeof value === 'string') return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value
  return typeof value === 'object' && value !== null ? value.slice(0, 20).map(bounded) : value
}
