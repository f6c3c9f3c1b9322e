/**
 * @module
 * Proposes a change for a group of refused requests, on top of the changes applied before it.
 */

import type { Configuration } from '../../cors/configuration.ts'
import type { DialectName } from '../../cors/dialect.ts'
import type { Change } from '../../explain/smallest-change.ts'
import { judge, type RefusalGroup } from './proposals.ts'
import { warningsOf } from './warnings.ts'

/** A change as it is shown, and its parts: each applies to the configuration that the previous part made. */
export interface Proposed extends Change {
  readonly parts: readonly Change[]
}

export type Proposal =
  | { readonly kind: 'allowed'; readonly rule: number }
  | { readonly kind: 'impossible'; readonly reason: string }
  | { readonly kind: 'change'; readonly change: Proposed }

/** Finds what all requests of a group need. */
export function propose(before: Configuration, { requests }: RefusalGroup, dialect: DialectName): Proposal {
  const parts: Change[] = []
  const warnings = new Set<string>()
  let configuration = before
  let rule = 0
  for (const request of requests) {
    const verdict = judge(configuration, request)
    if (verdict.kind === 'impossible') return verdict
    if (verdict.kind === 'allowed') rule ||= verdict.rule
    else {
      for (const warning of warningsOf(configuration, verdict.change, request, dialect)) warnings.add(warning)
      parts.push(verdict.change)
      configuration = verdict.change.configuration
    }
  }
  if (parts.length === 0) return { kind: 'allowed', rule }
  return {
    kind: 'change',
    change: {
      parts,
      configuration,
      steps: parts.flatMap(({ steps }) => steps),
      alsoAllows: [...new Set(parts.flatMap(({ alsoAllows }) => alsoAllows))],
      warnings: [...warnings],
    },
  }
}
