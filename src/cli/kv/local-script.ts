/**
 * @module
 * The Worker that reads and writes the local KV: one request a call, so that only workerd starts, and none of
 * Miniflare's proxies for bindings.
 */

import type { KvEntry } from '../../rules/store.ts'
import type { KvKey } from './kv.ts'

export type KvCall =
  /** Groups of keys, each one read of KV. */
  | { readonly get: readonly (readonly string[])[] }
  | { readonly put: readonly KvEntry[] }
  | { readonly delete: readonly string[] }
  | { readonly list: string }

export interface KvReply {
  readonly values?: readonly (readonly [key: string, value: string | null])[]
  readonly keys?: readonly KvKey[]
  /** The reason why KV failed. */
  readonly failed?: string
}

/** Header of a call with the secret of its server: other programs of this machine, and web pages, reach the port too. */
export const SECRET_HEADER = 'x-kv-secret'

export const SCRIPT = `export default {
  async fetch(request, { RULES, SECRET }) {
    if (request.headers.get('${SECRET_HEADER}') !== SECRET) return new Response(null, { status: 403 })
    try {
      return Response.json(await run(RULES, await request.json()))
    } catch (error) {
      return Response.json({ failed: error.message })
    }
  }
}
async function run(kv, call) {
  if (call.get) {
    const groups = []
    for (const keys of call.get) groups.push(...(await kv.get(keys, 'text')))
    return { values: groups }
  }
  if (call.list !== undefined) return { keys: await list(kv, call.list) }
  for (const { key, value, metadata } of call.put ?? []) await kv.put(key, value, metadata ? { metadata } : {})
  for (const key of call.delete ?? []) await kv.delete(key)
  return {}
}
async function list(kv, prefix) {
  const keys = []
  for (let cursor = null; ; ) {
    const page = await kv.list({ prefix, cursor })
    for (const { name, metadata } of page.keys) keys.push({ key: name, metadata: metadata ?? {} })
    if (page.list_complete) return keys
    cursor = page.cursor
  }
}
`
