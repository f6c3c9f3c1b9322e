/**
 * @module
 * The differences of two configurations as people and scripts read them.
 */

import type { Comparison, Difference } from '../../compare/difference.ts'
import { differenceText, exampleText } from '../../compare/difference-text.ts'
import { wrap } from './layout.ts'
import { style } from './terminal.ts'

const COLOURS: Partial<Record<Difference['kind'], 'red' | 'green'>> = {
  'method-lost': 'red',
  'header-lost': 'red',
  'method-gained': 'green',
  'header-gained': 'green',
}

/** Each difference with an example; or that there is none. */
export function comparisonText({ differences, cut }: Comparison, most = Infinity): string {
  const shown = differences.slice(0, most)
  const more = differences.length - shown.length
  return [
    ...(differences.length === 0 && !cut ? ['No request gets another answer.'] : []),
    ...shown.map(difference => {
      const colour = COLOURS[difference.kind]
      const sentence = wrap(differenceText(difference), '- ')
      return `${colour === undefined ? sentence : style(colour, sentence)}\n${style('dim', wrap(exampleText(difference), '    '))}`
    }),
    ...(more > 0 ? [`- and ${more} more; diff shows them all.`] : []),
    ...(cut ? [wrap('The rules are too many to ask everything: there may be more differences.')] : []),
  ].join('\n')
}

/** A comparison as `--json` shows it; null: nothing to compare with. */
export const comparisonJson = (comparison: Comparison | null) => ({
  differences: comparison?.differences.map(differenceJson) ?? null,
  complete: !(comparison?.cut ?? false),
})

const differenceJson = (difference: Difference) => ({ text: differenceText(difference), ...difference })
