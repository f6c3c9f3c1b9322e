/**
 * @module
 * Request ids and trace ids in the shape of the dialect: unique and holding nothing
 * secret. They are for finding one request in a log, not for security: they can be guessed.
 */

import type { DialectName } from '../cors/dialect.ts'

export interface Ids {
  readonly request: string
  readonly trace: string
}

/** Random digits of this isolate; made at the first request, since a Worker has no randomness before one. */
interface Isolate {
  readonly instance: string
  readonly part: string
  /** base64 of 108 hex digits. */
  readonly trace: string
  readonly tail: string
  next: number
}

let isolate: Isolate | null = null
let second = -1
/** base64 of `<8 hex seconds>_<8 hex>_`: 18 characters, so it can be encoded apart from what follows. */
let prefix = ''

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')

function begin(): Isolate {
  const bytes = crypto.getRandomValues(new Uint8Array(64))
  const digits = Array.from(bytes, byte => hex(byte, 2)).join('')
  return {
    instance: digits.slice(0, 8),
    part: `${digits.slice(8, 13)}_${digits.slice(13, 16)}`,
    trace: btoa(digits.slice(0, 108)),
    tail: digits.slice(108, 114),
    next: 0,
  }
}

/** Returns the isolate after updating its clock and its sequence. */
function tick(): Isolate {
  isolate ??= begin()
  isolate.next = (isolate.next + 1) & 0xffffff
  const now = Math.floor(Date.now() / 1000)
  if (now !== second) {
    second = now
    prefix = btoa(`${hex(now, 8)}_${isolate.instance}_`)
  }
  return isolate
}

/** Six hex digits of the sequence, through an odd multiplier modulo 2^24: unique, and it does not reveal the traffic. */
const sequence = ({ next }: Isolate): string => hex(Math.imul(next, 0x9e3779) & 0xffffff, 6)

/** base64 of `<8 hex unix seconds>_<8 hex>_<5 hex>_<9 hex>`, as COS's `x-cos-request-id`. */
function cosRequestId(isolate: Isolate): string {
  return prefix + btoa(isolate.part + sequence(isolate))
}

/** 16 upper-case hex digits, as S3's `x-amz-request-id`. */
function s3RequestId(isolate: Isolate): string {
  return (isolate.instance.slice(0, 4) + hex(second & 0xffffff, 6) + sequence(isolate)).toUpperCase()
}

/** base64 of 128 hex digits, as COS's `x-cos-trace-id`: 108 of the isolate, 20 of the request. */
function traceId(isolate: Isolate): string {
  return isolate.trace + btoa(sequence(isolate) + hex(second, 8) + isolate.tail)
}

const requestId = (dialect: DialectName, isolate: Isolate): string =>
  dialect === 'cos' ? cosRequestId(isolate) : s3RequestId(isolate)

/** Returns the id of an answer that is not an error. */
export const newRequestId = (dialect: DialectName): string => requestId(dialect, tick())

/** Returns both ids of an error. S3's host id is base64 as well, so it has the form of COS's trace id. */
export function newIds(dialect: DialectName): Ids {
  const isolate = tick()
  return { request: requestId(dialect, isolate), trace: traceId(isolate) }
}
