/**
 * @module
 * Runs expectations against rules.
 */

import { existsSync } from 'node:fs'
import { hasErrors } from '../../cors/findings.ts'
import { type Asked, type Outcome, outcomeOf } from '../../explain/outcome.ts'
import { NOT_DEPLOYED } from '../files/buckets-json.ts'
import { CASES_SUFFIX } from '../files/files.ts'
import { readFiles } from '../files/read.ts'
import { findingsText } from '../print/findings.ts'
import { visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'
import type { Case } from './cases.ts'

/** A case, and what became of its request. */
export interface CaseResult {
  readonly expected: Case
  readonly outcome: Outcome
  /** What differs, as a sentence; null if the case came out as expected. */
  readonly reason: string | null
}

/** A case that came out otherwise than expected. */
export type CaseFailure = CaseResult & { readonly reason: string }

/** Returns the file of the expectations for a rules file. */
export const casesFileOf = (file: string): string => file.replace(/\.[^./\\]*$/, '') + CASES_SUFFIX

/** Returns the file of the expectations beside a rules file; null if it does not exist. */
export function casesBeside(file: string): string | null {
  const cases = casesFileOf(file)
  return existsSync(cases) ? cases : null
}

/** @throws {UserError} if the file can't be read, or has errors */
export async function readCasesFile(file: string): Promise<readonly Case[]> {
  const [reading] = await readFiles([file], NOT_DEPLOYED, 'cases')
  if (reading?.kind === 'unreadable') throw new UserError(reading.problem)
  if (reading?.kind !== 'cases') return []
  if (hasErrors(reading.findings)) {
    throw new UserError(
      `${findingsText(reading)}\n\n${visible(file)} has errors, so nothing was tested: correct them first.`,
    )
  }
  return reading.cases
}

/** Asks the rules about each case. */
export async function runCases(asked: Asked, cases: readonly Case[]): Promise<CaseResult[]> {
  const results: CaseResult[] = []
  for (const expected of cases) {
    const outcome = await outcomeOf(asked, expected)
    results.push({ expected, outcome, reason: whyFailed(expected, outcome) })
  }
  return results
}

export const isFailure = (result: CaseResult): result is CaseFailure => result.reason !== null

/** Returns null if the case came out as expected. */
function whyFailed({ expect, rule }: Case, { allowed, explanation }: Outcome): string | null {
  if (allowed !== (expect === 'allowed'))
    return `It is expected to be ${expect}, and is ${allowed ? 'allowed' : 'refused'}.`
  if (rule === null) return null
  const answering = explanation.answeredBy === null ? undefined : explanation.rules[explanation.answeredBy]
  if (answering !== undefined && (rule === answering.position + 1 || rule === answering.rule.id)) return null
  const by = answering === undefined ? 'no rule' : `rule ${answering.position + 1}`
  return `It is expected to be answered by rule ${rule}, and is by ${by}.`
}
