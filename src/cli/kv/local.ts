/**
 * @module
 * The KV that `wrangler dev` keeps on this machine, in a Miniflare of its own. wrangler's API does the same, but takes
 * twice the CPU time to load.
 */

import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type * as miniflare from 'miniflare'
import type { KvEntry } from '../../rules/store.ts'
import { visible } from '../print/terminal.ts'
import { waiting } from '../print/waiting.ts'
import { reasonOf, UserError } from '../user-error.ts'
import { BINDING, groups, type Kv, type KvKey, type LocalPlace, MAX_KEYS_PER_GET } from './kv.ts'
import { type KvCall, type KvReply, SCRIPT, SECRET_HEADER } from './local-script.ts'
import { notInstalled } from './wrangler.ts'

/** Subfolder of the state folder, as wrangler names it. */
const STATE_VERSION = 'v3'

export class LocalKv implements Kv {
  readonly #place: LocalPlace
  readonly #server: miniflare.Miniflare
  readonly #url: URL
  readonly #secret: string

  private constructor(place: LocalPlace, server: miniflare.Miniflare, url: URL, secret: string) {
    this.#place = place
    this.#server = server
    this.#url = url
    this.#secret = secret
  }

  /** Starts workerd on the state. It takes a second, most of it to load Miniflare. */
  static open(place: LocalPlace): Promise<LocalKv> {
    return waiting('Opening the local KV …', () => LocalKv.#open(place), 0)
  }

  static async #open(place: LocalPlace): Promise<LocalKv> {
    const { Miniflare, convertV4MiniflareOptions } = loadMiniflare()
    const secret = randomUUID()
    const options = convertV4MiniflareOptions({
      modules: true,
      script: SCRIPT,
      compatibilityDate: '2026-10-20',
      resourcePersistencePath: join(place.state, STATE_VERSION),
      kvNamespaces: { [BINDING]: place.namespace },
      bindings: { SECRET: secret },
      // No request for the properties of this machine's location.
      cf: false,
    })
    try {
      const server = new Miniflare(options)
      return new LocalKv(place, server, await server.ready, secret)
    } catch (error) {
      throw failure('opened', place, error)
    }
  }

  async get(keys: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    const { values = [] } = await this.#call('read', { get: [...groups(keys, MAX_KEYS_PER_GET)] })
    return new Map(values)
  }

  async put(entries: readonly KvEntry[]): Promise<void> {
    if (entries.length > 0) await this.#call('written', { put: entries })
  }

  async delete(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.#call('written', { delete: keys })
  }

  async list(prefix: string): Promise<readonly KvKey[]> {
    return (await this.#call('listed', { list: prefix })).keys ?? []
  }

  close(): Promise<void> {
    return this.#server.dispose()
  }

  async #call(what: string, call: KvCall): Promise<KvReply> {
    let reply: KvReply
    try {
      reply = JSON.parse(
        await post(this.#url, { [SECRET_HEADER]: this.#secret }, JSON.stringify(call)),
      ) as KvReply
    } catch (error) {
      throw failure(what, this.#place, error)
    }
    if (reply.failed !== undefined) throw failure(what, this.#place, reply.failed)
    return reply
  }
}

/** Returns the body of the answer. Miniflare's dispatchFetch would first load a fetch of its own. */
function post(url: URL, headers: Readonly<Record<string, string>>, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers }, response => {
      text(response).then(resolve, reject)
    })
    sent.on('error', reject).end(body)
  })
}

/** wrangler's own Miniflare, so that both open the same files. `import` would first search its 6 MB for exports. */
function loadMiniflare(): typeof miniflare {
  try {
    return createRequire(import.meta.resolve('wrangler'))('miniflare') as typeof miniflare
  } catch (error) {
    throw notInstalled(error)
  }
}

const failure = (what: string, { state }: LocalPlace, error: unknown): UserError => {
  const folder = error instanceof Error && 'path' in error ? String(error.path) : state
  return new UserError(
    `The local KV in ${visible(state)} could not be ${what}: ${visible(reasonOf(error))}. Check that ${visible(folder)} can be written.`,
  )
}
