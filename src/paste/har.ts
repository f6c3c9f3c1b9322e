/**
 * @module
 * A HAR, or one entry of it: finds the request that CORS failed, and its preflight. HAR 1.2.
 */

import { entriesIn, type HarEntry, isOk } from './har-entries.ts'
import type { Paste, Unreadable } from './paste.ts'
import { leftOut, pageOrigin, scriptHeaders, valueIn } from './sent-headers.ts'
import { hostOf, methodOf, shownUrl } from './text.ts'

/**
 * Reads a HAR, its `log`, a list of entries, one entry, or an entry's `request`.
 *
 * @param host the host whose rules are asked: its requests come first
 */
export function readHar(value: unknown, host: string | null): Paste | Unreadable {
  const entries = entriesIn(value)
  if (entries.length === 0) return { problem: 'This JSON is not a HAR: it has no entry with a request.' }
  const cors = entries.filter(({ kind }) => kind === 'cors')
  const ofHost = host === null ? [] : cors.filter(({ url }) => hostOf(url) === host)
  const taken = best(ofHost) ?? (entries.length === 1 ? entries[0] : null) ?? best(cors)
  if (taken == null) return { problem: withoutCors(entries, host) }

  const pair = pairOf(taken, entries)
  const preflight = taken.asks === null ? pair : taken
  const request = taken.asks === null ? taken : pair
  const asked = preflight?.asks ?? null
  const page = pageOrigin(taken.sent)
  const sent = scriptHeaders(request?.sent ?? [])
  const failed = cors.filter(hasFailed)
  const others = new Set(
    failed.filter(entry => entry !== taken && entry !== pair).map(({ url }) => shownUrl(url)),
  )
  others.delete(shownUrl(taken.url))
  const missing = [...page.missing]
  if (!hasFailed(taken)) missing.push('No entry has a request that CORS failed.')
  if (host !== null && cors.length > 0 && ofHost.length === 0)
    missing.push(`It has no CORS request to ${host}.`)
  if (entries.length > 1)
    missing.push(`Taken: ${taken.method} ${shownUrl(taken.url)}, of ${entries.length} entries.`)
  if (others.size > 0)
    missing.push(`${others.size === 1 ? 'One other URL' : `${others.size} other URLs`} failed too.`)
  if (taken.fromCache)
    missing.push("The response came from the browser's cache: docs/troubleshooting.md#works-once.")
  if (asked === null && sent.left.length > 0) missing.push(leftOut(sent.left))
  return {
    kind: 'har',
    browser: null,
    says: null,
    status: statusOf(taken),
    request: {
      url: shownUrl(taken.url),
      origin: page.origin,
      method: methodOf(asked?.method ?? taken.method),
      headers: asked?.headers ?? sent.names,
      credentials: request != null && valueIn(request.sent, 'cookie') !== null ? true : null,
      preflight: preflight == null ? failedAsPreflight(taken) : !isOk(preflight),
    },
    missing,
  }
}

/** The failed preflight, then the failed request, then any. */
const best = (entries: readonly HarEntry[]): HarEntry | undefined =>
  entries.find(entry => entry.asks !== null && hasFailed(entry)) ?? entries.find(hasFailed) ?? entries[0]

const hasFailed = (entry: HarEntry): boolean => entry.kind === 'cors' && !isOk(entry)

/** The preflight of a request, or the request of a preflight. */
const pairOf = (taken: HarEntry, entries: readonly HarEntry[]): HarEntry | undefined =>
  entries.find(
    entry =>
      entry.url === taken.url &&
      (entry.asks === null) !== (taken.asks === null) &&
      (entry.asks ?? taken.asks)?.method === (entry.asks === null ? entry.method : taken.method),
  )

/** Safari lists no preflight, and says of the request why it failed. */
const failedAsPreflight = ({ error }: HarEntry): boolean | null =>
  error.includes('Preflight response') ? true : null

function statusOf({ status, error }: HarEntry): number | null {
  if (status !== 0) return status
  const named = /Status code: ([1-5]\d\d)/.exec(error)?.[1]
  return named === undefined ? null : Number(named)
}

const KINDS: readonly (readonly [HarEntry['kind'], string])[] = [
  ['no-cors', 'an image, a script or a form without CORS'],
  ['navigation', 'an opened page'],
  ['websocket', 'a WebSocket'],
  ['same-origin', "a request to the page's own origin"],
  ['blocked', 'a request that the browser or an extension stopped'],
]

/** Why there is nothing to ask the rules about. */
function withoutCors(entries: readonly HarEntry[], host: string | null): string {
  const own = host === null ? [] : entries.filter(({ url }) => hostOf(url) === host)
  const [entry] = own
  const kinds = KINDS.filter(([kind]) => entries.some(other => other.kind === kind)).map(([, name]) => name)
  const where = host === null || own.length === 0 ? '' : ` to ${host}`
  const example =
    entry === undefined
      ? ''
      : ` ${entry.method} ${shownUrl(entry.url)} is ${KINDS.find(([kind]) => kind === entry.kind)?.[1]}, for which rules do not matter${entry.status >= 400 ? `: its ${entry.status} is not CORS` : ''}.`
  return `The HAR has no CORS request${where}: only ${kinds.join(', ')}.${example}`
}
