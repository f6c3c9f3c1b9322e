/**
 * @module
 * One request to the demo bucket, taken apart; and what its handlers hand back.
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

/** The bucket's name where an answer has to tell one. */
export const BUCKET_NAME = 'demo-1250000000'
