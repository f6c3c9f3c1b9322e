/**
 * @module
 * The bindings of the Worker. Each is checked before it is used: wrangler accepts any binding under any name.
 */

import type { AnalyticsEngineDataset, Fetcher, KVNamespace } from '@cloudflare/workers-types'

export interface Bindings {
  RULES?: KVNamespace
  BUCKET?: Fetcher
  EVENTS?: AnalyticsEngineDataset
}
