/**
 * @module
 * What a browser does with an answer to a probe: the CORS check and the checks of a preflight (Fetch, 4.9 and 4.10).
 */

import { isToken, normalizedMethod } from '../../cors/token.ts'
import { corsCheck, judgePreflight, type ScriptRequest } from '../../explain/browser.ts'
import type { ServerAnswer } from './ask.ts'
import type { Probe } from './probes.ts'

export interface BrowserView {
  /** The page may send the request (preflight), or read the response (actual), without credentials. */
  readonly allows: boolean
  /** The same with `credentials: 'include'`. */
  readonly allowsCredentials: boolean
  /** Names of exposed response headers: lower-case, sorted. Empty for a preflight. */
  readonly exposed: readonly string[]
}

/** Not an origin as browsers write it: upper case, a user, a path, a list, a star or white space. */
const NO_ORIGIN = /[A-Z\s@,*?#]|[^/:]\/|:$/

/** Returns null for a probe that no browser sends. */
export function browserView(probe: Probe, answer: ServerAnswer): BrowserView | null {
  const sent = (name: string) => probe.headers.find(([each]) => each === name)?.[1] ?? null
  const origin = sent('Origin')
  if (origin === null || NO_ORIGIN.test(origin)) return null
  const asked = (rest: Pick<ScriptRequest, 'method' | 'headers'>, credentials: boolean): ScriptRequest => ({
    ...{ origin, credentials },
    ...rest,
  })
  if (probe.kind === 'actual') {
    const request = { method: probe.method, headers: [] }
    const allows = (credentials: boolean) => corsCheck(asked(request, credentials), answer).goesOn
    return {
      allows: allows(false),
      allowsCredentials: allows(true),
      exposed: allows(false) ? listOf(answer, 'access-control-expose-headers') : [],
    }
  }
  const method = sent('Access-Control-Request-Method')
  const headers = (sent('Access-Control-Request-Headers')?.split(',') ?? []).map(name =>
    name.trim().toLowerCase(),
  )
  if (method === null || !isToken(method) || normalizedMethod(method) !== method) return null
  if (!headers.every(isToken)) return null
  const received = { status: answer.status, headers: withJoinedLists(answer) }
  const allows = (credentials: boolean) =>
    judgePreflight(asked({ method, headers }, credentials), received).goesOn
  return { allows: allows(false), allowsCredentials: allows(true), exposed: [] }
}

/** Several lines of a list header are one list (RFC 9110 5.3). Of another header, two lines never match. */
function withJoinedLists({ headers }: ServerAnswer): Record<string, string> {
  const isList = (name: string) => /^access-control-allow-(?:methods|headers)$/.test(name)
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      isList(name) ? value.replaceAll('\n', ',') : value,
    ]),
  )
}

/** Returns the names of a list header: lower-case, unique, sorted. */
export const listOf = ({ headers }: ServerAnswer, header: string): string[] =>
  [...new Set((headers[header] ?? '').split(/[,\n]/).map(name => name.trim().toLowerCase()))]
    .filter(name => name !== '')
    .sort()
