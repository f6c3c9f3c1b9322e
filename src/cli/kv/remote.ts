/**
 * @module
 * Cloudflare's KV through `wrangler kv …`, which has the account and its credentials.
 */

import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import type { KvEntry } from '../../rules/store.ts'
import { visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'
import { BINDING, groups, type Kv, type KvKey, type KvPlace, MAX_KEYS_PER_GET } from './kv.ts'

/** wrangler's executable. Resolved at the first use, so that other commands run without wrangler. */
const wranglerFile = (): string =>
  fileURLToPath(new URL('../bin/wrangler.js', import.meta.resolve('wrangler')))
/** Milliseconds after which a command is stopped. */
const TIMEOUT_MS = 120_000
/** Most bytes that a command may print: a hundred records at their largest. */
const MAX_OUTPUT_BYTES = 128 * 1024 * 1024
/** Most characters of wrangler's reason that are shown. */
const MAX_REASON = 500

export class RemoteKv implements Kv {
  readonly #place: KvPlace

  constructor(place: KvPlace) {
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

  #wrangler(what: string, command: readonly string[]): Promise<string> {
    const { configPath, env } = this.#place
    const args = ['kv', ...command, '--binding', BINDING, '--remote', '--config', configPath, '--env', env]
    return new Promise((resolve, reject) => {
      const options = {
        timeout: TIMEOUT_MS,
        maxBuffer: MAX_OUTPUT_BYTES,
        env: { ...process.env, WRANGLER_HIDE_BANNER: 'true', WRANGLER_LOG: 'log' },
      }
      const child = execFile(
        process.execPath,
        [wranglerFile(), ...args],
        options,
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout)
          else {
            const reason = error.killed ? `no answer within ${TIMEOUT_MS / 1000} s` : reasonIn(stderr)
            reject(
              new UserError(
                `Cloudflare's KV could not be ${what}; wrangler says: ${reason} Check \`wrangler whoami\`, the network, and the id of ${BINDING} in wrangler.toml.`,
              ),
            )
          }
        },
      )
      // With stdin closed, wrangler does not prompt.
      child.stdin?.end()
    })
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

/** Returns the reason in wrangler's error output: its `[ERROR]` paragraphs without the advice after them. */
export function reasonIn(stderr: string): string {
  const text = stripVTControlCharacters(stderr)
  const start = text.lastIndexOf('[ERROR]')
  const lines = text
    .slice(start < 0 ? 0 : start + '[ERROR]'.length)
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
  const end = lines.findIndex(line =>
    /^(If you think this is a bug|To continue without|🪵|Logs were)/u.test(line),
  )
  const reason = lines.slice(0, end < 0 ? lines.length : end).join(' ')
  const shown = visible(reason).slice(0, MAX_REASON) || 'nothing'
  return /[.!?]$/.test(shown) ? shown : `${shown}.`
}
