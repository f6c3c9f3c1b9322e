/**
 * @module
 * Publishes the bucket's own `?cors` into KV. KV has no compare-and-set, so two writers can overtake each other. Each
 * writer therefore asks the bucket again after it has written, and writes once more if the bucket has changed. The last
 * writer has then seen the bucket after its own write.
 */

import { type Configuration, NO_CONFIGURATION } from '../cors/configuration.ts'
import { type Finding, hasErrors } from '../cors/findings.ts'
import { readDocument } from '../formats/read.ts'
import { publicationTime } from '../rules/order.ts'
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
  /** Returns what a new record follows: the time of the rules that it replaces, and the digest of the host's settings. */
  readonly published: () => Promise<{ readonly publishedAt: number; readonly settings: string | null }>
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
  /** The bucket's configuration has errors. The live rules stay. */
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

/**
 * Asks the bucket and publishes its answer, until the bucket's configuration is what KV has. Never rejects. Never
 * replaces live rules by a configuration with errors.
 *
 * @param live revision in KV; null publishes whatever the bucket has
 * @param source source of the records
 * @param onFirst called when the bucket's first answer has been written to KV, refused by it, or can't be published
 */
export async function settle(
  deps: SyncDeps,
  host: string,
  live: string | null,
  source = 'GET /?cors',
  onFirst: () => void = () => {},
): Promise<void> {
  let published = live
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const configuration = await configurationIn(await deps.ask(), deps.report)
    if (configuration === null || (await revisionOf(configuration)) === published) return onFirst()
    const { publishedAt, settings } = await deps.published()
    const facts = { publishedAt: publicationTime(publishedAt), source, settings }
    const record = await makeRecord(configuration, facts)
    if (!(await publish(deps, host, record, onFirst))) return
    published = record.revision
  }
  deps.report({ event: 'sync-unsettled' })
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
  if (configuration === null || hasErrors(findings)) {
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
