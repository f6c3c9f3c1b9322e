/**
 * @module
 * The history of a host in KV. KV's reads lag behind its writes, so the newest entry says more than the live key.
 */

import { historyKey } from '../../rules/kv-keys.ts'
import { MISSING } from '../../rules/rules.ts'
import type { Kv, KvKey } from './kv.ts'
import type { Live } from './live.ts'

/** An entry of a host's history, from its key and metadata. */
export interface HistoryEntry {
  readonly revision: string
  /** ISO 8601, UTC; empty if the metadata lacks it. */
  readonly publishedAt: string
}

/** Returns the history of a host: newest first, and entries of one time in KV's own order. */
export const historyOf = async (kv: Kv, host: string): Promise<HistoryEntry[]> =>
  entriesOf(await kv.list(historyKey(host, '')))

/** Returns host → history, for all of these hosts. One list takes seconds at Cloudflare, so there is only one. */
export async function historiesOf(
  kv: Kv,
  hosts: readonly string[],
): Promise<ReadonlyMap<string, readonly HistoryEntry[]>> {
  const [host, ...others] = hosts
  if (host === undefined) return new Map()
  const keys = await kv.list(others.length === 0 ? historyKey(host, '') : 'history:')
  const byHost = Map.groupBy(keys, ({ key }) => key.slice('history:'.length, key.lastIndexOf(':')))
  return new Map(hosts.map(name => [name, entriesOf(byHost.get(name) ?? [])]))
}

const entriesOf = (keys: readonly KvKey[]): HistoryEntry[] =>
  keys
    .map(({ key, metadata }) => ({
      revision: key.slice(key.lastIndexOf(':') + 1),
      publishedAt: metadata.publishedAt ?? '',
    }))
    .sort((a, b) => timeOf(b) - timeOf(a))

const timeOf = ({ publishedAt }: HistoryEntry): number => Date.parse(publishedAt) || MISSING

/** The rules that were written last, as far as KV shows it. */
export interface LastWritten {
  /** null if nothing was written. */
  readonly revision: string | null
  /** Milliseconds since 1970. */
  readonly publishedAt: number
  /** The history has these rules, but KV shows others as live. */
  readonly isPending: boolean
}

/** Returns what was written last: the live value, or a history entry that is newer. */
export function lastWritten(live: Live, [newest]: readonly HistoryEntry[]): LastWritten {
  const shown =
    live.kind === 'rules'
      ? { revision: live.rules.revision, publishedAt: live.rules.publication.publishedAt }
      : { revision: null, publishedAt: MISSING }
  if (newest === undefined || timeOf(newest) <= shown.publishedAt) return { ...shown, isPending: false }
  const { revision } = newest
  return { revision, publishedAt: timeOf(newest), isPending: revision !== shown.revision }
}
