/**
 * @module
 * What the edge must answer, written as plainly as possible from the documents and apart from the engine:
 * loops, `split(',')` and trial matching, no index and no precomputed answer. Tests hold the engine to it.
 */

import type { Configuration, Rule } from '../src/cors/configuration.ts'
import type { CorsRequest } from '../src/cors/request.ts'

export type ModelDialect = 'cos' | 's3'

/** CORS headers and `vary` only, by lower-case name. */
export type ModelHeaders = Record<string, string>

export interface ModelError {
  readonly code: string
  readonly message: string
  readonly method?: string
  readonly resourceType?: 'BUCKET' | 'OBJECT'
}

export interface ModelPreflight {
  readonly status: number
  readonly headers: ModelHeaders
  readonly error?: ModelError
}

export interface ModelActual {
  readonly matched: boolean
  readonly headers: ModelHeaders
  /** The names merged into the upstream's `Vary`; null: it stays as it is. */
  readonly vary: string | null
}

const FIVE_METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD']

/** Recorded on S3, on every match, preflight and actual. */
const S3_VARY = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method'

const NO_ORIGIN = 'Insufficient information. Origin request header needed.'
const INVALID_METHOD = 'Invalid Access-Control-Request-Method: '
const NOT_ENABLED = 'CORSResponse: CORS is not enabled for this bucket.'
const S3_NOT_ALLOWED =
  "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
/** COS's own spelling, and no full stop. */
const COS_NOT_ALLOWED =
  "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Requet-Headers are not whitelisted by the resource's CORS spec"

const MAX_ORIGIN = 2048
const MAX_LIST = 8192
const MAX_NAME = 8192
const MAX_NAMES = 64
const MAX_EMPTY_ITEMS = 16
const MAX_SPACE = 2
const MAX_QUOTED_METHOD = 32

/** RFC 9110, 5.6.2, spelled out. */
const TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

const isToken = (text: string): boolean =>
  text !== '' && [...text].every(character => TOKEN_CHARACTERS.includes(character))

/** True when some text put for the one `*` of `pattern` gives `text`; without a `*`, when they are equal. */
export function modelMatches(pattern: string, text: string): boolean {
  const [before = '', after, ...more] = pattern.split('*')
  if (after === undefined) return pattern === text
  if (more.length > 0) throw new Error(`more than one star: ${pattern}`)
  for (let length = 0; length <= text.length; length += 1) {
    const middle = text.slice(before.length, before.length + length)
    if (before + middle + after === text) return true
  }
  return false
}

/** Whether one entry of AllowedOrigin accepts an origin (1.2 and 3.4). */
function acceptsOrigin(pattern: string, origin: string): boolean {
  if (pattern === '*') return true
  if (origin === 'null') return pattern === 'null'
  return modelMatches(pattern, origin)
}

/** An empty header says nothing. */
const given = (header: string | null): header is string => header !== null && header !== ''

function usableOrigin(origin: string | null): origin is string {
  return given(origin) && origin.length <= MAX_ORIGIN && !origin.includes(',')
}

/** The distinct AllowedHeader entries of a whole configuration, lower-cased: the bounds grow with them. */
function headerEntries(configuration: Configuration): string[] {
  const names: string[] = []
  for (const rule of configuration.rules)
    for (const entry of rule.allowedHeaders) {
      const name = entry.toLowerCase()
      if (!names.includes(name)) names.push(name)
    }
  return names
}

/** Takes up to two white-space characters (space or tab) from the start. */
function stripStart(text: string): string {
  let rest = text
  for (let taken = 0; taken < MAX_SPACE; taken += 1) {
    if (rest.startsWith(' ') || rest.startsWith('\t')) rest = rest.slice(1)
  }
  return rest
}

/** Takes up to two white-space characters (space or tab) from the end. */
function stripEnd(text: string): string {
  let rest = text
  for (let taken = 0; taken < MAX_SPACE; taken += 1) {
    if (rest.endsWith(' ') || rest.endsWith('\t')) rest = rest.slice(0, -1)
  }
  return rest
}

/**
 * The requested names, lower-cased, in the order asked, without empty items; null when the list is over one
 * of its bounds or holds something that is not a header name: then no rule matches and nothing is echoed.
 */
export function modelRequestedNames(configuration: Configuration, list: string | null): string[] | null {
  if (list === null) return []
  const entries = headerEntries(configuration)
  let longest = 64
  for (const entry of entries) longest += entry.length + 6
  if (list.length > Math.max(MAX_LIST, longest)) return null

  const names: string[] = []
  let empty = 0
  for (const item of list.split(',')) {
    const rest = stripStart(item)
    const name = stripEnd(rest)
    // The white space of an empty item stands before a name that is not there: two characters of it, not four.
    if (rest === '') empty += 1
    else if (isToken(name) && name.length <= MAX_NAME) names.push(name.toLowerCase())
    else return null
  }
  if (empty > MAX_EMPTY_ITEMS) return null
  if (names.length > Math.max(MAX_NAMES, entries.length)) return null
  return names
}

function acceptsHeaders(rule: Rule, names: readonly string[]): boolean {
  for (const name of names) {
    // Never answer a literal `*` in Allow-Headers (1.2), not even to who asks for it.
    if (name === '*') return false
    let accepted = false
    for (const entry of rule.allowedHeaders) {
      if (modelMatches(entry.toLowerCase(), name)) accepted = true
    }
    if (!accepted) return false
  }
  return true
}

/** The index of the first rule that matches in full (origin, method and every requested name), or null. */
export function modelRule(configuration: Configuration, request: CorsRequest): number | null {
  const { origin, method } = request
  if (!usableOrigin(origin) || method === null) return null
  const names = modelRequestedNames(configuration, request.requestedHeaders)
  if (names === null) return null
  for (const [index, rule] of configuration.rules.entries()) {
    const originAccepted = rule.allowedOrigins.some(pattern => acceptsOrigin(pattern, origin))
    const methodAccepted = rule.allowedMethods.some(allowed => allowed === method)
    if (originAccepted && methodAccepted && acceptsHeaders(rule, names)) return index
  }
  return null
}

/** `*` as soon as the rule holds a `*` (section 2), else the origin itself, with credentials unless `null`. */
function originHeaders(rule: Rule, origin: string): ModelHeaders {
  if (rule.allowedOrigins.includes('*')) return { 'access-control-allow-origin': '*' }
  if (origin === 'null') return { 'access-control-allow-origin': 'null' }
  return { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' }
}

const separator = (dialect: ModelDialect): string => (dialect === 'cos' ? ',' : ', ')

/** The names of Allow-Headers. COS answers with the rule's list where that is a list of header names. */
function allowedHeaderNames(dialect: ModelDialect, rule: Rule, requested: readonly string[]) {
  const isList = rule.allowedHeaders.every(entry => !entry.includes('*'))
  if (dialect === 'cos' && isList) return rule.allowedHeaders.map(entry => entry.toLowerCase())
  return requested
}

function withList(headers: ModelHeaders, name: string, values: readonly string[], dialect: ModelDialect) {
  if (values.length > 0) headers[name] = values.join(separator(dialect))
}

function preflightHeaders(
  configuration: Configuration,
  dialect: ModelDialect,
  rule: Rule,
  request: CorsRequest,
): ModelHeaders {
  const headers = originHeaders(rule, request.origin ?? '')
  const requested = modelRequestedNames(configuration, request.requestedHeaders) ?? []
  withList(headers, 'access-control-allow-methods', rule.allowedMethods, dialect)
  withList(headers, 'access-control-allow-headers', allowedHeaderNames(dialect, rule, requested), dialect)
  withList(headers, 'access-control-expose-headers', rule.exposeHeaders, dialect)
  if (rule.maxAgeSeconds !== null) headers['access-control-max-age'] = String(rule.maxAgeSeconds)
  if (dialect === 's3') headers.vary = S3_VARY
  if (dialect === 'cos' && configuration.responseVary) headers.vary = 'Origin'
  return headers
}

const refusal = (status: number, error: ModelError): ModelPreflight => ({ status, headers: {}, error })

/** The method as an error may quote it: a token of at most 32 bytes, else null. */
function quotable(method: string | null): string | null {
  return method !== null && isToken(method) && method.length <= MAX_QUOTED_METHOD ? method : null
}

/** The answer to any OPTIONS. `path` starts with a slash and has no query. */
export function modelPreflight(
  configuration: Configuration,
  dialect: ModelDialect,
  request: CorsRequest & { readonly path: string },
): ModelPreflight {
  const { method } = request
  if (!given(request.origin)) return refusal(400, { code: 'BadRequest', message: NO_ORIGIN })

  const invalidMethod = refusal(400, {
    code: 'BadRequest',
    message: INVALID_METHOD + (quotable(method) ?? 'null'),
  })
  if (dialect === 's3') {
    const named = quotable(method) ?? 'OPTIONS'
    if (configuration.rules.length === 0) {
      const error = { code: 'AccessForbidden', message: NOT_ENABLED } as const
      return refusal(403, { ...error, method: named, resourceType: 'BUCKET' })
    }
    if (method === null || !FIVE_METHODS.includes(method)) return invalidMethod
  }
  if (!given(method)) return invalidMethod

  const index = modelRule(configuration, request)
  const rule = index === null ? undefined : configuration.rules[index]
  if (rule !== undefined)
    return { status: 200, headers: preflightHeaders(configuration, dialect, rule, request) }
  if (dialect === 'cos') return refusal(403, { code: 'AccessForbidden', message: COS_NOT_ALLOWED })
  return refusal(403, {
    code: 'AccessForbidden',
    message: S3_NOT_ALLOWED,
    method,
    resourceType: request.path === '/' ? 'BUCKET' : 'OBJECT',
  })
}

/** What is put on the response to an actual request (3.6, 3.7). */
export function modelActual(
  configuration: Configuration,
  dialect: ModelDialect,
  request: {
    readonly method: string
    readonly origin: string | null
    readonly requestMethodHeader: string | null
    readonly requestHeadersHeader: string | null
  },
): ModelActual {
  if (configuration.rules.length === 0) return { matched: false, headers: {}, vary: null }
  const { origin, requestMethodHeader, requestHeadersHeader } = request
  const facts = {
    origin,
    method: dialect === 's3' && given(requestMethodHeader) ? requestMethodHeader : request.method,
    requestedHeaders: dialect === 's3' ? requestHeadersHeader : null,
  }
  const index = modelRule(configuration, facts)
  const rule = index === null ? undefined : configuration.rules[index]
  if (rule === undefined) return { matched: false, headers: {}, vary: 'Origin' }

  const { vary: _, ...headers } = preflightHeaders(configuration, dialect, rule, facts)
  if (dialect === 's3') return { matched: true, headers, vary: S3_VARY }
  delete headers['access-control-allow-methods']
  delete headers['access-control-allow-headers']
  delete headers['access-control-max-age']
  return { matched: true, headers, vary: 'Origin' }
}
