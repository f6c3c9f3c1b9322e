/**
 * @module
 * The decision: which rule answers a request, or which condition no rule meets. Pure and without I/O; its
 * cost depends on the request alone, not on the number of rules.
 */

import { Memo } from './memo.ts'
import type { HeaderSets, ReadyPolicy, ReadyRule } from './policy.ts'
import type { CorsRequest } from './request.ts'
import { joinNames, narrowByNames, type RequestedNames, readNames } from './request-headers.ts'
import { copyOf, firstPosition, intersect, isEmpty, type RuleSet } from './rule-set.ts'

/** Longer than any scheme, host name (253, RFC 1035) and port together: no browser sends a longer origin. */
export const MAX_ORIGIN_LENGTH = 2048

export interface Allowed {
  readonly outcome: 'allowed'
  readonly rule: ReadyRule
  /** The rule's header sets for this origin. Allow-Origin stands in them only where it is `*`. */
  readonly sets: HeaderSets
  /** Allow-Headers to set: the requested names where the rule echoes them. Null if there is nothing to set. */
  readonly allowHeaders: string | null
}

export interface Refused {
  readonly outcome: 'refused'
  /**
   * The first condition that no rule meets. Each is judged among the rules that meet the conditions before it.
   * `header-list` if the requested headers are not a valid list, or exceed a bound.
   */
  readonly check: 'origin' | 'method' | 'header' | 'header-list'
  /** The value that failed the check, as the client sent it: not escaped, not bounded. For `header-list`, the reason. */
  readonly value: string
}

/** The bucket has no CORS configuration. */
export interface NoRules {
  readonly outcome: 'no-rules'
}

export type Decision = Allowed | Refused | NoRules

const NO_RULES: NoRules = { outcome: 'no-rules' }

/**
 * Finds the first rule that matches in full: origin and method and every requested header (COS "PUT Bucket
 * cors": rules are tried from top to bottom).
 *
 * @example
 * const policy = hydrate(compile(configuration, 'cos'))
 * const request = { origin: 'https://app.example.com', method: 'PUT', requestedHeaders: 'content-type' }
 * decide(policy, request).outcome // 'allowed', 'refused' or 'no-rules'
 */
export function decide(policy: ReadyPolicy, { origin, method, requestedHeaders }: CorsRequest): Decision {
  if (policy.rules.length === 0) return NO_RULES
  // A comma joins two Origin lines, and nobody can know which of them the client means.
  if (origin === null || origin === '' || origin.length > MAX_ORIGIN_LENGTH || origin.includes(','))
    return refused('origin', origin ?? '')
  const candidates = rulesForOrigin(policy, origin)
  if (isEmpty(candidates)) return refused('origin', origin)

  const allowing = method === null ? undefined : policy.methods.get(method)
  if (allowing === undefined) return refused('method', method ?? '')
  intersect(candidates, allowing)
  if (isEmpty(candidates)) return refused('method', method ?? '')

  let requested: RequestedNames | null = null
  if (requestedHeaders !== null && requestedHeaders !== '') {
    requested = readNames(requestedHeaders, policy.listLimits)
    if (requested.problem !== null) return refused('header-list', requested.problem)
    const offending = narrowByNames(requested.names, policy.headers, candidates)
    if (offending !== null) return refused('header', offending)
  }

  const rule = policy.rules[firstPosition(candidates)]
  if (rule === undefined) return refused('origin', origin)
  const allowHeaders =
    requested !== null && rule.echoesHeaders ? joinNames(requested, policy.dialect.separator) : null
  return { outcome: 'allowed', rule, sets: origin === 'null' ? rule.setsForNull : rule.sets, allowHeaders }
}

/** Origins that a one-star pattern has matched, with the policy of that pattern. */
const rememberedOrigins = new Memo<{ serial: number; rules: RuleSet }>(4096)

/** Returns the rules that allow an origin, as a set that the caller may narrow. */
function rulesForOrigin(policy: ReadyPolicy, origin: string): RuleSet {
  // `null` is no host that a pattern such as `n*` could mean.
  if (!policy.origins.hasStars || origin === 'null') return policy.origins.literal(origin)
  const remembered = rememberedOrigins.get(origin)
  if (remembered?.serial === policy.serial) return copyOf(remembered.rules)
  const rules = policy.origins.match(origin)
  // Only allowed origins are stored: a stranger's origins must not push out the others.
  if (!isEmpty(rules)) rememberedOrigins.set(origin, { serial: policy.serial, rules: copyOf(rules) })
  return rules
}

const refused = (check: Refused['check'], value: string): Refused => ({ outcome: 'refused', check, value })
