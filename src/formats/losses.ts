/**
 * @module
 * What a vendor's format can't say, and what the vendor would refuse: collected while a configuration is written.
 */

import type { Configuration, MAX_ID_LENGTH, Rule } from '../cors/configuration.ts'
import { Collector, type Finding, hasErrors } from '../cors/findings.ts'

/** A configuration in a vendor's format. */
export interface Export {
  /** null: an error says why the vendor would refuse it. */
  readonly text: string | null
  /** Warnings: what is lost. Errors: what the vendor would refuse. */
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

  /** The export, with its text only where the vendor would take it. */
  conclude(text: () => string): Export {
    const findings = this.list()
    return { text: hasErrors(findings) ? null : text(), findings }
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
      `${this.vendor} has no ResponseVary: whether Vary is sent is its own decision.`,
      'Look whether its answers carry Vary: Origin before a cache keeps them.',
    )
    return { ...configuration, responseVary: false }
  }

  /** The configuration without the ids that are longer than `longest`; 0: the vendor has none. */
  withoutIds(configuration: Configuration, longest: 0 | typeof MAX_ID_LENGTH): Configuration {
    return eachRule(configuration, (rule, path) => {
      if (rule.id === null || rule.id.length <= longest) return rule
      const reason =
        longest === 0
          ? `${this.vendor} has no ID of a rule.`
          : `${this.vendor} takes an ID of at most ${longest} characters.`
      this.lost('id-lost', `${path}/ID[1]`, rule.id, reason, 'Keep the name in a file of your own.')
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
        `${this.vendor} takes at most ${most} seconds, so that is written.`,
        'Nothing to do: no browser caches a preflight for longer than a day.',
      )
      return { ...rule, maxAgeSeconds: most }
    })
  }
}

/** The configuration with each rule replaced by what `change` makes of it. */
export const eachRule = (
  configuration: Configuration,
  change: (rule: Rule, path: string) => Rule,
): Configuration => ({
  ...configuration,
  rules: configuration.rules.map((rule, i) => change(rule, `CORSRule[${i + 1}]`)),
})

/** Methods of HTTP and of vendors that no rule here can allow. */
const OTHER_METHODS: ReadonlySet<unknown> = new Set([
  'CONNECT',
  'MERGE',
  'OPTIONS',
  'PATCH',
  'PROPFIND',
  'TRACE',
])

/** The items without methods that no rule here can allow. What is no method at all stays, for the linter to tell. */
export function knownMethods(items: readonly unknown[], path: string, losses: Losses): unknown[] {
  return items.filter((item, i) => {
    if (!OTHER_METHODS.has(item)) return true
    losses.lost(
      'method-lost',
      `${path}/AllowedMethod[${i + 1}]`,
      String(item),
      'A rule can allow GET, PUT, POST, DELETE and HEAD only.',
      item === 'OPTIONS'
        ? 'Nothing to do: preflights of an allowed method are always answered.'
        : 'Requests with this method are refused here: use another one.',
    )
    return false
  })
}

/** The items without names that hold a star, which no exposed header can here. */
export function plainExposed(items: readonly unknown[], path: string, losses: Losses): unknown[] {
  return items.filter((item, i) => {
    if (typeof item !== 'string' || !item.includes('*')) return true
    losses.lost(
      'expose-star-lost',
      `${path}/ExposeHeader[${i + 1}]`,
      item,
      'An exposed header can hold no * here.',
      'Add an ExposeHeader for each header that scripts read.',
    )
    return false
  })
}
