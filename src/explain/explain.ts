/**
 * @module
 * The decision rule by rule: which condition held and which did not. The same outcome as `decide`, computed in the
 * slow and readable way.
 */

import type { Configuration, Rule } from '../cors/configuration.ts'
import { MAX_ORIGIN_LENGTH } from '../cors/decide.ts'
import { matchesPattern } from '../cors/pattern.ts'
import type { CorsRequest } from '../cors/request.ts'
import { listLimits, readNames } from '../cors/request-headers.ts'

/** How one rule judges a request. */
export interface RuleVerdict {
  /** Counted from 0, in the order of the configuration. */
  readonly position: number
  readonly rule: Rule
  /** The AllowedOrigin that matches; null: none does. */
  readonly origin: string | null
  readonly methodHeld: boolean
  /** The requested names that the rule does not allow. */
  readonly missingHeaders: readonly string[]
  /** All three conditions held. The first such rule answers; the later ones are never asked. */
  readonly matches: boolean
  /** How many additions to the rule would make it match: 1 is a near miss. */
  readonly missing: number
}

export interface Explanation {
  /** Why no rule can match at all: the origin is invalid, or the requested headers are not a list. */
  readonly unusable: { readonly check: 'origin' | 'header-list'; readonly reason: string } | null
  /** The requested names, lower-cased. */
  readonly names: readonly string[]
  readonly rules: readonly RuleVerdict[]
  /** The position of the rule that answers; null: none. */
  readonly answeredBy: number | null
}

/**
 * Returns how every rule judges a request.
 *
 * @example
 * const request = { origin: 'https://app.example.com', method: 'PUT', requestedHeaders: null }
 * explain(configuration, request).answeredBy // the position of a rule, or null
 */
export function explain(configuration: Configuration, request: CorsRequest): Explanation {
  const limits = listLimits(configuration.rules.flatMap(rule => rule.allowedHeaders.map(lowerCase)))
  const requested = readNames(request.requestedHeaders ?? '', limits)
  const unusable = whyUnusable(request.origin, requested.problem)
  const rules = configuration.rules.map((rule, position) => judge(rule, position, request, requested.names))
  const first = unusable === null ? rules.find(verdict => verdict.matches) : undefined
  return { unusable, names: requested.names, rules, answeredBy: first?.position ?? null }
}

const lowerCase = (name: string): string => name.toLowerCase()

function whyUnusable(origin: string | null, listProblem: string | null): Explanation['unusable'] {
  const bad = (reason: string) => ({ check: 'origin', reason }) as const
  if (origin === null || origin === '') return bad('the request has no Origin header')
  if (origin.includes(',')) return bad('the request has more than one Origin')
  if (origin.length > MAX_ORIGIN_LENGTH)
    return bad(`the Origin is longer than ${MAX_ORIGIN_LENGTH} characters`)
  if (listProblem !== null) return { check: 'header-list', reason: listProblem }
  return null
}

function judge(rule: Rule, position: number, request: CorsRequest, names: readonly string[]): RuleVerdict {
  const origin = rule.allowedOrigins.find(pattern => allowsOrigin(pattern, request.origin)) ?? null
  const methodHeld = (rule.allowedMethods as readonly string[]).includes(request.method ?? '')
  const allowed = rule.allowedHeaders.map(lowerCase)
  const missingHeaders = names.filter(
    name => name === '*' || !allowed.some(pattern => matchesPattern(pattern, name)),
  )
  const missing = (origin === null ? 1 : 0) + (methodHeld ? 0 : 1) + new Set(missingHeaders).size
  return { position, rule, origin, methodHeld, missingHeaders, matches: missing === 0, missing }
}

/** Whether one AllowedOrigin matches an origin. `null` needs to be listed, or `*`. */
function allowsOrigin(pattern: string, origin: string | null): boolean {
  if (pattern === '' || origin === null) return false
  if (origin === 'null') return pattern === 'null' || pattern === '*'
  return matchesPattern(pattern, origin)
}
