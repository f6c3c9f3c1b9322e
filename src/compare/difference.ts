/**
 * @module
 * A difference of two configurations: something that changes alike for some origins, methods and header names.
 */

import type { Method } from '../cors/configuration.ts'
import type { CorsRequest } from '../cors/request.ts'

/** What of an answer differs. */
export type DifferenceKind =
  /** One of the two has no rules at all. */
  | 'rules'
  | 'method-lost'
  | 'header-lost'
  | 'method-gained'
  | 'header-gained'
  | 'credentials'
  | 'expose'
  | 'max-age'
  | 'vary'
  /** Only the lists that an answer repeats: what is allowed is the same. */
  | 'allow-methods'
  | 'allow-headers'

/** Something that differs alike for some origins, methods and header names. */
export interface Difference {
  readonly kind: DifferenceKind
  /** Origins, or patterns that stand for all other origins that match them; `*`: every other. */
  readonly origins: readonly string[]
  /** How many more origins and patterns there are, if `origins` does not have them all. */
  readonly moreOrigins?: number
  /** Of `origins`, the patterns that some origins match for which this does not differ. */
  readonly exceptions: readonly string[]
  readonly methods: readonly Method[]
  /**
   * Sets of header names (or patterns) with which it differs, each asked together. Empty: it does without any.
   */
  readonly headers: readonly (readonly string[])[]
  /** Of an answer's part: what it was and what it is, as an answer writes it; empty: none. */
  readonly before: string
  readonly after: string
  /** One such request, and what became of it. */
  readonly example: { readonly request: CorsRequest; readonly before: string; readonly after: string }
}

export interface Comparison {
  /** The most serious first. None: no request gets another answer. */
  readonly differences: readonly Difference[]
  /** Not everything is known: there may be more differences. */
  readonly cut: boolean
  /** Why not, as sentences; empty if everything is known. */
  readonly undecided: readonly string[]
}

/** The most serious first. */
export const ORDER: readonly DifferenceKind[] = [
  'rules',
  'method-lost',
  'header-lost',
  'method-gained',
  'header-gained',
  'credentials',
  'expose',
  'max-age',
  'vary',
  'allow-methods',
  'allow-headers',
]
