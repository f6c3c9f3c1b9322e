/**
 * @module
 * Buckets that check signatures: the demo bucket, which speaks COS, and wrangler's local R2 behind its S3 API. Both
 * are strict about the Host that a request is signed for.
 */

import { readFileSync } from 'node:fs'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { BUCKET_BUNDLE } from '../setup.ts'
import { COMPATIBILITY_DATE } from './harness.ts'

export const COS_KEY = { SecretId: 'AKIDcos', SecretKey: 'secret-of-cos' }
export const S3_KEY = { accessKeyId: 'AKIAs3', secretAccessKey: 'secret-of-s3' }
/** The name of the bucket in S3's paths. */
export const S3_BUCKET = 'photos'

export interface PrivateBuckets {
  /** The demo bucket: refuses whatever is not signed. */
  readonly cos: string
  /** The endpoint of the S3 API; the bucket is the first segment after it. Refuses whatever is not signed. */
  readonly s3: string
  /** Puts an object into both. */
  put(key: string, body: string): Promise<void>
  stop(): Promise<void>
}

export async function startPrivateBuckets(): Promise<PrivateBuckets> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: 'ESModule', path: 'index.js', contents: readFileSync(BUCKET_BUNDLE, 'utf8') }],
      compatibilityDate: COMPATIBILITY_DATE,
      host: '127.0.0.1',
      port: 0,
      r2Buckets: { OBJECTS: 'demo', S3: { id: S3_BUCKET, s3Credentials: S3_KEY } },
      bindings: { DEMO_SECRET_ID: COS_KEY.SecretId, DEMO_SECRET_KEY: COS_KEY.SecretKey, PRIVATE: 'on' },
    } as Parameters<typeof convertV4MiniflareOptions>[0]),
  )
  const { origin } = await miniflare.ready
  const [cos, s3] = await Promise.all([miniflare.getR2Bucket('OBJECTS'), miniflare.getR2Bucket('S3')])
  return {
    cos: origin,
    s3: `${origin}/cdn-cgi/local/r2/s3`,
    async put(key, body) {
      await Promise.all([cos.put(`objects/${key}`, body), s3.put(key, body)])
    },
    stop: () => miniflare.dispose(),
  }
}
