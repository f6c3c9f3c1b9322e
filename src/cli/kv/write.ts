/**
 * @module
 * Writes changes into KV: what can be gone back to first, then what goes live, each host in one key.
 */

import { historyKey } from '../../rules/kv-keys.ts'
import { makeRecord } from '../../rules/record.ts'
import { type PublishResult, resultOf } from '../print/results.ts'
import { UserError } from '../user-error.ts'
import type { Kv, KvEntry } from './kv.ts'
import type { PlannedChange, RulesChange } from './plan.ts'

/** The source of a record that was made from a document pasted in a dashboard. */
const PASTED = 'pasted by hand'

/**
 * Writes what changes, history first, so that what is live can always be gone back to; then reads it back.
 *
 * @throws {Trouble} when KV fails, saying what of it may be live
 */
export async function writeChanges(kv: Kv, changes: readonly PlannedChange[]): Promise<PublishResult[]> {
  const due = changes.filter(change => change.changes)
  if (due.length === 0) return changes.map(change => resultOf(change, 'unchanged'))
  const history: KvEntry[] = []
  for (const change of due) if (change.kind === 'rules') history.push(...(await historyOf(change)))
  await kv.put(history).catch(adding('Nothing that is live was changed.'))
  await kv
    .put(due.map(change => entryOf(change, change.key)))
    .catch(adding('Some of it may be live, each host wholly or not at all: publish again.'))
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

/** The record that goes live; and before it the document that it replaces, which no history has. */
async function historyOf(change: RulesChange): Promise<KvEntry[]> {
  const { host, live, record } = change
  const entry = entryOf(change, historyKey(host, record.revision))
  if (live.kind !== 'rules' || live.isRecord || live.rules.revision === record.revision) return [entry]
  const { revision, configuration } = live.rules
  const facts = { publishedAt: record.publishedAt, source: PASTED }
  const replaced = await makeRecord(configuration, record.policy.dialect, facts)
  return [
    {
      key: historyKey(host, revision),
      value: JSON.stringify(replaced),
      metadata: { revision, publishedAt: record.publishedAt },
    },
    entry,
  ]
}

function entryOf(change: PlannedChange, key: string): KvEntry {
  if (change.kind === 'settings') return { key, value: change.value }
  const { revision, publishedAt } = change.record
  return { key, value: change.value, metadata: { revision, publishedAt } }
}

const adding =
  (consequence: string) =>
  (error: unknown): never => {
    throw error instanceof UserError ? new UserError(`${error.message} ${consequence}`) : error
  }
