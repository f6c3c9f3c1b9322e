/**
 * @module
 * The policies of this isolate: in memory, from KV, or the last known good ones. What is bad or can't be read
 * never replaces what is good, and memory is bounded in bytes.
 */

import { NO_CONFIGURATION } from '../cors/configuration.ts'
import { readLastKnownGood, saveLastKnownGood } from './last-known-good.ts'
import { Publications } from './publications.ts'
import { type BadValue, decodeValue, Rules, type RulesRecord, sha256 } from './record.ts'
import { type HostValues, readHost } from './store.ts'

/** Bytes of all policies in memory together; an isolate has 128 MB in all. */
export const MAX_BYTES = 64 * 1024 * 1024
/** What is left after making room, so that room is made seldom. */
const BYTES_AFTER_ROOM = 0.9 * MAX_BYTES
/**
 * Bytes that a host takes besides its values, that each character of a value becomes by parsing, and that each
 * origin and header name takes in the indexes: as `npm run bench` measures, rounded up.
 */
const HOST_BYTES = 2048
const CHARACTER_BYTES = 3
const PATTERN_BYTES = 200
/** How soon a failed read is tried again, in milliseconds. */
const RETRY_MS = 5000
/** How many findings of a bad document one trouble tells. */
const MAX_TOLD_FINDINGS = 3

export type PolicySource = 'memory' | 'kv' | 'last-known-good'

/** What is known of a host. */
export interface HostState<S> {
  /** null: no rules can be had, which is not the same as a bucket without rules. */
  readonly rules: Rules | null
  /** null: the host has settings of its own, and they can't be used. */
  readonly settings: S | null
}

export interface FoundPolicy<S> extends HostState<S> {
  readonly source: PolicySource
}

/** Something bad that was found in KV, or that KV did. For the log. */
export interface PolicyProblem {
  readonly event: 'kv-unavailable' | 'rules-unusable' | 'settings-unusable'
  readonly code: string
  readonly detail: string
}

/** What a bad settings value says of itself. */
export interface BadSettings {
  readonly code: string
  readonly detail: string
}

export interface Means<S> {
  readonly kv: KVNamespace
  readonly ttlSeconds: number
  /** The settings of a host without its own. */
  readonly settings: S
  /** Those of a host of which nothing can be read: it may have its own, so they are told by their identity. */
  readonly assumed: S
  /** Reads a `bucket:` value. */
  readonly readSettings: (text: string) => { settings: S } | { bad: BadSettings }
  /** Called once for each bad value. `lastGood`: an earlier good state goes on serving. */
  readonly report: (host: string, trouble: PolicyProblem, lastGood: boolean) => void
}

interface PolicyEntry<S> extends FoundPolicy<S> {
  /** Of the values it was made from; empty where KV could not be read. A refresh skips what is unchanged. */
  readonly digest: string
  readonly bytes: number
  /** Of newer values that were bad, so that they are neither read nor told again. */
  rejected: string
  /** When it is to be read again, in milliseconds. */
  refreshAt: number
  lastUsed: number
  /** Of the read that it came from: a slow one must not replace what a later one has found. */
  readonly turn: number
}

/** Rules and settings are there: a state that may stand in for a later bad one. */
const isGood = <S>(state: HostState<S> | undefined): boolean =>
  state !== undefined && state.rules !== null && state.settings !== null

export class Policies<S> {
  readonly #means: Means<S>
  readonly #ttlMs: number
  readonly #retryMs: number
  readonly #entries = new Map<string, PolicyEntry<S>>()
  #bytes = 0
  #uses = 0
  #turns = 0
  readonly #publications = new Publications()
  /** Hosts without rules of their own share one decoded default. */
  #default: { text: string; rules: Rules } | null = null

  constructor(means: Means<S>) {
    this.#means = means
    this.#ttlMs = means.ttlSeconds * 1000
    this.#retryMs = Math.min(RETRY_MS, this.#ttlMs)
  }

  /** Hosts in memory, and the bytes that they are counted at. */
  get size(): { hosts: number; bytes: number } {
    return { hosts: this.#entries.size, bytes: this.#bytes }
  }

  /**
   * The state of a host from memory, however old: a stale one is refreshed in the background. Synchronous,
   * because it is on the way of every preflight.
   *
   * @returns null when there is none that is worth serving, or every answer is to be read anew (POLICY_TTL_SECONDS=0)
   */
  inMemory(host: string, context: ExecutionContext): FoundPolicy<S> | null {
    const entry = this.#entries.get(host)
    if (entry === undefined || this.#ttlMs === 0) return null
    entry.lastUsed = ++this.#uses
    const now = Date.now()
    if (now >= entry.refreshAt) {
      // One request refreshes and the others go on: a promise can't be shared between requests.
      entry.refreshAt = now + this.#retryMs
      // A state without rules or settings is no policy: whoever is to refresh it waits for what KV has by now.
      if (!isGood(entry)) return null
      context.waitUntil(this.load(host, context))
    }
    return entry
  }

  /**
   * Reads a host's state from KV. What can't be read or used is replaced by the nearest good state: the one in
   * memory, else the last known good one of the data centre. Never rejects.
   */
  async load(host: string, context: ExecutionContext): Promise<FoundPolicy<S>> {
    const turn = ++this.#turns
    const troubles: PolicyProblem[] = []
    const values = await this.#read(host, troubles)
    const digest = values === null ? '' : await sha256(JSON.stringify(values))
    const known = this.#entries.get(host)
    if (known !== undefined && values !== null && (known.digest === digest || known.rejected === digest)) {
      const isGoodInKv = known.digest === digest && isGood(known)
      known.refreshAt = Date.now() + (isGoodInKv ? this.#ttlMs : this.#retryMs)
      return found(known, known.digest === digest ? 'kv' : 'memory')
    }

    const read = values === null ? null : await this.#decode(values, troubles)
    if (values !== null && read !== null && isGood(read)) {
      this.#keep(host, read, digest, this.#ttlMs, turn)
      context.waitUntil(saveLastKnownGood(host, values))
      return found(read, 'kv')
    }

    const last = isGood(this.#entries.get(host)) ? null : await this.#lastKnownGood(host)
    // Looked up after all waiting: meanwhile another request may have read something good.
    const held = this.#entries.get(host)
    for (const trouble of troubles) this.#means.report(host, trouble, isGood(held) || last !== null)
    if (held !== undefined && isGood(held)) {
      held.rejected = digest
      held.refreshAt = Date.now() + this.#retryMs
      return found(held, 'memory')
    }
    if (last !== null) {
      this.#keep(host, last.state, last.digest, this.#retryMs, turn).rejected = digest
      return found(last.state, 'last-known-good')
    }
    // While nothing can be read, what was read last stands, bad as it is: it may know of a bucket of the host's own.
    const nothing = read ?? held ?? { rules: null, settings: this.#means.assumed, bytes: HOST_BYTES }
    this.#keep(host, nothing, read === null ? (held?.digest ?? '') : digest, this.#retryMs, turn)
    return found(nothing, 'kv')
  }

  async #read(host: string, troubles: PolicyProblem[]): Promise<HostValues | null> {
    try {
      return this.#publications.newest(host, await readHost(this.#means.kv, host))
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      troubles.push({ event: 'kv-unavailable', code: 'kv-read', detail })
      return null
    }
  }

  /**
   * Serves rules of a host at once that were published from here, and goes on serving them while KV still shows older
   * ones. Never rejects.
   */
  async accept(host: string, record: RulesRecord): Promise<void> {
    const text = JSON.stringify(record)
    const turn = ++this.#turns
    this.#publications.add(host, text, record)
    const rules = await decodeValue(text)
    const held = this.#entries.get(host)
    if (held === undefined || !(rules instanceof Rules)) return
    // Rules do not make a policy of settings that are none, or were never read.
    if (held.settings === null || held.settings === this.#means.assumed) return
    const bytes = HOST_BYTES + bytesOfRules(text, rules)
    // No digest: the next read finds it changed, and reads the settings anew as well.
    this.#keep(host, { rules, settings: held.settings, bytes }, '', this.#ttlMs, turn)
  }

  /** True when something newer than a record was accepted for its host. */
  hasNewer(host: string, record: RulesRecord): boolean {
    return this.#publications.hasNewer(host, record)
  }

  async #decode(values: HostValues, troubles: PolicyProblem[]): Promise<Decoded<S>> {
    const rules = await this.#decodeRules(values, troubles)
    let settings: S | null = this.#means.settings
    if (values.bucket !== null) {
      const read = this.#means.readSettings(values.bucket)
      if ('settings' in read) settings = read.settings
      else {
        settings = null
        troubles.push({ event: 'settings-unusable', ...read.bad })
      }
    }
    const shared = rules !== null && rules === this.#default?.rules
    const own = shared || rules === null ? 0 : bytesOfRules(values.rules ?? '', rules)
    return { rules, settings, bytes: HOST_BYTES + CHARACTER_BYTES * (values.bucket?.length ?? 0) + own }
  }

  async #decodeRules(values: HostValues, troubles: PolicyProblem[]): Promise<Rules | null> {
    const { rules: text, isDefault } = values
    if (text === null) return WITHOUT_RULES
    if (isDefault && this.#default?.text === text) return this.#default.rules
    const decoded = await decodeValue(text)
    if (decoded instanceof Rules) {
      if (isDefault) this.#default = { text, rules: decoded }
      return decoded
    }
    troubles.push({ event: 'rules-unusable', code: decoded.code, detail: describe(decoded) })
    return null
  }

  async #lastKnownGood(host: string): Promise<{ state: Decoded<S>; digest: string } | null> {
    const values = await readLastKnownGood(host)
    if (values === null) return null
    const state = await this.#decode(values, [])
    return isGood(state) ? { state, digest: await sha256(JSON.stringify(values)) } : null
  }

  #keep(host: string, decoded: Decoded<S>, digest: string, freshMs: number, turn: number): PolicyEntry<S> {
    const before = this.#entries.get(host)
    if (before !== undefined && before.turn > turn && isGood(before)) return before
    this.#bytes += decoded.bytes - (before?.bytes ?? 0)
    const entry: PolicyEntry<S> = {
      ...decoded,
      source: 'memory',
      digest,
      rejected: '',
      refreshAt: Date.now() + freshMs,
      lastUsed: ++this.#uses,
      turn,
    }
    this.#entries.set(host, entry)
    if (this.#bytes > MAX_BYTES) this.#makeRoom()
    return entry
  }

  /** Takes out the hosts that were not used for the longest time. */
  #makeRoom(): void {
    const oldestFirst = [...this.#entries].sort(([, a], [, b]) => a.lastUsed - b.lastUsed)
    for (const [host, entry] of oldestFirst) {
      if (this.#bytes <= BYTES_AFTER_ROOM) return
      this.#entries.delete(host)
      this.#bytes -= entry.bytes
    }
  }
}

function bytesOfRules(text: string, { configuration }: Rules): number {
  let patterns = 0
  for (const rule of configuration.rules) patterns += rule.allowedOrigins.length + rule.allowedHeaders.length
  return CHARACTER_BYTES * text.length + PATTERN_BYTES * patterns
}

interface Decoded<S> extends HostState<S> {
  readonly bytes: number
}

/** A host without any value in KV: a bucket without rules. */
const WITHOUT_RULES = new Rules('none', NO_CONFIGURATION, null)

const found = <S>(state: HostState<S>, source: PolicySource): FoundPolicy<S> => ({
  rules: state.rules,
  settings: state.settings,
  source,
})

const describe = (bad: BadValue): string =>
  [
    bad.reason,
    ...bad.findings.slice(0, MAX_TOLD_FINDINGS).map(f => `${f.path || 'document'}: ${f.reason}`),
  ].join(' ')
