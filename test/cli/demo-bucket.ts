/**
 * @module
 * The demo bucket in workerd, on loopback, for commands that talk to a bucket.
 */

import { readFileSync } from 'node:fs'
import COS from 'cos-nodejs-sdk-v5'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { BUCKET_BUNDLE } from '../setup.ts'
import { COMPATIBILITY_DATE } from '../worker/harness.ts'

export const KEY = { SecretId: 'AKIDdemo', SecretKey: 'demo-secret' }
/** What the SDK wants to know of a bucket; the demo bucket has one name for all. */
export const BUCKET = { Bucket: 'demo-1250000000', Region: 'ap-beijing' }

export interface DemoBucket {
  readonly origin: string
  /** The official SDK on the bucket, or on what stands in front of it. */
  client(host?: string): COS
  /** Puts a `?cors` document as it stands; null: takes it away. */
  putCors(document: string | null): Promise<void>
  putObject(key: string, body: string): Promise<void>
  stop(): Promise<void>
}

export async function startDemoBucket(): Promise<DemoBucket> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: 'ESModule', path: 'index.js', contents: readFileSync(BUCKET_BUNDLE, 'utf8') }],
      compatibilityDate: COMPATIBILITY_DATE,
      host: '127.0.0.1',
      port: 0,
      r2Buckets: { OBJECTS: 'demo' },
      bindings: { DEMO_SECRET_ID: KEY.SecretId, DEMO_SECRET_KEY: KEY.SecretKey },
    } as Parameters<typeof convertV4MiniflareOptions>[0]),
  )
  const { origin, host: own } = await miniflare.ready
  const objects = await miniflare.getR2Bucket('OBJECTS')
  return {
    origin,
    client: (host = own) =>
      new COS({ ...KEY, Domain: host, Protocol: 'http:', AutoSwitchHost: false, KeepAlive: false }),
    async putCors(document) {
      if (document === null) await objects.delete('config/cors')
      else await objects.put('config/cors', document)
    },
    async putObject(key, body) {
      await objects.put(`objects/${key}`, body)
    },
    stop: () => miniflare.dispose(),
  }
}
