/**
 * @module
 * Which requests two rule sets answer differently, each difference with an example that can be asked.
 */

import type { Comparison, Difference } from '../../src/compare/difference.ts'
import { differenceText, requestText } from '../../src/compare/difference-text.ts'
import type { CorsRequest } from '../../src/cors/request.ts'
import { count, Sentence } from './text.tsx'

const GAINED: ReadonlySet<Difference['kind']> = new Set(['method-gained', 'header-gained'])
const LOST: ReadonlySet<Difference['kind']> = new Set(['method-lost', 'header-lost'])
/** Differences shown at most; nobody reads more. */
const MAX_SHOWN = 100

interface DifferencesProps {
  readonly comparison: Comparison | null
  /** Why there is nothing to compare; shown where there is no comparison. */
  readonly why: string
  readonly onAsk: (request: CorsRequest) => void
}

export function Differences({ comparison, why, onAsk }: DifferencesProps) {
  const differences = comparison?.differences ?? []
  return (
    <section class="differences" aria-labelledby="differences-title">
      <div class="title">
        <h2 id="differences-title">
          {comparison === null || differences.length === 0
            ? 'Differences'
            : count(differences.length, 'difference')}
        </h2>
      </div>
      {comparison === null && <p class="note">{why}</p>}
      {comparison !== null && differences.length === 0 && !comparison.cut && (
        <p>No request gets another answer.</p>
      )}
      <ol>
        {differences.slice(0, MAX_SHOWN).map((difference, i) => (
          <Item key={i} difference={difference} onAsk={onAsk} />
        ))}
      </ol>
      {differences.length > MAX_SHOWN && <p class="note">And {differences.length - MAX_SHOWN} more.</p>}
      {comparison?.cut && <p class="note">There may be more differences. {comparison.undecided.join(' ')}</p>}
    </section>
  )
}

function Item({ difference, onAsk }: { difference: Difference; onAsk: (request: CorsRequest) => void }) {
  const { kind, example } = difference
  const { request, before, after } = example
  const sign = LOST.has(kind) ? 'lost' : GAINED.has(kind) ? 'gained' : 'other'
  return (
    <li class={sign}>
      <p>
        <Sentence text={differenceText(difference)} />
      </p>
      <p class="example">
        <span>
          e.g. {requestText(request)}:{' '}
          {before === after ? `${before}, before and after` : `${before} → ${after}`}
        </span>
        <button type="button" class="quiet" onClick={() => onAsk(request)}>
          Ask it
        </button>
      </p>
    </li>
  )
}
