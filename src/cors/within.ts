/**
 * @module
 * Inclusion of two configurations, about all requests: does the first allow nothing, and give credentials to nothing, that
 * the second does not? Exact and polynomial; see docs/guardrails.md for the reasoning.
 *
 * A request is an origin, a method and any finite set of header names: the bounds of a header list are no part of it.
 */

import { AccessProof } from './access.ts'
import type { Configuration } from './configuration.ts'
import { CredentialsProof } from './credentials.ts'
import { type Side, sideOf } from './side.ts'
import type { Widening, Witnesses } from './widening.ts'

/** Pairs of header patterns that a person's command looks at before it gives up. */
export const MAX_PAIRS = 40_000_000

export interface ProofOptions {
  /** Widenings of each claim after which the search stops. Default 1. */
  readonly most?: number
  /** Pairs of header patterns after which the credentials claim is undecided. Default `MAX_PAIRS`. */
  readonly maxPairs?: number
  readonly witnesses?: Witnesses
}

export interface Inclusion {
  /** Null if undecided; false wins over null. */
  readonly holds: boolean | null
  readonly access: boolean
  readonly credentials: boolean | null
  readonly widenings: readonly Widening[]
  /** Why the credentials claim is undecided. */
  readonly undecided: string | null
}

/**
 * Returns whether `file` stays within `upper`: whether every request that `file` allows is allowed by `upper`, and every
 * request that it answers with credentials gets them from `upper` too. Access is always decided.
 */
export function within(file: Configuration, upper: Configuration, options: ProofOptions = {}): Inclusion {
  const sides = { file: sideOf(file), upper: sideOf(upper) }
  return withinSides(sides.file, sides.upper, options)
}

export function withinSides(file: Side, upper: Side, options: ProofOptions = {}): Inclusion {
  const most = options.most ?? 1
  const access = new AccessProof(file, upper, options.witnesses ?? null).widenings(most)
  const proof = new CredentialsProof(file, upper, options.maxPairs ?? MAX_PAIRS, options.witnesses ?? null)
  const credentials = proof.widenings(most)
  const credentialsHold = credentials.length > 0 ? false : proof.undecided === null ? true : null
  return {
    holds: access.length > 0 || credentialsHold === false ? false : credentialsHold,
    access: access.length === 0,
    credentials: credentialsHold,
    widenings: [...access, ...credentials],
    undecided: proof.undecided,
  }
}
