/**
 * @module
 * The RULES namespace of a deployment, as every command uses it, wherever it is.
 */

/** Which KV: as wrangler.toml's environment binds it, here or at Cloudflare. */
export interface KvPlace {
  readonly where: 'local' | 'remote'
  /** Environment of wrangler.toml; empty: its top level. */
  readonly env: string
  readonly configPath: string
  /** Folder of the local state. */
  readonly state: string
}

export type KvMetadata = Readonly<Record<string, string>>

export interface KvEntry {
  readonly key: string
  readonly value: string
  readonly metadata?: KvMetadata
}

export interface KvKey {
  readonly key: string
  readonly metadata: KvMetadata
}

/** Every method works in bulk, and rejects with a {@link Trouble} that tells KV's own reason. */
export interface Kv {
  /** Key → value; null: there is none. */
  get(keys: readonly string[]): Promise<ReadonlyMap<string, string | null>>
  /** Writes the entries in their order; where that fails, some of them may be written. */
  put(entries: readonly KvEntry[]): Promise<void>
  delete(keys: readonly string[]): Promise<void>
  /** All keys that begin with `prefix`. */
  list(prefix: string): Promise<readonly KvKey[]>
  close(): Promise<void>
}

/** The binding's name, by contract. */
export const BINDING = 'RULES'
/** Keys that KV reads in one operation. */
export const MAX_KEYS_PER_GET = 100

/** `items` in groups of at most `size`, in their order. */
export function* groups<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size)
}
