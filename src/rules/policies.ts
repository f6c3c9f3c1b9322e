/**
 * @module
 * The policies of this isolate: from memory, from KV, or the last known good ones. A bad or older value never replaces a
 * good one.
 */

import type { HostSettings } from '../settings/host-settings.ts'
import { rulesOf } from './decode.ts'
import { Flights } from './flights.ts'
import {
  bytesOfRules,
  type Decoded,
  type DecoderDeps,
  HOST_BYTES,
  HostDecoder,
  type PolicyProblem,
} from './host-decoder.ts'
import { type FoundPolicy, isGood } from './host-state.ts'
import { type LastKnownGood, readLastKnownGood, saveLastKnownGood } from './last-known-good.ts'
import { isOlder, PROPAGATION_MS, propagatesUntil } from './order.ts'
import { type PolicyEntry, PolicyMemory } from './policy-memory.ts'
import { type RulesRecord, settingsDigest } from './record.ts'
import { MISSING, UNDATED } from './rules.ts'
import { type HostValues, ownBucket, readHost, sameValues } from './store.ts'

/** Milliseconds after which a failed read is retried. */
const RETRY_MS = 5000

export interface PoliciesDeps extends DecoderDeps {
  readonly kv: KVNamespace
  /** 0: KV is read before every answer. */
  readonly ttlSeconds: number
  /** The settings of a host while its KV values cannot be read. */
  readonly assumed: HostSettings
  /** Called once for each bad value. `lastGood` is true if a good state goes on serving. */
  readonly report: (host: string, problem: PolicyProblem, lastGood: boolean) => void
}

/** What a new record of a host has to follow. */
export interface Published {
  /** Time of the rules that it replaces, in milliseconds since 1970. */
  readonly publishedAt: number
  /** Digest of the host's settings. */
  readonly settings: string | null
  /** The guardrail that it must stay within. */
  readonly guardrail: string | null
}

const MISMATCH: PolicyProblem = {
  event: 'settings-mismatch',
  code: 'record-settings',
  detail: 'The rules were published with other settings than KV has. Publish both again.',
}

export class Policies {
  readonly #deps: PoliciesDeps
  readonly #ttlMs: number
  readonly #retryMs: number
  readonly #assumed: Decoded
  readonly #decoder: HostDecoder
  readonly #memory = new PolicyMemory()
  readonly #flights = new Flights()
  #turns = 0

  constructor(deps: PoliciesDeps) {
    this.#deps = deps
    this.#ttlMs = deps.ttlSeconds * 1000
    this.#retryMs = Math.min(RETRY_MS, this.#ttlMs)
    this.#decoder = new HostDecoder(deps)
    this.#assumed = {
      state: { kind: 'assumed', rules: null, settings: deps.assumed },
      values: null,
      version: { isDefault: true, publishedAt: MISSING },
      isPaired: true,
      bytes: HOST_BYTES,
    }
  }

  /** The number of hosts in memory, and the bytes that they are counted at. */
  get size(): { hosts: number; bytes: number } {
    return this.#memory.size
  }

  /**
   * Returns the state of a host from memory, however old. A stale one is refreshed in the background. Synchronous,
   * because every preflight asks it.
   *
   * @returns null without a state that may be served, or if KV is read before every answer
   */
  inMemory(host: string, context: ExecutionContext): FoundPolicy | null {
    const entry = this.#memory.get(host)
    if (entry === undefined || this.#ttlMs === 0) return null
    this.#memory.touch(entry)
    const now = Date.now()
    if (now >= entry.refreshAt) {
      // One request refreshes; the others are served the stale state meanwhile.
      entry.refreshAt = now + this.#retryMs
      // Without rules or settings there is nothing to serve: the request that refreshes waits for KV.
      if (!isGood(entry.state)) return null
      context.waitUntil(this.load(host, context))
    }
    return entry.state
  }

  /**
   * Reads a host's state from KV; at the same time as other requests, once for all of them. What can't be read or used is
   * replaced by the nearest good state: the one in memory, else the last known good one of the data centre. Never
   * rejects.
   */
  load(host: string, context: ExecutionContext): Promise<FoundPolicy> {
    const load = () => this.#load(host, context)
    return this.#ttlMs === 0 ? load() : this.#flights.join(host, context, load)
  }

  async #load(host: string, context: ExecutionContext): Promise<FoundPolicy> {
    const turn = ++this.#turns
    const problems: PolicyProblem[] = []
    const values = await this.#read(host, problems)
    const known = this.#memory.get(host)
    if (known !== undefined && values !== null) {
      const isSame = known.values !== null && sameValues(known.values, values)
      if (isSame || (known.rejected !== null && sameValues(known.rejected, values))) {
        if (isSame) known.unpairedSince = null
        known.refreshAt = Date.now() + (isSame && isGood(known.state) ? this.#ttlMs : this.#retryMs)
        return { ...known.state, source: isSame ? 'kv' : 'memory' }
      }
    }
    const read = values === null ? null : await this.#decoder.decode(values, problems)
    if (read !== null && isGood(read.state)) return this.#take(host, read, turn, context)
    return this.#fallBack(host, read, values, problems, turn)
  }

  async #read(host: string, problems: PolicyProblem[]): Promise<HostValues | null> {
    try {
      return await readHost(this.#deps.kv, host)
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      problems.push({ event: 'kv-unavailable', code: 'kv-read', detail })
      return null
    }
  }

  /** Serves a good state that was read, unless KV shows an older one, or half of a publication. */
  async #take(host: string, read: Decoded, turn: number, context: ExecutionContext): Promise<FoundPolicy> {
    let isReported = read.isPaired
    const last = read.isPaired || isGood(this.#memory.get(host)?.state) ? null : await readLastKnownGood(host)
    const now = Date.now()
    const held = this.#memory.get(host)
    if (held !== undefined && isGood(held.state)) {
      if (isPropagating(held, read, now)) {
        held.refreshAt = now + Math.min(this.#ttlMs, PROPAGATION_MS)
        return held.state
      }
      if (!read.isPaired) {
        held.unpairedSince ??= now
        held.refreshAt = now + this.#retryMs
        if (now - held.unpairedSince < PROPAGATION_MS) return held.state
      }
    } else if (last !== null && read.values !== null) {
      // Another isolate has already waited for the other half.
      isReported = sameValues(last.values, read.values)
      if (!isReported) {
        const good = await this.#decodeGood(last)
        if (good !== null) {
          this.#store(host, good, this.#retryMs, turn, last.storedAt).unpairedSince = now
          return { ...good.state, source: 'last-known-good' }
        }
      }
    }
    if (!isReported) this.#deps.report(host, MISMATCH, true)
    this.#store(host, read, this.#ttlMs, turn)
    const { values, version } = read
    if (values !== null) context.waitUntil(answered().then(() => saveLastKnownGood(host, values, version)))
    return { ...read.state, source: 'kv' }
  }

  /** Serves the nearest good state in place of one that is bad or could not be read. */
  async #fallBack(
    host: string,
    read: Decoded | null,
    values: HostValues | null,
    problems: readonly PolicyProblem[],
    turn: number,
  ): Promise<FoundPolicy> {
    const stored = isGood(this.#memory.get(host)?.state) ? null : await readLastKnownGood(host)
    const last = stored === null ? null : await this.#decodeGood(stored)
    // Only now: while this request waited, another one may have read something good.
    const held = this.#memory.get(host)
    for (const problem of problems) this.#deps.report(host, problem, isGood(held?.state) || last !== null)
    if (held !== undefined && isGood(held.state)) {
      held.rejected = values
      held.refreshAt = Date.now() + this.#retryMs
      return held.state
    }
    if (stored !== null && last !== null) {
      this.#store(host, last, this.#retryMs, turn, stored.storedAt).rejected = values
      return { ...last.state, source: 'last-known-good' }
    }
    // While nothing can be read, the bad values that were read last stay: they may name a bucket of the host's own.
    const nothing = read ?? (held === undefined ? this.#assumed : { ...held, isPaired: true })
    this.#store(host, nothing, this.#retryMs, turn)
    return { ...nothing.state, source: 'kv' }
  }

  async #decodeGood({ values }: LastKnownGood): Promise<Decoded | null> {
    const decoded = await this.#decoder.decode(values, [])
    return isGood(decoded.state) ? decoded : null
  }

  /**
   * Serves rules at once that were published from this isolate, and goes on while KV still shows older ones. Does nothing
   * for a host that is not in memory, or not with usable settings.
   */
  accept(host: string, record: RulesRecord): void {
    const held = this.#memory.get(host)
    if (held === undefined || held.values === null || held.state.settings === null) return
    const { settings } = held.state
    const rules = rulesOf(record)
    const text = JSON.stringify(record)
    const isDefault = host === 'default'
    const accepted: Decoded = {
      state: { kind: 'known', rules, settings },
      values: { ...held.values, guardrail: newestGuardrail(held), rules: text, isDefault },
      version: { isDefault, publishedAt: rules.publication.publishedAt },
      isPaired: true,
      bytes: HOST_BYTES + bytesOfRules(text, rules),
    }
    this.#store(host, accepted, this.#ttlMs, ++this.#turns)
  }

  /** Returns true if this isolate serves a host by a newer record. */
  hasNewer(host: string, { publishedAt }: RulesRecord): boolean {
    const held = this.#memory.get(host)?.version.publishedAt ?? MISSING
    return held !== UNDATED && held > Date.parse(publishedAt)
  }

  /**
   * Returns what a new record of a host has to follow: the time of the rules in memory, the settings' digest, and the
   * guardrail. Reads KV if the host is not in memory.
   *
   * @throws when KV fails or does not answer in time
   */
  async published(host: string): Promise<Published> {
    const held = this.#memory.get(host)
    const values = held?.values ?? (await readHost(this.#deps.kv, host))
    return {
      publishedAt: held?.version.publishedAt ?? MISSING,
      settings: await settingsDigest(ownBucket(host, values)),
      guardrail: held === undefined ? values.guardrail : newestGuardrail(held),
    }
  }

  /** Puts a state into memory, unless a later load has put a good one there. */
  #store(host: string, decoded: Decoded, freshMs: number, turn: number, seenAt = Date.now()): PolicyEntry {
    const before = this.#memory.get(host)
    if (before !== undefined && before.turn > turn && isGood(before.state)) return before
    const isSame = before !== undefined && isSameVersion(before, decoded)
    const isReplaced = before?.version.publishedAt === UNDATED && decoded.version.publishedAt !== UNDATED
    const replacedDocument = (isReplaced ? before.values?.rules : before?.replacedDocument) ?? null
    const entry: PolicyEntry = {
      state: { ...decoded.state, source: 'memory' },
      values: decoded.values,
      version: decoded.version,
      seenAt: isSame ? before.seenAt : seenAt,
      bytes: decoded.bytes + 2 * (replacedDocument?.length ?? 0),
      replacedDocument,
      rejected: null,
      unpairedSince: null,
      refreshAt: Date.now() + freshMs,
      lastUsed: 0,
      turn,
    }
    this.#memory.set(host, entry)
    return entry
  }
}

/** Also if it has refused the rules that KV has with it. */
const newestGuardrail = ({ values, rejected }: PolicyEntry): string | null =>
  (rejected ?? values)?.guardrail ?? null

/** Resolves in a task of its own: what can be answered by then is answered first. */
const answered = (): Promise<void> =>
  new Promise(resolve => {
    setTimeout(resolve, 0)
  })

type Versioned = Pick<Decoded, 'values' | 'version'>

const isSameVersion = (a: Versioned, b: Versioned): boolean =>
  a.version.publishedAt === b.version.publishedAt &&
  a.version.isDefault === b.version.isDefault &&
  (a.version.publishedAt !== UNDATED || a.values?.rules === b.values?.rules)

/** Returns true if KV shows something older than an entry, and may still do so because the newer value propagates. */
const isPropagating = (held: PolicyEntry, read: Versioned, now: number): boolean =>
  now < propagatesUntil(held.version, held.seenAt) &&
  (isOlder(read.version, held.version) ||
    (read.version.publishedAt === UNDATED && read.values?.rules === held.replacedDocument))
