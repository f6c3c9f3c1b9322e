/**
 * @module
 * The smallest change of a configuration that would allow a refused request, what else it would allow, and
 * whether that is wise.
 */

import { type Configuration, isMethod, METHODS, type Method, type Rule } from '../cors/configuration.ts'
import type { CorsRequest } from '../cors/request.ts'
import { type Explanation, explain, type RuleVerdict } from './explain.ts'

/** One addition. Rules are counted from 1 here, as people count them. */
export type Step =
  | { readonly kind: 'add-origin'; readonly rule: number; readonly value: string }
  | { readonly kind: 'add-method'; readonly rule: number; readonly value: Method }
  | { readonly kind: 'add-header'; readonly rule: number; readonly value: string }
  | { readonly kind: 'add-rule'; readonly rule: number }

export interface Change {
  readonly steps: readonly Step[]
  /** The configuration with the change. */
  readonly configuration: Configuration
  /** What the change allows besides the request, as sentences. */
  readonly alsoAllows: readonly string[]
  /** Why it may be unwise, as sentences. */
  readonly warnings: readonly string[]
}

/** No change can allow the request. */
export interface NoChange {
  readonly impossible: string
}

/** A rule that lacks more than this is about other requests. */
const MAX_ADDITIONS = 3
/** What a new rule exposes and remembers: enough for the COS SDK, short enough to be corrected. */
const NEW_RULE_EXPOSES = ['ETag']
const NEW_RULE_MAX_AGE = 600

/**
 * Finds the change with the fewest additions: to the rule that lacks the least, else a rule of its own.
 *
 * @returns null when the request is allowed as it is
 */
export function smallestChange(configuration: Configuration, request: CorsRequest): Change | NoChange | null {
  const explanation = explain(configuration, request)
  if (explanation.answeredBy !== null) return null
  if (explanation.unusable !== null)
    return { impossible: `No rule can allow it: ${explanation.unusable.reason}.` }
  const { method, origin } = request
  if (!isMethod(method) || origin === null)
    return { impossible: `No rule can allow the method ${method ?? '(none)'}: only ${METHODS.join(', ')}.` }
  // In a rule, a star would stand for others, and no browser sends one.
  if (origin.includes('*'))
    return { impossible: `No rule can allow the origin ${origin} alone: the star would stand for others.` }
  const starred = explanation.names.find(name => name.includes('*'))
  if (starred !== undefined)
    return {
      impossible: `No rule can allow a header called ${starred} alone: the star would stand for others.`,
    }
  const nearest = nearestRule(explanation, method)
  return nearest === null
    ? newRule(configuration, explanation, origin, method)
    : extendRule(configuration, nearest, origin, method)
}

/**
 * Returns the rule that lacks the least, if it shares enough with the request. Among equals it prefers the rule whose
 * addition gives less to other origins, then the rule with fewer methods, then the earlier rule.
 */
function nearestRule(explanation: Explanation, method: Method): RuleVerdict | null {
  const isRead = method === 'GET' || method === 'HEAD'
  const [nearest] = explanation.rules
    .filter(({ missing, origin, methodHeld }) => {
      // What lets everyone read must not let everyone write for the sake of one.
      if (origin === '*' && !methodHeld && !isRead) return false
      return missing <= MAX_ADDITIONS && (origin !== null || missing === 1)
    })
    .sort(
      (a, b) =>
        a.missing - b.missing ||
        breadth(a) - breadth(b) ||
        a.rule.allowedMethods.length - b.rule.allowedMethods.length,
    )
  return nearest ?? null
}

/** Who else would get an addition: few where the origin is listed, everyone where it is `*`. */
function breadth({ origin }: RuleVerdict): number {
  if (origin === null) return 2
  if (origin === '*') return 3
  return origin.includes('*') ? 1 : 0
}

function extendRule(
  configuration: Configuration,
  verdict: RuleVerdict,
  origin: string,
  method: Method,
): Change {
  const { rule, position } = verdict
  const number = position + 1
  const headers = [...new Set(verdict.missingHeaders)]
  const steps: Step[] = []
  if (verdict.origin === null) steps.push({ kind: 'add-origin', rule: number, value: origin })
  if (!verdict.methodHeld) steps.push({ kind: 'add-method', rule: number, value: method })
  for (const value of headers) steps.push({ kind: 'add-header', rule: number, value })
  const extended: Rule = {
    ...rule,
    allowedOrigins: verdict.origin === null ? [...rule.allowedOrigins, origin] : rule.allowedOrigins,
    allowedMethods: verdict.methodHeld ? rule.allowedMethods : [...rule.allowedMethods, method],
    allowedHeaders: [...rule.allowedHeaders, ...headers],
  }
  const rules = configuration.rules.with(position, extended)
  return {
    steps,
    configuration: { ...configuration, rules },
    alsoAllows: steps.map(step => alsoAllowed(step, rule)).filter(sentence => sentence !== ''),
    warnings: warningsOf(extended, origin, steps),
  }
}

function newRule(
  configuration: Configuration,
  explanation: Explanation,
  origin: string,
  method: Method,
): Change {
  const rule: Rule = {
    id: null,
    allowedOrigins: [origin],
    allowedMethods: [method],
    allowedHeaders: [...new Set(explanation.names)],
    exposeHeaders: NEW_RULE_EXPOSES,
    maxAgeSeconds: NEW_RULE_MAX_AGE,
  }
  return {
    steps: [{ kind: 'add-rule', rule: configuration.rules.length + 1 }],
    configuration: { ...configuration, rules: [...configuration.rules, rule] },
    alsoAllows: [],
    warnings: warningsOf(rule, origin, []),
  }
}

const listOf = (values: readonly string[]): string => values.join(', ')

/** What an addition allows besides the request that it was made for. */
function alsoAllowed(step: Step, rule: Rule): string {
  const headers = rule.allowedHeaders.length === 0 ? 'no requested header' : listOf(rule.allowedHeaders)
  switch (step.kind) {
    case 'add-origin':
      return `${step.value} may use ${listOf(rule.allowedMethods)} with ${headers}.`
    case 'add-method':
      return `${listOf(rule.allowedOrigins)} may use ${step.value} with ${headers}.`
    case 'add-header':
      return `${listOf(rule.allowedOrigins)} may send ${step.value} with ${listOf(rule.allowedMethods)}.`
    case 'add-rule':
      return ''
  }
}

function warningsOf(rule: Rule, origin: string, steps: readonly Step[]): string[] {
  const warnings: string[] = []
  const writes = rule.allowedMethods.filter(method => method !== 'GET' && method !== 'HEAD')
  if (origin === 'null' && !rule.allowedOrigins.includes('*'))
    warnings.push(
      'Every sandboxed document and local file has the origin null: whoever can write a page has it.',
    )
  if (rule.allowedOrigins.includes('*') && writes.length > 0)
    warnings.push(
      `Every origin may then use ${listOf(writes)}; what protects the bucket is its signatures alone.`,
    )
  const wide = rule.allowedOrigins.filter(pattern => pattern !== '*' && pattern.includes('*'))
  // Another origin gives them nothing; a method or a header does.
  if (wide.length > 0 && steps.some(({ kind }) => kind !== 'add-origin'))
    warnings.push(`Every origin that matches ${listOf(wide)} gets it too, with credentials.`)
  return warnings
}
