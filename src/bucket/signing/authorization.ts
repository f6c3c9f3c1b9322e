/**
 * @module
 * What the edge does with a request's signature: sign, re-sign, refuse, or nothing.
 */

import type { PassBody } from '../send.ts'
import type { SealRefusal } from './open-seal.ts'

/** Signs an upstream request. The body is not touched. */
export type Sign = (upstream: Request) => Promise<Request>

/** Why a signature or a seal is refused, with the bucket's own code and message. */
export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
  /** The edge's clock, by which a client can set its own (S3, COS: `ServerTime`). */
  readonly serverTime?: string
  /** Set if sealed credentials are refused: the details are for the log and DEBUG_REFUSALS. */
  readonly seal?: SealRefusal
}

export interface Signed {
  readonly sign: Sign
  /** Removes the real session token from the bucket's answer. Absent if the edge put none into the request. */
  readonly redact?: (answer: Response) => Promise<Response>
  /** Set if the body has signatures of its own. */
  readonly body?: SignedBody
}

/** A body whose signatures are verified while it passes. */
export interface SignedBody {
  readonly pass: PassBody
  /** Returns why the body was refused; null: it was not. */
  refusal(): Refusal | null
}

export type Authorization = Signed | { readonly refusal: Refusal } | null
