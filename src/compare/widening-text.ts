/**
 * @module
 * Describes where one configuration goes beyond another, for people.
 */

import type { Configuration } from '../cors/configuration.ts'
import { decide } from '../cors/decide.ts'
import { quote } from '../cors/findings.ts'
import { compile, hydrate } from '../cors/policy.ts'
import type { CorsRequest } from '../cors/request.ts'
import type { Widening } from '../cors/widening.ts'
import { requestText } from './difference-text.ts'

/** A configuration and its name in sentences. */
export interface NamedConfiguration {
  readonly name: string
  readonly configuration: Configuration
}

/** Origins that a sentence lists. */
const MAX_LISTED = 5

/** Returns one sentence: which rule goes beyond, for which origins and methods. */
export function wideningText(
  widening: Widening,
  file: NamedConfiguration,
  upper: NamedConfiguration,
): string {
  const { claim, rule, origins, methods } = widening
  const id = file.configuration.rules[rule]?.id
  const name = `Rule ${rule + 1}${id ? ` ("${quote(id)}")` : ''} of ${file.name}`
  const more = origins.length - MAX_LISTED
  const listed = origins.slice(0, MAX_LISTED).map(origin => `\`${quote(origin)}\``)
  const from = `${methods.join(', ')} from ${listed.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  return claim === 'access'
    ? `${name} allows ${from}. No rule of ${upper.name} allows all of its requests.`
    : `${name} answers ${from} with credentials, unlike ${upper.name}.`
}

/** Returns one such request with both answers, as one line. */
export const wideningExample = (
  { request }: Widening,
  file: NamedConfiguration,
  upper: NamedConfiguration,
): string =>
  `e.g. ${requestText(request)}: ${file.name}: ${answerText(file.configuration, request)}; ${upper.name}: ${answerText(upper.configuration, request)}`

/** Returns the decision of a configuration in a few words: `allowed by rule 2, with credentials`. */
export function answerText(configuration: Configuration, request: CorsRequest): string {
  // The dialect makes no difference to the rule that answers.
  const decision = decide(hydrate(compile(configuration, 'cos')), request)
  if (decision.outcome === 'no-rules') return 'no rules'
  if (decision.outcome === 'refused')
    return decision.check === 'header'
      ? `refused (header ${quote(decision.value)})`
      : `refused (${decision.check})`
  const { position, anyOrigin } = decision.rule
  const credentials = anyOrigin || request.origin === 'null' ? 'without' : 'with'
  return `allowed by rule ${position + 1}, ${credentials} credentials`
}
