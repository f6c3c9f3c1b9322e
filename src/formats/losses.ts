/**
 * @module
 * Collects what a vendor's format cannot express and what the vendor would refuse, while a configuration is written.
 */

import type { Configuration, MAX_ID_LENGTH, Rule } from '../cors/configuration.ts'
import { Collector, type Finding, hasErrors } from '../cors/findings.ts'
import type { RuleField } from './places.ts'

/** A configuration in a vendor's format. */
export interface Export {
  /** null if the vendor would refuse it; an error says why. */
  readonly text: string | null
  /** Warnings are losses. Errors are refusals by the vendor. */
  readonly findings: readonly Finding[]
}

/** Collects losses (warnings) and refusals (errors) of one vendor. */
export class Losses {
  readonly vendor: string
  readonly #lost = new Collector('warning')
  readonly #refused = new Collector('error')

  constructor(vendor: string) {
    this.vendor = vendor
  }

  lost(code: string, path: string, value: string, reason: string, hint: string): void {
    this.#lost.add(code, path, value, reason, hint)
  }

  refused(code: string, path: string, value: string, reason: string, hint: string): void {
    this.#refused.add(code, path, value, reason, hint)
  }

  list(): Finding[] {
    return [...this.#refused.list(), ...this.#lost.list()]
  }

  /** Returns the export, with a text only if the vendor would accept it. */
  conclude(text: () => string): Export {
    const findings = this.list()
    return { text: hasErrors(findings) ? null : text(), findings }
  }

  /** Warns of origins with white space around them: vendors trim it, and the origin begins to match. */
  trimmed(configuration: Configuration): Configuration {
    return eachRule(configuration, (rule, path) => {
      rule.allowedOrigins.forEach((origin, i) => {
        if (origin === origin.trim()) return
        this.lost(
          'value-trimmed',
          `${path}/AllowedOrigin[${i + 1}]`,
          origin,
          `The origin has white space around it and matches nothing here. ${this.vendor} may trim it, and match.`,
          'Remove the white space, or the origin.',
        )
      })
      return rule
    })
  }

  /** Refuses more rules than the vendor stores. */
  limitRules({ rules }: Configuration, most: number): void {
    if (rules.length <= most) return
    this.refused(
      'too-many-rules',
      `CORSRule[${most + 1}]`,
      String(rules.length),
      `There are ${rules.length} rules, and ${this.vendor} stores at most ${most}.`,
      'Merge rules that differ only in their origins.',
    )
  }

  /** The configuration without ResponseVary, for a vendor that has none. */
  withoutResponseVary(configuration: Configuration): Configuration {
    if (!configuration.responseVary) return configuration
    this.lost(
      'response-vary-lost',
      'ResponseVary[1]',
      'true',
      `${this.vendor} has no ResponseVary: it decides itself whether it sends Vary.`,
      'Check that its responses have Vary: Origin before you put a cache in front of it.',
    )
    return { ...configuration, responseVary: false }
  }

  /** Returns the configuration without IDs longer than `longest`; 0 if the vendor has no IDs. */
  withoutIds(configuration: Configuration, longest: 0 | typeof MAX_ID_LENGTH): Configuration {
    return eachRule(configuration, (rule, path) => {
      if (rule.id === null || rule.id.length <= longest) return rule
      const reason =
        longest === 0
          ? `${this.vendor} has no ID for a rule.`
          : `${this.vendor} takes an ID of at most ${longest} characters.`
      this.lost('id-lost', `${path}/ID[1]`, rule.id, reason, 'Keep the ID in your own notes, if you need it.')
      return { ...rule, id: null }
    })
  }

  /** The configuration with no max-age above `most` seconds. */
  cappedMaxAge(configuration: Configuration, most: number): Configuration {
    return eachRule(configuration, (rule, path) => {
      if (rule.maxAgeSeconds === null || rule.maxAgeSeconds <= most) return rule
      this.lost(
        'max-age-capped',
        `${path}/MaxAgeSeconds[1]`,
        String(rule.maxAgeSeconds),
        `${this.vendor} accepts at most ${most} seconds, so ${most} is written.`,
        'Set a MaxAgeSeconds of at most 86400: no browser caches a preflight longer.',
      )
      return { ...rule, maxAgeSeconds: most }
    })
  }
}

/** Returns the configuration with `change` applied to each rule. */
export const eachRule = (
  configuration: Configuration,
  change: (rule: Rule, path: string) => Rule,
): Configuration => ({
  ...configuration,
  rules: configuration.rules.map((rule, i) => change(rule, `CORSRule[${i + 1}]`)),
})

/** Methods of HTTP and of vendors that no rule can allow. */
const OTHER_METHODS: ReadonlySet<string> = new Set(['CONNECT', 'MERGE', 'PATCH', 'PROPFIND', 'TRACE'])

/**
 * Returns the items without methods that no rule can allow. OPTIONS is dropped without a word: preflights of an allowed
 * method are always answered. Other unknown texts stay: the linter reports them.
 */
export function knownMethods<T extends { readonly text: string }>(
  items: readonly T[],
  path: string,
  losses: Losses,
): T[] {
  return items.filter(({ text }, i) => {
    if (!OTHER_METHODS.has(text)) return text !== 'OPTIONS'
    losses.lost(
      'method-lost',
      `${path}/AllowedMethod[${i + 1}]`,
      text,
      'A rule can allow GET, PUT, POST, DELETE and HEAD only.',
      'The edge refuses requests with this method: use another method.',
    )
    return false
  })
}

/** Returns the items without patterns: a rule cannot expose headers by pattern. */
export function plainExposed<T extends { readonly text: string }>(
  items: readonly T[],
  path: string,
  losses: Losses,
  field: RuleField = 'ExposeHeader',
): T[] {
  const patterns = items.filter(({ text }) => text.includes('*'))
  const [first] = patterns
  if (first === undefined) return [...items]
  losses.lost(
    'expose-star-lost',
    `${path}/${field}[${items.indexOf(first) + 1}]`,
    patterns.map(({ text }) => text).join(', '),
    'A rule cannot expose headers by a pattern, so scripts cannot read the headers that are meant.',
    'List each response header that scripts read.',
  )
  return items.filter(item => !patterns.includes(item))
}
