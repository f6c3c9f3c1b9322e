/**
 * @module
 * The decision: which rule answers a request, or which condition no rule meets. Pure and without I/O; its
 * cost depends on the request alone, not on the number of rules.
 */

import type { HeaderSets, ReadyPolicy, ReadyRule } from './policy.ts'
import { echoList, type ListRefusal, narrowByHeaders } from './request-headers.ts'
import { firstPosition, intersect, isEmpty } from './rule-set.ts'

/** Longer than any scheme, host name (253, RFC 1035) and port; what is longer is no origin of a browser. */
export const MAX_ORIGIN_LENGTH = 2048

export interface Allowed {
  readonly outcome: 'allowed'
  readonly rule: ReadyRule
  /** The rule's header sets for this origin. Allow-Origin stands in them only where it is `*`. */
  readonly sets: HeaderSets
  /** Allow-Headers to set: the requested names where the rule echoes them; null: nothing to set. */
  readonly allowHeaders: string | null
}

export interface Refused {
  readonly outcome: 'refused'
  /** The first condition that no rule meets; the later ones are judged among the rules that meet the former. */
  readonly check: 'origin' | 'method' | ListRefusal['check']
  /** What failed the check, as the client sent it: not escaped, not bounded. */
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
 * @param origin the Origin header; null or empty matches nothing
 * @param method Access-Control-Request-Method of a preflight, the own method of an actual request
 * @param requestedHeaders Access-Control-Request-Headers as received, several lines joined by commas
 */
export function decide(
  policy: ReadyPolicy,
  origin: string | null,
  method: string | null,
  requestedHeaders: string | null,
): Decision {
  if (policy.rules.length === 0) return NO_RULES
  // A comma joins two Origin lines: which of them the client means can't be known.
  if (origin === null || origin === '' || origin.length > MAX_ORIGIN_LENGTH || origin.includes(','))
    return refused('origin', origin ?? '')
  // `null` is no host that a pattern such as `n*` could mean.
  const candidates = origin === 'null' ? policy.origins.literal(origin) : policy.origins.match(origin)
  if (isEmpty(candidates)) return refused('origin', origin)

  const allowing = method === null ? undefined : policy.methods.get(method)
  if (allowing === undefined) return refused('method', method ?? '')
  intersect(candidates, allowing)
  if (isEmpty(candidates)) return refused('method', method ?? '')

  if (requestedHeaders !== null) {
    const refusal = narrowByHeaders(requestedHeaders, policy.headers, policy.listLimits, candidates)
    if (refusal !== null) return refused(refusal.check, refusal.value)
  }

  const rule = policy.rules[firstPosition(candidates)]
  if (rule === undefined) return refused('origin', origin)
  return {
    outcome: 'allowed',
    rule,
    sets: origin === 'null' ? rule.setsForNull : rule.sets,
    allowHeaders:
      requestedHeaders !== null && rule.echoesHeaders
        ? echoList(requestedHeaders, policy.dialect.separator)
        : null,
  }
}

const refused = (check: Refused['check'], value: string): Refused => ({ outcome: 'refused', check, value })
