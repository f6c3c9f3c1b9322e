/**
 * @module
 * Outcomes of a request of which the method or the headers are unknown, at 80 columns.
 */

import { quote } from '../../cors/findings.ts'
import { type MethodOutcome, methodSentence, ruleSentence } from '../../explain/possible.ts'
import { nearOriginSentences } from '../../explain/sentences.ts'
import type { Change, NoChange } from '../../explain/smallest-change.ts'
import { changeText } from './explanation.ts'
import { wrap } from './layout.ts'
import { style } from './terminal.ts'

/** One method whose headers are unknown: what the rules allow. */
export function undeterminedText({ outcome, rules }: MethodOutcome, name: string): string {
  const { method, origin, credentials } = outcome.question
  const asked = outcome.facts.requestedHeaders
  return [
    wrap(
      `Preflight for ${method} from ${quote(origin)}${asked === null ? '' : ` with ${asked.replaceAll(',', ', ')}`}${credentials ? ', with credentials' : ''}`,
    ),
    wrap(
      `${style('yellow', 'Undetermined')}, by the rules of ${name}: it depends on the headers that the script sets.`,
    ),
    '',
    `Rules for ${method} from this origin allow these headers:`,
    ...rules.map(rule => wrap(ruleSentence(rule), '  ')),
    '',
    wrap("Name the script's headers: --headers content-type,x-a (--headers '' if it sets none)."),
  ].join('\n')
}

const STYLES = { true: 'green', false: 'red', null: 'yellow' } as const

/** Every method, where the text names none. */
export function methodsText(
  outcomes: readonly MethodOutcome[],
  shared: boolean | null,
  name: string,
  changes: ReadonlyMap<string, Change | NoChange>,
): string {
  const [first] = outcomes
  if (first === undefined) return ''
  const { question, facts } = first.outcome
  const kind = question.actual ? 'Request' : 'Preflight'
  const headers =
    facts.requestedHeaders === null ? '' : ` with ${facts.requestedHeaders.replaceAll(',', ', ')}`
  const verdict =
    shared === true
      ? 'Allowed with every method'
      : shared === false
        ? 'Refused with every method'
        : 'Undetermined'
  const isOpen = outcomes.some(({ allowed }) => allowed === null)
  const needs = isOpen
    ? 'the method with --method and the headers with --headers'
    : 'the method with --method'
  const near = nearOriginSentences(first.outcome)
  return [
    wrap(
      `${kind} from ${quote(question.origin)}${headers}${question.credentials ? ', with credentials' : ''}`,
    ),
    wrap(`${style(STYLES[`${shared}`], verdict)}, by the rules of ${name}.`),
    '',
    ...outcomes.map(outcome =>
      wrap(methodSentence(outcome), `  ${outcome.outcome.question.method.padEnd(6)}  `),
    ),
    ...(near.length === 0 ? [] : ['', ...near.map(sentence => wrap(sentence))]),
    ...(shared === null ? ['', wrap(`The text does not give all that decides it: name ${needs}.`)] : []),
    ...grouped(changes).flatMap(({ change, methods }) => [
      '',
      changeText(change, `To allow ${methods.join(', ')}`),
    ]),
  ].join('\n')
}

/** Changes that read the same stand once. */
function grouped(changes: ReadonlyMap<string, Change | NoChange>) {
  const groups = new Map<string, { readonly change: Change | NoChange; readonly methods: string[] }>()
  for (const [method, change] of changes) {
    const key = changeText(change)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { change, methods: [method] })
    else group.methods.push(method)
  }
  return [...groups.values()]
}
