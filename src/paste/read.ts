/**
 * @module
 * Reads what people have in their hands: a console error, a log with one, a command, a call of fetch, a HAR, an error
 * document. Pure; it runs in a browser, in a Worker and in Node.
 */

import { readConsoleError } from './console-error.ts'
import { isCurl, readCurl } from './curl.ts'
import { readErrorDocument } from './error-document.ts'
import { isFetchCall, readFetchCall } from './fetch-call.ts'
import { readHar } from './har.ts'
import { readOtherCommand } from './other-commands.ts'
import type { Paste, Unreadable } from './paste.ts'
import { stringsOf, unwrapped } from './unwrap.ts'

export { knowsHeaders, type Paste, type PastedRequest, UNKNOWN, type Unreadable } from './paste.ts'
export { MESSAGE_IDS, type MessageId } from './wordings.ts'

/** Longest text that is read, but for a HAR: far more than a console holds of one failure. In UTF-16 code units. */
export const MAX_TEXT = 256 * 1024
/** Longest HAR: it holds every response of a page, and takes up to a second. In UTF-16 code units. */
export const MAX_HAR = 16 * 1024 * 1024

/**
 * Reads a pasted text.
 *
 * @param host the host whose rules are asked, where that is known: a HAR holds requests to many
 * @returns what was read, or one sentence that says why nothing was read. Never throws.
 *
 * @example
 * readPaste("curl 'https://files.example.com/a' -X PUT -H 'Origin: https://app.example.com'")
 */
export function readPaste(text: string, host: string | null = null): Paste | Unreadable {
  if (text.length > MAX_HAR) return { problem: 'The text is too long: a HAR may have 16 MiB.' }
  const trimmed = text.replace(/^\uFEFF/, '').trim()
  if (trimmed === '') return { problem: 'There is no text.' }
  const json = isJson(trimmed) ? parsed(trimmed) : undefined
  if (json !== undefined) {
    const har = readHar(json, host)
    if (!('problem' in har) || isHar(json)) return har
    // A log: Selenium's, Sentry's.
    const logged = stringsOf(json).slice(0, MAX_TEXT)
    return readConsoleError(unwrapped(logged)) ?? har
  }
  if (trimmed.length > MAX_TEXT)
    return { problem: 'The text is too long: paste the message alone, or the HAR as it was saved.' }
  if (trimmed.startsWith('curl ')) return readCurl(trimmed)
  const plain = unwrapped(trimmed)
  return (
    readConsoleError(plain) ??
    (isFetchCall(trimmed) ? readFetchCall(trimmed) : null) ??
    (isCurl(trimmed) ? readCurl(trimmed) : null) ??
    readOtherCommand(trimmed) ??
    readErrorDocument(plain) ??
    readRow(plain) ?? { problem: NOTHING_READ }
  )
}

const NOTHING_READ =
  'There is no console error of a browser in this text, no curl command, no copied fetch and no HAR.'

/** A failed request of which the console says nothing more: CORS let the answer pass. */
function readRow(text: string): Unreadable | null {
  const row = /\b(GET|PUT|POST|DELETE|HEAD|PATCH) ([a-z]+:\/\/\S{1,16384})\s(?:net::\S+ )?([45]\d\d)\b/.exec(
    text,
  )
  if (row === null) return null
  return {
    problem: `This row has no CORS message: the answer to ${row[1]} with status ${row[3]} is the bucket's own, or a firewall's. Paste the answer's body, or see docs/troubleshooting.md#accessforbidden.`,
  }
}

/** A document, or a line of one: `"request": {…},`. */
const isJson = (text: string): boolean => text.startsWith('{') || text.startsWith('[') || text.startsWith('"')

const isHar = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ['log', 'entries', 'request'].some(name => Object.hasOwn(value, name))

function parsed(text: string): unknown {
  const line = text.endsWith(',') ? text.slice(0, -1) : text
  try {
    return JSON.parse(text.startsWith('"') && !text.endsWith('"') ? `{${line}}` : line)
  } catch {
    // Not JSON: a message may begin with a bracket, "[Error] …".
    return undefined
  }
}
