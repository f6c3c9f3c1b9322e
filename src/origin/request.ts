/**
 * @module
 * The request as the bucket gets it: what the edge drops on the way up, and why.
 */

/** Dropped on the way to the bucket. Everything else arrives as it was sent: signatures cover it. */
const DROPPED: ReadonlySet<string> = new Set([
  // RFC 9110 7.6.1: fields for this connection only.
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  // RFC 9110 11.7.2: credentials for a proxy, and this is the proxy.
  'proxy-authorization',
  // RFC 9110 10.1.1: the edge has already let the client go on.
  'expect',
  // RFC 9110 6.6.2: announces trailers, which are not sent on.
  'trailer',
  // RFC 7239, and its forerunners: addresses and hosts that a client claims are never trusted.
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'true-client-ip',
])

/** Not sent to the bucket, so that its answer depends on none of them and one cached object serves all. */
const CORS_REQUEST_HEADERS = ['origin', 'access-control-request-method', 'access-control-request-headers']

/**
 * Makes the upstream request: method, body and headers of the client's, at another URL.
 *
 * @param keepCors true for a preflight that is forwarded whole
 */
export function upstreamRequest(url: string, request: Request, keepCors = false): Request {
  // Only this form keeps the body's length and the redirect mode, in workerd.
  const upstream = new Request(url, request)
  const headers = upstream.headers
  const connection = request.headers.get('connection')
  if (connection !== null) {
    // RFC 9110 7.6.1: and the fields that it names.
    for (const item of connection.split(',', MAX_CONNECTION_OPTIONS)) {
      const name = item.trim()
      if (FIELD_NAME.test(name) && !END_TO_END.has(name.toLowerCase())) headers.delete(name)
    }
  }
  for (const name of request.headers.keys()) if (DROPPED.has(name)) headers.delete(name)
  if (!keepCors && !signatureCoversOrigin(request)) headers.delete('origin')
  if (!keepCors) for (const name of CORS_REQUEST_HEADERS.slice(1)) headers.delete(name)
  return upstream
}

/** Options of one Connection header; senders name one or two. */
const MAX_CONNECTION_OPTIONS = 32
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** What a Connection header must not take from a request: it would change what the request asks or proves. */
const END_TO_END: ReadonlySet<string> = new Set([
  'host',
  'authorization',
  'content-length',
  'content-type',
  'range',
])

/** The lists of signed headers: COS in header or query, SigV4 in header or query. */
const SIGNED_LISTS = [/[?&\s,]?q-header-list=([^&\s]*)/i, /SignedHeaders=([^,&\s]*)/i]

/** True when the client's signature includes the Origin header: without it, the bucket would refuse. */
function signatureCoversOrigin(request: Request): boolean {
  const authorization = request.headers.get('authorization')
  const query = request.url.indexOf('?')
  if (authorization === null && query === -1) return false
  const texts = [authorization ?? '', query === -1 ? '' : request.url.slice(query)]
  return texts.some(text =>
    SIGNED_LISTS.some(list => {
      const names = list.exec(text)?.[1] ?? ''
      return names.toLowerCase().split(/;|%3b/).includes('origin')
    }),
  )
}

/** True when the request carries a signature or other credentials, in a header or in the query. */
export function carriesCredentials(request: Request): boolean {
  if (request.headers.has('authorization')) return true
  const query = request.url.indexOf('?')
  return query !== -1 && /[?&](?:q-signature|sign|x-amz-signature|signature)=/i.test(request.url.slice(query))
}
