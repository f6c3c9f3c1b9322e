/**
 * @module
 * The keys that the edge holds, access key ID → secret access key: from KEYS, and from SECRET_ID and SECRET_KEY. No
 * problem that is reported shows a secret.
 */

import type { Reader } from './values.ts'

export type Keys = ReadonlyMap<string, string>
/** ID → 32 bytes: the keys that open sealed temporary credentials. */
export type SealKeys = ReadonlyMap<string, Uint8Array<ArrayBuffer>>

/** The secrets that requests are verified and signed with. */
export interface Secrets {
  readonly keys: Keys
  readonly sealKeys: SealKeys
}

/** More keys than any edge needs. */
export const MAX_KEYS = 64
/** Characters of KEYS: each key at its longest. */
export const MAX_KEYS_LENGTH = 32_768

/** IDs and secrets of all vendors. White space comes from careless pasting. */
const PART = /^[\x21-\x7e]{1,256}$/

/** An access key ID or a secret access key. */
export const KEY_PART: Reader<string> = {
  accepted: '1 to 256 visible ASCII characters, without spaces',
  read: text => (PART.test(text) ? text : undefined),
  show: () => '',
}

export const KEYS: Reader<Keys> = {
  accepted: `a JSON object of at most ${MAX_KEYS} key ids, each with its secret as a string`,
  read: readKeys,
  show: () => '',
}

/** Returns the keys in a value of KEYS, or undefined if it is not accepted. */
export function readKeys(text: string): Map<string, string> | undefined {
  if (text.length > MAX_KEYS_LENGTH) return undefined
  const entries = entriesOf(text)
  if (entries === undefined) return undefined
  const keys = entries.flatMap(([id, secret]): [string, string][] =>
    typeof secret === 'string' && PART.test(id) && PART.test(secret) ? [[id, secret]] : [],
  )
  return keys.length === entries.length && keys.length <= MAX_KEYS ? new Map(keys) : undefined
}

/** Returns the entries of a JSON object, or undefined if the text is not one. */
function entriesOf(text: string): [string, unknown][] | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.entries(value)
}

/** More seal keys than a rotation needs. */
export const MAX_SEAL_KEYS = 8
/** Characters of SEAL_KEYS: each key at its longest takes 66. */
export const MAX_SEAL_KEYS_LENGTH = 1024
/** Canonical base64 of 32 bytes. */
const SEAL_KEY = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/

export const SEAL_KEYS: Reader<SealKeys> = {
  accepted: `a JSON object of 1 to ${MAX_SEAL_KEYS} keys as seal-key prints them, each an ID of at most 16 letters, digits, "_" or "-", with base64 of 32 bytes`,
  read: readSealKeys,
  show: () => '',
}

/** Returns the keys in a value of SEAL_KEYS, or undefined if it is not accepted. */
export function readSealKeys(text: string): SealKeys | undefined {
  if (text.length > MAX_SEAL_KEYS_LENGTH) return undefined
  const entries = entriesOf(text)
  if (entries === undefined) return undefined
  const keys = entries.flatMap(([id, key]): [string, Uint8Array<ArrayBuffer>][] =>
    /^[\w-]{1,16}$/.test(id) && typeof key === 'string' && SEAL_KEY.test(key)
      ? [[id, Uint8Array.from(atob(key), char => char.charCodeAt(0))]]
      : [],
  )
  return keys.length === entries.length && keys.length >= 1 && keys.length <= MAX_SEAL_KEYS
    ? new Map(keys)
    : undefined
}
