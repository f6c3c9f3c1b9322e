/**
 * @module
 * Failed cases, as people, scripts and GitHub read them.
 */

import { requestText } from '../../compare/difference-text.ts'
import type { Asked } from '../../explain/outcome.ts'
import { smallestChange } from '../../explain/smallest-change.ts'
import { browserText, changeText, rulesText } from '../print/explanation.ts'
import { annotation } from '../print/findings.ts'
import { indented } from '../print/layout.ts'
import { style, visible } from '../print/terminal.ts'
import type { CaseFailure } from './run.ts'

/** Returns a failed case with its explanation. */
export function failureText(
  file: string,
  { expected, outcome, reason }: CaseFailure,
  asked: Asked,
  name: string,
): string {
  const head = [
    style('bold', `${visible(file)}[${expected.position}]`),
    style('red', 'failed'),
    visible(expected.name ?? requestText(outcome.facts)),
  ]
  const change = smallestChange(asked.configuration, outcome.facts, outcome.question)
  const explanation = [
    rulesText(outcome, `${name} (${asked.dialect})`),
    browserText(outcome),
    ...(change === null ? [] : [changeText(change)]),
  ]
  return `${head.join('  ')}\n  ${reason}\n\n${indented(explanation.join('\n\n'), '  ')}`
}

/** Returns a failed case as a workflow annotation. */
export const failureAnnotation = (file: string, { expected, outcome, reason }: CaseFailure): string =>
  annotation(
    'error',
    { file, title: `case ${expected.position}` },
    `${expected.name ?? requestText(outcome.facts)}\n${reason}`,
  )

/** Returns a failed case for `--json`. */
export const failureJson = ({ expected, outcome, reason }: CaseFailure) => ({
  case: expected.position,
  name: expected.name,
  reason,
  allowed: outcome.allowed,
  answeredBy: outcome.explanation.answeredBy === null ? null : outcome.explanation.answeredBy + 1,
})
