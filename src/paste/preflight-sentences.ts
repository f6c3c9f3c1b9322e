/**
 * @module
 * What people read of the preflights of a page load, on a terminal and in the playground.
 */

import type { Avoidance, PreflightCost, RecordedPreflight } from './preflights.ts'

/** The first line: how many, for how many requests, and what they cost together. */
export function costSentence({ preflights, requests, total }: PreflightCost): string {
  const counted = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`
  return preflights.length === 0
    ? `No preflight, for ${counted(requests, 'request')}.`
    : `${counted(preflights.length, 'preflight')} for ${counted(requests, 'request')}, ${Math.round(total)} ms in all.`
}

/** Safari and its relatives record no preflight. Returns null unless the HAR comes from one of them. */
export const recorderSentence = ({ recorder }: PreflightCost): string | null =>
  recorder !== null && /webkit|safari/i.test(recorder)
    ? 'Safari records no preflights. Record the page load in Chrome or Firefox.'
    : null

export interface Way {
  readonly by: Avoidance
  readonly text: string
}

/** What would avoid preflights, each with how many and how long. */
export function waysToAvoid({ preflights }: PreflightCost): Way[] {
  const ways = [...new Set(preflights.flatMap(({ avoidedBy }) => avoidedBy))]
  return ways.map(by => {
    const which = preflights.filter(({ avoidedBy }) => avoidedBy.includes(by))
    const saved = Math.round(which.reduce((sum, { time }) => sum + (time ?? 0), 0))
    return { by, text: `${WAYS[by]} (${which.length} of ${preflights.length}, ${saved} ms)` }
  })
}

const WAYS: Readonly<Record<Avoidance, string>> = {
  'max-age': 'a longer MaxAgeSeconds in the rule that answers: the same question was asked again',
  header: 'leave out the headers that the bucket does not need',
  'content-type': 'a safelisted Content-Type, such as text/plain, where the bucket may store that',
  'upload-listener':
    'they may come from an upload listener or a stream: leave it out where nobody looks at the progress',
  mount: "serve the bucket below a path of the page's own domain (MOUNT): no preflight at all",
}

/** What one preflight asked, how long it took, and why the browser sent it. */
export function preflightSentences(preflight: RecordedPreflight): {
  readonly question: string
  readonly cost: string
  readonly reasons: readonly string[]
} {
  const { url, method, headers, status, time, cause, repeated } = preflight
  const took = time === null ? 'time unknown' : `${Math.round(time)} ms`
  return {
    question: `${method} ${url}${headers.length === 0 ? '' : ` with ${headers.join(', ')}`}`,
    cost: `${took}, status ${status === 0 ? 'unknown' : status}`,
    reasons: [
      cause === null
        ? 'It may be an upload listener, or a stream as body: method and headers need no preflight.'
        : `Asked because ${cause}.`,
      ...(repeated === null ? [] : [REPEATS[repeated]]),
    ],
  }
}

const REPEATS = {
  'no-max-age':
    'Asked before in this recording: the answer had no Access-Control-Max-Age, so it held for 5 s.',
  expired: "Asked before in this recording: the answer's Access-Control-Max-Age was over.",
  'not-kept': 'Asked before in this recording: the browser did not keep the answer, as with "Disable cache".',
} as const
