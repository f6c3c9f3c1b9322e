/**
 * @module
 * The parts of an answer, written such that equal texts mean the same to a browser: what `compare` compares.
 */

import type { ReadyRule } from '../cors/policy.ts'

export const PARTS = ['credentials', 'expose', 'max-age', 'allow-methods', 'allow-headers'] as const
export type Part = (typeof PARTS)[number]

/** For the header names that were asked for. */
export const REPEATED = 'what is asked'

/** The parts of a rule's answers, each written such that equal texts mean the same. */
export function partsOf(rule: ReadyRule, isNull: boolean): Record<Part, string> {
  const { preflight } = isNull ? rule.setsForNull : rule.sets
  const get = (name: string) => preflight.get(`access-control-${name}`) ?? ''
  return {
    credentials: rule.anyOrigin
      ? '*'
      : get('allow-credentials') === 'true'
        ? 'with credentials'
        : 'the origin',
    expose: sortedList(get('expose-headers')),
    'max-age': get('max-age'),
    'allow-methods': sortedList(get('allow-methods')),
    'allow-headers': rule.echoesHeaders ? REPEATED : sortedList(get('allow-headers')),
  }
}

/** A list of names without its order and repetitions, which mean nothing. */
export function sortedList(list: string): string {
  const byName = new Map(
    list
      .split(',')
      .map(item => item.trim())
      .map(item => [item.toLowerCase(), item]),
  )
  return [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, item]) => item)
    .join(', ')
}
