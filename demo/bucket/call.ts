/**
 * @module
 * A parsed request to the demo bucket, and the result of a handler.
 */

export interface Env {
  readonly OBJECTS: R2Bucket
  readonly DEMO_SECRET_ID: string
  readonly DEMO_SECRET_KEY: string
  /** `on`: anonymous reads are refused. */
  readonly PRIVATE?: string
}

export interface Call {
  readonly request: Request
  readonly url: URL
  /** Decoded; empty: the bucket itself. */
  readonly key: string
  readonly query: URLSearchParams
  readonly objects: R2Bucket
  readonly signed: boolean
}

export type Handler = (call: Call) => Promise<Response>

/** The bucket's name in answers. */
export const BUCKET_NAME = 'demo-1250000000'
