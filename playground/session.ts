/**
 * @module
 * One open page: the state, its answer at each keystroke, and the slower work once the person pauses.
 */

import { readRulesAdvised } from '../src/advice/read.ts'
import { type ProvenClaim, proveWithin } from '../src/compare/claims.ts'
import { compare } from '../src/compare/compare.ts'
import type { Comparison } from '../src/compare/difference.ts'
import type { Finding, Reading } from '../src/cors/findings.ts'
import { applyChange, type Edited } from '../src/edit/apply.ts'
import type { Change } from '../src/explain/smallest-change.ts'
import { isJson, type RulesFormat, readRules } from '../src/formats/rules.ts'
import { type Answered, answer, formatIn, remembering, type Unasked } from './answer.ts'
import { addMissing, type ClientNeeds, clientNeeds } from './client-needs.ts'
import { type DiffLine, diffOf } from './line-diff.ts'
import { quickReader } from './quick-read.ts'
import { EXAMPLE, type State } from './state.ts'

/** How long nobody has typed when the slower work is done. In milliseconds. */
const SETTLE_MS = 180

/** A change as it would stand in the person's document. */
export interface Proposal {
  readonly edited: Edited | { readonly problem: string }
  /** null: nearly everything would differ. */
  readonly lines: readonly DiffLine[] | null
}

/** A document as it was read. */
export interface Read {
  readonly format: RulesFormat
  readonly rules: number | null
  readonly findings: readonly Finding[]
}

/** All that is on the page. */
export interface View {
  readonly state: State
  readonly rules: Read
  readonly before: Read
  readonly guardrail: Read
  /** null: the rules have errors. */
  readonly answered: Answered | Unasked | null
  /** The change that `answered` names, in the document; null if there is no change, or it is not computed yet. */
  readonly proposal: Proposal | null
  /** What the rules lack for the chosen client; null without one, or if the rules have errors. */
  readonly needs: ClientNeeds | null
  /** null: one of the two has errors, or there is nothing to compare with. */
  readonly comparison: Comparison | null
  /** Whether the rules stay within the guardrail; null without one, or if one of the two has errors. */
  readonly proof: ProvenClaim | null
  /** What has just happened and is worth a line; `undo` says that it can be taken back. */
  readonly notice: { readonly text: string; readonly undo: boolean } | null
}

const NOTHING_READ: Read = { format: 'rules', rules: null, findings: [] }

/** Holds a view and makes the next one of it; whoever shows it subscribes. */
export class Session {
  view: View
  readonly #show: (view: View) => void
  readonly #onSettled: (state: State) => void
  readonly #readRules = remembering(quickly())
  readonly #readBefore = remembering(quickly())
  readonly #adviseRules = remembering(readRulesAdvised)
  readonly #adviseBefore = remembering(readRulesAdvised)
  readonly #adviseGuardrail = remembering(readRulesAdvised)
  /** Counts the inputs: an answer to an earlier one is not shown. */
  #turn = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #undo: Pick<State, 'rules' | 'format'> | null = null

  /**
   * @param show shows a view
   * @param onSettled receives the state whenever the person pauses
   */
  constructor(show: (view: View) => void, onSettled: (state: State) => void) {
    this.#show = show
    this.#onSettled = onSettled
    this.view = {
      state: EXAMPLE,
      rules: NOTHING_READ,
      before: NOTHING_READ,
      guardrail: NOTHING_READ,
      answered: null,
      proposal: null,
      needs: null,
      comparison: null,
      proof: null,
      notice: null,
    }
  }

  /** Takes over what a person has put in, and answers it. */
  update(patch: Partial<State>, notice: View['notice'] = null): Promise<void> {
    if (patch.rules !== undefined && !notice?.undo) this.#undo = null
    this.view = { ...this.view, state: { ...this.view.state, ...patch }, notice }
    return this.#answer()
  }

  /** Makes the smallest change in the person's rules. */
  async apply(): Promise<void> {
    const { answered } = this.view
    if (answered === null || 'problem' in answered) return
    const { change } = answered
    if (change === null || 'impossible' in change) return
    await this.#change(change)
  }

  /** Adds to the rules what the chosen client needs. */
  async addMissing(missing: readonly Finding[]): Promise<void> {
    const { configuration } = await this.#readRules(this.view.state.rules, this.view.state.format)
    if (configuration !== null) await this.#change(addMissing(configuration, missing))
  }

  async #change(change: Change): Promise<void> {
    const { state } = this.view
    const edited = await applyChange(state.rules, formatIn(state.rules, state.format), change)
    if ('problem' in edited) return this.notify(edited.problem)
    this.#undo = { rules: state.rules, format: state.format }
    const format = state.format === 'detect' ? 'detect' : edited.format
    await this.update(
      { rules: edited.text, format },
      { text: 'The change is applied to the rules.', undo: true },
    )
  }

  /** Takes the change back. */
  async undo(): Promise<void> {
    if (this.#undo === null) return
    await this.update(this.#undo, { text: 'The change is taken back.', undo: false })
  }

  /** Shows a notice without changing the state. */
  notify(text: string): void {
    this.view = { ...this.view, notice: { text, undo: this.view.notice?.undo ?? false } }
    this.#show(this.view)
  }

  async #answer(): Promise<void> {
    const turn = ++this.#turn
    const { state } = this.view
    clearTimeout(this.#timer)
    const comparing = state.tab === 'compare'
    const [rules, before] = await Promise.all([
      this.#readRules(state.rules, state.format),
      comparing ? this.#readBefore(state.before, state.beforeFormat) : null,
    ])
    const answered = rules.configuration === null ? null : await answer(rules.configuration, state)
    if (turn !== this.#turn) return
    const { view } = this
    this.view = {
      ...view,
      rules: readOf(rules, formatIn(state.rules, state.format), view.rules.findings),
      before:
        before === null
          ? view.before
          : readOf(before, formatIn(state.before, state.beforeFormat), view.before.findings),
      answered,
      needs: rules.configuration === null ? null : clientNeeds(rules.configuration, state.client),
      // The last one stays until the next is worked out, as long as the request is refused at all.
      proposal: isChangeable(answered) ? view.proposal : null,
    }
    this.#show(this.view)
    this.#timer = setTimeout(() => void this.#settle(turn), SETTLE_MS)
  }

  async #settle(turn: number): Promise<void> {
    const { state, answered } = this.view
    const comparing = state.tab === 'compare'
    const rules = await this.#adviseRules(state.rules, state.format)
    const before = comparing ? await this.#adviseBefore(state.before, state.beforeFormat) : null
    const guardrail = comparing ? await this.#adviseGuardrail(state.guardrail, state.guardrailFormat) : null
    const proposal = comparing ? this.view.proposal : await proposalFor(state, answered)
    if (turn !== this.#turn) return
    this.view = {
      ...this.view,
      rules: readOf(rules, formatIn(state.rules, state.format), []),
      before:
        before === null ? this.view.before : readOf(before, formatIn(state.before, state.beforeFormat), []),
      proposal,
      comparison:
        before?.configuration && rules.configuration && state.before.trim() !== ''
          ? compare(before.configuration, rules.configuration, state.dialect)
          : null,
      guardrail:
        guardrail === null
          ? this.view.guardrail
          : readOf(guardrail, formatIn(state.guardrail, state.guardrailFormat), []),
      proof:
        guardrail?.configuration && rules.configuration && state.guardrail.trim() !== ''
          ? proveWithin(
              { name: 'After', configuration: rules.configuration },
              { name: 'the guardrail', configuration: guardrail.configuration },
            )
          : null,
    }
    this.#show(this.view)
    this.#onSettled(state)
  }
}

/** Reads rules at each keystroke. */
function quickly(): (text: string, format: RulesFormat) => Promise<Reading> {
  const quick = quickReader()
  return (text, format) => (format === 'rules' && !isJson(text) ? quick(text) : readRules(text, format))
}

/** Errors show at once; warnings stay until the next ones are ready, so that the list keeps still. */
function readOf({ configuration, findings }: Reading, format: RulesFormat, last: readonly Finding[]): Read {
  const isOf = (severity: Finding['severity']) => (finding: Finding) => finding.severity === severity
  const shown =
    last.length === 0 ? findings : [...findings.filter(isOf('error')), ...last.filter(isOf('warning'))]
  return { format, rules: configuration?.rules.length ?? null, findings: shown }
}

const isChangeable = (answered: View['answered']): answered is Answered =>
  answered !== null && 'change' in answered && answered.change !== null && !('impossible' in answered.change)

async function proposalFor(state: State, answered: View['answered']): Promise<Proposal | null> {
  if (!isChangeable(answered) || answered.change === null || 'impossible' in answered.change) return null
  const edited = await applyChange(state.rules, formatIn(state.rules, state.format), answered.change)
  return { edited, lines: 'problem' in edited ? null : diffOf(state.rules, edited.text) }
}
