/**
 * @module
 * Decodes the KV values of a host into its state.
 */

import type { HostSettings } from '../settings/host-settings.ts'
import { type BadValue, decodeValue } from './decode.ts'
import { Guardrails } from './guardrail.ts'
import { type HostState, isGood } from './host-state.ts'
import type { Version } from './order.ts'
import { settingsDigest } from './record.ts'
import { MISSING, NOTHING_ALLOWED, Rules, WITHOUT_RULES } from './rules.ts'
import { type HostValues, pairedBucket } from './store.ts'

/**
 * Bytes of a host besides its values, of each character of a value with all that is made of it, and of each origin and
 * header name in the indexes: as `npm run bench` measures, rounded up.
 */
export const HOST_BYTES = 2048
const CHARACTER_BYTES = 5
const PATTERN_BYTES = 200
/** Most findings of a bad document that one problem names. */
const MAX_FINDINGS = 3

/** A bad value in KV, or a failure of KV. For the log. */
export interface PolicyProblem {
  readonly event:
    | 'guardrail-unusable'
    | 'kv-unavailable'
    | 'rules-unusable'
    | 'settings-unusable'
    | 'settings-mismatch'
  readonly code: string
  readonly detail: string
}

/** Why a settings value can't be used. */
export interface BadSettings {
  readonly code: string
  readonly detail: string
}

export interface DecoderDeps {
  /** The settings of a host without its own. */
  readonly settings: HostSettings
  /** Reads a `bucket:` value. */
  readonly readSettings: (text: string) => { settings: HostSettings } | { bad: BadSettings }
}

export interface Decoded {
  readonly state: HostState
  /** The values that the state was made from; null if none could be read. */
  readonly values: HostValues | null
  readonly version: Version
  /** False if the rules were published with other settings than these. */
  readonly isPaired: boolean
  readonly bytes: number
}

export class HostDecoder {
  readonly #deps: DecoderDeps
  /** Hosts without their own rules share one decoded default. */
  #default: { text: string; rules: Rules } | null = null
  readonly #guardrails = new Guardrails()

  constructor(deps: DecoderDeps) {
    this.#deps = deps
  }

  /** Decodes values. Adds what can't be used to `problems`. */
  async decode(values: HostValues, problems: PolicyProblem[]): Promise<Decoded> {
    const rules = await this.#rules(values, problems)
    const isRefused = await this.#isRefused(rules, values, problems)
    const state = this.#state(rules, isRefused, values.bucket, problems)
    const isShared = rules !== null && rules === this.#default?.rules
    const own = isShared || rules === null ? 0 : bytesOfRules(values.rules ?? '', rules)
    return {
      state,
      // The text of the default rules is shared, too.
      values: isShared ? { ...values, rules: this.#default?.text ?? null } : values,
      version: { isDefault: values.isDefault, publishedAt: state.rules?.publication.publishedAt ?? MISSING },
      isPaired: !isGood(state) || (await isPaired(values, state.rules)),
      bytes:
        HOST_BYTES +
        CHARACTER_BYTES * (values.bucket?.length ?? 0) +
        2 * (values.guardrail?.length ?? 0) +
        own,
    }
  }

  /**
   * Returns true if the host has a guardrail that does not accept its rules. Without usable rules, the bucket would answer
   * by its own, which nothing holds to the guardrail.
   */
  async #isRefused(
    rules: Rules | null,
    { guardrail }: HostValues,
    problems: PolicyProblem[],
  ): Promise<boolean> {
    if (guardrail === null || rules === null) return guardrail !== null
    const refusal = await this.#guardrails.refusal(rules, guardrail)
    if (refusal === null) return false
    const event = refusal.code === 'guardrail' ? 'rules-unusable' : refusal.code
    problems.push({ event, code: refusal.code, detail: refusal.reason })
    return true
  }

  async #rules({ rules: text, isDefault }: HostValues, problems: PolicyProblem[]): Promise<Rules | null> {
    if (text === null) return WITHOUT_RULES
    if (isDefault && this.#default?.text === text) return this.#default.rules
    const decoded = await decodeValue(text)
    if (decoded instanceof Rules) {
      if (isDefault) this.#default = { text, rules: decoded }
      return decoded
    }
    problems.push({ event: 'rules-unusable', code: decoded.code, detail: describe(decoded) })
    return null
  }

  #state(
    rules: Rules | null,
    isRefused: boolean,
    bucket: string | null,
    problems: PolicyProblem[],
  ): HostState {
    const read = bucket === null ? this.#deps : this.#deps.readSettings(bucket)
    if ('bad' in read) {
      problems.push({ event: 'settings-unusable', ...read.bad })
      return { kind: 'settings-unusable', rules: isRefused ? null : rules, settings: null }
    }
    const { settings } = read
    const served = isRefused ? NOTHING_ALLOWED : rules
    // Before a request needs them.
    served?.ready(settings.dialect, settings.credentials)
    return isRefused
      ? { kind: 'refused', rules: NOTHING_ALLOWED, settings }
      : { kind: 'known', rules, settings }
  }
}

/** Documents pasted by hand, and records of schema 1, go with any settings. */
async function isPaired(values: HostValues, { publication: { settings } }: Rules): Promise<boolean> {
  const bucket = pairedBucket(values)
  if (settings === undefined || bucket === undefined || settings === bucket) return true
  return (await settingsDigest(bucket)) === settings
}

/** Returns the bytes that rules are counted at in memory. */
export function bytesOfRules(text: string, { configuration }: Rules): number {
  let patterns = 0
  for (const rule of configuration.rules) patterns += rule.allowedOrigins.length + rule.allowedHeaders.length
  return CHARACTER_BYTES * text.length + PATTERN_BYTES * patterns
}

const describe = (bad: BadValue): string =>
  [bad.reason, ...bad.findings.slice(0, MAX_FINDINGS).map(f => `${f.path || 'document'}: ${f.reason}`)].join(
    ' ',
  )
