/**
 * @module
 * Publishes the bucket's own `?cors` into KV. KV has no compare-and-set, so two writers can overtake each other. Each
 * writer therefore asks the bucket again after it has written, and writes once more if the bucket has changed. The last
 * writer has then seen the bucket after its own write.
 */

import { type Configuration, NO_CONFIGURATION } from '../cors/configuration.ts'
import type { DialectName } from '../cors/dialect.ts'
import { type Finding, hasErrors } from '../cors/findings.ts'
import { readDocument } from '../formats/read.ts'
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
  readonly dialect: DialectName
  /** Asks the bucket; null if the edge has no key for it. Never rejects. */
  readonly ask: (() => Promise<BucketAnswer>) | null
  /** Serves a record from this isolate at once, even if KV refuses it. Never rejects. */
  readonly accept: (host: string, record: RulesRecord) => Promise<void>
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

/** Most times that the bucket is asked after one change. A further round deps that it has changed again. */
const MAX_ROUNDS = 4
/** Milliseconds before a write is retried: KV takes one write a second for each key. */
const RETRY_MS = 1100
const MAX_TRIES = 3
/** Most requests of {@link settle}: each round asks the bucket once, and each try writes twice. */
export const MAX_SETTLE_REQUESTS = MAX_ROUNDS * (1 + 2 * MAX_TRIES)

/** Makes the record of a bucket's configuration, published now. */
export const recordOf = (
  { dialect }: SyncDeps,
  configuration: Configuration,
  source: string,
): Promise<RulesRecord> =>
  makeRecord(configuration, dialect, { publishedAt: new Date().toISOString(), source })

/**
 * Publishes a record. Memory has it at once, and keeps it even if KV refuses it, because the bucket has it too.
 *
 * @param tries how often KV is asked; a retry stops once something newer was published from this isolate
 * @returns false if KV refused the record; that is reported
 */
export async function publish(
  deps: SyncDeps,
  host: string,
  record: RulesRecord,
  tries = 1,
): Promise<boolean> {
  const { revision, source, configuration } = record
  await deps.accept(host, record)
  const put = async (entries: readonly KvEntry[]) => {
    for (const { key, value, metadata } of entries) await deps.kv.put(key, value, { metadata })
  }
  for (let tried = 1; ; tried++) {
    try {
      await writeHistoryThenLive(put, [historyEntry(host, record)], [liveEntry(host, record)])
      deps.report({ event: 'rules-published', revision, rules: configuration.rules.length, source })
      return true
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      if (tried >= tries) {
        deps.report({ event: 'sync-unpublished', revision, detail })
        return false
      }
      await new Promise(resolve => setTimeout(resolve, RETRY_MS))
      if (deps.isSuperseded(host, record)) return false
    }
  }
}

/**
 * Asks the bucket and publishes its answer, until the bucket's configuration is what KV has. Never rejects. Never
 * replaces live rules by a configuration with errors.
 *
 * @param live revision in KV; null if KV has no usable rules
 */
export async function settle(deps: SyncDeps, host: string, live: string | null): Promise<void> {
  if (deps.ask === null) return
  let published = live
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const configuration = await configurationIn(await deps.ask(), deps.report)
    if (configuration === null || (await revisionOf(configuration)) === published) return
    const record = await recordOf(deps, configuration, 'GET /?cors')
    if (!(await publish(deps, host, record, MAX_TRIES))) return
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
  const { configuration, findings } = await readDocument(answer.text)
  if (configuration === null || hasErrors(findings)) {
    report({ event: 'sync-refused', findings })
    return null
  }
  return configuration
}

/** Retries a publication that KV has refused, for an edge that can't ask the bucket again. */
export async function republish(deps: SyncDeps, host: string, record: RulesRecord): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, RETRY_MS))
  if (!deps.isSuperseded(host, record)) await publish(deps, host, record, MAX_TRIES - 1)
}
