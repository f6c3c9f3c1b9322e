/**
 * @module
 * Formats an explanation for a terminal.
 */

import { requestText } from '../../compare/difference-text.ts'
import { quote } from '../../cors/findings.ts'
import type { RuleVerdict } from '../../explain/explain.ts'
import type { Answer, Outcome } from '../../explain/outcome.ts'
import {
  browserSentences,
  conditionsOf,
  ELEMENT_OF,
  nearOriginSentences,
  nearSentences,
  remembered,
  shownRules,
  unaskedSentence,
  verdictText,
} from '../../explain/sentences.ts'
import type { Change, NoChange, Step } from '../../explain/smallest-change.ts'
import { writeXml } from '../../formats/xml.ts'
import { indented, wrap } from './layout.ts'
import { count, style } from './terminal.ts'

/** Returns the outcome of the request, then the result of each rule. */
export function rulesText(outcome: Outcome, name: string): string {
  const { explanation, question, facts } = outcome
  const kind = question.actual ? 'Request' : 'Preflight for'
  const head = `${kind} ${requestText(facts)}${question.credentials ? ', with credentials' : ''}`
  const isAnswered = explanation.answeredBy !== null
  const verdict = style(isAnswered ? (outcome.allowed ? 'green' : 'yellow') : 'red', verdictText(outcome))
  const isUnreadable = outcome.unreadable.length > 0 && outcome.browser.verdict.goesOn
  const but =
    !isAnswered || outcome.allowed
      ? ''
      : isUnreadable
        ? " The script can't read all of the response: see below."
        : ' But a browser blocks it: see below.'
  const { shown, left, later } = shownRules(outcome)
  const near = [...nearSentences(outcome), ...(outcome.allowed ? [] : nearOriginSentences(outcome))]
  const unasked = unaskedSentence(outcome)
  return [
    wrap(head),
    wrap(`${verdict}, by the rules of ${name}.${but}`),
    '',
    ...(explanation.rules.length === 0
      ? ['There are no rules.']
      : shown.map(rule => ruleText(rule, outcome))),
    ...(left > 0 ? [`${count(left, 'other rule')} asked: neither the origin nor all of the rest.`] : []),
    ...(later > 0 ? [`${count(later, 'later rule')} not asked: the first that matches answers.`] : []),
    ...(near.length === 0 ? [] : ['', ...near.map(sentence => wrap(sentence))]),
    ...(unasked === null ? [] : [wrap(unasked)]),
  ].join('\n')
}

function ruleText(verdict: RuleVerdict, outcome: Outcome): string {
  const { rule, position } = verdict
  return [
    style('bold', `Rule ${position + 1}${rule.id === null ? '' : ` ${quote(rule.id)}`}`),
    ...conditionsOf(verdict, outcome).map(({ name, held, text }) => {
      const mark = held ? style('green', '✓') : style('red', '✗')
      return `  ${mark}${wrap(text, `    ${name.padEnd(7)}  `).slice(3)}`
    }),
  ].join('\n')
}

/** Returns the response as sent, with long body lines wrapped. */
export function answerText({ status, headers, body }: Answer): string {
  const lines = Object.entries(headers).map(([name, value]) => wrap(value, `  ${name}: `))
  const heading = status === null ? "The bucket's answer, with these headers" : 'The edge answers'
  return [
    style('bold', heading),
    ...(status === null ? [] : [`  ${status}`]),
    ...(lines.length === 0 ? ['  none'] : lines),
    ...(body === ''
      ? []
      : ['', ...body.split('\n').map(line => wrap(line.trim(), line.startsWith('\t') ? '    ' : '  '))]),
  ].join('\n')
}

/** Returns what a browser does with the response. */
export function browserText(outcome: Outcome): string {
  const times = remembered(outcome).map(([name, seconds]) => `${name} ${seconds} s`)
  const lines = [
    ...browserSentences(outcome),
    ...(times.length === 0 ? [] : [`It remembers that for this URL: ${times.join(', ')}.`]),
  ]
  return [style('bold', 'A browser'), ...lines.map(line => wrap(line, '  '))].join('\n')
}

/** Returns the smallest change that allows the request, what else it allows, and its risks. */
export function changeText(change: Change | NoChange, heading = 'To allow it'): string {
  if ('impossible' in change) return [style('bold', heading), wrap(change.impossible, '  ')].join('\n')
  const also = change.alsoAllows.map(sentence => wrap(sentence, '    - '))
  return [
    style('bold', heading),
    ...change.steps.map(step => stepText(step, change)),
    ...(also.length === 0 ? [] : ['  That also allows:', ...also]),
    ...change.warnings.map(sentence => wrap(sentence, '  Warning: ')),
  ].join('\n')
}

function stepText(step: Step, { configuration }: Change): string {
  if (step.kind !== 'add-rule')
    return wrap(
      `add to rule ${step.rule}: <${ELEMENT_OF[step.kind]}>${quote(step.value)}</${ELEMENT_OF[step.kind]}>`,
      '  ',
    )
  const rules = configuration.rules.slice(step.rule - 1, step.rule)
  const where = step.rule === configuration.rules.length ? 'at the end' : `before rule ${step.rule}`
  const document = writeXml({ rules, responseVary: false })
  const element = document.slice(document.indexOf('  <CORSRule>'), document.indexOf('</CORSConfiguration>'))
  return `  add a rule ${where}:\n${indented(element.trimEnd(), '  ')}`
}
