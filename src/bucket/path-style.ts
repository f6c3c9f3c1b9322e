/**
 * @module
 * Path-style requests, `/<bucket>/<key>`, at an edge whose ORIGIN is one bucket. Elsewhere, the bucket's name would be a
 * part of the key.
 */

import type { Upstream } from '../settings/upstream.ts'
import { pathAndQuery } from './url.ts'

/** True if ORIGIN names this bucket: in front of its host name, or as the last part of its path. */
function isBucket(upstream: Upstream | null, name: string): boolean {
  if (upstream?.kind !== 'url' || name === '') return false
  const [host = '', ...path] = upstream.base.slice(upstream.base.indexOf('://') + 3).split('/')
  return path.length > 0 ? path.at(-1) === name : host.startsWith(`${name}.`)
}

interface Split {
  /** The first part of the path. */
  readonly name: string
  /** What follows it: empty, or from the next `/` or `?` on. */
  readonly rest: string
  /** Scheme and host. */
  readonly origin: string
}

function split(url: string): Split {
  const target = pathAndQuery(url)
  const end = target.slice(1).search(/[/?]/)
  const name = end === -1 ? target.slice(1) : target.slice(1, end + 1)
  return { name, rest: target.slice(1 + name.length), origin: url.slice(0, url.length - target.length) }
}

/** Returns the URL without the bucket's name, or null if the path does not begin with it. */
export function withoutBucketName(upstream: Upstream | null, url: string): string | null {
  const { name, rest, origin } = split(url)
  if (!isBucket(upstream, name)) return null
  return rest.startsWith('/') ? origin + rest : `${origin}/${rest}`
}

/**
 * Returns the bucket's name if a request for its CORS configuration repeats it: `/<bucket>?cors`. The bucket would
 * store the rules as an object of that name, and answer with success. Null for every other request.
 */
export function repeatedBucketName(upstream: Upstream | null, url: string): string | null {
  if (!/[?&]cors(?:[=&]|$)/.test(url)) return null
  const { name, rest } = split(url)
  return /^\/?\?/.test(rest) && isBucket(upstream, name) ? name : null
}
