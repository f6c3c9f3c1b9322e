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
import { adviseCos } from './cos.ts'
import { unreachableRules } from './coverage.ts'
import { adviseHeaders, adviseRanges } from './headers.ts'
import { adviseOrigin } from './origin.ts'
import { isObviousPublicSuffix } from './public-suffix.ts'
import { adviseUnknown } from './unknown.ts'

/** Firefox keeps a preflight for a day, and no browser keeps it longer. In seconds. */
const LONGEST_MAX_AGE = 86_400

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
    if (rule.maxAgeSeconds !== null && rule.maxAgeSeconds > LONGEST_MAX_AGE) {
      warnings.add(
        'max-age-above-cap',
        `${path}/MaxAgeSeconds[1]`,
        String(rule.maxAgeSeconds),
        `No browser caches a preflight for longer than ${LONGEST_MAX_AGE} seconds (Chromium 7200, Safari 600).`,
        `Write ${LONGEST_MAX_AGE}, or less if the rules change often.`,
      )
    }
  })
  // Advice for one kind of client: once a document.
  const sound = rules.filter((_, i) => !broken.has(i))
  adviseCos(warnings, rules, sound)
  adviseRanges(warnings, rules, sound)
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
