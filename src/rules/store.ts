/**
 * @module
 * Reads and writes the KV values of a host. See docs/storage.md.
 */

import type { KVNamespace } from '@cloudflare/workers-types'
import { guardrailKey, historyKey, rulesKey, settingsKey } from './kv-keys.ts'
import type { RulesRecord } from './record.ts'

/** Longest host name (RFC 1035 2.3.4); a longer one has no rules of its own. */
const MAX_HOSTNAME = 253
/** Seconds for which a data centre caches a value: the least that KV accepts, so that a change is seen soon. */
const CACHE_TTL_SECONDS = 30
/** Milliseconds after which a read counts as failed: preflights wait for it. */
const READ_TIMEOUT_MS = 2000

/** The values that make a host's policy: its own, or else the default ones. */
export interface HostValues {
  readonly rules: string | null
  readonly bucket: string | null
  readonly guardrail: string | null
  /** True if the host has no rules of its own. */
  readonly isDefault: boolean
  /** True if the host has no settings of its own. */
  readonly isDefaultBucket: boolean
}

export const sameValues = (a: HostValues, b: HostValues): boolean =>
  a.rules === b.rules &&
  a.bucket === b.bucket &&
  a.guardrail === b.guardrail &&
  a.isDefault === b.isDefault &&
  a.isDefaultBucket === b.isDefaultBucket

/** Returns the value of the host's own `bucket:` key, or null. */
export const ownBucket = (host: string, { bucket, isDefaultBucket }: HostValues): string | null =>
  host === 'default' || !isDefaultBucket ? bucket : null

/**
 * Returns the settings that the rules were published with: the `bucket:` value of the same name as the `cors:` key, null
 * if KV has no value, and undefined if it was not read (a host's own settings hide `bucket:default`).
 */
export function pairedBucket({ bucket, isDefault, isDefaultBucket }: HostValues): string | null | undefined {
  if (isDefault) return isDefaultBucket ? bucket : undefined
  return isDefaultBucket ? null : bucket
}

/**
 * Reads all values of a host in one operation.
 *
 * @param host lower-case, without port
 * @throws when KV fails or does not answer in time
 */
export async function readHost(kv: Pick<KVNamespace, 'get'>, host: string): Promise<HostValues> {
  const hosts = host.length <= MAX_HOSTNAME && host !== 'default' ? [host, 'default'] : ['default']
  const keys = hosts.flatMap(name => [rulesKey(name), settingsKey(name), guardrailKey(name)])
  // As text: with type json, one bad value would fail the others with it.
  const values = await inTime(kv.get(keys, { type: 'text', cacheTtl: CACHE_TTL_SECONDS }))
  const own = hosts[0] ?? 'default'
  const ownRules = values.get(rulesKey(own)) ?? null
  const ownBucket = values.get(settingsKey(own)) ?? null
  return {
    rules: ownRules ?? values.get(rulesKey('default')) ?? null,
    bucket: ownBucket ?? values.get(settingsKey('default')) ?? null,
    guardrail: values.get(guardrailKey(own)) ?? values.get(guardrailKey('default')) ?? null,
    isDefault: own === 'default' || ownRules === null,
    isDefaultBucket: own === 'default' || ownBucket === null,
  }
}

/** Resolves as the promise does, or rejects after READ_TIMEOUT_MS. */
export async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${READ_TIMEOUT_MS} ms`)), READ_TIMEOUT_MS)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    if (timer !== null) clearTimeout(timer)
  }
}

/** One value to write. */
export interface KvEntry {
  readonly key: string
  readonly value: string
  readonly metadata?: Readonly<Record<string, string>>
}

/** The two steps of a publication: what rollback needs, then what requests are answered by. */
export type WriteStep = 'history' | 'live'

/** The entry that makes a record live. */
export const liveEntry = (host: string, record: RulesRecord): KvEntry => entryOf(rulesKey(host), record)

/** The entry that puts a record into its host's history. */
export const historyEntry = (host: string, record: RulesRecord): KvEntry =>
  entryOf(historyKey(host, record.revision), record)

function entryOf(key: string, record: RulesRecord): KvEntry {
  const { revision, publishedAt } = record
  return { key, value: JSON.stringify(record), metadata: { revision, publishedAt } }
}

/**
 * Writes history entries, then live ones, so that rollback finds whatever is live. Stops where `put` rejects.
 *
 * @param put writes entries in their order
 */
export async function writeHistoryThenLive(
  put: (entries: readonly KvEntry[], step: WriteStep) => Promise<void>,
  history: readonly KvEntry[],
  live: readonly KvEntry[],
): Promise<void> {
  await put(history, 'history')
  await put(live, 'live')
}
