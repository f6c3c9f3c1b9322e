/**
 * @module
 * Why a change that a log proposes may be unwise, besides what the change says itself.
 */

import { advise } from '../../advice/advise.ts'
import { compare } from '../../compare/compare.ts'
import type { Difference } from '../../compare/difference.ts'
import { differenceText } from '../../compare/difference-text.ts'
import type { Configuration, Method } from '../../cors/configuration.ts'
import type { DialectName } from '../../cors/dialect.ts'
import type { Finding } from '../../cors/findings.ts'
import { explain } from '../../explain/explain.ts'
import type { Change, Step } from '../../explain/smallest-change.ts'
import { factsOf } from './proposals.ts'
import type { RefusedRequest } from './refusals.ts'

/** Sentences of one kind. */
const MAX_SENTENCES = 3
/** The change's own warnings cover it. */
const COVERED_BY_CHANGE: ReadonlySet<string> = new Set(['origin-null'])
/** Returns what gets worse for other requests where another rule answers them after the change. */
const LOSSES: ReadonlySet<Difference['kind']> = new Set([
  'method-lost',
  'header-lost',
  'credentials',
  'expose',
])

/**
 * Returns the reasons against a change: its own warnings, a refusal that may be harmless, an origin that is only claimed,
 * readers that become writers, warnings of `check` that are new, and what other requests lose.
 */
export function warningsOf(
  before: Configuration,
  change: Change,
  request: RefusedRequest,
  dialect: DialectName,
): string[] {
  return [
    ...passedOn(request),
    ...claimed(change.steps, before, request),
    ...change.warnings,
    ...writing(change.steps, before),
    ...adviceOn(before, change.configuration),
    ...losses(before, change.configuration, dialect),
  ]
}

function claimed(steps: readonly Step[], before: Configuration, request: RefusedRequest): string[] {
  // A `*` does not name the origin.
  const isKnown = explain(before, factsOf(request)).rules.some(
    ({ origin }) => origin !== null && origin !== '*',
  )
  const letsIn = steps.some(({ kind }) => kind === 'add-origin' || kind === 'add-rule')
  return !letsIn || isKnown
    ? []
    : [
        `Any client can claim any Origin, so the log proves nothing: only if you know that ${request.origin} is yours to let in.`,
      ]
}

/** A form that is sent, or a page that is opened, has an Origin, too. */
function passedOn({ preflights, actual, forwarded }: RefusedRequest): string[] {
  return preflights === 0 && forwarded === actual
    ? ['It was passed on, not refused: a form sends the same, and needs no rule.']
    : []
}

const isRead = (method: Method): boolean => method === 'GET' || method === 'HEAD'

function writing(steps: readonly Step[], { rules }: Configuration): string[] {
  return steps.flatMap(step => {
    if (step.kind !== 'add-method' || isRead(step.value)) return []
    const isForReading = rules[step.rule - 1]?.allowedMethods.every(isRead)
    if (isForReading) return [`Rule ${step.rule} has been for reading only.`]
    return step.value === 'DELETE' ? [`Rule ${step.rule} has never let a page delete an object.`] : []
  })
}

function adviceOn(before: Configuration, after: Configuration): string[] {
  const keyOf = ({ code, value }: Finding) => `${code} ${value}`
  const known = new Set(advise(before).map(keyOf))
  return advise(after)
    .filter(finding => !known.has(keyOf(finding)) && !COVERED_BY_CHANGE.has(finding.code))
    .map(({ reason }) => reason)
    .slice(0, MAX_SENTENCES)
}

function losses(before: Configuration, after: Configuration, dialect: DialectName): string[] {
  return compare(before, after, dialect)
    .differences.filter(({ kind, after: now }) => LOSSES.has(kind) && now !== 'with credentials')
    .map(differenceText)
    .slice(0, MAX_SENTENCES)
}
