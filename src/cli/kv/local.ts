/**
 * @module
 * The KV that `wrangler dev` keeps on this machine, through wrangler's getPlatformProxy.
 */

import { join } from 'node:path'
import type { KVNamespace, KVNamespaceListResult } from '@cloudflare/workers-types'
import type { KvEntry } from '../../rules/store.ts'
import { visible } from '../print/terminal.ts'
import { reasonOf, UserError } from '../user-error.ts'
import {
  BINDING,
  groups,
  type Kv,
  type KvKey,
  type KvMetadata,
  type KvPlace,
  MAX_KEYS_PER_GET,
} from './kv.ts'

/** Subfolder of the state folder, as wrangler names it. */
const STATE_VERSION = 'v3'

export class LocalKv implements Kv {
  readonly #place: KvPlace
  readonly #namespace: KVNamespace
  readonly #dispose: () => Promise<void>

  private constructor(place: KvPlace, namespace: KVNamespace, dispose: () => Promise<void>) {
    this.#place = place
    this.#namespace = namespace
    this.#dispose = dispose
  }

  static async open(place: KvPlace): Promise<LocalKv> {
    // Local KV needs no network, and no output of wrangler.
    process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= 'false'
    process.env.WRANGLER_LOG ??= 'error'
    // The default is in the home folder, which may be read-only.
    process.env.WRANGLER_REGISTRY_PATH ??= join(place.state, 'registry')
    const { getPlatformProxy } = await import('wrangler')
    try {
      const { env, dispose } = await getPlatformProxy<Record<typeof BINDING, KVNamespace>>({
        configPath: place.configPath,
        environment: place.env,
        persist: { path: join(place.state, STATE_VERSION) },
        envFiles: [],
        remoteBindings: false,
      })
      return new LocalKv(place, env[BINDING], dispose)
    } catch (error) {
      throw failure('opened', place, error)
    }
  }

  async get(keys: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    const values = new Map<string, string | null>()
    await this.#run('read', async () => {
      for (const group of groups(keys, MAX_KEYS_PER_GET)) {
        for (const [key, value] of await this.#namespace.get(group, 'text')) values.set(key, value)
      }
    })
    return values
  }

  put(entries: readonly KvEntry[]): Promise<void> {
    return this.#run('written', async () => {
      for (const { key, value, metadata } of entries)
        await this.#namespace.put(key, value, metadata === undefined ? {} : { metadata })
    })
  }

  delete(keys: readonly string[]): Promise<void> {
    return this.#run('written', async () => {
      for (const key of keys) await this.#namespace.delete(key)
    })
  }

  async list(prefix: string): Promise<readonly KvKey[]> {
    const keys: KvKey[] = []
    await this.#run('listed', async () => {
      let cursor: string | null = null
      do {
        const page: KVNamespaceListResult<KvMetadata, string> = await this.#namespace.list({ prefix, cursor })
        for (const { name, metadata } of page.keys) keys.push({ key: name, metadata: metadata ?? {} })
        cursor = page.list_complete ? null : page.cursor
      } while (cursor !== null)
    })
    return keys
  }

  close(): Promise<void> {
    return this.#dispose()
  }

  async #run(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      throw failure(what, this.#place, error)
    }
  }
}

const failure = (what: string, { state }: KvPlace, error: unknown): UserError => {
  const folder = error instanceof Error && 'path' in error ? String(error.path) : state
  return new UserError(
    `The local KV in ${visible(state)} could not be ${what}: ${visible(reasonOf(error))}. Check that ${visible(folder)} can be written.`,
  )
}
