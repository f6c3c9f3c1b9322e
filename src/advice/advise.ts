/**
 * @module
 * Warnings about a configuration that may be served: likely mistakes and their cost.
 */

import {
  type Configuration,
  MAX_ID_LENGTH,
  type Rule,
  type WrittenConfiguration,
} from '../cors/configuration.ts'
import { Collector, type Finding } from '../cors/findings.ts'
import { toConfiguration } from '../cors/lint.ts'
import { isForbiddenRequestHeader, SAFELISTED_RESPONSE_HEADERS } from '../explain/header-names.ts'
import { covers, unreachableRules } from './coverage.ts'
import { adviseOrigin, isObviousPublicSuffix } from './origin.ts'

/** Chromium's cap on Access-Control-Max-Age, in seconds. */
const BROWSER_MAX_AGE = 7200
/** The COS JavaScript SDK adds it to a request that it sends again. */
const RETRY_HEADER = 'x-cos-sdk-retry'

/**
 * Returns all warnings about a document. Leaves out every warning that could be a consequence of an error: in a rule
 * with errors only the correct values are examined, and the effect of one rule on another only before that rule.
 */
export function adviseDocument(written: WrittenConfiguration, errors: readonly Finding[]): Finding[] {
  const wrong = new Set(errors.map(({ path }) => path))
  const isWrong = (path: string) => wrong.has(path) || wrong.has(path.replace(/\[\d+\]$/, ''))
  const broken = new Set(errors.map(({ path }) => Number(RULE.exec(path)?.[1] ?? 0) - 1))
  const warnings = advise(toConfiguration(written), isObviousPublicSuffix, broken)
  return [...warnings.filter(({ path }) => path === '' || !isWrong(path)), ...adviseUnknown(written)]
}

const RULE = /^CORSRule\[(\d+)\]/

/**
 * Every warning about a configuration, in document order.
 * @param isPublicSuffix Whether anybody can have a name under this domain; by default a short list of obvious ones.
 * @param broken The indices of rules that have errors.
 */
export function advise(
  configuration: Configuration,
  isPublicSuffix: (hostTail: string) => boolean = isObviousPublicSuffix,
  broken: ReadonlySet<number> = new Set(),
): Finding[] {
  const warnings = new Collector('warning')
  const { rules } = configuration
  const firstBroken = rules.findIndex((_, i) => broken.has(i))
  const whole = firstBroken < 0 ? rules : rules.slice(0, firstBroken)
  const coveringRule = unreachableRules(whole)
  const ids = new Map<string, number>()
  rules.forEach((rule, i) => {
    const path = `CORSRule[${i + 1}]`
    const earlier = coveringRule[i] ?? null
    if (earlier !== null) {
      warnings.add(
        'rule-unreachable',
        path,
        rule.id ?? '',
        `No request reaches this rule: rule ${earlier + 1} matches the same requests and answers first.`,
        `Remove the rule, or move it above rule ${earlier + 1}.`,
      )
    }
    adviseId(warnings, rule, i, ids)
    adviseOrigins(warnings, rule, starRuleBefore(whole, i), { path, isPublicSuffix })
    adviseHeaders(warnings, rule, path)
    if (!broken.has(i)) adviseUploads(warnings, rule, path)
    if (rule.maxAgeSeconds !== null && rule.maxAgeSeconds > BROWSER_MAX_AGE) {
      warnings.add(
        'max-age-above-cap',
        `${path}/MaxAgeSeconds[1]`,
        String(rule.maxAgeSeconds),
        `Chromium caches a preflight for ${BROWSER_MAX_AGE} seconds at most (Firefox 86400, Safari 600).`,
        `Write ${BROWSER_MAX_AGE}.`,
      )
    }
  })
  return warnings.list()
}

function adviseId(warnings: Collector, rule: Rule, index: number, ids: Map<string, number>): void {
  if (rule.id === null) return
  const path = `CORSRule[${index + 1}]/ID[1]`
  const first = ids.get(rule.id)
  if (first === undefined) ids.set(rule.id, index)
  else {
    warnings.add(
      'id-duplicate',
      path,
      rule.id,
      `Rule ${first + 1} has the same ID, so the ID does not identify a rule.`,
      'Give each rule its own ID, or remove the ID.',
    )
  }
  if (rule.id.length > MAX_ID_LENGTH) {
    warnings.add(
      'id-too-long',
      path,
      rule.id,
      `The ID has ${rule.id.length} characters. A bucket may refuse more than ${MAX_ID_LENGTH}.`,
      'Shorten the ID.',
    )
  }
}

function adviseOrigins(
  warnings: Collector,
  rule: Rule,
  earlier: StarRule | null,
  { path: rulePath, isPublicSuffix }: { path: string; isPublicSuffix: (hostTail: string) => boolean },
): void {
  const star = rule.allowedOrigins.indexOf('*')
  const thief = star < 0 ? earlier : null
  rule.allowedOrigins.forEach((origin, i) => {
    const path = `${rulePath}/AllowedOrigin[${i + 1}]`
    adviseOrigin(warnings, origin, { path, credentials: star < 0, isPublicSuffix })
    if (i === star && rule.allowedOrigins.some(other => other !== '*')) {
      warnings.add(
        'star-beside-origins',
        path,
        origin,
        'The rule answers * to every origin, so the other origins in it get no credentials.',
        'Remove the * or the other origins.',
      )
    }
    if (thief && origin !== '' && origin !== 'null') {
      warnings.add(
        'credentials-lost',
        path,
        origin,
        `Rule ${thief.rule} allows * and answers ${thief.methods.join(', ')} first, so this origin gets no credentials there.`,
        `Move this rule above rule ${thief.rule}.`,
      )
    }
  })
}

interface StarRule {
  /** Its number in the document. */
  readonly rule: number
  readonly methods: readonly string[]
}

/**
 * The first earlier rule that allows `*` and one of the rule's methods: it answers at least the requests that ask for
 * no header.
 */
function starRuleBefore(rules: readonly Rule[], index: number): StarRule | null {
  const methods = rules[index]?.allowedMethods ?? []
  for (const [i, earlier] of rules.slice(0, index).entries()) {
    if (!earlier.allowedOrigins.includes('*')) continue
    const shared = methods.filter(method => earlier.allowedMethods.includes(method))
    if (shared.length > 0) return { rule: i + 1, methods: shared }
  }
  return null
}

function adviseHeaders(warnings: Collector, rule: Rule, path: string): void {
  rule.allowedHeaders.forEach((name, i) => {
    if (!isForbiddenRequestHeader(name)) return
    warnings.add(
      'header-forbidden',
      `${path}/AllowedHeader[${i + 1}]`,
      name,
      'Only the browser sets this header, and it never requests it in a preflight.',
      'Remove the element.',
    )
  })
  rule.exposeHeaders.forEach((name, i) => {
    if (!SAFELISTED_RESPONSE_HEADERS.has(name.toLowerCase())) return
    warnings.add(
      'expose-safelisted',
      `${path}/ExposeHeader[${i + 1}]`,
      name,
      'Scripts can read this response header without ExposeHeader.',
      'Remove the element.',
    )
  })
}

/** Warns of headers that uploads and the COS JavaScript SDK need and that the rule lacks. */
function adviseUploads(warnings: Collector, rule: Rule, path: string): void {
  const allowed = rule.allowedHeaders.map(name => name.toLowerCase())
  const uploads = rule.allowedMethods.filter(method => method === 'PUT' || method === 'POST')
  const authorization = allowed.indexOf('authorization')
  const lacks = (header: string) => authorization >= 0 && !allowed.some(name => covers(name, header))
  const signed = `${path}/AllowedHeader[${authorization + 1}]`
  if (uploads.length > 0 && lacks('cache-control')) {
    warnings.add(
      'cache-control-missing',
      signed,
      rule.allowedHeaders[authorization] ?? '',
      'The COS JavaScript SDK sends Cache-Control with every upload, if only an empty one, and that preflight fails.',
      'Add the AllowedHeader cache-control, where that SDK is used.',
    )
  }
  if (lacks(RETRY_HEADER)) {
    warnings.add(
      'retry-header-missing',
      signed,
      rule.allowedHeaders[authorization] ?? '',
      `When the COS JavaScript SDK sends a signed request again it adds ${RETRY_HEADER}, and that preflight fails.`,
      `Add the AllowedHeader ${RETRY_HEADER}, or x-cos-*, where that SDK is used.`,
    )
  }
  if (uploads.length > 0 && !rule.exposeHeaders.some(name => name.toLowerCase() === 'etag')) {
    warnings.add(
      'etag-not-exposed',
      path,
      uploads.join(', '),
      'The rule allows uploads without exposing ETag, and multipart uploads then fail ("get ETag error").',
      'Add the ExposeHeader ETag.',
    )
  }
}

/** Returns a warning for each unknown element. */
export function adviseUnknown(written: WrittenConfiguration): Finding[] {
  const warnings = new Collector('warning')
  for (const path of written.unknown) {
    const name = path.slice(path.lastIndexOf('/') + 1).replace(/\[\d+\]$/, '')
    const meant = KNOWN_NAMES.get(skeleton(name))
    warnings.add(
      'unknown-element',
      path,
      name,
      'No bucket knows this element: it has no effect.',
      meant ? `Write ${meant}, if that is meant.` : 'Remove the element, or correct its name.',
    )
  }
  return warnings.list()
}

/** Reduces a name to the part that typing mistakes leave: no case, no plural, `Allow` for `Allowed`, `Expose` for `Exposed`. */
const skeleton = (name: string): string =>
  name
    .toLowerCase()
    .replace(/ed?(?=origin|method|header)/, '')
    .replace(/s$/, '')

const KNOWN_NAMES: ReadonlyMap<string, string> = new Map(
  [
    'CORSRule',
    'ResponseVary',
    'ID',
    'AllowedOrigin',
    'AllowedMethod',
    'AllowedHeader',
    'ExposeHeader',
    'MaxAgeSeconds',
  ].map(name => [skeleton(name), name]),
)
