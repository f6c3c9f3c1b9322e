/**
 * @module
 * Guardrails in the Worker: the widest rules that a host may ever be served by. See docs/guardrails.md.
 */

import type { Configuration } from '../cors/configuration.ts'
import { quote } from '../cors/findings.ts'
import type { Widening } from '../cors/widening.ts'
import { within } from '../cors/within.ts'
import { decodeValue } from './decode.ts'
import { sha256 } from './record.ts'
import { Rules } from './rules.ts'

/** Pairs of header patterns that the Worker compares before it counts rules as wider. */
const MAX_PAIRS = 2_000_000

/** Why a guardrail does not accept rules. */
export interface GuardrailRefusal {
  /** Stable: `guardrail` if the rules are wider, or not provably within it; `guardrail-unusable` if it can't be read. */
  readonly code: 'guardrail' | 'guardrail-unusable'
  readonly reason: string
}

/** Returns the digest of a `guardrail:` value that a record names; null without a guardrail. */
export const guardrailDigest = async (text: string | null): Promise<string | null> =>
  text === null ? null : sha256(text)

/** Returns why a guardrail does not accept a configuration; null if it does. No rules are within every guardrail. */
export async function refusalBy(
  text: string,
  configuration: Configuration,
): Promise<GuardrailRefusal | null> {
  if (configuration.rules.length === 0) return null
  const guardrail = await decodeValue(text)
  if (!(guardrail instanceof Rules))
    return { code: 'guardrail-unusable', reason: `The guardrail can't be read. ${guardrail.reason}` }
  const { holds, widenings, undecided } = within(configuration, guardrail.configuration, {
    maxPairs: MAX_PAIRS,
  })
  if (holds === true) return null
  const [widening] = widenings
  const reason =
    widening === undefined
      ? `It is undecided whether the rules stay within the guardrail. ${undecided}`
      : describe(widening)
  return { code: 'guardrail', reason }
}

/** The request comes first: a log line may cut the rest. */
function describe({ claim, rule, origins, methods, request }: Widening): string {
  const { origin, method, requestedHeaders } = request
  const asked = requestedHeaders === null ? '' : ` with ${quote(requestedHeaders)}`
  const gets = claim === 'access' ? 'is allowed' : 'gets credentials'
  const from = `${methods.join(', ')} from ${quote(origins[0] ?? '')}`
  return `${method} from ${quote(origin ?? '')}${asked} ${gets} by rule ${rule + 1} (${from}), not by the guardrail.`
}

/** Holds rules to guardrails. Each pair is proven once. */
export class Guardrails {
  readonly #known = new WeakMap<Rules, { readonly text: string; readonly refusal: GuardrailRefusal | null }>()

  /** Returns why a guardrail does not accept rules; null if it does. A record that names this guardrail was proven before. */
  async refusal(rules: Rules, text: string): Promise<GuardrailRefusal | null> {
    if (rules.publication.guardrail === (await guardrailDigest(text))) return null
    const known = this.#known.get(rules)
    if (known?.text === text) return known.refusal
    const refusal = await refusalBy(text, rules.configuration)
    this.#known.set(rules, { text, refusal })
    return refusal
  }
}
