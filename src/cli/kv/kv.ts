/**
 * @module
 * The RULES namespace of a deployment, as every command uses it: local or at Cloudflare.
 */

import type { KvEntry } from '../../rules/store.ts'

/** Location of the KV namespace that an environment of wrangler.toml binds. */
export type KvPlace = LocalPlace | RemotePlace

export interface LocalPlace {
  readonly where: 'local'
  /** Environment of wrangler.toml; empty for its top level. */
  readonly env: string
  /** Folder of the local state. */
  readonly state: string
  /** ID of the namespace in that state. */
  readonly namespace: string
}

export interface RemotePlace {
  readonly where: 'remote'
  readonly env: string
  readonly configPath: string
}

export type KvMetadata = Readonly<Record<string, string>>

export interface KvKey {
  readonly key: string
  readonly metadata: KvMetadata
}

/** Every method works in bulk, and rejects with a {@link UserError} that gives KV's own reason. */
export interface Kv {
  /** Returns key → value; the value is null if the key does not exist. */
  get(keys: readonly string[]): Promise<ReadonlyMap<string, string | null>>
  /** Writes the entries in their order. After a failure, some of them may be written. */
  put(entries: readonly KvEntry[]): Promise<void>
  delete(keys: readonly string[]): Promise<void>
  /** Returns all keys that begin with `prefix`. */
  list(prefix: string): Promise<readonly KvKey[]>
  close(): Promise<void>
}

/** Name of the binding, by contract. */
export const BINDING = 'RULES'
/** Most keys that KV reads in one operation. */
export const MAX_KEYS_PER_GET = 100

/** Yields `items` in groups of at most `size`, in their order. */
export function* groups<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size)
}
