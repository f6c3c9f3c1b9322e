/**
 * @module
 * One structured line per noteworthy request or problem. JSON escapes controls; lengths and rates are bounded.
 */

export type LogLevel = 'info' | 'warn' | 'error'
export type LogFields = Record<string, string | number | boolean | null | readonly LogFields[]>
type LogFieldsValue = LogFields[string]

/** Characters of one text in a line: what a client sends can't make a line long. */
const MAX_TEXT = 256
/** Lines of one event in one minute and isolate: what a client sends can't make logs expensive. */
const MAX_PER_MINUTE = 300

const counts = new Map<string, number>()
let minute = 0

/**
 * Writes an event, such as `preflight-refused`, with its fields.
 *
 * @param event the name of the event: one of a fixed few, never from a client
 */
export function log(level: LogLevel, event: string, fields: LogFields): void {
  const now = Math.floor(Date.now() / 60_000)
  if (now !== minute) {
    minute = now
    counts.clear()
  }
  const count = (counts.get(event) ?? 0) + 1
  counts.set(event, count)
  if (count > MAX_PER_MINUTE) return
  const line: LogFields = { event, ...bounded(fields) }
  if (count === MAX_PER_MINUTE) line.silencedForThisMinute = true
  console[level](escapeControls(JSON.stringify(line)))
}

/** JSON leaves DEL, the C1 controls and the line separators as they are, and a terminal may obey them. */
const escapeControls = (json: string): string =>
  json.replace(/[\u007f-\u009f\u2028\u2029]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

const bounded = (fields: LogFields): LogFields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, boundedValue(value)]))

function boundedValue(value: LogFieldsValue): LogFieldsValue {
  if (typeof value === 'string') return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value
  return typeof value === 'object' && value !== null ? value.slice(0, 20).map(bounded) : value
}
