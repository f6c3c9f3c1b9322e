/**
 * @module
 * What a comparison has tested: positive and negative answers that agree, and the rules with a positive one.
 */

import type { Configuration } from '../../cors/configuration.ts'
import { decide } from '../../cors/decide.ts'
import { compile, hydrate } from '../../cors/policy.ts'
import type { VerifyResult } from './compare-answers.ts'
import type { Probe } from './probes.ts'

export interface VerifyCoverage {
  /** Answers that agree and grant access. */
  readonly positive: number
  /** Answers that agree and do not. */
  readonly negative: number
  /** Numbers of the rules with a positive answer that agrees, from 1. */
  readonly testedRules: readonly number[]
  /** Numbers of the rules without one. */
  readonly untestedRules: readonly number[]
  /** Whether any probe should be allowed by the rules. */
  readonly hasPositiveCase: boolean
}

/** Counts the results. The rules decide which of them a positive answer comes from; the first that matches answers. */
export function coverageOf(
  configuration: Configuration,
  probes: readonly Probe[],
  results: ReadonlyMap<number, VerifyResult>,
): VerifyCoverage {
  const policy = hydrate(compile(configuration, 'cos'))
  const tested = new Set<number>()
  let [positive, negative, hasPositiveCase] = [0, 0, false]
  for (const [index, probe] of probes.entries()) {
    const decision = decide(policy, requestOf(probe))
    if (decision.outcome === 'allowed') hasPositiveCase = true
    const result = results.get(index)
    // Answers agree if a browser decides alike.
    if (result === undefined || 'failed' in result || result.class === 'decision') continue
    if (!result.granted) negative++
    else {
      positive++
      if (decision.outcome === 'allowed') tested.add(decision.rule.position + 1)
    }
  }
  const numbers = configuration.rules.map((_, i) => i + 1)
  return {
    positive,
    negative,
    testedRules: numbers.filter(n => tested.has(n)),
    untestedRules: numbers.filter(n => !tested.has(n)),
    hasPositiveCase,
  }
}

function requestOf({ kind, method, headers }: Probe) {
  const of = (name: string) => headers.find(([sent]) => sent === name)?.[1] ?? null
  const isPreflight = kind === 'preflight'
  return {
    origin: of('Origin'),
    method: isPreflight ? of('Access-Control-Request-Method') : method,
    requestedHeaders: isPreflight ? of('Access-Control-Request-Headers') : null,
  }
}

/** Returns a sentence for everything that the comparison does not prove. */
export function coverageWarnings(coverage: VerifyCoverage, compared: number): string[] {
  const { positive, untestedRules, hasPositiveCase } = coverage
  if (compared === 0) return ['No answer was compared.']
  if (!hasPositiveCase) return ['The rules allow none of the requests, so only refusals were compared.']
  if (positive === 0)
    return [
      'Nothing was allowed on both sides, so only refusals agree. Check that the rules are published for the host of the edge.',
    ]
  if (untestedRules.length === 0) return []
  const names = `${untestedRules.length === 1 ? 'rule' : 'rules'} ${untestedRules.join(', ')}`
  return [`No positive answer of ${names} was compared: an earlier rule answers, or the answers differ.`]
}
