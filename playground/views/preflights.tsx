/**
 * @module
 * The preflights of a recorded page load: what they cost, and what would avoid them.
 */

import {
  costSentence,
  preflightSentences,
  recorderSentence,
  waysToAvoid,
} from '../../src/paste/preflight-sentences.ts'
import type { PreflightCost } from '../../src/paste/preflights.ts'

/** Preflights that are shown one by one. */
const MAX_SHOWN = 100

export function Preflights({ cost }: { cost: PreflightCost }) {
  const { preflights } = cost
  const recorder = recorderSentence(cost)
  const ways = waysToAvoid(cost)
  return (
    <section class="preflights" aria-label="Preflights of the page load">
      <p>
        <strong>{costSentence(cost)}</strong> {recorder}
      </p>
      {ways.length > 0 && (
        <>
          <p>To avoid them:</p>
          <ul>
            {ways.map(({ by, text }) => (
              <li key={by}>{text}</li>
            ))}
          </ul>
          <details>
            <summary>Each of them</summary>
            <ol>
              {preflights.slice(0, MAX_SHOWN).map((preflight, at) => {
                const { question, cost: took, reasons } = preflightSentences(preflight)
                return (
                  <li key={at}>
                    <code>{question}</code> {took}. {reasons.join(' ')}
                  </li>
                )
              })}
            </ol>
            {preflights.length > MAX_SHOWN && (
              <p class="note">And {preflights.length - MAX_SHOWN} more: rules preflights lists all.</p>
            )}
          </details>
        </>
      )}
    </section>
  )
}
