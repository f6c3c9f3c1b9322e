/**
 * @module
 * Request headers that neither authorise a request nor select what a bucket returns for a URL. An allowlist: with any
 * other header, the edge adds no signature to a request, and neither stores nor serves a cached response.
 */

/**
 * What browsers and plain HTTP clients send of themselves (Chromium 156, Firefox 145, Safari 26, curl 8), and what
 * proxies add.
 */
const ORDINARY: ReadonlySet<string> = new Set([
  // RFC 9110 7: the connection, and the way of the request.
  ...[
    'host',
    'connection',
    'keep-alive',
    'proxy-connection',
    'te',
    'upgrade',
    'via',
    'max-forwards',
    'expect',
  ],
  // RFC 8586: passed on by every CDN.
  'cdn-loop',
  // RFC 9110 12.5: buckets store one representation. A response that varies by one of them is not stored (Vary).
  ...['accept', 'accept-charset', 'accept-language'],
  // The runtime replaces it; the cache compares it with the stored Content-Encoding.
  'accept-encoding',
  // RFC 9110 10.1, 8: who asks, and the description of a content that a read does not have.
  ...['user-agent', 'referer', 'from', 'content-type', 'content-length'],
  // Fetch: the edge decides by Origin, and the bucket does not get it.
  'origin',
  // RFC 9111 5.2, 5.4: judged by value where responses are cached.
  ...['cache-control', 'pragma'],
  // RFC 9110 13.1: the cache answers these two itself.
  ...['if-none-match', 'if-modified-since'],
  // RFC 9218; Upgrade Insecure Requests 3.2; Tracking Preference Expression; Global Privacy Control.
  ...['priority', 'upgrade-insecure-requests', 'dnt', 'sec-gpc'],
  // Prefetch: Chromium and Safari; Chromium before 2023; Firefox before 2023.
  ...['sec-purpose', 'purpose', 'x-purpose', 'x-moz'],
  // Client hints before they had a prefix, and Save-Data.
  ...['save-data', 'device-memory', 'dpr', 'downlink', 'ect', 'rtt', 'viewport-width', 'width'],
  // Android WebView names the app; scripts name XMLHttpRequest.
  'x-requested-with',
  // A page on a sibling domain sends its cookies with every image. Buckets read none; with a number of seconds, the
  // cache is bypassed all the same.
  'cookie',
  // Trace context (W3C), and request IDs of proxies: for logs.
  ...['traceparent', 'tracestate', 'baggage', 'sentry-trace', 'x-request-id', 'x-correlation-id'],
  // Players: AVFoundation, SHOUTcast, and common media client data (CTA-5004).
  ...['x-playback-session-id', 'icy-metadata', 'cmcd-object', 'cmcd-request', 'cmcd-session', 'cmcd-status'],
])

/** Client hints, and fetch metadata: pages can't set either (Fetch, "forbidden request-header"). */
const ORDINARY_PREFIXES = ['sec-ch-', 'sec-fetch-']

/**
 * Headers with which a read may be signed but not cached: they ask for a part or set a condition that the bucket
 * judges, or come from a vendor's SDK and concern only how an object is read.
 */
const SIGNABLE: ReadonlySet<string> = new Set([
  // RFC 9110 13.1, 14.2.
  ...['range', 'if-range', 'if-match', 'if-unmodified-since'],
  // The AWS SDKs' attempts and user agent; date and payload hash, which the edge's signature replaces.
  ...['amz-sdk-invocation-id', 'amz-sdk-request', 'x-amz-user-agent', 'x-amz-content-sha256', 'x-amz-date'],
  // The object's checksum in the response; CloudFront's and Elastic Load Balancing's trace IDs.
  ...['x-amz-checksum-mode', 'x-amz-cf-id', 'x-amzn-trace-id'],
  // A retry of the COS SDKs; a lower speed.
  ...['x-cos-sdk-retry', 'x-cos-traffic-limit', 'x-oss-traffic-limit'],
])

const isOrdinary = (name: string): boolean =>
  ORDINARY.has(name) || ORDINARY_PREFIXES.some(prefix => name.startsWith(prefix))

/**
 * True if every header is ordinary, so that one response may serve every client.
 *
 * @param isRemoved true for the names of headers that the bucket does not get at all
 */
export const hasOrdinaryHeaders = (headers: Headers, isRemoved: (name: string) => boolean): boolean =>
  [...headers.keys()].every(name => isOrdinary(name) || isRemoved(name))

/** True if no header asks for more than the object, so that the edge may sign the read. */
export const hasSignableHeaders = (headers: Headers, isRemoved: (name: string) => boolean): boolean =>
  [...headers.keys()].every(name => isOrdinary(name) || SIGNABLE.has(name) || isRemoved(name))
