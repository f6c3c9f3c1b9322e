/** The names of the Worker's types that src/settings.ts uses, for Node's compiler settings. */

import type { Fetcher as WorkerFetcher, KVNamespace as WorkerKVNamespace } from '@cloudflare/workers-types'

declare global {
  interface Fetcher extends WorkerFetcher {}
  interface KVNamespace extends WorkerKVNamespace {}
}
