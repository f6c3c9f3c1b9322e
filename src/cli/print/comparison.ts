/**
 * @module
 * Formats the differences of two configurations, as text and as JSON.
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

/** Returns each difference with an example request. */
export function comparisonText({ differences, cut, undecided }: Comparison, most = Infinity): string {
  const shown = differences.slice(0, most)
  const more = differences.length - shown.length
  return [
    ...(differences.length === 0 && !cut ? ['Every request gets the same answer.'] : []),
    ...shown.map(difference => {
      const colour = COLOURS[difference.kind]
      const sentence = wrap(differenceText(difference), '- ')
      return `${colour === undefined ? sentence : style(colour, sentence)}\n${style('dim', wrap(exampleText(difference), '    '))}`
    }),
    ...(more > 0 ? [`- and ${more} more. Run \`diff\` to see all of them.`] : []),
    ...(cut ? [wrap(`There may be more differences. ${undecided.join(' ')}`)] : []),
  ].join('\n')
}

/** Returns a comparison for `--json`. null if there was nothing to compare with. */
export const comparisonJson = (comparison: Comparison | null) => ({
  differences: comparison?.differences.map(differenceJson) ?? null,
  complete: !(comparison?.cut ?? false),
  ...(comparison?.cut ? { undecided: comparison.undecided } : {}),
})

const differenceJson = (difference: Difference) => ({ text: differenceText(difference), ...difference })
