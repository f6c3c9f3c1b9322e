/**
 * @module
 * A HAR, or one entry of it: the request that CORS failed is looked for, and its preflight. HAR 1.2.
 */

import { leftOut } from './curl.ts'
import type { Paste, Unreadable } from './paste.ts'
import { askedByPreflight, type Header, pageOrigin, scriptHeaders, valueIn } from './sent-headers.ts'
import { methodOf, shownUrl } from './text.ts'

/** One entry, as far as it is of use. */
interface HarEntry {
  readonly url: string
  readonly method: string
  readonly sent: readonly Header[]
  readonly received: readonly Header[]
  /** 0: there was no answer that the page could see. */
  readonly status: number
  readonly asks: ReturnType<typeof askedByPreflight>
}

/** Reads a HAR, its `log`, a list of entries, one entry, or an entry's `request`. */
export function readHar(value: unknown): Paste | Unreadable {
  const entries = entriesOf(value).flatMap(entry => entryOf(entry) ?? [])
  if (entries.length === 0) return { problem: 'This JSON is no HAR: it has no entry with a request.' }
  const failed = entries.filter(hasFailed)
  const crossOrigin = entries.filter(isCrossOrigin)
  const taken = failed[0] ?? crossOrigin[0] ?? entries[0]
  if (taken === undefined) return { problem: 'This HAR has no entries.' }

  // The preflight of a request, the request of a preflight.
  const isPair = (a: HarEntry, b: HarEntry) =>
    a.url === b.url &&
    (a.asks === null) !== (b.asks === null) &&
    (a.asks ?? b.asks)?.method === methodOfPair(a, b)
  const preflight = taken.asks === null ? entries.find(entry => isPair(entry, taken)) : taken
  const pair = entries.find(entry => isPair(entry, taken))
  const request = taken.asks === null ? taken : pair

  const asked = preflight?.asks ?? null
  const page = pageOrigin(taken.sent)
  const sent = scriptHeaders(request?.sent ?? [], true)
  const others = new Set(failed.filter(entry => entry !== taken && entry !== pair).map(({ url }) => url))
  const missing = [...page.missing]
  if (failed.length === 0) missing.push('No entry tells of a request that CORS has failed.')
  if (entries.length > 1)
    missing.push(`Taken: ${taken.method} ${shownUrl(taken.url)}, of ${entries.length} entries.`)
  if (others.size > 0)
    missing.push(`${others.size === 1 ? 'One other URL' : `${others.size} other URLs`} failed too.`)
  if (asked === null && sent.left.length > 0) missing.push(leftOut(sent.left))
  return {
    kind: 'har',
    browser: null,
    says: null,
    status: taken.status === 0 ? null : taken.status,
    request: {
      url: shownUrl(taken.url),
      origin: page.origin,
      method: methodOf(asked?.method ?? taken.method),
      headers: asked?.headers ?? sent.names,
      credentials: request !== undefined && valueIn(request.sent, 'cookie') !== null ? true : null,
      preflight: preflight === undefined ? null : !isOk(preflight),
    },
    missing,
  }
}

const methodOfPair = (a: HarEntry, b: HarEntry): string => (a.asks === null ? a.method : b.method)

/** Where a request has failed, Chrome knows only those of its headers that the page gave it: the Referer, no Origin. */
const isCrossOrigin = ({ url, sent, asks, status }: HarEntry): boolean =>
  asks !== null ||
  valueIn(sent, 'origin') !== null ||
  (status === 0 && isElsewhere(url, pageOrigin(sent).origin)) ||
  (valueIn(sent, 'sec-fetch-mode') === 'cors' && valueIn(sent, 'sec-fetch-site') !== 'same-origin')

/** A preflight is answered with a 2xx and an origin; a request with an origin. */
const isOk = ({ status, received, asks }: HarEntry): boolean =>
  valueIn(received, 'access-control-allow-origin') !== null &&
  (asks === null ? status !== 0 : status >= 200 && status <= 299)

const hasFailed = (entry: HarEntry): boolean => isCrossOrigin(entry) && !isOk(entry) && !isSameOrigin(entry)

/** Browsers send Origin with every POST. */
const isSameOrigin = ({ sent, url }: HarEntry): boolean =>
  !isElsewhere(url, valueIn(sent, 'origin') ?? 'null')

const isElsewhere = (url: string, origin: string | null): boolean =>
  origin !== null && !url.startsWith(`${origin}/`)

function entriesOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  const log = fieldOf(value, 'log') ?? value
  const entries = fieldOf(log, 'entries')
  return Array.isArray(entries) ? entries : [value]
}

/** Also where it is only the `request` of an entry. */
function entryOf(value: unknown): HarEntry | null {
  const request = fieldOf(value, 'request') ?? value
  const url = fieldOf(request, 'url')
  const method = fieldOf(request, 'method')
  if (typeof url !== 'string' || typeof method !== 'string') return null
  const sent = headersOf(request)
  const response = fieldOf(value, 'response')
  const status = fieldOf(response, 'status')
  return {
    url,
    method,
    sent,
    received: headersOf(response),
    status: typeof status === 'number' && status >= 100 && status <= 599 ? status : 0,
    asks: method === 'OPTIONS' ? askedByPreflight(sent) : null,
  }
}

function headersOf(message: unknown): Header[] {
  const list = fieldOf(message, 'headers')
  if (!Array.isArray(list)) return []
  return list.flatMap(header => {
    const name = fieldOf(header, 'name')
    const value = fieldOf(header, 'value')
    return typeof name === 'string' && typeof value === 'string' ? [[name, value] as const] : []
  })
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
