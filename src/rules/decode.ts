/**
 * @module
 * Reads the value of a `cors:` key: a record, or a document pasted by hand. See docs/storage.md.
 */

import type { Configuration, Rule } from '../cors/configuration.ts'
import type { Finding } from '../cors/findings.ts'
import { readDocument } from '../formats/read.ts'
import { type RulesRecord, revisionOf, SCHEMA, sha256 } from './record.ts'
import { Rules, UNDATED } from './rules.ts'

/** KV values are up to 25 MiB; a record at the limits of a configuration is far below this. In characters. */
export const MAX_VALUE_LENGTH = 2 * 1024 * 1024

/** A value without usable rules, and the reason. */
export interface BadValue {
  /** Stable: `record-schema`, `record-digest`, `record-shape`, `value-too-large`, or `document`. */
  readonly code: string
  readonly reason: string
  /** The errors of a pasted document. */
  readonly findings: readonly Finding[]
}

/** Returns the rules of a value, or why it can't be used. Never rejects. */
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
  return new Rules(await revisionOf(configuration), configuration, { publishedAt: UNDATED })
}

/** A record of either schema, before it is checked. */
type AnyRecord = Partial<Omit<RulesRecord, 'schema'> & { schema: number; policy: unknown; sha256: string }>

/** Returns the record in a value, or null if the value is a document: an object without a schema. */
export function parseRecord(text: string): AnyRecord | null {
  // A paste in a dashboard can add line breaks or a byte order mark, which `trim` takes for white space.
  const json = text.trim()
  if (!json.startsWith('{')) return null
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null && Object.hasOwn(value, 'schema') ? value : null
  } catch {
    return null
  }
}

async function decodeRecord(record: AnyRecord): Promise<Rules | BadValue> {
  const { schema, revision, configuration } = record
  if (schema !== SCHEMA && schema !== 1)
    return bad('record-schema', `The record's schema is not 1 or ${SCHEMA}. Publish the rules again.`)
  if (typeof configuration !== 'object' || typeof revision !== 'string')
    return bad('record-shape', 'The record lacks its revision or configuration.')
  try {
    const isWhole = schema === 1 ? await isWhole1(record) : (await revisionOf(configuration)) === revision
    if (!isWhole)
      return bad('record-digest', 'The record was changed after it was written: its digest does not match.')
    if (hasShape(configuration)) return new Rules(revision, configuration, publicationOf(record))
  } catch {
    // Parts are missing, or nested too deep.
  }
  return bad('record-shape', 'The record does not have the shape of its schema.')
}

/** Returns the rules of a record that was made here. */
export const rulesOf = (record: RulesRecord): Rules =>
  new Rules(record.revision, record.configuration, publicationOf(record))

/** Schema 1 had a digest of the configuration and of its compiled policy, which is no longer used. */
const isWhole1 = async ({ configuration, policy, sha256: claimed }: AnyRecord): Promise<boolean> =>
  (await sha256(JSON.stringify([configuration, policy]))) === claimed

const publicationOf = ({ schema, publishedAt, settings = null, guardrail = null }: AnyRecord) => {
  const at = Date.parse(String(publishedAt))
  const dated = { publishedAt: Number.isFinite(at) ? at : 0 }
  return schema === SCHEMA ? { ...dated, settings, guardrail } : dated
}

const hasShape = ({ rules, responseVary }: Configuration): boolean =>
  typeof responseVary === 'boolean' && Array.isArray(rules) && rules.every(isRule)

/** With loops of its own: V8 would compile a small function that is called for each value, while a request waits. */
function isRule({ id, maxAgeSeconds, ...lists }: Rule): boolean {
  if (id !== null && typeof id !== 'string') return false
  if (maxAgeSeconds !== null && !Number.isInteger(maxAgeSeconds)) return false
  for (const list of [
    lists.allowedOrigins,
    lists.allowedMethods,
    lists.allowedHeaders,
    lists.exposeHeaders,
  ]) {
    if (!Array.isArray(list)) return false
    for (const text of list) if (typeof text !== 'string') return false
  }
  return true
}

const bad = (code: string, reason: string): BadValue => ({ code, reason, findings: [] })
