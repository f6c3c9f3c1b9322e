/**
 * @module
 * The outcomes of `rules explain`, as people and scripts read them.
 */

import type { Asked, Outcome } from '../../explain/outcome.ts'
import { type MethodOutcome, type OpenRequest, sharedOutcome } from '../../explain/possible.ts'
import { type Change, type NoChange, smallestChange } from '../../explain/smallest-change.ts'
import type { RulesSource } from '../files/source.ts'
import { clientText } from '../print/client.ts'
import { answerText, browserText, changeText, rulesText } from '../print/explanation.ts'
import { wrap } from '../print/layout.ts'
import { methodsText, undeterminedText } from '../print/possible.ts'

/** Returns the smallest change that allows the request, or null if it is allowed. */
export const changeFor = ({ configuration }: Asked, { facts, question }: Outcome): Change | NoChange | null =>
  smallestChange(configuration, facts, question)

/** Returns the outcomes as text: of one method in full, of several method by method. */
export function outcomesText(
  name: string,
  asked: Asked,
  { method }: OpenRequest,
  outcomes: readonly MethodOutcome[],
): string {
  const title = `${name} (${asked.dialect})`
  const [only] = outcomes
  if (method !== null && only !== undefined)
    return only.allowed === null ? undeterminedText(only, title) : explanationText(title, asked, only.outcome)
  const shared = sharedOutcome(outcomes)
  return methodsText(outcomes, shared, title, shared === false ? likelyChanges(asked, outcomes) : new Map())
}

/** The shortest changes. Where a browser fails what rules allow, the message is about these methods. */
function likelyChanges(
  asked: Asked,
  outcomes: readonly MethodOutcome[],
): ReadonlyMap<string, Change | NoChange> {
  const isAnswered = ({ outcome }: MethodOutcome) => outcome.explanation.answeredBy !== null
  const likely = outcomes.some(isAnswered) ? outcomes.filter(isAnswered) : outcomes
  const changes = likely.flatMap(({ outcome }) => {
    const change = changeFor(asked, outcome)
    return change === null ? [] : [[outcome.question.method, change] as const]
  })
  const lengthOf = (change: Change | NoChange) =>
    'steps' in change ? change.steps.length : Number.POSITIVE_INFINITY
  const least = Math.min(...changes.map(([, change]) => lengthOf(change)))
  return new Map(changes.filter(([, change]) => lengthOf(change) === least))
}

function explanationText(title: string, asked: Asked, outcome: Outcome): string {
  const change = changeFor(asked, outcome)
  const client = clientText(outcome.question.method, outcome.explanation.names)
  return [
    rulesText(outcome, title),
    answerText(outcome.answer),
    browserText(outcome),
    ...settingsLines(asked, outcome),
    ...(change === null ? [] : [changeText(change)]),
    ...(change === null || client === '' ? [] : [client]),
  ].join('\n\n')
}

/** Returns what the host's settings decide, whatever its rules allow. */
function settingsLines({ methods, credentials }: Asked, { passedOn, question }: Outcome): string[] {
  return [
    ...(passedOn
      ? []
      : [
          `METHODS of the host is ${methods?.join(',')}: the edge answers the ${question.method} itself, with 405.`,
        ]),
    ...(credentials === false && question.credentials
      ? ['CREDENTIALS of the host is off: no answer has Access-Control-Allow-Credentials.']
      : []),
  ].map(line => wrap(line))
}

/** Returns the outcomes as one document. */
export function outcomesJson(
  source: RulesSource,
  asked: Asked,
  { method }: OpenRequest,
  outcomes: readonly MethodOutcome[],
) {
  const [only] = outcomes
  const allowed = sharedOutcome(outcomes)
  const head = { rules: source.name, revision: source.revision, dialect: asked.dialect }
  if (method !== null && only !== undefined)
    return {
      ...head,
      ...explanationJson(asked, only.outcome),
      allowed,
      ...(allowed === null && { rulesFor: only.rules }),
    }
  return {
    ...head,
    allowed,
    methods: outcomes.map(({ outcome, allowed: its, rules }) => ({
      ...explanationJson(asked, outcome),
      allowed: its,
      rulesFor: rules,
    })),
  }
}

function explanationJson(asked: Asked, outcome: Outcome) {
  const { question, facts, unasked, explanation, answer, browser, passedOn, allowed } = outcome
  const { values: _values, ...request } = question
  return {
    request: { ...request, url: asked.url, requestedHeaders: facts.requestedHeaders, unasked },
    allowed,
    answeredBy: explanation.answeredBy === null ? null : explanation.answeredBy + 1,
    unusable: explanation.unusable,
    judged: explanation.rules.map(
      ({ position, rule, origin, methodHeld, missingHeaders, matches, missing }) => ({
        rule: position + 1,
        id: rule.id,
        matches,
        origin,
        method: methodHeld,
        missingHeaders,
        missing,
      }),
    ),
    answer,
    browser,
    passedOn,
    change: changeFor(asked, outcome),
  }
}
