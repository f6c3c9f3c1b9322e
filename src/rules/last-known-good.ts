/**
 * @module
 * The last known good values of a host in the Cache API: shared by the isolates of a data centre, and there when
 * KV is not. A convenience that may fail: it never delays or breaks an answer.
 */

import { type HostValues, inTime } from './store.ts'

/** How long the data centre may hold a value, in seconds. */
const MAX_AGE_SECONDS = 30 * 86_400

/** A name that can't be any bucket's: `.invalid` is reserved (RFC 6761 6.4). */
const keyOf = (host: string): string => `https://last-known-good.invalid/${encodeURIComponent(host)}`

/** Keeps values that were read, decoded and found good. Never rejects. */
export async function saveLastKnownGood(host: string, values: HostValues): Promise<void> {
  try {
    const headers = { 'cache-control': `max-age=${MAX_AGE_SECONDS}` }
    await inTime(caches.default.put(keyOf(host), new Response(JSON.stringify(values), { headers })))
  } catch {
    // Without it, the next cold start has one resort less; nothing else changes.
  }
}

/** The values kept last, or null. Never rejects. */
export async function readLastKnownGood(host: string): Promise<HostValues | null> {
  try {
    const kept = await inTime(caches.default.match(keyOf(host)))
    const values: unknown = kept === undefined ? null : await inTime(kept.json())
    return isHostValues(values) ? values : null
  } catch {
    return null
  }
}

/** Other Workers of the zone, and other versions of this one, may write there, too. */
const isHostValues = (value: unknown): value is HostValues =>
  typeof value === 'object' &&
  value !== null &&
  'rules' in value &&
  isTextOrNull(value.rules) &&
  'bucket' in value &&
  isTextOrNull(value.bucket) &&
  'isDefault' in value &&
  typeof value.isDefault === 'boolean'

const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string'
