/**
 * @module
 * The XML of a refusal, as the bucket or the edge answers it: its code says whether it was CORS at all.
 */

import { NO_REQUEST, type Paste, UNKNOWN, type Unreadable } from './paste.ts'
import { between, methodOf, shownUrl } from './text.ts'

/** Reads an error document anywhere in a text, or returns null without any. */
export function readErrorDocument(text: string): Paste | Unreadable | null {
  const code = between(text, '<Code>', '</Code>')?.trim()
  if (code === undefined || !text.includes('<Error>')) return null
  const message = between(text, '<Message>', '</Message>') ?? ''
  if (code !== 'AccessForbidden' || !message.includes('CORS'))
    return {
      problem: `The error code is ${/^[\w.-]{1,80}$/.test(code) ? code : 'unknown'}: this is the bucket's own answer, not its CORS rules. See docs/troubleshooting.md#accessforbidden.`,
    }
  const resource = between(text, '<Resource>', '</Resource>')?.trim() ?? ''
  const url = /^[\w.-]+(:\d+)?\//.test(resource) ? shownUrl(`https://${resource}`) : null
  return {
    kind: 'console-error',
    browser: null,
    says: 'accessforbidden',
    status: 403,
    request: { ...NO_REQUEST, url, method: methodOf(between(text, '<Method>', '</Method>')) },
    missing: [...(url === null ? [UNKNOWN.url] : []), UNKNOWN.origin, UNKNOWN.headers],
  }
}
