/**
 * @module
 * The bucket's response below a page's own origin: what the bucket says there, the page's origin says. So only listed
 * headers come through, and a redirect must not leave the mount.
 */

import { pathAndQuery } from '../url.ts'
import { withoutMount } from './path.ts'

/** Headers that describe the object, its transfer and its caching. */
const PASSED: ReadonlySet<string> = new Set([
  'accept-ranges',
  'age',
  'allow',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-range',
  'content-type',
  'cross-origin-resource-policy',
  'date',
  'etag',
  'expires',
  'last-modified',
  'location',
  'retry-after',
  'vary',
])
const PASSED_PREFIXES = ['x-amz-', 'x-cos-', 'x-ci-']

/** Headers that concern one document or script, for a bucket that only the site's own build writes to. */
const PASSED_TRUSTED: ReadonlySet<string> = new Set([
  'content-security-policy',
  'content-security-policy-report-only',
  'cross-origin-embedder-policy',
  'cross-origin-opener-policy',
  'document-isolation-policy',
  'document-policy',
  'integrity-policy',
  'link',
  'origin-trial',
  'permissions-policy',
  'referrer-policy',
  'service-worker-allowed',
  'sourcemap',
  'x-content-type-options',
  'x-frame-options',
  'x-robots-tag',
])

/**
 * Removes from the bucket's response every header that is not listed.
 *
 * @param keepCors true for the bucket's own answer to a preflight
 */
export function keepListedHeaders(headers: Headers, isTrusted: boolean, keepCors = false): void {
  for (const name of [...headers.keys()]) {
    const isPassed =
      PASSED.has(name) ||
      PASSED_PREFIXES.some(prefix => name.startsWith(prefix)) ||
      (isTrusted && PASSED_TRUSTED.has(name)) ||
      (keepCors && name.startsWith('access-control-'))
    if (!isPassed) headers.delete(name)
  }
}

/** Statuses that a browser follows to `Location` (Fetch, "redirect status"). */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** The URLs that confine a redirect. */
export interface Confines {
  readonly mount: string
  /** The client's URL, with the mount. */
  readonly url: string
  /** The bucket's URL of the same request. */
  readonly upstream: string
  /** The bucket's own URL, without a slash at the end. */
  readonly base: string
}

/**
 * Keeps a redirect below the mount: one that leads below the bucket's own URL is rewritten. Any other would be an open
 * redirect of the site, and take the page's headers and its fragment along.
 *
 * @returns false if the redirect leads elsewhere
 */
export function confineRedirect({ status, headers }: Response, confines: Confines): boolean {
  const location = headers.get('location')
  if (location === null || !REDIRECTS.has(status)) return true
  const asked = URL.parse(location, confines.url)
  if (asked === null) return false
  const page = URL.parse(confines.url)
  if (asked.origin === page?.origin && withoutMount(confines.mount, bare(asked)) !== null) return true
  const meant = URL.parse(location, confines.upstream)
  if (meant === null || !isBelow(meant, confines.base)) return false
  const target = pathAndQuery(bare(meant)).slice(pathOf(confines.base).length)
  headers.set('location', `${confines.mount}${target}${meant.hash}`)
  return true
}

const isBelow = (url: URL, base: string): boolean =>
  url.origin === URL.parse(base)?.origin && url.pathname.startsWith(`${pathOf(base)}/`)

/** The path of a base URL, empty for an origin alone. */
const pathOf = (base: string): string => {
  const path = pathAndQuery(base)
  return path === '/' ? '' : path
}

/** A URL as text without user and fragment. */
const bare = (url: URL): string => url.origin + url.pathname + url.search
