/**
 * @module
 * Reads what people have in their hands: a console error, a curl command, a call of fetch, a HAR. Pure; it runs in a
 * browser, in a Worker and in Node.
 */

import { readConsoleError } from './console-error.ts'
import { isCurl, readCurl } from './curl.ts'
import { isFetchCall, readFetchCall } from './fetch-call.ts'
import { readHar } from './har.ts'
import type { Paste, Unreadable } from './paste.ts'

export { type Paste, type PastedRequest, UNKNOWN, type Unreadable } from './paste.ts'
export { MESSAGE_IDS, type MessageId } from './wordings.ts'

/** Longest text that is read, but for a HAR: far more than a console holds of one failure. In UTF-16 code units. */
export const MAX_TEXT = 256 * 1024
/** Longest HAR: it holds every response of a page, and takes up to a second. In UTF-16 code units. */
export const MAX_HAR = 16 * 1024 * 1024

/**
 * Reads a pasted text.
 *
 * @returns what was read, or one sentence that says why nothing was read. Never throws.
 *
 * @example
 * readPaste("curl 'https://files.example.com/a' -X PUT -H 'Origin: https://app.example.com'")
 */
export function readPaste(text: string): Paste | Unreadable {
  if (text.length > MAX_HAR) return { problem: 'The text is too long: a HAR may have 16 MiB.' }
  const trimmed = text.trim()
  if (trimmed === '') return { problem: 'There is no text.' }
  if (isJson(trimmed)) {
    const value = parsed(trimmed)
    if (value !== undefined) return readHar(value)
  }
  if (trimmed.length > MAX_TEXT) {
    return { problem: 'The text is too long: paste the message alone, or the HAR as it was saved.' }
  }
  if (trimmed.startsWith('curl ')) return readCurl(trimmed)
  const message = readConsoleError(trimmed)
  if (message !== null) return message
  if (isFetchCall(trimmed)) return readFetchCall(trimmed)
  if (isCurl(trimmed)) return readCurl(trimmed)
  return {
    problem:
      'There is no console error of Chrome, Firefox or Safari in this text, no curl command, no copied fetch and no HAR.',
  }
}

/** A document, or a line of one: `"request": {…},`. */
const isJson = (text: string): boolean => text.startsWith('{') || text.startsWith('[') || text.startsWith('"')

function parsed(text: string): unknown {
  const line = text.endsWith(',') ? text.slice(0, -1) : text
  for (const json of text.startsWith('"') ? [`{${line}}`] : [line]) {
    try {
      return JSON.parse(json)
    } catch {
      // Not JSON: a message may begin with a bracket, "[Error] …".
    }
  }
  return undefined
}
