/**
 * @module
 * The bucket's own `?cors` into KV. KV has no compare-and-set, so two writers can overtake each other: whoever has
 * written asks the bucket again, and writes once more where the bucket says otherwise. So the last one to write KV
 * is always one who has seen the bucket after it.
 */

import { type Configuration, NO_CONFIGURATION } from '../cors/configuration.ts'
import type { DialectName } from '../cors/dialect.ts'
import { type Finding, hasErrors } from '../cors/findings.ts'
import { readDocument } from '../formats/read.ts'
import { historyKey, rulesKey } from '../rules/kv-keys.ts'
import { makeRecord, type RulesRecord, revisionOf } from '../rules/record.ts'

/** What the bucket answers to `GET /?cors`. */
export type BucketAnswer =
  | { readonly kind: 'document'; readonly text: string }
  /** It has no configuration, and says so. */
  | { readonly kind: 'none' }
  /** Nothing that could be published: what, for the log. */
  | { readonly kind: 'trouble'; readonly code: string; readonly detail: string }

export interface SyncMeans {
  readonly kv: Pick<KVNamespace, 'put'>
  readonly dialect: DialectName
  /** Asks the bucket; null: the edge has no key to ask with. Never rejects. */
  readonly ask: (() => Promise<BucketAnswer>) | null
  /** Called with each record that was published, or is to be served although KV failed. Never rejects. */
  readonly accept: (host: string, record: RulesRecord) => Promise<void>
  /** True when something newer than the record was accepted here. */
  readonly isSuperseded: (host: string, record: RulesRecord) => boolean
  /** For the log: what happened to a host. */
  readonly report: (event: SyncEvent) => void
}

export type SyncEvent =
  | {
      readonly event: 'rules-published'
      readonly revision: string
      readonly rules: number
      readonly source: string
    }
  /** The bucket's configuration has errors, and what is live stays. */
  | { readonly event: 'sync-refused'; readonly findings: readonly Finding[] }
  /** The bucket could not be asked, or its answer is none. */
  | { readonly event: 'sync-unanswered'; readonly code: string; readonly detail: string }
  /** KV refused the record; what is live in KV stays until the next sync. */
  | { readonly event: 'sync-unpublished'; readonly revision: string; readonly detail: string }
  /** The bucket's configuration changed every time that it was looked at. */
  | { readonly event: 'sync-unsettled' }

/** How often the bucket is asked after one change: each further time, somebody has changed it again. */
const MAX_ROUNDS = 4
/** KV takes one write a second for each key. */
const RETRY_MS = 1100
const MAX_TRIES = 3
/** Requests that {@link settle} makes at most: in each round the bucket is asked, and each try writes twice. */
export const MAX_SETTLE_REQUESTS = MAX_ROUNDS * (1 + 2 * MAX_TRIES)

/** The record of what a host's bucket has, as of now. */
export const recordOf = (
  { dialect }: SyncMeans,
  configuration: Configuration,
  source: string,
): Promise<RulesRecord> =>
  makeRecord(configuration, dialect, { publishedAt: new Date().toISOString(), source })

/**
 * Publishes a record: the history first, so that what is live can always be gone back to. Memory has it in any case:
 * the bucket does, too.
 *
 * @param tries how often KV is asked; after the first, only while nothing newer was published from here
 * @returns false when KV refused it; that is reported
 */
export async function publish(
  means: SyncMeans,
  host: string,
  record: RulesRecord,
  tries = 1,
): Promise<boolean> {
  const { revision, publishedAt, source, configuration } = record
  await means.accept(host, record)
  const value = JSON.stringify(record)
  const options = { metadata: { revision, publishedAt } }
  for (let tried = 1; ; tried++) {
    try {
      await means.kv.put(historyKey(host, revision), value, options)
      await means.kv.put(rulesKey(host), value, options)
      means.report({ event: 'rules-published', revision, rules: configuration.rules.length, source })
      return true
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      if (tried >= tries) {
        means.report({ event: 'sync-unpublished', revision, detail })
        return false
      }
      await new Promise(resolve => setTimeout(resolve, RETRY_MS))
      if (means.isSuperseded(host, record)) return false
    }
  }
}

/**
 * Asks the bucket until it says what KV has, publishing what it says in between. Never rejects, and never replaces
 * what is live by a configuration with errors.
 *
 * @param live revision in KV; null: none, or one that can't be used
 */
export async function settle(means: SyncMeans, host: string, live: string | null): Promise<void> {
  if (means.ask === null) return
  let published = live
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const configuration = await configurationIn(await means.ask(), means.report)
    if (configuration === null || (await revisionOf(configuration)) === published) return
    const record = await recordOf(means, configuration, 'GET /?cors')
    if (!(await publish(means, host, record, MAX_TRIES))) return
    published = record.revision
  }
  means.report({ event: 'sync-unsettled' })
}

/** The configuration that the bucket tells; null: none that could be published, and that is reported. */
async function configurationIn(
  answer: BucketAnswer,
  report: SyncMeans['report'],
): Promise<Configuration | null> {
  if (answer.kind === 'none') return NO_CONFIGURATION
  if (answer.kind === 'trouble') {
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

/** Tries a publication again that KV has refused, where the bucket can't be asked what it has now. */
export async function republish(means: SyncMeans, host: string, record: RulesRecord): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, RETRY_MS))
  if (!means.isSuperseded(host, record)) await publish(means, host, record, MAX_TRIES - 1)
}
