/**
 * @module
 * The request that a bucket gets from below a mount. A browser adds to a same-origin request what it keeps from a
 * cross-origin one: cookies, tokens of the page's API, the page's whole URL. So only listed headers go on.
 */

import { readCosSignature } from '../signing/cos-signature.ts'
import { readS3Signature } from '../signing/s3-signature.ts'
import { pathAndQuery } from '../url.ts'

/** What a read, an upload and their conditions need. */
const PASSED: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'date',
  'expires',
  'pic-operations',
  'pragma',
  'range',
  'user-agent',
  // The name that the client has asked for: signatures cover it, and the runtime sets it for the bucket.
  'host',
])
const PASSED_PREFIXES = ['content-', 'if-', 'x-amz-', 'amz-sdk-', 'x-cos-', 'x-ci-']

/** A signature covers the page's cookies, which never go to the bucket. */
export const COOKIE_SIGNED = 'cookie-signed'

/**
 * Returns a request of the page's own origin as the bucket may see it: at the URL below the mount, with the listed
 * headers and those that a signature in the same request covers.
 *
 * @param url the request's URL without the mount, absolute
 * @param keepCors true for a preflight that is forwarded whole
 */
export function mountedRequest(
  request: Request,
  url: string,
  keepCors = false,
): Request | typeof COOKIE_SIGNED {
  const { isSigned, covered } = signatureOf(request, url)
  if (covered.has('cookie')) return COOKIE_SIGNED
  const reduced = new Request(url, request)
  const { headers } = reduced
  for (const [name, value] of request.headers) {
    const isPassed =
      PASSED.has(name) ||
      covered.has(name) ||
      PASSED_PREFIXES.some(prefix => name.startsWith(prefix)) ||
      (name === 'authorization' && isSigned) ||
      (keepCors && (name === 'origin' || name.startsWith('access-control-request-')))
    if (name === 'referer' && !covered.has(name)) cutReferrer(headers, value)
    else if (!isPassed) headers.delete(name)
  }
  return reduced
}

interface CarriedSignature {
  /** The Authorization header is a signature of COS or SigV4. */
  readonly isSigned: boolean
  /** Lower-case names of the headers that the signature covers. */
  readonly covered: ReadonlySet<string>
}

function signatureOf({ headers }: Request, url: string): CarriedSignature {
  const target = pathAndQuery(url)
  const mark = target.indexOf('?')
  const query = mark === -1 ? '' : target.slice(mark + 1)
  const authorization = headers.get('authorization')
  const cos = readCosSignature(authorization, query)
  if (cos?.type === 'signature') return { isSigned: true, covered: new Set(cos.coverage.headers) }
  const s3 = readS3Signature(headers, query)
  return { isSigned: s3 !== null, covered: new Set(s3?.signedHeaders) }
}

/** Cuts a referrer to its origin, as browsers do cross-origin: path and query of a page may hold secrets. */
function cutReferrer(headers: Headers, referrer: string): void {
  const origin = URL.parse(referrer)?.origin
  if (origin === undefined || origin === 'null') headers.delete('referer')
  else headers.set('referer', `${origin}/`)
}
