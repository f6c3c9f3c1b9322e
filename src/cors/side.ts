/**
 * @module
 * One of the two configurations of a proof, with the match structures that the proof asks.
 */

import type { Configuration, Method } from './configuration.ts'
import { decide, MAX_ORIGIN_LENGTH } from './decide.ts'
import { witnessOfName } from './meeting.ts'
import { compile, hydrate, type ReadyPolicy } from './policy.ts'
import type { CorsRequest } from './request.ts'
import { addPosition, common, emptySet, intersect, positionsBelow, type RuleSet } from './rule-set.ts'

export interface Side {
  readonly configuration: Configuration
  readonly policy: ReadyPolicy
  /** Rules that answer `*`, without credentials. */
  readonly open: RuleSet
  /** The other rules, which answer with credentials. */
  readonly credentialed: RuleSet
  /** Per rule, its header patterns in lower case, each once. */
  readonly headers: readonly (readonly string[])[]
  /** Number of different header patterns: the edge reads at least as many names at once. */
  readonly headerPatterns: number
}

export function sideOf(configuration: Configuration): Side {
  // The dialect makes no difference to access and to credentials.
  const policy = hydrate(compile(configuration, 'cos'))
  const open = emptySet()
  const credentialed = emptySet()
  for (const { anyOrigin, position } of policy.rules) addPosition(anyOrigin ? open : credentialed, position)
  const headers = configuration.rules.map(rule => [
    ...new Set(rule.allowedHeaders.map(name => name.toLowerCase())),
  ])
  return { configuration, policy, open, credentialed, headers, headerPatterns: new Set(headers.flat()).size }
}

/**
 * Returns the origin that stands for all origins of a pattern, null if the pattern matches nothing. An origin has at most
 * 2048 characters, so a pattern with as many letters beside its star is one text.
 */
export function witnessOfOrigin(pattern: string): string | null {
  if (pattern === '' || pattern.includes(',')) return null
  const star = pattern.indexOf('*')
  const letters = star < 0 ? pattern.length : pattern.length - 1
  if (letters > MAX_ORIGIN_LENGTH) return null
  return letters === MAX_ORIGIN_LENGTH ? pattern.replace('*', '') : pattern
}

/** Returns the rules that allow an origin, as `decide` finds them: `null` is matched by `*` and a listed `null` alone. */
export const rulesForOrigin = ({ policy }: Side, origin: string): RuleSet =>
  origin === 'null' ? policy.origins.literal(origin) : policy.origins.match(origin)

/** Returns the rules that allow a method. */
export const rulesForMethod = ({ policy }: Side, method: Method): RuleSet =>
  policy.methods.get(method) ?? emptySet()

/** Returns the rules that allow all names of these header patterns. */
export function rulesForHeaders({ policy }: Side, patterns: readonly string[]): RuleSet {
  const rules = positionsBelow(policy.rules.length)
  for (const pattern of patterns) intersect(rules, policy.headers.match(witnessOfName(pattern)))
  return rules
}

/** Returns the rules at a position below `end` that allow the method. */
export const earlier = (side: Side, rules: RuleSet, method: Method, end: number): RuleSet =>
  common(common(rules, rulesForMethod(side, method)), positionsBelow(end))

/** Returns true if the edge allows the request. */
export const allows = ({ policy }: Side, request: CorsRequest): boolean =>
  decide(policy, request).outcome === 'allowed'

/** Returns true if the edge answers the request with credentials. A listed `null` never gets them. */
export function givesCredentials({ policy }: Side, request: CorsRequest): boolean {
  const decision = decide(policy, request)
  return decision.outcome === 'allowed' && !decision.rule.anyOrigin && request.origin !== 'null'
}
