/**
 * @module
 * The value of a `cors:` key: a record written by `rules publish`, or a document pasted by hand. See
 * docs/storage.md for every field.
 */

import type { Configuration, Rule } from '../cors/configuration.ts'
import type { DialectName } from '../cors/dialect.ts'
import type { Finding } from '../cors/findings.ts'
import { compile, hydrate, type Policy, type ReadyPolicy } from '../cors/policy.ts'
import { readDocument } from '../formats/read.ts'

/** Raised when a record of an earlier version can't be read any more. */
export const SCHEMA = 1
/** KV values are up to 25 MiB; a record at the limits of a configuration is far below this. In characters. */
export const MAX_VALUE_LENGTH = 2 * 1024 * 1024

/** What `rules publish` writes. */
export interface RulesRecord {
  readonly schema: number
  readonly revision: string
  /** ISO 8601, UTC. */
  readonly publishedAt: string
  /** Where the rules came from, such as the file's name. */
  readonly source: string
  readonly configuration: Configuration
  /** The configuration compiled for the dialect that it was published for. */
  readonly policy: Policy
  /** SHA-256 of configuration and policy, in hex. */
  readonly sha256: string
}

/** Rules as they are held in memory: hydrated for a dialect when first asked. */
export class Rules {
  readonly revision: string
  readonly configuration: Configuration
  readonly #compiled: Policy | null
  readonly #ready = new Map<DialectName, ReadyPolicy>()
  readonly #readyWithoutCredentials = new Map<DialectName, ReadyPolicy>()

  constructor(revision: string, configuration: Configuration, compiled: Policy | null) {
    this.revision = revision
    this.configuration = configuration
    this.#compiled = compiled
  }

  /** The policy in a dialect. A record published for the other dialect is compiled anew. */
  ready(dialect: DialectName, credentials = true): ReadyPolicy {
    const hydrated = credentials ? this.#ready : this.#readyWithoutCredentials
    let ready = hydrated.get(dialect)
    if (ready === undefined) {
      const compiled =
        this.#compiled?.dialect === dialect ? this.#compiled : compile(this.configuration, dialect)
      ready = hydrate(compiled, credentials)
      hydrated.set(dialect, ready)
    }
    return ready
  }
}

/** A value that holds no rules which could be served, and why. */
export interface BadValue {
  /** Stable: `record-schema`, `record-digest`, `record-shape`, `value-too-large`, or `document`. */
  readonly code: string
  readonly reason: string
  /** Of a pasted document: its errors. */
  readonly findings: readonly Finding[]
}

/** Makes the record of a configuration. No rules at all make the explicit record of a bucket without any. */
export async function makeRecord(
  configuration: Configuration,
  dialect: DialectName,
  facts: { publishedAt: string; source: string },
): Promise<RulesRecord> {
  const policy = compile(configuration, dialect)
  return {
    schema: SCHEMA,
    revision: await revisionOf(configuration),
    ...facts,
    configuration,
    policy,
    sha256: await digestOf(configuration, policy),
  }
}

/** 12 hex digits that are the same for equal configurations, however they were written. */
export async function revisionOf(configuration: Configuration): Promise<string> {
  const rules = configuration.rules.map(rule => [
    rule.id,
    rule.allowedOrigins,
    rule.allowedMethods,
    rule.allowedHeaders,
    rule.exposeHeaders,
    rule.maxAgeSeconds,
  ])
  return (await sha256(JSON.stringify([rules, configuration.responseVary]))).slice(0, 12)
}

const digestOf = (configuration: Configuration, policy: Policy): Promise<string> =>
  sha256(JSON.stringify([configuration, policy]))

/** SHA-256 of a text's UTF-8, in hex. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, '0')).join('')
}

/** Reads a value of any of the accepted kinds. Nothing is thrown: what can't be served is told. */
export async function decodeValue(text: string): Promise<Rules | BadValue> {
  if (text.length > MAX_VALUE_LENGTH)
    return bad('value-too-large', `The value has more than ${MAX_VALUE_LENGTH} characters.`)
  const record = parseRecord(text)
  if (record !== null) return decodeRecord(record)
  const { configuration, findings } = await readDocument(text)
  if (configuration === null)
    return {
      ...bad('document', 'The document has errors.'),
      findings: findings.filter(f => f.severity === 'error'),
    }
  return new Rules(await revisionOf(configuration), configuration, null)
}

/** When a value says that it was published, in milliseconds since 1970; 0: it does not say, as a document never does. */
export function publishedAtOf(text: string): number {
  const publishedAt = parseRecord(text)?.publishedAt
  return (typeof publishedAt === 'string' && Date.parse(publishedAt)) || 0
}

/** The value as an object that names a schema; null: a document. */
function parseRecord(text: string): Partial<RulesRecord> | null {
  // Pasted in a dashboard, it may have gained line breaks or a byte order mark: to `trim`, both are white space.
  const json = text.trim()
  if (!json.startsWith('{')) return null
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null && Object.hasOwn(value, 'schema') ? value : null
  } catch {
    return null
  }
}

async function decodeRecord(record: Partial<RulesRecord>): Promise<Rules | BadValue> {
  if (record.schema !== SCHEMA)
    return bad('record-schema', `The record's schema is not ${SCHEMA}, the one that this version reads.`)
  const { configuration, policy, revision, sha256: claimed } = record
  if (typeof configuration !== 'object' || typeof policy !== 'object' || typeof revision !== 'string')
    return bad('record-shape', 'The record lacks its revision, configuration or policy.')
  try {
    if ((await digestOf(configuration, policy)) !== claimed)
      return bad('record-digest', 'The record was changed after it was written: its digest does not fit.')
    // What has the right digest was written by `makeRecord`, so hydrating it proves the rest of the policy's shape.
    const rules = new Rules(revision, configuration, policy)
    rules.ready(policy.dialect)
    if (configuration.rules.every(hasLists)) return rules
  } catch {
    // Parts are missing, or nested too deep to be looked at.
  }
  return bad('record-shape', 'The record does not have the shape that its schema says.')
}

const isList = (value: unknown): boolean =>
  Array.isArray(value) && value.every(item => typeof item === 'string')
const hasLists = (rule: Rule): boolean =>
  [rule.allowedOrigins, rule.allowedMethods, rule.allowedHeaders, rule.exposeHeaders].every(isList)

const bad = (code: string, reason: string): BadValue => ({ code, reason, findings: [] })
