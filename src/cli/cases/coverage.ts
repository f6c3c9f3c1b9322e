/**
 * @module
 * What of the rules the cases touch: a case touches the rule that answers its request, and the origin, method and header
 * patterns of this rule that its request matches.
 */

import type { Configuration } from '../../cors/configuration.ts'
import { quote } from '../../cors/findings.ts'
import { matchesPattern } from '../../cors/pattern.ts'
import { wrap } from '../print/layout.ts'
import type { CaseResult } from './run.ts'

const KINDS = ['rules', 'origins', 'methods', 'headers'] as const
type Kind = (typeof KINDS)[number]

/** One thing that a case can touch. */
interface Part {
  readonly kind: Kind
  /** Number of the rule, from 1. */
  readonly rule: number
  /** The origin, method or header; empty for the rule itself. */
  readonly value: string
}

export interface CaseCoverage {
  readonly counts: Readonly<Record<Kind, { readonly touched: number; readonly total: number }>>
  /** Of all parts together, rounded down; 100 without any. */
  readonly percent: number
  readonly untouched: readonly Part[]
}

/** Parts that no case touches, as far as a text lists them. */
const MAX_LISTED = 20

/** Returns what the cases touch. Requests that are refused touch nothing. */
export function coverageOf({ rules }: Configuration, results: readonly CaseResult[]): CaseCoverage {
  const touched = new Set<string>()
  const key = ({ kind, rule, value }: Part) => `${kind} ${rule} ${value}`
  for (const { outcome } of results) {
    const { answeredBy, names } = outcome.explanation
    const rule = answeredBy === null ? undefined : rules[answeredBy]
    if (answeredBy === null || rule === undefined) continue
    const number = answeredBy + 1
    const touch = (kind: Kind, value: string) => touched.add(key({ kind, rule: number, value }))
    touch('rules', '')
    const { origin, method } = outcome.facts
    for (const pattern of rule.allowedOrigins)
      if (
        origin === pattern ||
        pattern === '*' ||
        (origin !== 'null' && matchesPattern(pattern, origin ?? ''))
      )
        touch('origins', pattern)
    if (method !== null) touch('methods', method)
    for (const pattern of rule.allowedHeaders)
      if (names.some(name => matchesPattern(pattern.toLowerCase(), name.toLowerCase())))
        touch('headers', pattern)
  }
  const parts = rules.flatMap((rule, at): Part[] => {
    const of = (kind: Kind, values: readonly string[]) =>
      [...new Set(values)].map(value => ({ kind, rule: at + 1, value }))
    return [
      { kind: 'rules', rule: at + 1, value: '' },
      ...of('origins', rule.allowedOrigins),
      ...of('methods', rule.allowedMethods),
      ...of('headers', rule.allowedHeaders),
    ]
  })
  const untouched = parts.filter(part => !touched.has(key(part)))
  const countOf = (kind: Kind) => {
    const isOfKind = (part: Part) => part.kind === kind
    const total = parts.filter(isOfKind).length
    return { touched: total - untouched.filter(isOfKind).length, total }
  }
  return {
    counts: {
      ...{ rules: countOf('rules'), origins: countOf('origins') },
      ...{ methods: countOf('methods'), headers: countOf('headers') },
    },
    percent: parts.length === 0 ? 100 : Math.floor((100 * (parts.length - untouched.length)) / parts.length),
    untouched,
  }
}

/** Returns the coverage as a paragraph, with what no case touches. */
export function coverageText({ counts, percent, untouched }: CaseCoverage): string {
  const of = KINDS.map(kind => `${counts[kind].touched} of ${counts[kind].total} ${kind}`).join(', ')
  const head = wrap(`Coverage ${percent} %: ${of}.`)
  if (untouched.length === 0) return head
  const gone = new Set(untouched.filter(({ kind }) => kind === 'rules').map(({ rule }) => rule))
  // Of a rule that answers no case, the rest goes without saying.
  const told = untouched.filter(({ kind, rule }) => kind === 'rules' || !gone.has(rule)).map(partText)
  const more = told.length > MAX_LISTED ? ` and ${told.length - MAX_LISTED} more` : ''
  return `${head}\n${wrap(`No case touches ${told.slice(0, MAX_LISTED).join(', ')}${more}.`)}`
}

const partText = ({ rule, value }: Part): string =>
  value === '' ? `rule ${rule}` : `${quote(value)} of rule ${rule}`
