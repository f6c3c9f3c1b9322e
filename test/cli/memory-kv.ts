/**
 * @module
 * A KV in memory, for what a command does with one; the real ones have their own test.
 */

import { afterAll, beforeAll, vi } from 'vitest'
import type { Kv, KvKey } from '../../src/cli/kv/kv.ts'
import * as opening from '../../src/cli/kv/open.ts'
import type { KvEntry } from '../../src/rules/store.ts'

export class MemoryKv implements Kv {
  readonly entries = new Map<string, KvEntry>()
  /** The keys of each write, in order. */
  readonly writes: string[][] = []

  async get(keys: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    return new Map(keys.map(key => [key, this.entries.get(key)?.value ?? null]))
  }

  async put(entries: readonly KvEntry[]): Promise<void> {
    this.writes.push(entries.map(({ key }) => key))
    for (const entry of entries) this.entries.set(entry.key, entry)
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.entries.delete(key)
  }

  async list(prefix: string): Promise<readonly KvKey[]> {
    return [...this.entries.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .map(({ key, metadata }) => ({ key, metadata: metadata ?? {} }))
  }

  async close(): Promise<void> {}
}

/** Makes the commands in this process use `kv`, whatever place they name: the real ones take a second to open. */
export function useKv(kv: Kv): void {
  beforeAll(() => void vi.spyOn(opening, 'withKv').mockImplementation((_place, work) => work(kv)))
  afterAll(() => vi.mocked(opening.withKv).mockRestore())
}
