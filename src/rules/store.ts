/**
 * @module
 * The KV keys of a host and how they are read. See docs/storage.md.
 */

import { rulesKey, settingsKey } from './kv-keys.ts'

/** Longest host name (RFC 1035 2.3.4); a longer one has no rules of its own. */
const MAX_HOSTNAME = 253
/** KV's smallest: an edge location holds a value for this long, so that a change is seen soon. In seconds. */
const CACHE_TTL_SECONDS = 30
/** A read that takes longer counts as failed: preflights wait for it. In milliseconds. */
const READ_TIMEOUT_MS = 2000

/** The values that make a host's policy: its own, or else the default ones. */
export interface HostValues {
  readonly rules: string | null
  readonly bucket: string | null
  /** The rules are the default ones. */
  readonly isDefault: boolean
}

/**
 * Reads all that concerns a host in one operation.
 *
 * @param host lower-case, without port
 * @throws when KV fails or does not answer in time
 */
export async function readHost(kv: KVNamespace, host: string): Promise<HostValues> {
  const hosts = host.length <= MAX_HOSTNAME && host !== 'default' ? [host, 'default'] : ['default']
  const keys = hosts.flatMap(name => [rulesKey(name), settingsKey(name)])
  // As text: with type json, one bad value would fail the others with it.
  const values = await inTime(kv.get(keys, { type: 'text', cacheTtl: CACHE_TTL_SECONDS }))
  const own = hosts[0] ?? 'default'
  const ownRules = values.get(rulesKey(own)) ?? null
  return {
    rules: ownRules ?? values.get(rulesKey('default')) ?? null,
    bucket: values.get(settingsKey(own)) ?? values.get(settingsKey('default')) ?? null,
    isDefault: own === 'default' || ownRules === null,
  }
}

/** The promise's result, or a rejection once READ_TIMEOUT_MS have passed. */
export async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: number | null = null
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${READ_TIMEOUT_MS} ms`)), READ_TIMEOUT_MS)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    if (timer !== null) clearTimeout(timer)
  }
}
