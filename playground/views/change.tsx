/**
 * @module
 * The smallest change that would allow the request, the change in the document, and what else it allows.
 */

import { quote } from '../../src/cors/findings.ts'
import type { Change, NoChange, Step } from '../../src/explain/smallest-change.ts'
import type { DiffLine } from '../line-diff.ts'
import type { Proposal } from '../session.ts'
import { Sentence } from './text.tsx'

interface ChangeProps {
  readonly change: Change | NoChange
  readonly proposal: Proposal | null
  readonly onApply: () => void
}

export function SmallestChange({ change, proposal, onApply }: ChangeProps) {
  const edited = proposal?.edited
  const problem = edited !== undefined && 'problem' in edited ? edited.problem : null
  return (
    <section class="change" aria-labelledby="change-title">
      <div class="title">
        <h2 id="change-title">The smallest change that allows it</h2>
        {!('impossible' in change) && problem === null && (
          <button type="button" class="primary" onClick={onApply}>
            Apply
          </button>
        )}
      </div>
      {'impossible' in change ? (
        <p>{change.impossible}</p>
      ) : (
        <>
          {change.steps.map((step, i) => (
            <p key={i}>
              <Sentence text={stepSentence(step)} />
            </p>
          ))}
          {problem !== null && <p class="bad">{problem}</p>}
          {proposal !== null && problem === null && <Diff lines={proposal.lines} />}
          <Besides
            title="Lost:"
            sentences={edited !== undefined && 'losses' in edited ? edited.losses : []}
          />
          <Besides title="That also allows:" sentences={change.alsoAllows} />
          <Besides title="Warning:" sentences={change.warnings} bad />
        </>
      )}
    </section>
  )
}

function stepSentence(step: Step): string {
  switch (step.kind) {
    case 'add-origin':
      return `Add the origin \`${quote(step.value)}\` to rule ${step.rule}.`
    case 'add-method':
      return `Add the method ${step.value} to rule ${step.rule}.`
    case 'add-header':
      return `Add the header \`${quote(step.value)}\` to rule ${step.rule}.`
    case 'add-rule':
      return `Add a rule of its own, as rule ${step.rule}: no other rule can be extended for it.`
    case 'add-expose':
      return `Expose the header \`${quote(step.value)}\` in rule ${step.rule}.`
  }
}

function Besides({
  title,
  sentences,
  bad = false,
}: {
  title: string
  sentences: readonly string[]
  bad?: boolean
}) {
  if (sentences.length === 0) return null
  return (
    <div class={bad ? 'besides mind' : 'besides'}>
      <b>{title}</b>
      <ul>
        {sentences.map(sentence => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </div>
  )
}

const SIGNS = { added: '+', removed: '−', same: ' ', gap: '⋯' } as const
const SPOKEN = { added: 'added: ', removed: 'removed: ', same: '', gap: '' } as const

function Diff({ lines }: { lines: readonly DiffLine[] | null }) {
  if (lines === null) return <p class="note">Nearly every line of the document changes.</p>
  return (
    // What scrolls must be reachable by keyboard.
    <section class="diff" aria-label="The change in the rules" tabindex={0}>
      <ol>
        {lines.map(({ kind, text, number }, i) => (
          <li key={i} class={kind}>
            <span class="number" aria-hidden="true">
              {number ?? ''}
            </span>
            <span aria-hidden="true">{SIGNS[kind]}</span>
            <code>
              <span class="unseen">{SPOKEN[kind]}</span>
              {kind === 'gap' ? `${text} lines` : text}
            </code>
          </li>
        ))}
      </ol>
    </section>
  )
}
