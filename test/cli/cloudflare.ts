/**
 * @module
 * Cloudflare's KV API, as far as wrangler's commands for keys go, on loopback. Source: developers.cloudflare.com/api,
 * "Workers KV / Namespaces".
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Entry {
  key: string
  value: string
  metadata?: object
}

export class FakeCloudflare {
  readonly values = new Map<string, Entry>()
  /** What was asked: `get a,b`, `put a,b`, `delete a`, `list prefix`. */
  readonly calls: string[] = []
  /** Keys that reads do not show yet, as KV may for a minute. */
  readonly unseen = new Set<string>()
  /** Names of the Worker's secrets; null before its first deployment. */
  secrets: readonly string[] | null = []
  /** The error of every write. */
  refuses: { code: number; message: string } | null = null
  readonly #server = createServer((request, response) => void this.#answer(request, response))

  static async start(): Promise<FakeCloudflare> {
    const fake = new FakeCloudflare()
    await new Promise<void>(resolve => fake.#server.listen(0, '127.0.0.1', resolve))
    return fake
  }

  /** The variables that lead wrangler here. */
  get env(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo
    return {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}`,
      CLOUDFLARE_API_TOKEN: 'token',
      CLOUDFLARE_ACCOUNT_ID: 'account',
    }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += chunk
    const reply = (result: unknown, error: { code: number; message: string } | null = null) => {
      response.writeHead(error === null ? 200 : 403, { 'content-type': 'application/json' })
      const errors = error === null ? [] : [error]
      response.end(JSON.stringify({ success: error === null, errors, messages: [], result, result_info: {} }))
    }
    const url = new URL(request.url ?? '', 'http://api')
    // Without an id in wrangler.toml, wrangler takes it from the deployed Worker.
    if (/\/workers\/scripts\/[\w-]+\/settings$/.test(url.pathname)) {
      reply({ bindings: [{ type: 'kv_namespace', name: 'RULES', namespace_id: '0'.repeat(32) }] })
      return
    }
    if (/\/workers\/scripts\/[\w-]+\/secrets$/.test(url.pathname)) {
      const missing = { code: 10007, message: 'This Worker does not exist on your account.' }
      const listed = this.secrets?.map(name => ({ name, type: 'secret_text' })) ?? null
      reply(listed, listed === null ? missing : null)
      return
    }
    const called = `${request.method} ${url.pathname.replace(/^.*\/namespaces\/0+/, '')}`
    if (called === 'GET /keys') {
      const prefix = url.searchParams.get('prefix') ?? ''
      this.calls.push(`list ${prefix}`)
      const entries = [...this.values.values()].filter(({ key }) => key.startsWith(prefix))
      reply(entries.map(({ key, metadata }) => ({ name: key, ...(metadata && { metadata }) })))
    } else if (called === 'POST /bulk/get') {
      const { keys } = JSON.parse(body) as { keys: string[] }
      this.calls.push(`get ${keys}`)
      const shown = (key: string) => (this.unseen.has(key) ? undefined : this.values.get(key)?.value)
      reply({ values: Object.fromEntries(keys.map(key => [key, shown(key) ?? null])) })
    } else if (called === 'PUT /bulk') {
      const entries = JSON.parse(body) as Entry[]
      this.calls.push(`put ${entries.map(({ key }) => key)}`)
      if (this.refuses === null) for (const entry of entries) this.values.set(entry.key, entry)
      reply({}, this.refuses)
    } else if (called === 'DELETE /bulk') {
      const keys = JSON.parse(body) as string[]
      this.calls.push(`delete ${keys}`)
      if (this.refuses === null) for (const key of keys) this.values.delete(key)
      reply({}, this.refuses)
    } else reply(null, { code: 7003, message: `no route for ${called}` })
  }
}
