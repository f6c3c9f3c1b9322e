/**
 * @module
 * The smallest change of a configuration that would allow a refused request, what else it would allow, and
 * whether that is wise.
 */

import { type Configuration, isMethod, METHODS, type Method, type Rule } from '../cors/configuration.ts'
import { quote } from '../cors/findings.ts'
import type { CorsRequest } from '../cors/request.ts'
import { isBrowserOrigin } from './browser-origin.ts'
import { type Explanation, explain, type RuleVerdict } from './explain.ts'
import { SAFELISTED_RESPONSE_HEADERS } from './header-names.ts'

/** One addition. Rules are counted from 1 here, as people count them; a new rule has the number that it gets. */
export type Step =
  | { readonly kind: 'add-origin'; readonly rule: number; readonly value: string }
  | { readonly kind: 'add-method'; readonly rule: number; readonly value: Method }
  | { readonly kind: 'add-header'; readonly rule: number; readonly value: string }
  | { readonly kind: 'add-expose'; readonly rule: number; readonly value: string }
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

/** What a request needs besides an answering rule. */
export interface ChangeNeeds {
  /** The script asks with credentials, which a rule with `*` never allows. */
  readonly credentials?: boolean
  /** Response headers that the script reads. */
  readonly reads?: readonly string[]
}

/**
 * Finds the change with the fewest additions: to the rule that lacks the least, else a rule of its own.
 *
 * @returns null when the request is allowed as it is
 */
export function smallestChange(
  configuration: Configuration,
  request: CorsRequest,
  { credentials = false, reads = [] }: ChangeNeeds = {},
): Change | NoChange | null {
  const allowing = allowingChange(configuration, request, credentials)
  if (reads.length === 0 || (allowing !== null && 'impossible' in allowing)) return allowing
  const exposing = exposingSteps(allowing?.configuration ?? configuration, request, reads)
  if (exposing === null) return allowing
  if (allowing === null) return exposing
  // A new rule is shown as it becomes.
  const isNew = allowing.steps.some(
    ({ kind, rule }) => kind === 'add-rule' && rule === exposing.steps[0]?.rule,
  )
  const steps = isNew ? allowing.steps : [...allowing.steps, ...exposing.steps]
  return { ...allowing, steps, configuration: exposing.configuration }
}

function allowingChange(
  configuration: Configuration,
  request: CorsRequest,
  credentials: boolean,
): Change | NoChange | null {
  const explanation = explain(configuration, request)
  const { answeredBy } = explanation
  if (answeredBy !== null)
    return credentials ? credentialsChange(configuration, explanation.rules[answeredBy], request) : null
  if (explanation.unusable !== null)
    return { impossible: `No rule can allow it: ${explanation.unusable.reason}.` }
  const { method, origin } = request
  if (method === 'OPTIONS')
    return {
      impossible:
        'A preflight names the method of the request in Access-Control-Request-Method, such as PUT; no rule can allow OPTIONS.',
    }
  if (!isMethod(method) || origin === null)
    return { impossible: `No rule can allow the method ${method ?? '(none)'}: only ${METHODS.join(', ')}.` }
  // In a rule, a star would stand for others, and no browser sends one.
  if (origin.includes('*'))
    return { impossible: `No rule can allow the origin ${origin} alone: the star would stand for others.` }
  if (!isBrowserOrigin(origin)) return { impossible: `No browser sends the origin ${quote(origin)}.` }
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

/** A rule that names the origin, before the one with `*` that answers now. */
function credentialsChange(
  configuration: Configuration,
  answering: RuleVerdict | undefined,
  { origin, method }: CorsRequest,
): Change | NoChange | null {
  if (answering === undefined || !isMethod(method) || origin === null) return null
  const { rule, position } = answering
  // A rule that lists its origins gives credentials to all but `null`.
  if (!rule.allowedOrigins.includes('*') && origin !== 'null') return null
  if (origin === 'null')
    return { impossible: 'The origin null never gets credentials: give the page an origin of its own.' }
  if (!isBrowserOrigin(origin)) return { impossible: `No browser sends the origin ${quote(origin)}.` }
  const named: Rule = { ...rule, id: null, allowedOrigins: [origin], allowedMethods: [method] }
  return {
    steps: [{ kind: 'add-rule', rule: position + 1 }],
    configuration: { ...configuration, rules: configuration.rules.toSpliced(position, 0, named) },
    alsoAllows: [`${origin} may use ${method} with credentials, and with ${headersOf(named)}.`],
    warnings: [
      'Only cookies and TLS certificates are credentials here, signatures are not: a script that needs neither works without this rule, once it asks without credentials.',
    ],
  }
}

/** Exposes what the script reads in the rule that answers the request itself; null if that rule exposes it already. */
function exposingSteps(
  configuration: Configuration,
  { origin, method }: CorsRequest,
  reads: readonly string[],
): Change | null {
  const { answeredBy } = explain(configuration, { origin, method, requestedHeaders: null })
  const rule = answeredBy === null ? undefined : configuration.rules[answeredBy]
  if (answeredBy === null || rule === undefined) return null
  const exposed = new Set(rule.exposeHeaders.map(lowerCase))
  const values = reads.filter(
    name => !exposed.has(lowerCase(name)) && !SAFELISTED_RESPONSE_HEADERS.has(lowerCase(name)),
  )
  if (values.length === 0) return null
  return {
    steps: values.map(value => ({ kind: 'add-expose', rule: answeredBy + 1, value })),
    configuration: {
      ...configuration,
      rules: configuration.rules.with(answeredBy, {
        ...rule,
        exposeHeaders: [...rule.exposeHeaders, ...values],
      }),
    },
    alsoAllows: [`${listOf(rule.allowedOrigins)} may read ${listOf(values)} of every response.`],
    warnings: [],
  }
}

const lowerCase = (name: string): string => name.toLowerCase()

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

const headersOf = ({ allowedHeaders }: Rule): string =>
  allowedHeaders.length === 0 ? 'no requested header' : listOf(allowedHeaders)

/** Returns what an addition allows besides the request that it was made for. */
function alsoAllowed(step: Step, rule: Rule): string {
  const headers = headersOf(rule)
  switch (step.kind) {
    case 'add-origin':
      return `${step.value} may use ${listOf(rule.allowedMethods)} with ${headers}.`
    case 'add-method':
      return `${listOf(rule.allowedOrigins)} may use ${step.value} with ${headers}.`
    case 'add-header':
      return `${listOf(rule.allowedOrigins)} may send ${step.value} with ${listOf(rule.allowedMethods)}.`
    case 'add-expose':
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
