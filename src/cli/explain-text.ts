/**
 * @module
 * An explanation as people read it, at 80 columns.
 */

import type { Change, NoChange, Step } from '../cors/change.ts'
import { requestText } from '../cors/difference-text.ts'
import type { RuleVerdict } from '../cors/explain.ts'
import { quote } from '../cors/findings.ts'
import type { Answer, Outcome } from '../explain/outcome.ts'
import { writeXml } from '../formats/xml.ts'
import { indented, wrap } from './layout.ts'
import { count, style } from './terminal.ts'

/** Additions that a rule may lack to be called near. */
const NEAR = 2
/** Rules that are told one by one, however little they have to do with the request. */
const MOST_TOLD = 12

/** What the rules make of the request: the outcome, then rule by rule. */
export function rulesText(outcome: Outcome, name: string): string {
  const { explanation, question, facts, answer } = outcome
  const kind = question.actual ? 'Request' : 'Preflight for'
  const head = `${kind} ${requestText(facts)}${question.credentials ? ', with credentials' : ''}`
  const { answeredBy, unusable, rules } = explanation
  const because = unusable === null ? '' : `: ${unusable.reason}`
  const verdict =
    answeredBy !== null
      ? style('green', `Allowed by rule ${answeredBy + 1}`)
      : answer.status === null
        ? style('red', `No rule allows it${because}, and it is passed on`)
        : style('red', `Refused${because}`)
  // The first that matches answers: those after it are not asked.
  const asked = answeredBy === null ? rules : rules.slice(0, answeredBy + 1)
  const told = rules.length <= MOST_TOLD ? asked : asked.filter(isNear)
  const left = asked.length - told.length
  const later = rules.length - asked.length
  return [
    wrap(head),
    wrap(`${verdict}, by the rules of ${name}.`),
    '',
    ...(rules.length === 0 ? ['There are no rules.'] : told.map(rule => ruleText(rule, outcome))),
    ...(left > 0 ? [`${count(left, 'other rule')} asked: neither the origin nor all of the rest.`] : []),
    ...(later > 0 ? [`${count(later, 'later rule')} not asked: the first that matches answers.`] : []),
    ...nearText(outcome),
    ...(outcome.unasked.length > 0
      ? [
          wrap(
            `No preflight names ${outcome.unasked.join(', ')}: it needs no permission, or no script can set it.`,
          ),
        ]
      : []),
  ].join('\n')
}

const isNear = ({ origin, missing }: RuleVerdict): boolean => origin !== null || missing === 1

function ruleText(verdict: RuleVerdict, { explanation, question }: Outcome): string {
  const { rule, position, origin, methodHeld, missingHeaders } = verdict
  const line = (held: boolean, condition: string, text: string) => {
    const mark = held ? style('green', '✓') : style('red', '✗')
    const wrapped = wrap(text, `    ${condition.padEnd(7)}  `)
    return `  ${mark}${wrapped.slice(3)}`
  }
  const allowed = rule.allowedHeaders.length === 0 ? 'none' : rule.allowedHeaders.map(quote).join(', ')
  const names = [...new Set(explanation.names)].join(', ')
  const headers = question.actual
    ? 'only preflights are asked for them'
    : missingHeaders.length > 0
      ? `not ${[...new Set(missingHeaders)].join(', ')}; allowed: ${allowed}`
      : names || 'none asked for'
  const { allowedOrigins, allowedMethods } = rule
  return [
    style('bold', `Rule ${position + 1}${rule.id === null ? '' : ` ${quote(rule.id)}`}`),
    line(
      origin !== null,
      'origin',
      origin === null ? `not ${allowedOrigins.map(quote).join(', ')}` : quote(origin),
    ),
    line(methodHeld, 'method', methodHeld ? (question.method ?? '') : `only ${allowedMethods.join(', ')}`),
    line(question.actual || missingHeaders.length === 0, 'headers', headers),
  ].join('\n')
}

/** "Rule 2 would allow it but for `x-cos-acl`." */
function nearText({ explanation: { rules, answeredBy, unusable }, question }: Outcome): string[] {
  if (answeredBy !== null || unusable !== null) return []
  const least = Math.min(...rules.map(({ missing }) => missing))
  if (least > NEAR) return []
  const near = rules.filter(rule => rule.missing === least && isNear(rule))
  const sentences = near.map(({ position, origin, methodHeld, missingHeaders }) => {
    const lacks = [
      ...(origin === null ? ['the origin'] : []),
      ...(methodHeld ? [] : [`the method ${quote(question.method)}`]),
      ...[...new Set(missingHeaders)].map(name => `\`${name}\``),
    ]
    return wrap(`Rule ${position + 1} would allow it but for ${lacks.join(' and ')}.`)
  })
  return sentences.length === 0 ? [] : ['', ...sentences]
}

/** The answer as it goes over the wire; a body's long lines are broken. */
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

/** What a browser does with it. */
export function browserText({ browser, question }: Outcome): string {
  const { asks, verdict, remembers } = browser
  const lines: string[] = []
  if (!question.actual) {
    lines.push(
      asks === null
        ? 'It sends the request without asking: method and headers are safelisted.'
        : `It asks first: ${asks}.`,
    )
  }
  if (verdict.goesOn) {
    lines.push(
      asks === null
        ? 'The script may read the response.'
        : 'It goes on, and the script may read the response.',
    )
  } else {
    const fails = asks === null ? 'The script gets an error instead of the response' : 'It fails the request'
    lines.push(`${fails}: ${verdict.reason}.`)
  }
  if (remembers !== null) {
    const times = Object.entries(remembers).map(([name, seconds]) => `${name} ${seconds} s`)
    lines.push(`It remembers that for this URL: ${times.join(', ')}.`)
  }
  return [style('bold', 'A browser'), ...lines.map(line => wrap(line, '  '))].join('\n')
}

/** The smallest change that would allow it, what else it allows, and why it may be unwise. */
export function changeText(change: Change | NoChange): string {
  if ('impossible' in change) return [style('bold', 'To allow it'), wrap(change.impossible, '  ')].join('\n')
  const also = change.alsoAllows.map(sentence => wrap(sentence, '    - '))
  return [
    style('bold', 'To allow it'),
    ...change.steps.map(step => stepText(step, change)),
    ...(also.length === 0 ? [] : ['  That also allows:', ...also]),
    ...change.warnings.map(sentence => wrap(sentence, '  Mind: ')),
  ].join('\n')
}

const ELEMENTS = {
  'add-origin': 'AllowedOrigin',
  'add-method': 'AllowedMethod',
  'add-header': 'AllowedHeader',
} as const

function stepText(step: Step, { configuration }: Change): string {
  if (step.kind !== 'add-rule')
    return wrap(
      `add to rule ${step.rule}: <${ELEMENTS[step.kind]}>${quote(step.value)}</${ELEMENTS[step.kind]}>`,
      '  ',
    )
  const rules = configuration.rules.slice(step.rule - 1)
  const document = writeXml({ rules, responseVary: false })
  const element = document.slice(document.indexOf('  <CORSRule>'), document.indexOf('</CORSConfiguration>'))
  return `  add a rule at the end:\n${indented(element.trimEnd(), '  ')}`
}
