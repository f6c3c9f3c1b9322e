/**
 * @module
 * The last known good values of a host in the Cache API. The isolates of a data centre share them, and they are there
 * when KV is not. They are a convenience: they never delay or break an answer.
 */

import { isOlder, propagatesUntil, type Version } from './order.ts'
import { UNDATED } from './rules.ts'
import { type HostValues, inTime, sameValues } from './store.ts'

/** Seconds for which the data centre may hold a value. */
const MAX_AGE_SECONDS = 30 * 86_400

/** A name that no bucket can have: `.invalid` is reserved (RFC 6761 6.4). */
const keyOf = (host: string): string => `https://last-known-good.invalid/${encodeURIComponent(host)}`

/** Good values of a host, and when they were stored. */
export interface LastKnownGood {
  readonly values: HostValues
  readonly version: Version
  /** Milliseconds since 1970. */
  readonly storedAt: number
}

/**
 * Stores values that were read, decoded and found good, unless KV may still show them after newer ones, which are stored.
 * Never rejects.
 */
export async function saveLastKnownGood(host: string, values: HostValues, version: Version): Promise<void> {
  const now = Date.now()
  const stored = await readLastKnownGood(host)
  if (stored !== null) {
    if (sameValues(stored.values, values)) return
    if (now < propagatesUntil(stored.version, stored.storedAt) && isOlder(version, stored.version)) return
  }
  try {
    const headers = { 'cache-control': `max-age=${MAX_AGE_SECONDS}` }
    const publishedAt = version.publishedAt === UNDATED ? null : version.publishedAt
    const body = JSON.stringify({ ...values, publishedAt, storedAt: now })
    await inTime(caches.default.put(keyOf(host), new Response(body, { headers })))
  } catch {
    // The next cold start has one fallback less. Nothing else changes.
  }
}

/** Returns the stored values, or null. Never rejects. */
export async function readLastKnownGood(host: string): Promise<LastKnownGood | null> {
  try {
    const response = await inTime(caches.default.match(keyOf(host)))
    const stored: unknown = response === undefined ? null : await inTime(response.json())
    if (!isStored(stored)) return null
    const { rules, bucket, guardrail = null, isDefault, isDefaultBucket, publishedAt, storedAt } = stored
    return {
      values: { rules, bucket, guardrail, isDefault, isDefaultBucket },
      version: { isDefault, publishedAt: publishedAt ?? UNDATED },
      storedAt,
    }
  } catch {
    return null
  }
}

type Stored = HostValues & { readonly publishedAt: number | null; readonly storedAt: number }

/** Other Workers of the zone, and other versions of this one, may write there as well. */
function isStored(value: unknown): value is Stored {
  if (typeof value !== 'object' || value === null) return false
  const { rules, bucket, guardrail, isDefault, isDefaultBucket, publishedAt, storedAt } = value as Record<
    string,
    unknown
  >
  return (
    [rules, bucket].every(text => text === null || typeof text === 'string') &&
    // Versions without guardrails stored none.
    (guardrail === undefined || guardrail === null || typeof guardrail === 'string') &&
    [isDefault, isDefaultBucket].every(flag => typeof flag === 'boolean') &&
    (publishedAt === null || typeof publishedAt === 'number') &&
    typeof storedAt === 'number'
  )
}
