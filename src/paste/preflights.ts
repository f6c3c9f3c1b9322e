/**
 * @module
 * The preflights of a recorded page load: what each cost, what asked for it, and what would avoid it. HAR 1.2.
 */

import { whyPreflight } from '../explain/browser.ts'
import { entriesIn, type HarEntry, recorderOf } from './har-entries.ts'
import type { Unreadable } from './paste.ts'
import { valueIn } from './sent-headers.ts'
import { shownUrl } from './text.ts'

/** What keeps a browser from asking: ids that scripts may rely on. */
export type Avoidance = 'mount' | 'max-age' | 'header' | 'content-type' | 'upload-listener'

/** Why the same question was asked again: no Max-Age, a Max-Age that was over, or an answer that was not kept. */
type Repeat = 'no-max-age' | 'expired' | 'not-kept'

export interface RecordedPreflight {
  /** Without query: it may hold a signature. */
  readonly url: string
  readonly origin: string | null
  readonly method: string
  readonly headers: readonly string[]
  readonly status: number
  /** Milliseconds; null if the HAR has no time. */
  readonly time: number | null
  /** Why the browser asked; null: the HAR does not show it, so it may be an upload listener or a stream. */
  readonly cause: string | null
  /** An earlier preflight of this page load asked the same of the same URL. */
  readonly repeated: Repeat | null
  readonly avoidedBy: readonly Avoidance[]
}

export interface PreflightCost {
  readonly preflights: readonly RecordedPreflight[]
  /** Milliseconds of all preflights together. They may overlap. */
  readonly total: number
  /** Requests of the page load that were not preflights. */
  readonly requests: number
  /** The program that wrote the HAR; null if it does not say. */
  readonly recorder: string | null
}

/** Names that a script may do without: they cause a preflight and say nothing that the bucket needs. */
const DISPENSABLE: ReadonlySet<string> = new Set(['cache-control', 'pragma', 'x-requested-with'])

/** Reads the preflights of a HAR, in their order. */
export function readPreflights(value: unknown): PreflightCost | Unreadable {
  const entries = entriesIn(value)
  if (entries.length === 0) return { problem: 'This JSON is not a HAR: it has no entry with a request.' }
  const preflights: RecordedPreflight[] = []
  const last = new Map<string, HarEntry>()
  for (const entry of entries) {
    if (entry.asks === null) continue
    const origin = valueIn(entry.sent, 'origin')
    const key = JSON.stringify([origin, entry.url, entry.asks])
    preflights.push(recorded(entry, origin, last.get(key)))
    last.set(key, entry)
  }
  return {
    preflights,
    total: preflights.reduce((sum, { time }) => sum + (time ?? 0), 0),
    requests: entries.filter(({ asks }) => asks === null).length,
    recorder: recorderOf(value),
  }
}

function recorded(entry: HarEntry, origin: string | null, before: HarEntry | undefined): RecordedPreflight {
  const { method, headers } = entry.asks ?? { method: entry.method, headers: [] }
  const cause = whyPreflight({ method, headers })
  const repeated = before === undefined ? null : repeatOf(before, entry)
  return {
    url: shownUrl(entry.url) ?? entry.url,
    origin,
    method,
    headers,
    status: entry.status,
    time: entry.time === null || entry.time < 0 ? null : entry.time,
    cause,
    repeated,
    avoidedBy: avoidancesOf(method, headers, cause, repeated),
  }
}

/** Why an answer did not serve the next equal question. */
function repeatOf(before: HarEntry, { started }: HarEntry): Repeat {
  const text = valueIn(before.received, 'access-control-max-age')
  if (text === null || !/^\d+$/.test(text)) return 'no-max-age'
  const passed = started === null || before.started === null ? 0 : (started - before.started) / 1000
  return passed < Number(text) ? 'not-kept' : 'expired'
}

function avoidancesOf(
  method: string,
  headers: readonly string[],
  cause: string | null,
  repeated: Repeat | null,
): Avoidance[] {
  const found: Avoidance[] = []
  if (repeated === 'no-max-age' || repeated === 'expired') found.push('max-age')
  const isSafe = whyPreflight({ method, headers: [] }) === null
  const needed = headers.filter(name => !DISPENSABLE.has(name))
  if (isSafe && headers.length > 0 && needed.length === 0) found.push('header')
  if (isSafe && needed.length === 1 && needed[0] === 'content-type') found.push('content-type')
  if (cause === null) found.push('upload-listener')
  // A request to the page's own origin needs no preflight at all.
  found.push('mount')
  return found
}
