/**
 * @module
 * The claims that `prove` makes about two configurations.
 */

import type { DialectName } from '../cors/dialect.ts'
import type { CorsRequest } from '../cors/request.ts'
import type { Inclusion } from '../cors/within.ts'
import { within } from '../cors/within.ts'
import { compare } from './compare.ts'
import { differenceText, exampleText } from './difference-text.ts'
import { type NamedConfiguration, wideningExample, wideningText } from './widening-text.ts'

export type ClaimName = 'within' | 'at-least' | 'equal'

export interface ProvenClaim {
  readonly claim: ClaimName
  /** The claim as a sentence. */
  readonly text: string
  /** Null if undecided. */
  readonly holds: boolean | null
  /** A request that refutes the claim. */
  readonly counterexample: CorsRequest | null
  /** Why it does not hold, or why it is undecided: pairs of a sentence and an example. */
  readonly findings: readonly { readonly text: string; readonly example: string | null }[]
}

/** Rules that are listed for a claim that does not hold. */
const MAX_WIDENINGS = 20

/** Returns whether the rules allow nothing, and give credentials to nothing, that `upper` does not. */
export const proveWithin = (rules: NamedConfiguration, upper: NamedConfiguration): ProvenClaim =>
  inclusionClaim('within', `${rules.name} stays within ${upper.name}`, rules, upper)

/** Returns whether the rules allow everything that `lower` allows, with credentials where it gives them. */
export const proveAtLeast = (rules: NamedConfiguration, lower: NamedConfiguration): ProvenClaim =>
  inclusionClaim('at-least', `${rules.name} allows at least what ${lower.name} allows`, lower, rules)

function inclusionClaim(
  claim: ClaimName,
  text: string,
  file: NamedConfiguration,
  upper: NamedConfiguration,
): ProvenClaim {
  const inclusion: Inclusion = within(file.configuration, upper.configuration, { most: MAX_WIDENINGS })
  const findings = inclusion.widenings.map(widening => ({
    text: wideningText(widening, file, upper),
    example: wideningExample(widening, file, upper),
  }))
  return {
    claim,
    text,
    holds: inclusion.holds,
    counterexample: inclusion.widenings[0]?.request ?? null,
    findings: [
      ...findings,
      ...(inclusion.undecided === null
        ? []
        : [{ text: `Credentials: ${inclusion.undecided}`, example: null }]),
    ],
  }
}

/** Returns whether every request gets the same answer from both. */
export function proveEqual(
  rules: NamedConfiguration,
  other: NamedConfiguration,
  dialect: DialectName,
): ProvenClaim {
  const { differences, cut, undecided } = compare(rules.configuration, other.configuration, dialect)
  return {
    claim: 'equal',
    text: `${rules.name} and ${other.name} give every request the same answer`,
    holds: differences.length > 0 ? false : cut ? null : true,
    counterexample: differences[0]?.example.request ?? null,
    findings: [
      ...differences
        .slice(0, MAX_WIDENINGS)
        .map(difference => ({ text: differenceText(difference), example: exampleText(difference) })),
      ...undecided.map(text => ({ text, example: null })),
    ],
  }
}
