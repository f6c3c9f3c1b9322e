/**
 * @module
 * Publishes the bucket's own `?cors` into KV. KV has no compare-and-set, so two writers can overtake each other. Each
 * writer therefore asks the bucket again after it has written, and writes once more if the bucket has changed. The last
 * writer has then seen the bucket after its own write.
 */

import { type Configuration, NO_CONFIGURATION } from '../cors/configuration.ts'
import type { Finding } from '../cors/findings.ts'
import { readDocument } from '../formats/read.ts'
import { guardrailDigest, refusalBy } from '../rules/guardrail.ts'
import { publicationTime } from '../rules/order.ts'
import type { Published } from '../rules/policies.ts'
import { makeRecord, type RulesRecord, revisionOf } from '../rules/record.ts'
import { historyEntry, type KvEntry, liveEntry, writeHistoryThenLive } from '../rules/store.ts'

/** The bucket's answer to `GET /?cors`. */
export type BucketAnswer =
  | { readonly kind: 'document'; readonly text: string }
  /** The bucket says that it has no configuration. */
  | { readonly kind: 'none' }
  /** No answer that can be published. Code and detail are for the log. */
  | { readonly kind: 'failure'; readonly code: string; readonly detail: string }

export interface SyncDeps {
  readonly kv: Pick<KVNamespace, 'put'>
  /** Asks the bucket. Never rejects. */
  readonly ask: () => Promise<BucketAnswer>
  /** Returns what a new record follows. */
  readonly published: () => Promise<Published>
  /** Serves a record from this isolate at once, even if KV refuses it. */
  readonly accept: (host: string, record: RulesRecord) => void
  /** Returns true if this isolate has accepted a newer record of the host. */
  readonly isSuperseded: (host: string, record: RulesRecord) => boolean
  /** Logs what happened to a host. */
  readonly report: (event: SyncEvent) => void
}

export type SyncEvent =
  | {
      readonly event: 'rules-published'
      readonly revision: string
      readonly rules: number
      readonly source: string
    }
  /** The bucket's configuration has errors, or is wider than the host's guardrail. The live rules stay. */
  | { readonly event: 'sync-refused'; readonly findings: readonly Finding[] }
  /** The bucket gave no usable answer. */
  | { readonly event: 'sync-unanswered'; readonly code: string; readonly detail: string }
  /** KV refused the record. The live rules stay until the next sync. */
  | { readonly event: 'sync-unpublished'; readonly revision: string; readonly detail: string }
  /** The bucket's configuration changed each time that it was read. */
  | { readonly event: 'sync-unsettled' }

/** Most times that the bucket is asked after one change. A further round means that it has changed again. */
const MAX_ROUNDS = 4
/** Milliseconds before a write is retried: KV takes one write a second for each key. */
const RETRY_MS = 1100
const MAX_TRIES = 3
/** Most requests of {@link settle}: each round asks the bucket once, and each try writes twice. */
export const MAX_SETTLE_REQUESTS = MAX_ROUNDS * (1 + 2 * MAX_TRIES)

/** What KV has for a host. */
export interface LiveRecord {
  readonly revision: string
  /** Digest of the guardrail that it was proven against. */
  readonly guardrail: string | null
}

/**
 * Asks the bucket and publishes its answer, until the bucket's configuration is what KV has. Never replaces live rules by
 * a configuration with errors, or by one that the host's guardrail does not accept.
 *
 * @param live what KV has; null publishes whatever the bucket has
 * @param source source of the records
 * @param onFirst called when the bucket's first answer has been written to KV, refused by it, or can't be published
 * @throws when `published` does
 */
export async function settle(
  deps: SyncDeps,
  host: string,
  live: LiveRecord | null,
  source = 'GET /?cors',
  onFirst: () => void = () => {},
): Promise<void> {
  let known = live
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const configuration = await configurationIn(await deps.ask(), deps.report)
    if (configuration === null) return onFirst()
    const { publishedAt, settings, guardrail: text } = await deps.published()
    const guardrail = await guardrailDigest(text)
    const isSameGuardrail = known?.guardrail === guardrail
    if (isSameGuardrail && (await revisionOf(configuration)) === known?.revision) return onFirst()
    if (text !== null && !(await isWithin(text, configuration, deps.report))) return onFirst()
    const facts = { publishedAt: publicationTime(publishedAt), source, settings, guardrail }
    const record = await makeRecord(configuration, facts)
    if (!(await publish(deps, host, record, onFirst))) return
    known = record
  }
  deps.report({ event: 'sync-unsettled' })
}

/** Returns true if a guardrail accepts the bucket's configuration. If not, reports why. */
async function isWithin(
  guardrail: string,
  configuration: Configuration,
  report: SyncDeps['report'],
): Promise<boolean> {
  const refusal = await refusalBy(guardrail, configuration)
  if (refusal === null) return true
  const { code, reason } = refusal
  const hint = 'Narrow the rules of the bucket, or widen the guardrail.'
  report({
    event: 'sync-refused',
    findings: [{ code, severity: 'error', path: '', value: '', reason, hint }],
  })
  return false
}

/** Returns the bucket's configuration, or null if it can't be published, which is reported. */
async function configurationIn(
  answer: BucketAnswer,
  report: SyncDeps['report'],
): Promise<Configuration | null> {
  if (answer.kind === 'none') return NO_CONFIGURATION
  if (answer.kind === 'failure') {
    report({ event: 'sync-unanswered', code: answer.code, detail: answer.detail })
    return null
  }
  // A bucket answers in XML. Other formats are not a bucket's.
  if (!/^\uFEFF?\s*</.test(answer.text)) {
    report({ event: 'sync-unanswered', code: 'not-xml', detail: 'The answer to GET /?cors is not XML.' })
    return null
  }
  const { configuration, findings } = await readDocument(answer.text)
  if (configuration === null) {
    report({ event: 'sync-refused', findings })
    return null
  }
  return configuration
}

/**
 * Publishes a record. Memory has it at once, and keeps it even if KV refuses it, because the bucket has it too. A retry
 * stops once something newer was published from this isolate. Each refusal is reported.
 *
 * @returns false if KV refused the record
 */
async function publish(
  deps: SyncDeps,
  host: string,
  record: RulesRecord,
  onTried: () => void,
): Promise<boolean> {
  const { revision, source, configuration } = record
  deps.accept(host, record)
  const put = async (entries: readonly KvEntry[]) => {
    for (const { key, value, metadata } of entries) await deps.kv.put(key, value, { metadata })
  }
  for (let tried = 1; ; tried++) {
    try {
      await writeHistoryThenLive(put, [historyEntry(host, record)], [liveEntry(host, record)])
      deps.report({ event: 'rules-published', revision, rules: configuration.rules.length, source })
      onTried()
      return true
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      deps.report({ event: 'sync-unpublished', revision, detail })
      onTried()
      if (tried >= MAX_TRIES) return false
      await new Promise(resolve => setTimeout(resolve, RETRY_MS))
      if (deps.isSuperseded(host, record)) return false
    }
  }
}
