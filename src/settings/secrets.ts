/**
 * @module
 * The keys that the edge holds, access key ID → secret access key: from KEYS, and from SECRET_ID and SECRET_KEY. No
 * problem that is reported shows a secret.
 */

import type { Reader } from './values.ts'

export type Keys = ReadonlyMap<string, string>

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
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const entries: [string, unknown][] = Object.entries(value)
  const keys = entries.flatMap(([id, secret]): [string, string][] =>
    typeof secret === 'string' && PART.test(id) && PART.test(secret) ? [[id, secret]] : [],
  )
  return keys.length === entries.length && keys.length <= MAX_KEYS ? new Map(keys) : undefined
}
