/**
 * @module
 * What a client loses when it may not read a response header: the same operation with and without it, compared.
 */

import type { SeenRequest } from './front.ts'
import type { Outcome } from './stage.ts'

/** Response headers that a page may read without being exposed (Fetch, "CORS-safelisted response-header name"). */
const SAFELISTED: ReadonlySet<string> = new Set([
  'cache-control',
  'content-language',
  'content-length',
  'content-type',
  'expires',
  'last-modified',
  'pragma',
])
/** Headers of a connection, and of CORS itself: exposing them gives a page nothing. */
const NOT_READ = /^(access-control-.*|connection|keep-alive|transfer-encoding|set-cookie2?)$/

/** What a page could read only if it is exposed, of all responses of an outcome. */
export const exposable = (requests: readonly SeenRequest[]): string[] =>
  [
    ...new Set(
      requests.filter(({ preflight }) => !preflight).flatMap(({ responseHeaders }) => responseHeaders),
    ),
  ]
    .filter(name => !SAFELISTED.has(name) && !NOT_READ.test(name))
    .sort()

/** What a header is to an operation. */
export interface Need {
  /** Without a required header the operation fails, or does something else; without an optional one it loses something. */
  readonly need: 'required' | 'optional'
  /** What happens without it. */
  readonly without: string
}

/** The outcome of an operation twice, with everything exposed: what differs between the two means nothing. */
export interface Baseline {
  readonly leaves: ReadonlyMap<string, string>
  readonly varying: ReadonlySet<string>
  readonly requests: ReadonlySet<string>
}

export function baselineOf(one: Outcome, other: Outcome): Baseline {
  const leaves = leavesOf(one.value)
  const others = leavesOf(other.value)
  const varying = new Set([...leaves].flatMap(([path, value]) => (others.get(path) === value ? [] : [path])))
  return { leaves, varying, requests: new Set([...kinds(one.requests), ...kinds(other.requests)]) }
}

/** Compares an outcome with the baseline; null where nothing is lost. */
export function needOf({ leaves, varying, requests }: Baseline, outcome: Outcome): Need | null {
  if (outcome.error !== null) return { need: 'required', without: `fails: ${withoutNumbers(outcome.error)}` }
  const sent = new Set(kinds(outcome.requests))
  const other = [...sent].filter(kind => !requests.has(kind)).sort()
  const missing = [...requests].filter(kind => !sent.has(kind)).sort()
  if (other.length + missing.length > 0) {
    const parts = [
      ...(other.length > 0 ? [`sends ${other.join(', ')}`] : []),
      ...(missing.length > 0 ? [`does not send ${missing.join(', ')}`] : []),
    ]
    return { need: 'required', without: parts.join('; ') }
  }
  const got = leavesOf(outcome.value)
  const lost = [...leaves]
    .filter(([path, value]) => (varying.has(path) ? !got.has(path) : got.get(path) !== value))
    .map(([path]) => path)
    .sort()
  return lost.length === 0 ? null : { need: 'optional', without: `loses ${lost.join(', ')} of the result` }
}

/** The kinds of requests of an operation: methods, of reads whether in whole or in part, and the status. */
const kinds = (requests: readonly SeenRequest[]): string[] =>
  requests
    .filter(({ preflight }) => !preflight)
    .map(({ method, range, status }) => `${method}${range === null ? '' : ' of a Range'} (${status})`)

/** Path → value of every leaf of a JSON value. */
function leavesOf(value: unknown, path = ''): Map<string, string> {
  if (value === null || typeof value !== 'object')
    return new Map([[path || 'the value', JSON.stringify(value)]])
  return new Map(
    Object.entries(value).flatMap(([key, child]) => [
      ...leavesOf(child, path === '' ? key : `${path}.${key}`),
    ]),
  )
}

/** An error's text without ports and ids, which differ from run to run. */
const withoutNumbers = (text: string): string =>
  text
    .replace(/https?:\/\/\S+/g, 'URL')
    .replace(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b/g, 'ID')
    .slice(0, 120)
