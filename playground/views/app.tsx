/**
 * @module
 * The page: a header, two tabs and the panel of the open tab.
 */

import { useRef } from 'preact/hooks'
import type { CorsRequest } from '../../src/cors/request.ts'
import { verdictText } from '../../src/explain/sentences.ts'
import { lineCounter } from '../../src/formats/document.ts'
import { placesOf } from '../../src/formats/positions.ts'
import type { Session, View } from '../session.ts'
import type { State } from '../state.ts'
import { SmallestChange } from './change.tsx'
import { ClientChoice } from './client.tsx'
import { Differences } from './comparison.tsx'
import { goToLine } from './editor.tsx'
import { Answers, Browsers, Question, RuleList, Verdict } from './outcome.tsx'
import { Proof, verdictOf } from './proof.tsx'
import { RequestForm } from './request.tsx'
import { Rules, summaryOf } from './rules.tsx'
import { Tabs } from './tabs.tsx'
import { Announcer } from './text.tsx'

interface AppProps {
  readonly view: View
  readonly session: Session
  readonly onShare: () => void
}

export function App({ view, session, onShare }: AppProps) {
  const { state, notice } = view
  const change = (patch: Partial<State>) => void session.update(patch)
  return (
    <>
      <header>
        <h1>
          <span class="brand">edge-preflight</span> CORS playground
        </h1>
        <button type="button" onClick={onShare}>
          Copy link
        </button>
        <p class="lead">
          How a bucket’s rules answer a request, and which change would allow it. Nothing that you type or
          paste leaves this page.
        </p>
      </header>
      <main>
        <Tabs tab={state.tab} onTab={tab => change({ tab })} />
        <div class="notice" role="status">
          {notice !== null && (
            <p>
              {notice.text}{' '}
              {notice.undo && (
                <button type="button" onClick={() => void session.undo()}>
                  Undo
                </button>
              )}
            </p>
          )}
        </div>
        <div id="panel" role="tabpanel" aria-labelledby={`tab-${state.tab}`}>
          {state.tab === 'explain' ? (
            <Explain view={view} session={session} />
          ) : (
            <Compare view={view} session={session} />
          )}
        </div>
      </main>
      <Announcer text={summary(view)} />
      <footer>
        <p>
          The engine of this page is the edge’s own. The link holds all that stands here in its fragment,
          which browsers never send to a server. <a href="licences.txt">Licences</a>
        </p>
      </footer>
    </>
  )
}

interface PanelProps {
  readonly view: View
  readonly session: Session
}

function Explain({ view, session }: PanelProps) {
  const area = useRef<HTMLTextAreaElement>(null)
  const { state, rules, answered, proposal, needs } = view
  const asked = answered === null || 'problem' in answered ? null : answered
  // In the column that is shorter.
  const below = asked?.change !== null && rules.findings.length === 0
  const change = (patch: Partial<State>) => void session.update(patch)
  const goToRule = (position: number) => {
    const place = placesOf(state.rules)?.rules[position]
    if (place !== undefined) goToLine(area.current, lineCounter(state.rules)(place.start))
  }
  return (
    <div class="explain">
      <Rules
        id="rules"
        title="Rules"
        text={state.rules}
        format={state.format}
        read={rules}
        area={area}
        onText={text => change({ rules: text })}
        onFormat={format => change({ format })}
      />
      <div class="side">
        <RequestForm state={state} onChange={change} />
        <section class="result" aria-label="Outcome">
          {answered === null ? (
            <p class="note">The rules have errors, so no request can be asked about them.</p>
          ) : 'problem' in answered ? (
            <Question unasked={answered} />
          ) : (
            <Verdict outcome={answered.chosen} undetermined={answered.undetermined} />
          )}
        </section>
        {asked?.change && (
          <SmallestChange change={asked.change} proposal={proposal} onApply={() => void session.apply()} />
        )}
        <ClientChoice
          chosen={state.client}
          needs={needs}
          onChoose={client => change({ client })}
          onAdd={missing => void session.addMissing(missing)}
        />
        {asked !== null && !below && <Browsers outcome={asked.chosen} />}
      </div>
      {asked !== null && (
        <>
          <RuleList outcome={asked.chosen} onGo={goToRule} />
          {below && <Browsers outcome={asked.chosen} />}
          <Answers chosen={asked.chosen} other={asked.other} dialect={state.dialect} />
        </>
      )}
    </div>
  )
}

function Compare({ view, session }: PanelProps) {
  const beforeArea = useRef<HTMLTextAreaElement>(null)
  const afterArea = useRef<HTMLTextAreaElement>(null)
  const guardrailArea = useRef<HTMLTextAreaElement>(null)
  const { state, rules, before, guardrail, comparison, proof } = view
  const change = (patch: Partial<State>) => void session.update(patch)
  const ask = ({ origin, method, requestedHeaders }: CorsRequest) =>
    change({
      tab: 'explain',
      origin: origin ?? '',
      method: method ?? 'GET',
      headers: (requestedHeaders ?? '').replaceAll(',', ', '),
      actual: false,
    })
  return (
    <div class="compare">
      <div class="pair">
        <Rules
          id="before"
          title="Before"
          text={state.before}
          format={state.beforeFormat}
          read={before}
          area={beforeArea}
          onText={text => change({ before: text })}
          onFormat={format => change({ beforeFormat: format })}
        />
        <Rules
          id="rules"
          title="After"
          text={state.rules}
          format={state.format}
          read={rules}
          area={afterArea}
          onText={text => change({ rules: text })}
          onFormat={format => change({ format })}
        />
      </div>
      <p class="between">
        <button type="button" onClick={() => change({ before: state.rules, beforeFormat: state.format })}>
          Copy After to Before
        </button>
        <button
          type="button"
          onClick={() =>
            change({
              before: state.rules,
              beforeFormat: state.format,
              rules: state.before,
              format: state.beforeFormat,
            })
          }
        >
          Swap
        </button>
        <span class="note">“After” are the rules of the other tab.</span>
      </p>
      <Differences comparison={comparison} why={whyNotCompared(view)} onAsk={ask} />
      <div class="pair">
        <Rules
          id="guardrail"
          title="After may never be wider than"
          text={state.guardrail}
          format={state.guardrailFormat}
          read={guardrail}
          area={guardrailArea}
          onText={text => change({ guardrail: text })}
          onFormat={format => change({ guardrailFormat: format })}
        />
        <Proof
          proof={proof}
          isNamed={state.guardrail.trim() !== ''}
          areRead={guardrail.rules !== null && rules.rules !== null}
          onAsk={ask}
        />
      </div>
    </div>
  )
}

function whyNotCompared({ state, rules, before }: View): string {
  if (state.before.trim() === '')
    return 'Put the rules that are live today on the left: what they answer is compared, not how they are written.'
  if (before.rules === null || rules.rules === null) return 'Rules with errors are not compared.'
  return 'Asking …'
}

/** What a screen reader announces once the person pauses. */
function summary({ state, rules, answered, comparison, proof }: View): string {
  if (state.tab === 'compare') {
    const differences =
      comparison === null ? '' : `${comparison.differences.length} differences between the rule sets.`
    return proof === null ? differences : `${differences} ${verdictOf(proof)}`.trim()
  }
  const outcome = answered === null || 'problem' in answered ? null : answered.chosen
  const isOpen = answered !== null && 'undetermined' in answered && answered.undetermined.length > 0
  return [
    summaryOf(state.rules, rules.rules, rules.findings),
    outcome === null ? '' : isOpen ? 'Undetermined.' : `${verdictText(outcome)}.`,
  ].join(' ')
}
