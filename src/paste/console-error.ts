/**
 * @module
 * Console errors of Chrome, Firefox and Safari, as they are copied: broken over lines, with rows of the network panel
 * and of the stack around them, several at once.
 */

import { type Paste, UNKNOWN } from './paste.ts'
import {
  bare,
  between,
  flat,
  methodOf,
  namesOf,
  originOf,
  shownUrl,
  statusAt,
  wordAt,
  wordBefore,
} from './text.ts'
import {
  FRAMES,
  type MessageBrowser,
  type MessageId,
  UNKNOWN_REASON,
  WORDINGS,
  type Wording,
} from './wordings.ts'

/** What a row of the network panel begins with; OPTIONS is not what a script asks for. */
const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH']
/** What Chrome calls the loads that are always a GET. */
const ALWAYS_GET = ['image', 'script', 'font', 'CSS stylesheet', 'audio', 'video', 'text track', 'manifest']
/** What a status stands after. */
const BEFORE_STATUS = ['Status code: ', '状态码：', 'net::ERR_FAILED ', 'HTTP status code ']

const CANNOT_LOAD = ' cannot load '
/** They give no reason; they stand last among the wordings. */
const GENERAL: ReadonlySet<MessageId> = new Set(['access-control-checks', 'no-reason'])
/** What is checked of both answers, the preflight's and the request's own. */
const CHECKED_OF_BOTH: ReadonlySet<MessageId> = new Set([
  'allow-origin-missing',
  'allow-origin-mismatch',
  'allow-origin-multiple',
  'allow-origin-invalid',
  'wildcard-with-credentials',
  'allow-credentials-missing',
])

/** One message out of a paste. */
interface Message {
  readonly browser: MessageBrowser | null
  readonly text: string
}

/** Reads the first message of a text; null: there is none. */
export function readConsoleError(pasted: string): Paste | null {
  const messages = messagesOf(flat(pasted))
  const first = messages[0]
  if (first === undefined) return null
  const wording = wordingOf(first)
  if (wording === null && first.browser === null) return null
  const browser = first.browser ?? wording?.browser ?? null
  const says = wording?.says ?? UNKNOWN_REASON
  const isReasonGiven = says !== 'no-reason'

  const address = addressIn(first.text)
  const url = shownUrl(address)
  const origin = originIn(first.text)
  const method = named(first.text, wording, 'method') ?? methodIn(first.text, address)
  const header = says === 'authorization-not-covered' ? 'authorization' : named(first.text, wording, 'header')
  const headers = namesOf(header === null ? [] : [header])

  const preflight = preflightIn(first.text, browser, wording)

  const others = new Set(messages.slice(1).map(({ text }) => shownUrl(addressIn(text))))
  others.delete(url)
  others.delete(null)
  const missing: string[] = []
  if (!isReasonGiven) missing.push('This is what a script is told: the reason is in a line of the console.')
  if (url === null && isReasonGiven) missing.push(UNKNOWN.url)
  if (first.text.includes("' (redirected from '"))
    missing.push('The URL is that of a redirect: the script asked for another.')
  if (address?.includes('…')) missing.push('The URL is shortened in the text.')
  if (origin === null && isReasonGiven) missing.push(UNKNOWN.origin)
  if (method === null && isReasonGiven) missing.push(UNKNOWN.method)
  if (headers.length > 0) missing.push('The message names one header: the script may set others.')
  else if (isReasonGiven && preflight !== false) missing.push(UNKNOWN.headers)
  if (others.size > 0) missing.push(`Only the first message is read, of those about ${others.size + 1} URLs.`)
  return {
    kind: 'console-error',
    browser,
    says,
    status: statusIn(first.text),
    request: {
      url,
      origin,
      method,
      headers,
      credentials: wording?.credentials ?? null,
      preflight,
    },
    missing,
  }
}

/** The messages of a text, each with what follows it up to the next. */
function messagesOf(text: string): readonly Message[] {
  const frames = FRAMES.flatMap(frame => positionsOf(text, frame.text).map(at => ({ ...frame, at })))
  if (frames.length === 0) return safariMessages(text)
  frames.sort((a, b) => a.at - b.at)
  let searched = 0
  const starts = frames.map(({ browser, text: words, at }) => {
    // Chrome's words stand behind the URL and the origin.
    const start = browser === 'Chrome' ? text.slice(searched, at).lastIndexOf('Access to ') : -1
    const from = start === -1 ? at : searched + start
    searched = at + words.length
    return { browser, from }
  })
  return starts.map(({ browser, from }, i) => ({ browser, text: text.slice(from, starts[i + 1]?.from) }))
}

/** Without a known form. Safari prints the reason, then the URL: each message ends where the next URL is named. */
function safariMessages(text: string): readonly Message[] {
  const urls = positionsOf(text, CANNOT_LOAD)
  if (urls.length === 0) return [{ browser: null, text }]
  return urls.map((at, i) => ({ browser: null, text: text.slice(i === 0 ? 0 : at, urls[i + 1]) }))
}

function positionsOf(text: string, piece: string): number[] {
  const positions: number[] = []
  for (let at = text.indexOf(piece); at !== -1; at = text.indexOf(piece, at + piece.length))
    positions.push(at)
  return positions
}

/** The wording that stands first; one that gives no reason only where there is no other. */
function wordingOf({ browser, text }: Message): Wording | null {
  let first: { wording: Wording; at: number } | null = null
  for (const wording of WORDINGS) {
    if (browser === null ? wording.framed : wording.browser !== browser) continue
    if (GENERAL.has(wording.says) && (first !== null || (browser !== null && wording.says === 'no-reason')))
      continue
    const at = text.indexOf(wording.text)
    if (at !== -1 && (first === null || at < first.at)) first = { wording, at }
  }
  return first?.wording ?? null
}

/** The URL as it is written. */
function addressIn(text: string): string | null {
  const quoted = between(text, " at '", "' from origin", "' (redirected from")
  if (quoted !== null) return quoted
  const firefox =
    between(text, 'remote resource at ', ' soon. (Reason', ' (Reason') ??
    between(text, '禁止读取位于 ', ' 的远程资源')
  if (firefox !== null) return bare(firefox)
  for (const before of [CANNOT_LOAD, 'Failed to load ', 'Cross-origin redirection to ']) {
    const at = text.indexOf(before)
    const word = at === -1 ? '' : wordAt(text, at + before.length)
    if (word.includes('://')) return word
  }
  return null
}

function originIn(text: string): string | null {
  const quoted = between(text, " from origin '", "'") ?? between(text, " Origin '", "' is therefore")
  if (quoted !== null) return originOf(quoted)
  const end = text.indexOf(' is not allowed by Access-Control-Allow-Origin')
  if (end !== -1) return originOf(wordBefore(text, end))
  const before = 'the request origin '
  const at = text.indexOf(before)
  return at === -1 ? null : originOf(wordAt(text, at + before.length))
}

/** The method or header that a wording names. */
function named(text: string, wording: Wording | null, kind: 'method' | 'header'): string | null {
  if (wording?.names === undefined || !wording.names.startsWith(kind)) return null
  const at = text.indexOf(wording.text)
  return methodOf(
    wording.names.endsWith('after')
      ? (between(text.slice(at), "令牌 '", "'") ?? between(text.slice(at), "头 '", "'"))
      : wordBefore(text, at),
  )
}

/** The method of a row of the network panel, or of a load that can have no other. */
function methodIn(text: string, address: string | null): string | null {
  if (address !== null) {
    for (const method of METHODS) {
      if (text.includes(`${method} ${address}`) || text.includes(`${method} "${address}`)) return method
    }
  }
  return ALWAYS_GET.some(kind => text.startsWith(`Access to ${kind} at '`)) ? 'GET' : null
}

function statusIn(text: string): number | null {
  for (const before of BEFORE_STATUS) {
    const at = text.indexOf(before)
    const status = at === -1 ? null : statusAt(text, at + before.length)
    if (status !== null) return status
  }
  return null
}

/** Of what is checked of both answers, Chrome tells whose it was. Safari looks at a preflight's status first. */
function preflightIn(text: string, browser: MessageBrowser | null, wording: Wording | null): boolean | null {
  if (wording?.preflight !== undefined) return wording.preflight
  if (wording?.says === 'origin-not-allowed' && (statusIn(text) ?? 0) >= 300) return false
  if (browser !== 'Chrome' || wording === null || !CHECKED_OF_BOTH.has(wording.says)) return null
  return text.includes('Response to preflight request')
}
