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

/**
 * Reads the value of `MOUNT`: a path of plain segments, below which the bucket is served.
 *
 * @returns undefined if it is not such a path, or one that Cloudflare or RFC 8615 reserve
 */
export function readMount(text: string): string | undefined {
  if (text.length > MAX_MOUNT || !/^(?:\/[A-Za-z0-9._~-]+)+$/.test(text)) return undefined
  const segments = text.split('/').slice(1)
  if (segments.some(segment => segment === '.' || segment === '..')) return undefined
  return RESERVED.some(name => segments[0]?.startsWith(name)) ? undefined : text
}

/** Bytes of a mount. */
const MAX_MOUNT = 128
/** RFC 8615 and Cloudflare's own paths. */
const RESERVED = ['.well-known', 'cdn-cgi']

export const MOUNT_ACCEPTED =
  'a path such as /files: segments of A-Z a-z 0-9 . _ ~ -, at most 128 bytes, no / at the end, not /.well-known or /cdn-cgi'
