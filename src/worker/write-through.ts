/**
 * @module
 * SYNC=write-through: after a bucket has accepted a signed `PUT` or `DELETE /?cors`, asks it for its configuration and
 * publishes that. The request itself goes on untouched, and nothing of it is published.
 */

import { pathAndQuery } from '../bucket/url.ts'
import { inTime } from '../rules/store.ts'
import type { HostSettings } from '../settings/host-settings.ts'
import { settle } from '../sync/settle.ts'
import { log } from '../telemetry/log.ts'
import type { Edge } from './edge.ts'
import { settleDeps } from './settle-deps.ts'

/**
 * Parameters of a presigned URL as the SDKs write them, for COS and for SigV4, where the AWS SDK adds the body's
 * checksum. Any other beside `cors` may make the request one about something else.
 */
const SIGNATURE_PARAMETERS: ReadonlySet<string> = new Set([
  ...['q-sign-algorithm', 'q-ak', 'q-sign-time', 'q-key-time', 'q-header-list', 'q-url-param-list'],
  ...['q-signature', 'sign', 'x-cos-security-token'],
  ...['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Expires', 'X-Amz-SignedHeaders'],
  ...['X-Amz-Signature', 'X-Amz-Security-Token', 'X-Amz-Content-Sha256', 'x-amz-sdk-checksum-algorithm'],
  ...['x-amz-checksum-crc32', 'x-amz-checksum-crc32c', 'x-amz-checksum-crc64nvme', 'x-amz-checksum-sha1'],
  'x-amz-checksum-sha256',
])
/** Parameters that hold the signature itself. */
const SIGNATURES: ReadonlySet<string> = new Set(['q-signature', 'sign', 'X-Amz-Signature'])
/** Beginnings of an Authorization that is a signature: COS, SigV4 and SigV4A, SigV2. */
const SCHEMES = ['q-sign-algorithm=', 'AWS4-', 'AWS ']
/** More than any signature has. */
const MAX_PARAMETERS = 32

/**
 * Returns true for a `PUT` or `DELETE /?cors` that is signed in a header or in the query. Names are compared as they are
 * written: a bucket takes another spelling, such as `c%6Frs` or `cors=x`, for another request.
 */
export function isSignedCorsWrite({ method, url, headers }: Request): boolean {
  if (method !== 'PUT' && method !== 'DELETE') return false
  const target = pathAndQuery(url)
  if (!target.startsWith('/?')) return false
  const parameters = target.slice(2).split('&', MAX_PARAMETERS + 1)
  const others = parameters
    .filter(parameter => parameter !== 'cors' && parameter !== 'cors=')
    .map(parameter => parameter.split('=', 1)[0] ?? '')
  const authorization = headers.get('authorization') ?? ''
  return (
    parameters.length <= MAX_PARAMETERS &&
    others.length === parameters.length - 1 &&
    others.every(name => SIGNATURE_PARAMETERS.has(name)) &&
    (SCHEMES.some(scheme => authorization.startsWith(scheme)) || others.some(name => SIGNATURES.has(name)))
  )
}

/**
 * Publishes the bucket's configuration, before the client gets the answer to its change: in this isolate, and in KV as
 * soon as KV answers. The client waits 2 seconds at most; the rest happens in the background. Never rejects.
 *
 * A status is no proof that a bucket has answered, so only the answer to the edge's own `GET /?cors` counts.
 */
export async function publishAfterWrite(
  edge: Edge,
  host: string,
  settings: HostSettings,
  method: string,
  context: ExecutionContext,
): Promise<void> {
  const deps = settleDeps(edge, host, settings, () => edge.policies.published(host))
  if (deps === null) return
  const published = new Promise<void>(resolve => {
    const settling = settle(deps, host, null, `${method} /?cors`, resolve)
    context.waitUntil(settling.catch(error => logFailure(host, error)).finally(resolve))
  })
  await inTime(published).catch(error => logFailure(host, error))
}

const logFailure = (host: string, error: unknown): void =>
  log('error', 'sync-failed', { host, detail: error instanceof Error ? error.message : String(error) })
