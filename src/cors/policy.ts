/**
 * @module
 * A policy: a configuration made ready to answer in one dialect. `compile` gives plain JSON-able data with
 * precomputed header sets; `hydrate` builds the match structures.
 */

import { type Configuration, METHODS, type Rule } from './configuration.ts'
import { type Dialect, type DialectName, dialectOf } from './dialect.ts'
import { PatternIndex } from './pattern.ts'
import { type ListLimits, listLimits } from './request-headers.ts'
import { addPosition, addPositionOf, emptySet, type RuleSet } from './rule-set.ts'

export type HeaderPair = readonly [name: string, value: string]

/** A rule's conditions and the header sets of its answers. The two headers that depend on the request are not in them. */
export interface PolicyRule {
  readonly id: string | null
  readonly origins: readonly string[]
  readonly methods: readonly string[]
  /** Lower-cased. */
  readonly headers: readonly string[]
  /** The answer is `*`, for every origin and without credentials, even where others are listed beside it. */
  readonly anyOrigin: boolean
  /** Allow-Headers repeats what was requested, rather than standing in the header set. */
  readonly echoesHeaders: boolean
  readonly preflight: readonly HeaderPair[]
  readonly actual: readonly HeaderPair[]
}

export interface Policy {
  readonly dialect: DialectName
  readonly rules: readonly PolicyRule[]
}

/**
 * Computes the header sets of each rule, as one dialect answers.
 *
 * @example
 * const policy = compile(configuration, 's3')
 * policy.rules[0]?.preflight // [['access-control-allow-methods', 'GET, PUT'], …]
 */
export function compile(configuration: Configuration, dialect: DialectName): Policy {
  const facts = dialectOf(dialect)
  return {
    dialect,
    rules: configuration.rules.map(rule => compileRule(rule, configuration.responseVary, facts)),
  }
}

const ANY_ORIGIN: HeaderPair = ['access-control-allow-origin', '*']
const WITH_CREDENTIALS: HeaderPair = ['access-control-allow-credentials', 'true']

function compileRule(rule: Rule, responseVary: boolean, dialect: Dialect): PolicyRule {
  const anyOrigin = rule.allowedOrigins.includes('*')
  const headers = rule.allowedHeaders.map(name => name.toLowerCase())
  // An entry with a star is not a header name: a list that holds one is never sent. And a literal `*` does
  // not cover Authorization in browsers (Fetch, "CORS non-wildcard request-header name").
  const echoesHeaders = !dialect.answersWithRuleHeaders || headers.some(name => name.includes('*'))

  const origin = anyOrigin ? ANY_ORIGIN : WITH_CREDENTIALS
  const methods: HeaderPair = ['access-control-allow-methods', rule.allowedMethods.join(dialect.separator)]
  const repeats = dialect.actualRepeatsPreflight
  const preflight: HeaderPair[] = [origin, methods]
  const actual: HeaderPair[] = repeats ? [origin, methods] : [origin]
  if (!echoesHeaders && headers.length > 0)
    preflight.push(['access-control-allow-headers', headers.join(dialect.separator)])
  if (rule.exposeHeaders.length > 0) {
    const exposed: HeaderPair = ['access-control-expose-headers', rule.exposeHeaders.join(dialect.separator)]
    preflight.push(exposed)
    actual.push(exposed)
  }
  if (rule.maxAgeSeconds !== null) {
    const maxAge: HeaderPair = ['access-control-max-age', String(rule.maxAgeSeconds)]
    preflight.push(maxAge)
    if (repeats) actual.push(maxAge)
  }
  const vary = dialect.vary ?? (dialect.honoursResponseVary && responseVary ? 'Origin' : null)
  if (vary !== null) preflight.push(['vary', vary])

  return {
    id: rule.id,
    origins: rule.allowedOrigins,
    methods: rule.allowedMethods,
    headers,
    anyOrigin,
    echoesHeaders,
    preflight,
    actual,
  }
}

/**
 * The header sets of one rule for one kind of origin. The template is built on first use, because most rules of most
 * hosts never answer in an isolate's life.
 */
export class HeaderSets {
  /** Set one by one on a response that already has headers. */
  readonly actual: readonly HeaderPair[]
  readonly #pairs: readonly HeaderPair[]
  #preflight: Headers | null = null

  constructor(preflight: readonly HeaderPair[], actual: readonly HeaderPair[]) {
    this.#pairs = preflight
    this.actual = actual
  }

  /** The template of an answer: a Response copies it. */
  get preflight(): Headers {
    this.#preflight ??= new Headers(this.#pairs.map(([name, value]) => [name, value]))
    return this.#preflight
  }
}

export interface ReadyRule {
  /** Counted from 0, in the order of the configuration. */
  readonly position: number
  readonly id: string | null
  readonly anyOrigin: boolean
  readonly echoesHeaders: boolean
  readonly sets: HeaderSets
  /** For `Origin: null`, which never gets credentials: any sandboxed document has that origin. */
  readonly setsForNull: HeaderSets
}

/** A policy with its match structures. No answer changes after `hydrate`. */
export interface ReadyPolicy {
  /** Unique for each hydrated policy, so that a memo entry of one policy is never used for another. */
  readonly serial: number
  readonly dialect: Dialect
  readonly rules: readonly ReadyRule[]
  readonly origins: PatternIndex
  readonly headers: PatternIndex
  readonly methods: ReadonlyMap<string, RuleSet>
  readonly listLimits: ListLimits
}

let serial = 0

/**
 * Builds the match structures of a policy. Do it once for each policy, not for each request.
 *
 * @param credentials false: no header set has Access-Control-Allow-Credentials
 * @example
 * const ready = hydrate(compile(configuration, 'cos'))
 */
export function hydrate(policy: Policy, credentials = true): ReadyPolicy {
  const origins = new Map<string, RuleSet>()
  const headers = new Map<string, RuleSet>()
  const methods = new Map<string, RuleSet>(METHODS.map(method => [method, emptySet()]))
  policy.rules.forEach((rule, position) => {
    // An empty AllowedOrigin is accepted and matches nothing (recorded on S3).
    for (const origin of rule.origins) if (origin !== '') addPositionOf(origins, origin, position)
    for (const header of rule.headers) addPositionOf(headers, header, position)
    for (const method of rule.methods) {
      const allowing = methods.get(method)
      if (allowing !== undefined) addPosition(allowing, position)
    }
  })
  return {
    serial: ++serial,
    dialect: dialectOf(policy.dialect),
    rules: policy.rules.map((rule, position) => hydrateRule(rule, position, credentials)),
    origins: new PatternIndex(origins),
    headers: new PatternIndex(headers),
    methods,
    listLimits: listLimits(policy.rules.flatMap(rule => rule.headers)),
  }
}

function hydrateRule(rule: PolicyRule, position: number, credentials: boolean): ReadyRule {
  const sets = credentials ? new HeaderSets(rule.preflight, rule.actual) : setsWithoutCredentials(rule)
  return {
    position,
    id: rule.id,
    anyOrigin: rule.anyOrigin,
    echoesHeaders: rule.echoesHeaders,
    sets,
    setsForNull: credentials && rule.origins.includes('null') ? setsWithoutCredentials(rule) : sets,
  }
}

const setsWithoutCredentials = ({ preflight, actual }: PolicyRule): HeaderSets =>
  new HeaderSets(withoutCredentials(preflight), withoutCredentials(actual))

const withoutCredentials = (pairs: readonly HeaderPair[]): HeaderPair[] =>
  pairs.filter(([name]) => name !== 'access-control-allow-credentials')
