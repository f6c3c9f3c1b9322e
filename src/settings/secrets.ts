/**
 * @module
 * The keys that the edge holds: id → secret, from KEYS, SECRET_ID and SECRET_KEY. No secret is in what it tells of
 * a wrong one.
 */

export type Keys = ReadonlyMap<string, string>

/** More keys than anyone gives to one edge. */
export const MAX_KEYS = 64
/** Characters of KEYS: each key at its longest. */
export const MAX_KEYS_LENGTH = 32_768

/** Ids and secrets of all vendors; white space is a slip of whoever pasted them. */
const PART = /^[\x21-\x7e]{1,256}$/

export const KEY_PART_ACCEPTED = '1 to 256 visible ASCII characters, without spaces'
export const KEYS_ACCEPTED = `a JSON object of at most ${MAX_KEYS} key ids, each with its secret as a string`

export const isKeyPart = (text: string): boolean => PART.test(text)

/** Reads KEYS; undefined: it is not what is accepted. */
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
    typeof secret === 'string' && isKeyPart(id) && isKeyPart(secret) ? [[id, secret]] : [],
  )
  return keys.length === entries.length && keys.length <= MAX_KEYS ? new Map(keys) : undefined
}
