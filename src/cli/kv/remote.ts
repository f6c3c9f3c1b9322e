/**
 * @module
 * Cloudflare's KV through `wrangler kv …`, which has the account and its credentials.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KvEntry } from '../../rules/store.ts'
import { UserError } from '../user-error.ts'
import { BINDING, groups, type Kv, type KvKey, MAX_KEYS_PER_GET, type RemotePlace } from './kv.ts'
import { runWrangler, WranglerError } from './wrangler.ts'

export class RemoteKv implements Kv {
  readonly #place: RemotePlace

  constructor(place: RemotePlace) {
    this.#place = place
  }

  async get(keys: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    const values = new Map<string, string | null>()
    for (const group of groups(keys, MAX_KEYS_PER_GET)) {
      const read = parse(await this.#withFile('read', ['bulk', 'get'], group), '{')
      for (const key of group) values.set(key, textOf((read as Record<string, unknown>)[key]))
    }
    return values
  }

  async put(entries: readonly KvEntry[]): Promise<void> {
    if (entries.length > 0) await this.#withFile('written', ['bulk', 'put'], entries)
  }

  async delete(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.#withFile('written', ['bulk', 'delete', '--force'], keys)
  }

  async list(prefix: string): Promise<readonly KvKey[]> {
    const listed = parse(await this.#wrangler('listed', ['key', 'list', '--prefix', prefix]), '[')
    return (listed as { name: string; metadata?: Record<string, string> }[]).map(({ name, metadata }) => ({
      key: name,
      metadata: metadata ?? {},
    }))
  }

  async close(): Promise<void> {}

  /** Wrangler takes keys and values from a file. */
  async #withFile(what: string, command: readonly string[], content: unknown): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'rules-'))
    try {
      const file = join(folder, 'kv.json')
      await writeFile(file, JSON.stringify(content))
      return await this.#wrangler(what, [...command, file])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  async #wrangler(what: string, command: readonly string[]): Promise<string> {
    const { configPath, env } = this.#place
    const place = ['--binding', BINDING, '--remote', '--config', configPath, '--env', env]
    try {
      return await runWrangler(['kv', ...command, ...place])
    } catch (error) {
      if (!(error instanceof WranglerError)) throw error
      throw new UserError(
        `Cloudflare's KV could not be ${what}; wrangler says: ${error.message} Check \`npm exec wrangler whoami\`, the network, and the id of ${BINDING} in wrangler.toml.`,
      )
    }
  }
}

/** Parses a command's output from its first brace on. */
function parse(stdout: string, first: '{' | '['): unknown {
  try {
    return JSON.parse(stdout.slice(stdout.indexOf(first)))
  } catch {
    throw new UserError("Cloudflare's KV could not be read: wrangler's output is not JSON. Try again.")
  }
}

/** Returns a value of `bulk get`, which is a text or an object around it. */
function textOf(value: unknown): string | null {
  if (typeof value === 'object' && value !== null && 'value' in value) return textOf(value.value)
  return typeof value === 'string' ? value : null
}
