/**
 * @module
 * Opens the KV of a deployment, with wrangler and its credentials only: through its API where KV is on this machine
 * (a wrangler command takes seconds to start), through its commands where it is Cloudflare's.
 */

import type { Kv, KvPlace } from './kv.ts'
import { LocalKv } from './local.ts'
import { RemoteKv } from './remote.ts'

/** Runs `work` with the KV of a place open. */
export async function withKv<T>(place: KvPlace, work: (kv: Kv) => Promise<T>): Promise<T> {
  const kv: Kv = place.where === 'local' ? await LocalKv.open(place) : new RemoteKv(place)
  try {
    return await work(kv)
  } finally {
    await kv.close()
  }
}
