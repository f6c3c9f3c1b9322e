/**
 * @module
 * Origins, and header names, in groups that two configurations can't tell apart: what `compare` asks one of each of.
 */

import { covers } from '../advice/coverage.ts'
import type { Rule } from '../cors/configuration.ts'
import { MAX_ORIGIN_LENGTH } from '../cors/decide.ts'
import type { ReadyPolicy } from '../cors/policy.ts'
import { copyOf, intersect, isEmpty, type RuleSet } from '../cors/rule-set.ts'
import { type Boundaries, boundariesOf, headerFillings, originFillings } from './boundary.ts'

/** The rules of either configuration that are left. */
export interface Left {
  readonly before: RuleSet
  readonly after: RuleSet
}

/** Origins, or header names, which the same rules of both configurations allow. */
export interface Group {
  readonly left: Left
  readonly labels: readonly string[]
  readonly texts: readonly string[]
}

export interface Groups {
  readonly list: readonly Group[]
  /** There would be more. */
  readonly cut: boolean
}

/** The origins that the rules can tell apart; `null`, which is opaque, by itself. */
export function originGroups(rules: readonly Rule[], before: ReadyPolicy, after: ReadyPolicy): Groups {
  const patterns = rules.flatMap(rule => rule.allowedOrigins).filter(isUsableOrigin)
  const { list, cut } = boundariesOf(patterns, originFillings)
  const usable = list.filter(({ text }) => isUsableOrigin(text) && text !== 'null')
  usable.push({ text: 'null', standsFor: 'null' })
  return groupsOf({ list: usable, cut }, origin => ({
    before: rulesForOrigin(before, origin),
    after: rulesForOrigin(after, origin),
  }))
}

/** The header names that the rules can tell apart. */
export function headerGroups(rules: readonly Rule[], before: ReadyPolicy, after: ReadyPolicy): Groups {
  const patterns = rules.flatMap(rule => rule.allowedHeaders.map(name => name.toLowerCase()))
  return groupsOf(boundariesOf(patterns, headerFillings), name => ({
    before: before.headers.match(name),
    after: after.headers.match(name),
  }))
}

const isUsableOrigin = (origin: string): boolean =>
  origin !== '' && origin.length <= MAX_ORIGIN_LENGTH && !origin.includes(',')

/** As `decide` does it. */
const rulesForOrigin = ({ origins }: ReadyPolicy, origin: string): RuleSet =>
  origin === 'null' ? origins.literal(origin) : origins.match(origin)

function groupsOf({ list, cut }: Boundaries, match: (text: string) => Left): Groups {
  const groups = new Map<string, { left: Left; labels: string[]; texts: string[] }>()
  for (const { text, standsFor } of list) {
    const left = match(text)
    const key = text === 'null' ? text : keyOf(left)
    const group = groups.get(key) ?? { left, labels: [], texts: [] }
    group.labels.push(standsFor)
    group.texts.push(text)
    groups.set(key, group)
  }
  return { list: [...groups.values()], cut }
}

/** Equal for the same rules. */
export const keyOf = ({ before, after }: Left): string =>
  [before.a, before.b, before.c, before.d, after.a, after.b, after.c, after.d].join()

/** The rules of `left` that allow what `by` stands for, too. */
export function narrowed(left: Left, by: Group): Left {
  const [before, after] = [copyOf(left.before), copyOf(left.after)]
  intersect(before, by.left.before)
  intersect(after, by.left.after)
  return { before, after }
}

/** Which of the two configurations has a rule left. */
export function accessOf({ before, after }: Left): 'none' | 'before' | 'after' | 'both' {
  if (isEmpty(before)) return isEmpty(after) ? 'none' : 'after'
  return isEmpty(after) ? 'before' : 'both'
}

/** Whether a label's texts are among those of a pattern. An opaque origin is matched by `*` alone. */
export const isWithin = (label: string, pattern: string): boolean =>
  label === 'null' ? pattern === '*' : covers(pattern, label)

/** Labels without those that another one stands for. */
export const withoutCovered = (labels: readonly string[]): string[] =>
  labels.filter(
    label => !labels.some(other => other !== label && other.includes('*') && isWithin(label, other)),
  )
