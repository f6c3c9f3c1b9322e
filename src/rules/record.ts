/**
 * @module
 * The record that `rules publish` and SYNC write as the value of a `cors:` key. See docs/storage.md for every field.
 */

import type { Configuration } from '../cors/configuration.ts'

/** Schema of new records. Schema 1 is still read: see decode.ts. */
export const SCHEMA = 2

export interface RulesRecord {
  readonly schema: typeof SCHEMA
  readonly revision: string
  /** ISO 8601, UTC. */
  readonly publishedAt: string
  /** Origin of the rules, such as a file name. */
  readonly source: string
  readonly configuration: Configuration
  /** {@link settingsDigest} of the host's own `bucket:` value; null if it has none. */
  readonly settings: string | null
  /** Digest of the guardrail that the rules were proven against; null without a guardrail. */
  readonly guardrail: string | null
}

/** The fields of a record besides the rules. */
export interface RecordFacts {
  readonly publishedAt: string
  readonly source: string
  readonly settings?: string | null
  readonly guardrail?: string | null
}

/** Makes the record of a configuration. An empty one makes the explicit record of a bucket without rules. */
export async function makeRecord(
  configuration: Configuration,
  { publishedAt, source, settings = null, guardrail = null }: RecordFacts,
): Promise<RulesRecord> {
  const revision = await revisionOf(configuration)
  return { schema: SCHEMA, revision, publishedAt, source, configuration, settings, guardrail }
}

/**
 * Returns 12 hex digits that are equal for configurations with equal answers, in whatever format they were written. The
 * order of a rule's origins and repetitions among them change no answer.
 */
export async function revisionOf(configuration: Configuration): Promise<string> {
  const rules = configuration.rules.map(rule => [
    rule.id,
    sortedOnce(rule.allowedOrigins),
    rule.allowedMethods,
    rule.allowedHeaders,
    rule.exposeHeaders,
    rule.maxAgeSeconds,
  ])
  return (await sha256(JSON.stringify([rules, configuration.responseVary]))).slice(0, 12)
}

/** Returns the different texts of a list, sorted. */
function sortedOnce(texts: readonly string[]): readonly string[] {
  if (texts.length < 2) return texts
  const sorted = [...texts].sort()
  return sorted.filter((text, at) => text !== sorted[at - 1])
}

/**
 * Returns the digest of a `bucket:` value, null for none. White space and the order of fields do not change it; a value
 * that is not JSON is digested as it is.
 */
export async function settingsDigest(value: string | null): Promise<string | null> {
  if (value === null) return null
  try {
    const fields: unknown = JSON.parse(value)
    if (typeof fields === 'object' && fields !== null)
      return await sha256(JSON.stringify(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))))
  } catch {
    // It can't be used, and has a digest all the same.
  }
  return sha256(value)
}

/** Returns the SHA-256 of a text's UTF-8, in hex. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, '0')).join('')
}
