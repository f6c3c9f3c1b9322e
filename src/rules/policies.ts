/**
 * @module
 * The policies of this isolate: in memory, from KV, or the last known good ones. What is bad or can't be read
 * never replaces what is good, and memory is bounded in bytes.
 */

import { NO_CONFIGURATION } from '../cors/configuration.ts'
import type { HostSettings } from '../settings/host-settings.ts'
import { type HostState, isGood } from './host-state.ts'
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

export type FoundPolicy = HostState & { readonly source: PolicySource }

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

export interface PoliciesDeps {
  readonly kv: KVNamespace
  readonly ttlSeconds: number
  /** The settings of a host without its own. */
  readonly settings: HostSettings
  /** The settings of a host while its KV values cannot be read. */
  readonly assumed: HostSettings
  /** Reads a `bucket:` value. */
  readonly readSettings: (text: string) => { settings: HostSettings } | { bad: BadSettings }
  /** Called once for each bad value. `lastGood`: an earlier good state goes on serving. */
  readonly report: (host: string, trouble: PolicyProblem, lastGood: boolean) => void
}

interface PolicyEntry {
  readonly state: FoundPolicy
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

export class Policies {
  readonly #deps: PoliciesDeps
  readonly #ttlMs: number
  readonly #retryMs: number
  readonly #assumed: Decoded
  readonly #entries = new Map<string, PolicyEntry>()
  #bytes = 0
  #uses = 0
  #turns = 0
  readonly #publications = new Publications()
  /** Hosts without rules of their own share one decoded default. */
  #default: { text: string; rules: Rules } | null = null

  constructor(deps: PoliciesDeps) {
    this.#deps = deps
    this.#ttlMs = deps.ttlSeconds * 1000
    this.#retryMs = Math.min(RETRY_MS, this.#ttlMs)
    this.#assumed = {
      state: { kind: 'assumed', rules: null, settings: deps.assumed },
      bytes: HOST_BYTES,
    }
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
  inMemory(host: string, context: ExecutionContext): FoundPolicy | null {
    const entry = this.#entries.get(host)
    if (entry === undefined || this.#ttlMs === 0) return null
    entry.lastUsed = ++this.#uses
    const now = Date.now()
    if (now >= entry.refreshAt) {
      // One request refreshes and the others go on: a promise can't be shared between requests.
      entry.refreshAt = now + this.#retryMs
      // A state without rules or settings is no policy: whoever is to refresh it waits for what KV has by now.
      if (!isGood(entry.state)) return null
      context.waitUntil(this.load(host, context))
    }
    return entry.state
  }

  /**
   * Reads a host's state from KV. What can't be read or used is replaced by the nearest good state: the one in
   * memory, else the last known good one of the data centre. Never rejects.
   */
  async load(host: string, context: ExecutionContext): Promise<FoundPolicy> {
    const turn = ++this.#turns
    const troubles: PolicyProblem[] = []
    const values = await this.#read(host, troubles)
    const digest = values === null ? '' : await sha256(JSON.stringify(values))
    const known = this.#entries.get(host)
    if (known !== undefined && values !== null && (known.digest === digest || known.rejected === digest)) {
      const isGoodInKv = known.digest === digest && isGood(known.state)
      known.refreshAt = Date.now() + (isGoodInKv ? this.#ttlMs : this.#retryMs)
      return { ...known.state, source: known.digest === digest ? 'kv' : 'memory' }
    }

    const read = values === null ? null : await this.#decode(values, troubles)
    if (values !== null && read !== null && isGood(read.state)) {
      this.#keep(host, read, digest, this.#ttlMs, turn)
      context.waitUntil(saveLastKnownGood(host, values))
      return { ...read.state, source: 'kv' }
    }

    const last = isGood(this.#entries.get(host)?.state) ? null : await this.#lastKnownGood(host)
    // Looked up after all waiting: meanwhile another request may have read something good.
    const held = this.#entries.get(host)
    for (const trouble of troubles) this.#deps.report(host, trouble, isGood(held?.state) || last !== null)
    if (held !== undefined && isGood(held.state)) {
      held.rejected = digest
      held.refreshAt = Date.now() + this.#retryMs
      return held.state
    }
    if (last !== null) {
      this.#keep(host, last.decoded, last.digest, this.#retryMs, turn).rejected = digest
      return { ...last.decoded.state, source: 'last-known-good' }
    }
    // While nothing can be read, what was read last stands, bad as it is: it may know of a bucket of the host's own.
    const nothing = read ?? held ?? this.#assumed
    this.#keep(host, nothing, read === null ? (held?.digest ?? '') : digest, this.#retryMs, turn)
    return { ...nothing.state, source: 'kv' }
  }

  async #read(host: string, troubles: PolicyProblem[]): Promise<HostValues | null> {
    try {
      return this.#publications.newest(host, await readHost(this.#deps.kv, host))
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
    // Rules alone are not a policy: the settings must have been read and be usable.
    if (held.state.kind !== 'known') return
    const state: HostState = { kind: 'known', rules, settings: held.state.settings }
    const bytes = HOST_BYTES + bytesOfRules(text, rules)
    // No digest: the next read finds it changed, and reads the settings anew as well.
    this.#keep(host, { state, bytes }, '', this.#ttlMs, turn)
  }

  /** True when something newer than a record was accepted for its host. */
  hasNewer(host: string, record: RulesRecord): boolean {
    return this.#publications.hasNewer(host, record)
  }

  async #decode(values: HostValues, troubles: PolicyProblem[]): Promise<Decoded> {
    const rules = await this.#decodeRules(values, troubles)
    let state: HostState = { kind: 'known', rules, settings: this.#deps.settings }
    if (values.bucket !== null) {
      const read = this.#deps.readSettings(values.bucket)
      if ('settings' in read) state = { kind: 'known', rules, settings: read.settings }
      else {
        state = { kind: 'settings-unusable', rules, settings: null }
        troubles.push({ event: 'settings-unusable', ...read.bad })
      }
    }
    const shared = rules !== null && rules === this.#default?.rules
    const own = shared || rules === null ? 0 : bytesOfRules(values.rules ?? '', rules)
    return { state, bytes: HOST_BYTES + CHARACTER_BYTES * (values.bucket?.length ?? 0) + own }
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

  async #lastKnownGood(host: string): Promise<{ decoded: Decoded; digest: string } | null> {
    const values = await readLastKnownGood(host)
    if (values === null) return null
    const decoded = await this.#decode(values, [])
    return isGood(decoded.state) ? { decoded, digest: await sha256(JSON.stringify(values)) } : null
  }

  #keep(host: string, decoded: Decoded, digest: string, freshMs: number, turn: number): PolicyEntry {
    const before = this.#entries.get(host)
    if (before !== undefined && before.turn > turn && isGood(before.state)) return before
    this.#bytes += decoded.bytes - (before?.bytes ?? 0)
    const entry: PolicyEntry = {
      state: { ...decoded.state, source: 'memory' },
      bytes: decoded.bytes,
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

interface Decoded {
  readonly state: HostState
  readonly bytes: number
}

/** A host without any value in KV: a bucket without rules. */
const WITHOUT_RULES = new Rules('none', NO_CONFIGURATION, null)

const describe = (bad: BadValue): string =>
  [
    bad.reason,
    ...bad.findings.slice(0, MAX_TOLD_FINDINGS).map(f => `${f.path || 'document'}: ${f.reason}`),
  ].join(' ')
