/**
 * @module
 * MOUNT and USER_CONTENT on the way of a request: what is admitted, and what the page's origin may say for the bucket.
 */

import { withoutMount } from '../bucket/mount/path.ts'
import { COOKIE_SIGNED, mountedRequest } from '../bucket/mount/request.ts'
import { confineRedirect, keepListedHeaders } from '../bucket/mount/response.ts'
import { sandboxResponse, wantsToRun } from '../bucket/mount/sandbox.ts'
import { repeatedBucketName, withoutBucketName } from '../bucket/path-style.ts'
import type { HostSettings } from '../settings/host-settings.ts'
import { isSandboxed } from '../settings/mount.ts'
import { upstreamUrlOf } from './bucket.ts'
import type { Failure } from './failures.ts'

/**
 * Returns the request as the bucket may see it, without the mount and without what a page keeps to itself; or why it
 * is not admitted.
 *
 * @param keepCors true for a preflight that is forwarded whole
 */
export function admit(settings: HostSettings, request: Request, keepCors = false): Request | Failure {
  const { mount } = settings
  if (mount === '') return admitTo(settings, request, request)
  const url = withoutMount(mount, request.url)
  if (url === null) return { kind: 'outside-mount' }
  const mounted = mountedRequest(request, url, keepCors)
  return mounted === COOKIE_SIGNED ? { kind: 'cookie-signed' } : admitTo(settings, request, mounted)
}

const admitTo = (settings: HostSettings, asked: Request, admitted: Request): Request | Failure =>
  isSandboxed(settings) && wantsToRun(asked) ? { kind: 'content-sandboxed' } : inBucket(settings, admitted)

/** Removes the bucket's name from a path-style request, or refuses a request that must not repeat it. */
function inBucket({ upstream, pathStyle }: HostSettings, request: Request): Request | Failure {
  if (!pathStyle) {
    const name = repeatedBucketName(upstream, request.url)
    return name === null ? request : { kind: 'bucket-name-repeated', name }
  }
  const url = withoutBucketName(upstream, request.url)
  return url === null ? { kind: 'no-such-bucket' } : new Request(url, request)
}

/** True for a request that a page of the same origin makes, whatever its Origin says: a form may post `null`. */
export const isOwnPage = ({ mount }: HostSettings, { headers }: Request): boolean =>
  mount !== '' && headers.get('sec-fetch-site') === 'same-origin'

/**
 * True for a request that must wait until the settings of the host can be read: below a mount that nobody knows of, its
 * response would speak for the page's own origin. Without MOUNT, a read by another origin's page still passes.
 */
export const mayBeMounted = ({ mount }: HostSettings, { headers }: Request): boolean => {
  const site = headers.get('sec-fetch-site')
  return (
    mount !== '' || site === 'same-origin' || (site !== null && headers.get('sec-fetch-mode') === 'navigate')
  )
}

/** Takes from the bucket's own answer to a preflight what must not be said in the page's name. */
export function harmlessPreflight(settings: HostSettings, { headers }: Response): void {
  if (settings.mount !== '' || isSandboxed(settings)) keepListedHeaders(headers, false, true)
}

/** Takes from the bucket's response what must not be said in the page's name. Returns a failure if all of it must not. */
export function harmless(
  settings: HostSettings,
  asked: Request,
  admitted: Request,
  response: Response,
): Response | Failure {
  const { mount } = settings
  const sandboxed = isSandboxed(settings)
  if (mount === '' && !sandboxed) return response
  keepListedHeaders(response.headers, !sandboxed)
  const upstream = mount === '' ? null : upstreamUrlOf(settings, admitted)
  if (upstream !== null) {
    const isConfined = confineRedirect(response, { mount, url: asked.url, ...upstream })
    if (!isConfined) {
      response.body?.cancel().catch(() => {})
      return { kind: 'unsafe-redirect' }
    }
  }
  if (sandboxed) sandboxResponse(response)
  return response
}
