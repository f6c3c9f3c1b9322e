/**
 * @module
 * The requests that reach the edge, as `wrangler dev` prints them. The demo page shows them: a page's script can't see its
 * own preflights.
 */

/** One request at the edge. */
export interface Exchange {
  readonly kind: 'exchange'
  readonly method: string
  /** Without the query, which wrangler does not print. */
  readonly path: string
  readonly status: number
  /** From request to response headers, as `wrangler dev` measured it. In milliseconds. */
  readonly ms: number
}

/** Why the edge refused a preflight or an actual request: it logs this just before the exchange is printed. */
export interface Refusal {
  readonly kind: 'refusal'
  readonly origin: string
  readonly method: string
  /** The check that failed: `origin`, `method`, `header`, …; or `no-rules`. */
  readonly check: string
  /** The value that failed the check. */
  readonly value: string
}

export type Traffic = Exchange | Refusal

const EXCHANGE_LINE = /^\[wrangler:info\] ([A-Z]+) (\S+) (\d{3})\b.* \((\d+)ms\)$/
const LOG_LINE = /^\[[\w-]+\] (\{"event":".*\})$/
const REFUSAL = /^\{"event":"(?:preflight|request)","outcome":"(?:refused|no-rules)"/

/** The Worker's own log line in a line of wrangler's output, which puts the Worker's name before it; otherwise null. */
export const readLogLine = (line: string): string | null => LOG_LINE.exec(line)?.[1] ?? null

/** Reads a line of wrangler's output. Returns null if it is neither. */
export function readTraffic(line: string): Traffic | null {
  const logged = readLogLine(line)
  if (logged !== null) return REFUSAL.test(logged) ? readRefusal(logged) : null
  const [, method, path, status, ms] = EXCHANGE_LINE.exec(line) ?? []
  if (method === undefined || path === undefined) return null
  return { kind: 'exchange', method, path, status: Number(status), ms: Number(ms) }
}

function readRefusal(event: string): Refusal | null {
  let fields: Record<string, unknown>
  try {
    fields = JSON.parse(event)
  } catch {
    return null
  }
  const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '')
  const check = text('check') || text('outcome')
  return {
    kind: 'refusal',
    origin: text('origin'),
    method: text('method'),
    check,
    value: text(check) || text('header'),
  }
}
