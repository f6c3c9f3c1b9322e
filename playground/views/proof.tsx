/**
 * @module
 * Whether the rules stay within a guardrail, for every request, with a request that shows where they do not.
 */

import type { ProvenClaim } from '../../src/compare/claims.ts'
import type { CorsRequest } from '../../src/cors/request.ts'
import { Sentence } from './text.tsx'

interface ProofProps {
  readonly proof: ProvenClaim | null
  readonly isNamed: boolean
  /** False if the rules or the guardrail have errors. */
  readonly areRead: boolean
  readonly onAsk: (request: CorsRequest) => void
}

export function Proof({ proof, isNamed, areRead, onAsk }: ProofProps) {
  const { counterexample } = proof ?? { counterexample: null }
  return (
    <section class="differences" id="proof" aria-labelledby="proof-title">
      <div class="title">
        <h2 id="proof-title">{proof === null ? 'Proof' : verdictOf(proof)}</h2>
        {counterexample !== null && (
          <button type="button" class="quiet" onClick={() => onAsk(counterexample)}>
            Ask it
          </button>
        )}
      </div>
      {proof === null && <p class="note">{whyNotProven(isNamed, areRead)}</p>}
      <ol>
        {proof?.findings.map(({ text, example }, i) => (
          <li key={i} class="gained">
            <p>
              <Sentence text={text} />
            </p>
            {example !== null && <p class="example">{example}</p>}
          </li>
        ))}
      </ol>
    </section>
  )
}

/** `Refuted: After stays within the guardrail.` */
export function verdictOf({ holds }: ProvenClaim): string {
  if (holds === null) return 'Undecided.'
  return holds ? 'Proven: no request gets more than the guardrail allows.' : 'Wider than the guardrail.'
}

function whyNotProven(isNamed: boolean, areRead: boolean): string {
  if (!isNamed)
    return 'Put the widest rules that may ever be live on the left. “After” is held to them for every request.'
  return areRead ? 'Asking …' : 'Rules with errors are not compared.'
}
