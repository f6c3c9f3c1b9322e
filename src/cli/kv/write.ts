/**
 * @module
 * Writes planned changes into KV and reads them back.
 */

import { makeRecord } from '../../rules/record.ts'
import {
  historyEntry,
  type KvEntry,
  liveEntry,
  type WriteStep,
  writeHistoryThenLive,
} from '../../rules/store.ts'
import { type PublishResult, resultOf } from '../print/results.ts'
import { UserError } from '../user-error.ts'
import type { Kv } from './kv.ts'
import type { PlannedChange, RulesChange } from './plan.ts'

/** The source of a record that was made from a document pasted in a dashboard. */
const PASTED = 'pasted by hand'
/** What a failed step leaves behind. */
const CONSEQUENCES: Record<WriteStep, string> = {
  history: 'Nothing that is live was changed.',
  live: 'Some of it may be live, each host wholly or not at all: publish again.',
}

/**
 * Writes what changes, history first, then reads it back.
 *
 * @throws {UserError} when KV fails, saying what may be live
 */
export async function writeChanges(kv: Kv, changes: readonly PlannedChange[]): Promise<PublishResult[]> {
  const due = changes.filter(change => change.changes)
  if (due.length === 0) return changes.map(change => resultOf(change, 'unchanged'))
  const history: KvEntry[] = []
  for (const change of due) if (change.kind === 'rules') history.push(...(await historyOf(change)))
  const put = (entries: readonly KvEntry[], step: WriteStep) =>
    kv.put(entries).catch(adding(CONSEQUENCES[step]))
  await writeHistoryThenLive(put, history, due.map(liveEntryOf))
  const readBack = await kv
    .get(due.map(({ key }) => key))
    .catch(
      adding('It was written, but could not be read back: publish again to see whether it is unchanged.'),
    )
  return changes.map(change => {
    if (!change.changes) return resultOf(change, 'unchanged')
    return resultOf(change, readBack.get(change.key) === change.value ? 'published' : 'pending')
  })
}

/** Returns the entry of the new record and, before it, one of the pasted document that it replaces. */
async function historyOf({ host, live, record }: RulesChange): Promise<KvEntry[]> {
  const entry = historyEntry(host, record)
  if (live.kind !== 'rules' || live.isRecord || live.rules.revision === record.revision) return [entry]
  const before = new Date(Date.parse(record.publishedAt) - 1).toISOString()
  const facts = { publishedAt: before, source: PASTED, settings: record.settings }
  const replaced = await makeRecord(live.rules.configuration, facts)
  return [historyEntry(host, replaced), entry]
}

const liveEntryOf = (change: PlannedChange): KvEntry =>
  change.kind === 'rules' ? liveEntry(change.host, change.record) : { key: change.key, value: change.value }

const adding =
  (consequence: string) =>
  (error: unknown): never => {
    throw error instanceof UserError ? new UserError(`${error.message} ${consequence}`) : error
  }
