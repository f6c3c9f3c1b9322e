/**
 * @module
 * The outcomes of a request of which something is unknown: the method, or the headers that the script sets. More headers
 * can only make a refusal of an allowed request, so a refusal is certain, and an allowed request often is not.
 */

import { METHODS } from '../cors/configuration.ts'
import { quote } from '../cors/findings.ts'
import { type Asked, type Outcome, outcomeOf, type RequestToExplain } from './outcome.ts'

/** A request whose method may be unknown. */
export interface OpenRequest extends Omit<RequestToExplain, 'method'> {
  /** null: unknown. */
  readonly method: string | null
  /** All headers that the script sets are known, or none matter. */
  readonly knowsHeaders: boolean
}

/** A rule that allows the origin and the method. */
export interface AllowingRule {
  /** Counted from 1. */
  readonly rule: number
  readonly id: string | null
  readonly headers: readonly string[]
}

/** What becomes of the request with one method. */
export interface MethodOutcome {
  readonly outcome: Outcome
  /** null: it depends on the headers that the script sets. */
  readonly allowed: boolean | null
  readonly rules: readonly AllowingRule[]
}

/** Asks the engine about each method that the request can have. */
export async function methodOutcomes(asked: Asked, request: OpenRequest): Promise<readonly MethodOutcome[]> {
  const { method, knowsHeaders, ...rest } = request
  const methods = method === null ? METHODS : [method]
  return Promise.all(
    methods.map(async each => {
      const outcome = await outcomeOf(asked, { ...rest, method: each })
      const rules = rulesFor(outcome)
      const isOpen = !knowsHeaders && isUndetermined(outcome)
      return { outcome, allowed: isOpen ? null : outcome.allowed, rules }
    }),
  )
}

/** The outcome that all methods share, or null if they differ or it depends on the headers. */
export function sharedOutcome(outcomes: readonly MethodOutcome[]): boolean | null {
  const [first] = outcomes
  return first !== undefined && outcomes.every(({ allowed }) => allowed === first.allowed)
    ? first.allowed
    : null
}

/** The rules that allow the origin and the method, with the headers that each allows. */
export function rulesFor({ explanation: { rules } }: Outcome): AllowingRule[] {
  return rules.flatMap(({ origin, methodHeld, rule, position }) =>
    origin !== null && methodHeld ? [{ rule: position + 1, id: rule.id, headers: rule.allowedHeaders }] : [],
  )
}

/** Whether an allowed request could be refused with headers that are unknown: no rule allows all of them. */
export function isUndetermined({ allowed, explanation: { rules }, question }: Outcome): boolean {
  if (!allowed || question.actual) return false
  return !rules.some(
    ({ origin, methodHeld, rule }) =>
      origin !== null &&
      methodHeld &&
      rule.allowedHeaders.includes('*') &&
      !(question.credentials && rule.allowedOrigins.includes('*')),
  )
}

/** "rule 1 uploads: content-type": a rule and the headers that it allows. */
export const ruleSentence = ({ rule, id, headers }: AllowingRule): string =>
  `rule ${rule}${id === null ? '' : ` ${quote(id)}`}: ${headers.length === 0 ? 'none' : headers.map(quote).join(', ')}`

/** What becomes of one method: refused, allowed, or allowed with some headers. */
export function methodSentence({ outcome, allowed, rules }: MethodOutcome): string {
  if (allowed === false) {
    const { explanation, browser } = outcome
    return explanation.answeredBy === null ? 'refused' : `refused by the browser: ${browser.verdict.reason}`
  }
  const list = rules.map(ruleSentence).join('; ')
  if (allowed === null) return `allowed with these headers: ${list}`
  return `allowed by rule ${(outcome.explanation.answeredBy ?? 0) + 1}`
}
