/**
 * @module
 * Decodes the KV values of a host into its state.
 */

import type { HostSettings } from '../settings/host-settings.ts'
import { type BadValue, decodeValue } from './decode.ts'
import { type HostState, isGood } from './host-state.ts'
import type { Version } from './order.ts'
import { settingsDigest } from './record.ts'
import { Rules, WITHOUT_RULES } from './rules.ts'
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
  readonly event: 'kv-unavailable' | 'rules-unusable' | 'settings-unusable' | 'settings-mismatch'
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

  constructor(deps: DecoderDeps) {
    this.#deps = deps
  }

  /** Decodes values. Adds what can't be used to `problems`. */
  async decode(values: HostValues, problems: PolicyProblem[]): Promise<Decoded> {
    const rules = await this.#rules(values, problems)
    const state = this.#state(rules, values.bucket, problems)
    const isShared = rules !== null && rules === this.#default?.rules
    const own = isShared || rules === null ? 0 : bytesOfRules(values.rules ?? '', rules)
    return {
      state,
      // The text of the default rules is shared, too.
      values: isShared ? { ...values, rules: this.#default?.text ?? null } : values,
      version: { isDefault: values.isDefault, publishedAt: rules?.publication.publishedAt ?? 0 },
      isPaired: !isGood(state) || (await isPaired(values, state.rules)),
      bytes: HOST_BYTES + CHARACTER_BYTES * (values.bucket?.length ?? 0) + own,
    }
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

  #state(rules: Rules | null, bucket: string | null, problems: PolicyProblem[]): HostState {
    if (bucket === null) return ready({ kind: 'known', rules, settings: this.#deps.settings })
    const read = this.#deps.readSettings(bucket)
    if ('settings' in read) return ready({ kind: 'known', rules, settings: read.settings })
    problems.push({ event: 'settings-unusable', ...read.bad })
    return { kind: 'settings-unusable', rules, settings: null }
  }
}

/** Compiles the rules for the host's dialect before a request needs them. */
function ready(state: HostState & { readonly kind: 'known' }): HostState {
  state.rules?.ready(state.settings.dialect, state.settings.credentials)
  return state
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
