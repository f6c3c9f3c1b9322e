/**
 * @module
 * Console errors of Chrome, Firefox, Safari and Edge Legacy, as they are copied: broken over lines, cut, with rows of the
 * network panel and of the stack around them, several at once.
 */

import { firefoxReason, isSeveral } from './firefox-message.ts'
import { addressIn, methodIn, originIn, statusIn, wordNamed } from './message-facts.ts'
import { type Message, messagesOf } from './messages.ts'
import { type Paste, UNKNOWN } from './paste.ts'
import { between, flat, namesOf, shownUrl } from './text.ts'
import { type MessageBrowser, type MessageId, UNKNOWN_REASON, WORDINGS, type Wording } from './wordings.ts'

/** They give no reason; they stand last among the wordings. */
const GENERAL: ReadonlySet<MessageId> = new Set(['access-control-checks', 'no-reason'])
/** Checked in both answers, the preflight's and the request's own. */
const CHECKED_OF_BOTH: ReadonlySet<MessageId> = new Set([
  'allow-origin-missing',
  'allow-origin-mismatch',
  'allow-origin-multiple',
  'allow-origin-invalid',
  'wildcard-with-credentials',
  'allow-credentials-missing',
])
/** About a response that the browser has, not about the request that it sends. */
const ABOUT_RESPONSE: ReadonlySet<MessageId> = new Set(['header-not-readable'])

/** What one message says. */
interface Reason {
  readonly browser: MessageBrowser | null
  readonly says: MessageId
  readonly wording: Wording | null
  readonly header: string | null
  /** A sentence about how it was read. */
  readonly note: string | null
}

/** Reads the first message of a text, or returns null without any. */
export function readConsoleError(pasted: string): Paste | null {
  const messages = messagesOf(flat(pasted))
  const [first] = messages
  const reason = first === undefined ? null : reasonOf(first)
  if (first === undefined || reason === null) return null
  const { says, wording } = reason
  const isReasonGiven = says !== 'no-reason'
  const isAboutResponse = ABOUT_RESPONSE.has(says)

  const address = addressIn(first.text)
  const url = shownUrl(address)
  const named = originIn(first.text)
  // After a redirect to another origin, a browser sends `null` instead of the page's own.
  const isLost = says === 'redirect-denied' && named === 'null'
  const origin = isLost ? null : named
  const method = wordNamed(first.text, wording, 'method') ?? methodIn(first.text, address)
  const headers = isAboutResponse || reason.header === null ? [] : namesOf([reason.header])
  const reads = says === 'header-not-readable' ? [readName(reason.header)] : []
  const preflight = preflightIn(first.text, reason)

  const missing: string[] = []
  if (reason.note !== null) missing.push(reason.note)
  if (!isReasonGiven)
    missing.push('This is all that a script gets: the reason is in another line of the console.')
  if (url === null && isReasonGiven && !isAboutResponse) missing.push(UNKNOWN.url)
  if (first.text.includes("' (redirected from '"))
    missing.push('The URL is the target of a redirect: the script asked for another.')
  if (address?.includes('…')) missing.push('The URL is shortened in the text.')
  if (isLost) missing.push('After a redirect to another origin, a browser sends Origin: null.')
  if (origin === null && isReasonGiven) missing.push(UNKNOWN.origin)
  if (method === null && isReasonGiven) missing.push(UNKNOWN.method)
  if (headers.length > 0) missing.push(UNKNOWN.otherHeaders)
  else if (isReasonGiven && !isAboutResponse && preflight !== false) missing.push(UNKNOWN.headers)
  const others = othersIn(messages, url)
  if (others > 0) missing.push(`Only the first message is read, of those about ${others + 1} URLs.`)
  return {
    kind: 'console-error',
    browser: reason.browser,
    says,
    status: statusIn(first.text),
    request: {
      url,
      origin,
      method,
      headers,
      credentials: says === 'wildcard-with-credentials' ? true : (wording?.credentials ?? null),
      preflight,
      ...(reads.length > 0 && { reads }),
    },
    missing,
  }
}

/** Scripts write the header in any case; rules and documents write ETag. */
const readName = (header: string | null): string =>
  header === null || header.toLowerCase() === 'etag' ? 'ETag' : header

function othersIn(messages: readonly Message[], url: string | null): number {
  const others = new Set(messages.slice(1).map(({ text }) => shownUrl(addressIn(text))))
  others.delete(url)
  others.delete(null)
  return others.size
}

/** What a message says, or null where it is not one of a browser. */
function reasonOf(message: Message): Reason | null {
  const wording = wordingOf(message)
  const known = (browser: MessageBrowser | null, says: MessageId): Reason => ({
    browser,
    says,
    wording,
    header:
      says === 'authorization-not-covered' ? 'authorization' : wordNamed(message.text, wording, 'header'),
    note: null,
  })
  if (wording !== null) return known(message.browser ?? wording.browser, saidBy(message.text, wording.says))
  if (message.browser === null || message.browser === 'Firefox') {
    const foreign = firefoxReason(message.text)
    if (foreign !== null)
      return {
        browser: 'Firefox',
        says: foreign.says,
        wording: null,
        header: foreign.header,
        note: foreign.language === null ? UNKNOWN_LANGUAGE : null,
      }
  }
  if (message.browser !== null) return known(message.browser, UNKNOWN_REASON)
  // Without a message, a row of Chrome's console still shows a refused preflight.
  return FAILED_PREFLIGHT.test(message.text)
    ? { browser: 'Chrome', says: 'preflight-not-ok', wording: null, header: null, note: null }
    : null
}

const FAILED_PREFLIGHT = /\bOPTIONS [a-z]+:\/\/\S{1,16384} [345]\d\d\b/

const UNKNOWN_LANGUAGE =
  'The language of this message is unknown here: its reason is taken from the headers that it names.'

/** Several origins in one header are several, whatever the browser calls them. */
function saidBy(text: string, says: MessageId): MessageId {
  if (says !== 'allow-origin-mismatch' && says !== 'allow-origin-invalid') return says
  const value =
    between(text, "header has a value '", "' that is not") ??
    between(text, "the invalid value '", "'") ??
    between(text, "does not match '", "'")
  return value !== null && isSeveral(value) ? 'allow-origin-multiple' : says
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

/** Chrome says of which answer it speaks. Safari looks at a preflight's status first, Firefox says it of some reasons. */
function preflightIn(text: string, { browser, says, wording }: Reason): boolean | null {
  if (ABOUT_RESPONSE.has(says)) return false
  if (wording?.preflight !== undefined) return wording.preflight
  if (says === 'origin-not-allowed' && (statusIn(text) ?? 0) >= 300) return false
  if (browser === 'Firefox' && PREFLIGHT_REASONS.has(says)) return true
  if (/\bXHR ?OPTIONS |\bOPTIONS [a-z]+:\/\//.test(text)) return true
  if (browser !== 'Chrome' || wording === null || !CHECKED_OF_BOTH.has(wording.says)) return null
  return text.includes('Response to preflight request')
}

/** Reasons that only a preflight's answer can have. */
const PREFLIGHT_REASONS: ReadonlySet<MessageId> = new Set([
  'method-not-allowed',
  'header-not-allowed',
  'authorization-not-covered',
  'allow-list-unreadable',
  'preflight-not-ok',
])
