/**
 * @module
 * The path of a mount: which requests lie below it, and what they ask of the bucket.
 */

import { pathAndQuery } from '../url.ts'

/**
 * Returns the URL of a request without its mount: `/files/a.txt` of `/files` becomes `/a.txt`. The path is compared
 * byte for byte and nothing is decoded, so the bucket gets the bytes that the client sent.
 *
 * @param url absolute
 * @returns null if the path is not below the mount
 */
export function withoutMount(mount: string, url: string): string | null {
  const target = pathAndQuery(url)
  if (!target.startsWith(mount)) return null
  const rest = target.slice(mount.length)
  const origin = url.slice(0, url.length - target.length)
  if (rest === '' || rest[0] === '?') return `${origin}/${rest}`
  return rest[0] === '/' ? origin + rest : null
}
