/**
 * @module
 * What was read, in one line.
 */

import type { Paste } from './paste.ts'

/** Names the text; a console error of no browser's words is a script's. */
const KINDS: Readonly<Record<Paste['kind'], string>> = {
  'console-error': 'a script',
  curl: 'a curl command',
  fetch: 'a call of fetch',
  har: 'a HAR',
  command: 'a command',
}

/** "Chrome says header-not-allowed: preflight for PUT https://files.example.com/a from https://app.example.com." */
export function summaryOf({ kind, browser, says, status, request, missing }: Paste): string {
  const who = browser ?? (says === 'accessforbidden' ? 'the answer' : KINDS[kind])
  const { url, origin, method, headers, preflight, credentials, reads } = request
  const facts = [
    preflight === true
      ? (method ?? url) === null
        ? 'preflight'
        : 'preflight for'
      : preflight === false
        ? 'the request itself,'
        : null,
    method,
    url,
    origin === null ? null : `from ${origin}`,
    headers.length === 0 ? null : `with ${headers.join(', ')}`,
    credentials === true ? 'and with credentials' : null,
    reads === undefined ? null : `whose response header ${reads.join(', ')} the script can't read`,
    status === null ? null : `(status ${status})`,
  ].filter(fact => fact !== null)
  const what = says === null ? `Read from ${who}` : `${capital(who)} says ${says}`
  return [`${what}${facts.length === 0 ? '' : `: ${facts.join(' ')}`}.`, ...missing].join(' ')
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
