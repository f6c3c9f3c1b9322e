/**
 * @module
 * Rules files and their guardrail, as `check` reports them.
 */

import { type NearRule, nearRules } from '../../compare/nearness.ts'
import { type NamedConfiguration, wideningExample, wideningText } from '../../compare/widening-text.ts'
import { type Finding, quote } from '../../cors/findings.ts'
import { within } from '../../cors/within.ts'
import { wrap } from './layout.ts'

/** Rules that are listed for one file. */
const MAX_LISTED = 20

/** How rules stand to the guardrail of their host. */
export interface GuardrailReport {
  /** The guardrail's file. */
  readonly file: string
  /** Null if undecided. */
  readonly holds: boolean | null
  /** Rules that are as wide as the guardrail allows. */
  readonly near: readonly NearRule[]
  /** Errors: such rules can't be published. */
  readonly findings: readonly Finding[]
}

/** Returns how rules stand to a guardrail. */
export function guardrailReport(rules: NamedConfiguration, guardrail: NamedConfiguration): GuardrailReport {
  const { holds, widenings, undecided } = within(rules.configuration, guardrail.configuration, {
    most: MAX_LISTED,
  })
  const near = nearRules(rules.configuration, guardrail.configuration)
  const error = (path: string, value: string, reason: string, hint: string): Finding => ({
    ...{ code: 'guardrail', severity: 'error', path, value, reason, hint },
  })
  const findings = widenings.map(widening =>
    error(
      `CORSRule[${widening.rule + 1}]`,
      quote(widening.origins[0] ?? ''),
      `${wideningText(widening, rules, guardrail)} Such rules can't be published.`,
      `Narrow the rule, or widen the guardrail: ${wideningExample(widening, rules, guardrail)}`,
    ),
  )
  if (holds === null)
    findings.push(
      error(
        '',
        '',
        `It is undecided whether the rules stay within ${guardrail.name}. ${undecided}`,
        'Use fewer header patterns.',
      ),
    )
  return { file: guardrail.name, holds, near, findings }
}

/** Returns which rules can't be made wider, as one paragraph. */
export function guardrailText({ file, holds, near }: GuardrailReport): string {
  if (holds !== true) return ''
  const listed = near
    .slice(0, MAX_LISTED)
    .map(({ rule, origins }) => `rule ${rule + 1} (${origins.map(quote).join(', ')})`)
  const more = near.length > MAX_LISTED ? ` and ${near.length - MAX_LISTED} more` : ''
  const widest = listed.length === 0 ? '' : ` As wide as it allows: ${listed.join(', ')}${more}.`
  return wrap(`Within the guardrail ${file}.${widest}`, '  ')
}
