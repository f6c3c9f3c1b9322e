/**
 * @module
 * What was read, told in one line.
 */

import type { Paste } from './paste.ts'

/** What the text was; `null` of a console error that nobody's words give away. */
const KINDS: Readonly<Record<Paste['kind'], string>> = {
  'console-error': 'a script',
  curl: 'a curl command',
  fetch: 'a call of fetch',
  har: 'a HAR',
}

/** "Chrome says header-not-allowed: preflight for PUT https://files.example.com/a from https://app.example.com." */
export function summaryOf({ kind, browser, says, status, request, missing }: Paste): string {
  const who = browser ?? KINDS[kind]
  const { url, origin, method, headers, preflight, credentials } = request
  const facts = [
    preflight === true ? 'preflight for' : preflight === false ? 'the request itself,' : null,
    method,
    url,
    origin === null ? null : `from ${origin}`,
    headers.length === 0 ? null : `with ${headers.join(', ')}`,
    credentials === true ? 'and with credentials' : null,
    status === null ? null : `(status ${status})`,
  ].filter(fact => fact !== null)
  const what = says === null ? `Read from ${who}` : `${capital(who)} says ${says}`
  return [`${what}${facts.length === 0 ? '' : `: ${facts.join(' ')}`}.`, ...missing].join(' ')
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
