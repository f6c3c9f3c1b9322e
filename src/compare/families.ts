/**
 * @module
 * The origins that two configurations can tell apart, as families: patterns that stand for all of their texts.
 *
 * A pattern `P*S` read as a text is one of its own texts, and a pattern that matches this text matches every text of `P*S`.
 * So the patterns of both configurations, and what a pattern of the one shares with a pattern of the other, stand for all
 * origins: docs/guardrails.md.
 */

import { covers } from '../advice/coverage.ts'
import { MAX_ORIGIN_LENGTH } from '../cors/decide.ts'
import { eachMeeting } from '../cors/meeting.ts'
import { keyOfSet, type RuleSet } from '../cors/rule-set.ts'
import { rulesForOrigin, type Side, witnessOfOrigin } from '../cors/side.ts'

/** Families within one pattern that are known: only whether it has exceptions depends on them. */
const MAX_CROSSINGS = 200
/** Labels of one family that a sentence or a document may list. */
const MAX_LABELS = 100

/** The rules of both configurations that are left. */
export interface Left {
  readonly before: RuleSet
  readonly after: RuleSet
}

/** Origins that the same rules of both configurations allow. */
export interface Family {
  readonly left: Left
  /** Opaque: `null` is matched by `*` and a listed `null` alone. */
  readonly isNull: boolean
  /** Origins, or patterns that stand for all of their origins but those of other families. */
  readonly labels: readonly string[]
  /** How many more there are. */
  readonly more: number
}

export interface Families {
  readonly list: readonly Family[]
  /** Every pattern of the two configurations. */
  readonly patterns: readonly string[]
  /** Pattern → families of what it shares with others. */
  readonly crossings: ReadonlyMap<string, ReadonlySet<Family>>
}

/** Returns the families of all origins; origins that no rule matches are one of them. */
export function originFamilies(before: Side, after: Side): Families {
  const families = new Map<string, { left: Left; isNull: boolean; labels: string[]; more: number }>()
  const add = (text: string) => {
    const isNull = text === 'null'
    const left = { before: rulesForOrigin(before, text), after: rulesForOrigin(after, text) }
    const key = isNull ? text : keyOfLeft(left)
    const family = families.get(key) ?? { left, isNull, labels: [], more: 0 }
    if (family.labels.length < MAX_LABELS) family.labels.push(text)
    else family.more++
    families.set(key, family)
    return family
  }
  const crossings = new Map<string, Set<Family>>()
  const note = (pattern: string, family: Family) => {
    const known = crossings.get(pattern) ?? new Set()
    if (known.size < MAX_CROSSINGS) known.add(family)
    crossings.set(pattern, known)
  }
  const [own, others] = [usableOrigins(before), usableOrigins(after)]
  const all = [...new Set([...own, ...others, '*'])]
  const patterns = [...all.filter(text => !text.includes('*')), ...all.filter(text => text.includes('*'))]
  for (const text of patterns) add(text)
  add('null')
  eachCrossing(own, others, (text, one, other) => {
    const family = add(text)
    note(one, family)
    note(other, family)
  })
  return { list: [...families.values()], patterns, crossings }
}

function usableOrigins({ configuration }: Side): string[] {
  const patterns = new Set(configuration.rules.flatMap(({ allowedOrigins }) => allowedOrigins))
  return [...patterns].flatMap(pattern => {
    const witness = witnessOfOrigin(pattern)
    return witness === null || witness === 'null' ? [] : [witness]
  })
}

/** Visits what a pattern of the one configuration shares with one of the other, where neither covers the other. */
function eachCrossing(
  own: readonly string[],
  others: readonly string[],
  visit: (text: string, one: string, other: string) => void,
): void {
  const isStarred = (text: string) => text.includes('*') && text !== '*'
  const starred = others.filter(isStarred)
  const seen = new Set<string>()
  for (const one of own.filter(isStarred)) {
    for (const other of starred) {
      if (covers(one, other) || covers(other, one)) continue
      const look = (text: string): boolean => {
        if (text.length <= MAX_ORIGIN_LENGTH + 1 && !seen.has(text)) {
          seen.add(text)
          const witness = witnessOfOrigin(text)
          if (witness !== null) visit(witness, one, other)
        }
        return true
      }
      // An overlap may be in the family of `P*S`, and is listed all the same: people often know it.
      eachMeeting(one, other, look, () => true)
    }
  }
}

export const keyOfLeft = ({ before, after }: Left): string => `${keyOfSet(before)} ${keyOfSet(after)}`

/** Returns true if a label's texts are among those of a pattern. An opaque origin is matched by `*` alone. */
export const isWithin = (label: string, pattern: string): boolean =>
  label === 'null' ? pattern === '*' : covers(pattern, label)

/** Returns the labels without those that another one stands for. */
export const withoutCovered = (labels: readonly string[]): string[] => {
  const starred = labels.filter(label => label.includes('*'))
  return labels.filter(label => !starred.some(other => other !== label && isWithin(label, other)))
}
