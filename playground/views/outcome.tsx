/**
 * @module
 * What becomes of the request: the verdict, the rules one by one, the answers to the letter, and the browsers.
 */

import { useState } from 'preact/hooks'
import { requestText } from '../../src/compare/difference-text.ts'
import type { DialectName } from '../../src/cors/dialect.ts'
import { quote } from '../../src/cors/findings.ts'
import { type Browser, MAX_AGE_CAPS } from '../../src/explain/browser.ts'
import type { RuleVerdict } from '../../src/explain/explain.ts'
import type { Answer, Outcome } from '../../src/explain/outcome.ts'
import {
  browserSentences,
  conditionsOf,
  nearOriginSentences,
  nearSentences,
  shownRules,
  unaskedSentence,
  verdictText,
} from '../../src/explain/sentences.ts'
import type { Unasked } from '../answer.ts'
import { count, duration, Sentence } from './text.tsx'

export const DIALECT_NAMES: Readonly<Record<DialectName, string>> = { cos: 'COS', s3: 'S3' }

/** Why there is no verdict yet, and what each method would get. */
export function Question({ unasked: { problem, methods = [] } }: { unasked: Unasked }) {
  return (
    <>
      <p class={methods.length === 0 ? 'bad' : 'note'}>{problem}</p>
      <ul class="methods">
        {methods.map(({ method, text }) => (
          <li key={method}>
            <code>{method}</code> {text}
          </li>
        ))}
      </ul>
    </>
  )
}

interface VerdictProps {
  readonly outcome: Outcome
  readonly undetermined: readonly string[]
}

/** The verdict and the request that it is about. */
export function Verdict({ outcome, undetermined }: VerdictProps) {
  const { allowed, question, facts, explanation, browser } = outcome
  const byRules = explanation.answeredBy !== null
  const isOpen = undetermined.length > 0
  return (
    <div class={`verdict ${isOpen ? 'open' : allowed ? 'allowed' : 'refused'}`}>
      <p class="headline">
        {!isOpen && <Mark held={allowed} />}
        <strong>{isOpen ? 'Undetermined' : verdictText(outcome)}</strong>
        {isOpen && <span>: the message does not list the script’s headers. Name them above.</span>}
        {byRules && !allowed && <span>, but a browser blocks it</span>}
      </p>
      <p class="asked">
        {question.actual ? 'Request' : 'Preflight for'} {requestText(facts)}
        {question.credentials && ', with credentials'}
      </p>
      {isOpen && <p>The rules allow these headers: {undetermined.join('; ')}.</p>}
      {[...nearSentences(outcome), ...(allowed ? [] : nearOriginSentences(outcome))].map(sentence => (
        <p key={sentence}>
          <Sentence text={sentence} />
        </p>
      ))}
      {byRules && !allowed && <p>{capital(browser.verdict.reason)}.</p>}
    </div>
  )
}

interface RuleListProps {
  readonly outcome: Outcome
  readonly onGo: (position: number) => void
}

export function RuleList({ outcome, onGo }: RuleListProps) {
  const [all, setAll] = useState(false)
  const { explanation } = outcome
  const { shown, left, later } = shownRules(outcome, all)
  const unasked = unaskedSentence(outcome)
  return (
    <section class="rule-list" aria-labelledby="rule-list-title">
      <div class="title">
        <h2 id="rule-list-title">Rule by rule</h2>
        {(left > 0 || all) && (
          <button type="button" class="quiet" onClick={() => setAll(!all)}>
            {all ? 'Show the near ones' : `Show all ${shown.length + left}`}
          </button>
        )}
      </div>
      {explanation.rules.length === 0 && <p class="note">There are no rules.</p>}
      <ol>
        {shown.map(verdict => (
          <RuleItem key={verdict.position} verdict={verdict} outcome={outcome} onGo={onGo} />
        ))}
      </ol>
      {left > 0 && (
        <p class="note">{count(left, 'other rule')} asked: neither the origin nor all of the rest.</p>
      )}
      {later > 0 && (
        <p class="note">{count(later, 'later rule')} not asked: the first that matches answers.</p>
      )}
      {unasked !== null && <p class="note">{unasked}</p>}
    </section>
  )
}

interface RuleItemProps extends RuleListProps {
  readonly verdict: RuleVerdict
}

function RuleItem({ verdict, outcome, onGo }: RuleItemProps) {
  const { position, rule } = verdict
  const answers = outcome.explanation.answeredBy === position
  return (
    <li class={answers ? 'answers' : ''}>
      <p class="name">
        <button type="button" onClick={() => onGo(position)} title="Go to the rule">
          Rule {position + 1}
        </button>
        {rule.id !== null && <code>{quote(rule.id)}</code>}
        {answers && <span class="badge">answers</span>}
      </p>
      <ul>
        {conditionsOf(verdict, outcome).map(({ name, held, text }) => (
          <li key={name} class={held ? 'held' : 'failed'}>
            <Mark held={held} />
            <span class="condition">{name}</span>
            <span class="value">{text}</span>
          </li>
        ))}
      </ul>
    </li>
  )
}

function Mark({ held }: { held: boolean }) {
  return (
    <span class={`mark ${held ? 'held' : 'failed'}`}>
      <span aria-hidden="true">{held ? '✓' : '✗'}</span>
      <span class="unseen">{held ? 'yes: ' : 'no: '}</span>
    </span>
  )
}

interface AnswersProps {
  readonly chosen: Outcome
  readonly other: Outcome
  readonly dialect: DialectName
}

export function Answers({ chosen, other, dialect }: AnswersProps) {
  return (
    <section class="answers" aria-labelledby="answers-title">
      <div class="title">
        <h2 id="answers-title">The answer, to the letter</h2>
      </div>
      <div class="pair">
        <AnswerText answer={chosen.answer} title={`As ${DIALECT_NAMES[dialect]} answers`} />
        <AnswerText
          answer={other.answer}
          title={`As ${DIALECT_NAMES[dialect === 'cos' ? 's3' : 'cos']} would`}
        />
      </div>
    </section>
  )
}

function AnswerText({ answer: { status, headers, body }, title }: { answer: Answer; title: string }) {
  const lines = Object.entries(headers)
  return (
    <figure>
      <figcaption>{title}</figcaption>
      {/* What scrolls must be reachable by keyboard. */}
      <pre tabindex={0}>
        <b>{status ?? 'the bucket’s own status and body, with'}</b>
        {lines.length === 0 && '\nno header of the edge'}
        {lines.map(([name, value]) => (
          <span key={name}>
            {'\n'}
            <i>{name}:</i> {value}
          </span>
        ))}
        {body !== '' && `\n\n${body}`}
      </pre>
    </figure>
  )
}

export function Browsers({ outcome }: { outcome: Outcome }) {
  const { browser } = outcome
  return (
    <section class="browsers" aria-labelledby="browsers-title">
      <div class="title">
        <h2 id="browsers-title">In the browser</h2>
      </div>
      {browserSentences(outcome).map(sentence => (
        <p key={sentence}>{sentence}</p>
      ))}
      <table>
        <thead>
          <tr>
            <th scope="col">Browser</th>
            <th scope="col">Then</th>
            <th scope="col">Remembers it</th>
          </tr>
        </thead>
        <tbody>
          {(Object.keys(MAX_AGE_CAPS) as Browser[]).map(name => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>
                <Mark held={browser.verdict.goesOn} />
                {browser.verdict.goesOn ? 'goes on' : 'fails it'}
              </td>
              <td>{memoryOf(outcome, name)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="note">
        {browser.remembers !== null
          ? 'Remembered per URL: another object key needs its own preflight.'
          : browser.asks === null
            ? 'Only the answers to preflights are remembered.'
            : 'A refusal is never remembered: the next request asks again.'}
      </p>
    </section>
  )
}

/** `2 h, its most` */
function memoryOf({ browser: { asks, remembers } }: Outcome, name: Browser): string {
  if (asks === null) return 'no preflight'
  const seconds = remembers?.[name]
  if (seconds === undefined) return 'no'
  if (seconds === 0) return 'no: Max-Age is 0'
  return `${duration(seconds)}${seconds === MAX_AGE_CAPS[name] ? ', its most' : ''}`
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
