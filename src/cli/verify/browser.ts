/**
 * @module
 * What a browser does with an answer to a probe: the CORS check and the checks of a preflight (Fetch, 4.9 and 4.10).
 */

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

/** Fetch, 2.2.1: methods that need no preflight, so a preflight for them succeeds without Allow-Methods. */
const SAFELISTED_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST'])
/** Methods that a browser writes in upper case. */
const NORMALISED = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'])
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/
/** Not an origin as browsers write it: upper case, a user, a path, a list, a star or white space. */
const NO_ORIGIN = /[A-Z\s@,*?#]|[^/:]\/|:$/

/** Returns null for a probe that no browser sends. */
export function browserView(probe: Probe, answer: ServerAnswer): BrowserView | null {
  const sent = (name: string) => probe.headers.find(([each]) => each === name)?.[1] ?? null
  const origin = sent('Origin')
  if (origin === null || NO_ORIGIN.test(origin)) return null
  if (probe.kind === 'actual') {
    const allows = (withCredentials: boolean) => corsCheck(answer, origin, withCredentials)
    return {
      allows: allows(false),
      allowsCredentials: allows(true),
      exposed: allows(false) ? listOf(answer, 'access-control-expose-headers') : [],
    }
  }
  const method = sent('Access-Control-Request-Method')
  const names = (sent('Access-Control-Request-Headers')?.split(',') ?? []).map(name =>
    name.trim().toLowerCase(),
  )
  if (method === null || !isSendable(method) || !names.every(name => TOKEN.test(name))) return null
  const allows = (withCredentials: boolean) =>
    answer.status >= 200 &&
    answer.status <= 299 &&
    corsCheck(answer, origin, withCredentials) &&
    methodCheck(answer, method, withCredentials) &&
    headersCheck(answer, names, withCredentials)
  return { allows: allows(false), allowsCredentials: allows(true), exposed: [] }
}

const isSendable = (method: string): boolean =>
  TOKEN.test(method) && (NORMALISED.has(method) || !NORMALISED.has(method.toUpperCase()))

/** Fetch, 4.9 (CORS check). Two lines of one name never match. */
function corsCheck({ headers }: ServerAnswer, origin: string, withCredentials: boolean): boolean {
  const allowed = headers['access-control-allow-origin']
  if (!withCredentials) return allowed === '*' || allowed === origin
  return allowed === origin && headers['access-control-allow-credentials'] === 'true'
}

function methodCheck(answer: ServerAnswer, method: string, withCredentials: boolean): boolean {
  if (SAFELISTED_METHODS.has(method)) return true
  const allowed =
    answer.headers['access-control-allow-methods']?.split(/[,\n]/).map(name => name.trim()) ?? []
  return allowed.includes(method) || (!withCredentials && allowed.includes('*'))
}

function headersCheck(answer: ServerAnswer, names: readonly string[], withCredentials: boolean): boolean {
  const allowed = listOf(answer, 'access-control-allow-headers')
  const isAny = !withCredentials && allowed.includes('*')
  return names.every(name => allowed.includes(name) || (isAny && name !== 'authorization'))
}

/** Returns the names of a list header: lower-case, unique, sorted. */
export const listOf = ({ headers }: ServerAnswer, header: string): string[] =>
  [...new Set((headers[header] ?? '').split(/[,\n]/).map(name => name.trim().toLowerCase()))]
    .filter(name => name !== '')
    .sort()
