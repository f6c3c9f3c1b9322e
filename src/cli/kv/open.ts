/**
 * @module
 * Opens the KV of a deployment: local KV in a Miniflare, because wrangler's commands take seconds to start; Cloudflare's
 * KV through those commands, which have the credentials.
 */

import type { Kv, KvPlace } from './kv.ts'
import { LocalKv } from './local.ts'
import { RemoteKv } from './remote.ts'

/** Runs `work` with the KV of a place, and closes it afterwards. */
export async function withKv<T>(place: KvPlace, work: (kv: Kv) => Promise<T>): Promise<T> {
  const kv: Kv = place.where === 'local' ? await LocalKv.open(place) : new RemoteKv(place)
  try {
    return await work(kv)
  } finally {
    await kv.close()
  }
}
