/**
 * @module
 * The entries of a HAR 1.2, as far as CORS goes: what each request was, what it sent and what it got.
 */

import { askedByPreflight, type Header, type PreflightQuestion, pageOrigin, valueIn } from './sent-headers.ts'

/** One entry, as far as it is of use. */
export interface HarEntry {
  readonly url: string
  readonly method: string
  readonly sent: readonly Header[]
  readonly received: readonly Header[]
  /** 0: the page could see no answer. */
  readonly status: number
  /** What a preflight asks; null: not a preflight. */
  readonly asks: PreflightQuestion | null
  readonly kind: 'cors' | 'no-cors' | 'navigation' | 'websocket' | 'same-origin' | 'blocked'
  /** The browser's own words for a failure; empty without any. */
  readonly error: string
  readonly fromCache: boolean
  /** When it began, in milliseconds since 1970; null: unknown. */
  readonly started: number | null
  /** How long it took, in milliseconds; null: unknown. */
  readonly time: number | null
}

/** The entries of a HAR, its `log`, a list of entries, one entry, or an entry's `request`. */
export function entriesIn(value: unknown): readonly HarEntry[] {
  return listIn(value).flatMap(entry => entryOf(entry) ?? [])
}

/** The program that wrote a HAR, such as `Firefox`; null if the value does not say. */
export const recorderOf = (value: unknown): string | null =>
  textOf(fieldOf(fieldOf(value, 'log'), 'creator'), 'name') || null

/** A preflight is answered with a 2xx and an origin; a request with an origin. */
export const isOk = ({ status, received, asks }: HarEntry): boolean =>
  valueIn(received, 'access-control-allow-origin') !== null &&
  (asks === null ? status !== 0 : status >= 200 && status <= 299)

function listIn(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  const log = fieldOf(value, 'log') ?? value
  const entries = fieldOf(log, 'entries')
  return Array.isArray(entries) ? entries : [value]
}

/** Also where the text is only the `request` of an entry. */
function entryOf(value: unknown): HarEntry | null {
  const request = fieldOf(value, 'request') ?? value
  const url = fieldOf(request, 'url')
  const method = fieldOf(request, 'method')
  if (typeof url !== 'string' || typeof method !== 'string') return null
  const sent = headersOf(request)
  const response = fieldOf(value, 'response')
  const number = (object: unknown, name: string): number | null => {
    const field = fieldOf(object, name)
    return typeof field === 'number' && Number.isFinite(field) ? field : null
  }
  const status = number(response, 'status') ?? 0
  const started = Date.parse(textOf(value, 'startedDateTime'))
  const entry = {
    url,
    method,
    sent,
    received: headersOf(response),
    status: status >= 100 && status <= 599 ? status : 0,
    asks: method === 'OPTIONS' ? askedByPreflight(sent) : null,
    error: textOf(response, '_error') || textOf(value, '_error'),
    fromCache:
      ['disk', 'memory'].includes(textOf(value, '_fromCache')) ||
      textOf(response, '_fetchedFrom') === 'Disk Cache',
    started: Number.isNaN(started) ? null : started,
    time: number(value, 'time'),
  }
  return { ...entry, kind: kindOf(entry, textOf(value, '_resourceType')) }
}

/** Failures that are nobody's answer: an extension, a closed page. */
const STOPPED = ['ERR_BLOCKED_BY_', 'ERR_ABORTED', 'cancelled', 'canceled', 'NS_BINDING_ABORTED']

function kindOf(entry: Omit<HarEntry, 'kind'>, type: string): HarEntry['kind'] {
  const { url, sent, asks, status, error } = entry
  const mode = valueIn(sent, 'sec-fetch-mode')
  const isSocket = valueIn(sent, 'upgrade')?.toLowerCase() === 'websocket'
  if (/^wss?:/i.test(url) || type === 'websocket' || status === 101 || isSocket) return 'websocket'
  if (!/^https?:/i.test(url)) return 'no-cors'
  if (mode === 'navigate' || type === 'document') return 'navigation'
  if (mode === 'no-cors') return 'no-cors'
  if (status === 0 && STOPPED.some(piece => error.includes(piece))) return 'blocked'
  if (asks !== null) return 'cors'
  // Browsers send Origin with every POST, a form's included.
  const origin = valueIn(sent, 'origin')
  if (origin !== null) return isElsewhere(url, origin) ? 'cors' : 'same-origin'
  if (mode === 'cors') return valueIn(sent, 'sec-fetch-site') === 'same-origin' ? 'same-origin' : 'cors'
  // Of a failed request, Chrome knows only the headers that the page gave it: the Referer, no Origin.
  if (status === 0 && isElsewhere(url, pageOrigin(sent).origin)) return 'cors'
  return isElsewhere(url, pageOrigin(sent).origin) ? 'no-cors' : 'same-origin'
}

/** Whether a URL has another origin than the page. Charles writes the default port. */
function isElsewhere(url: string, origin: string | null): boolean {
  if (origin === null) return false
  return (URL.parse(url)?.origin ?? url) !== origin
}

const textOf = (value: unknown, name: string): string => {
  const field = fieldOf(value, name)
  return typeof field === 'string' ? field : ''
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
