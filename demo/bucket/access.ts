/**
 * @module
 * Access: anonymous requests may read, requests signed with the demo key may do everything.
 */

import type { ErrorAnswer } from '../../src/answers/error-xml.ts'
import { readCosSignature } from '../../src/bucket/signing/cos-signature.ts'
import { verifyCos } from '../../src/bucket/signing/sign-cos.ts'
import type { Env } from './call.ts'
import { ACCESS_DENIED, INVALID_ACCESS_KEY_ID } from './errors.ts'

/**
 * Checks the signature of a request for the host that the request was sent to, as a real bucket does. A signature for
 * another host does not pass.
 *
 * @param isPublic whether anybody may do this with a bucket that is not private
 * @param now in milliseconds since 1970
 */
export const checkAccess = async (
  request: Request,
  url: URL,
  env: Env,
  isPublic: boolean,
  now: number,
): Promise<{ signed: boolean } | ErrorAnswer> => {
  const query = url.search.slice(1)
  const signature = readCosSignature(request.headers.get('authorization'), query)
  if (signature === null) return isPublic && env.PRIVATE !== 'on' ? { signed: false } : ACCESS_DENIED
  if (signature.type === 'malformed') return ACCESS_DENIED
  if (signature.keyId !== env.DEMO_SECRET_ID) return INVALID_ACCESS_KEY_ID
  const headers = new Headers(request.headers)
  headers.set('host', url.host)
  const verdict = await verifyCos(
    signature,
    { method: request.method, path: url.pathname, query, headers },
    env.DEMO_SECRET_KEY,
    now,
  )
  return verdict.ok ? { signed: true } : { status: 403, code: verdict.code, message: verdict.message }
}
