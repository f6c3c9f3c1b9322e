/**
 * @module
 * What a client asks for and reads, as `npm run clients:record` records it from the real package.
 */

import type { Method } from '../cors/configuration.ts'

/** A request that an operation sends to another origin. */
export interface ClientRequest {
  readonly method: Method
  /** Whether the browser asks first. */
  readonly preflight: boolean
  /** The names that its preflight asks for, lower-cased and sorted. */
  readonly headers: readonly string[]
}

/** A response header that an operation reads. */
export interface ClientRead {
  /** Lower-cased. */
  readonly header: string
  /** The methods of the requests on whose responses it is read. */
  readonly methods: readonly Method[]
  /** Without a required header the operation fails or sends other requests. Without an optional one it loses a result. */
  readonly need: 'required' | 'optional'
  /** What happens without it, as recorded. */
  readonly without: string
}

export interface ClientOperation {
  /** Unique in its client: `put`, `multipart`. */
  readonly name: string
  /** The call, as the client's users name it: `PutObject`. */
  readonly description: string
  readonly requests: readonly ClientRequest[]
  readonly reads: readonly ClientRead[]
}

export interface Client {
  /** Name in commands: `aws-sdk-v3`. */
  readonly id: string
  readonly title: string
  /** The package that was recorded, and its version; null for the browser itself. */
  readonly package: string | null
  readonly version: string | null
  readonly operations: readonly ClientOperation[]
}
