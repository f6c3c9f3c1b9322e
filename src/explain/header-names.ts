/**
 * @module
 * Header names that browsers treat specially, lower-cased.
 */

/** Fetch, "forbidden request-header": a script can't set them, so no preflight ever asks for them. */
const FORBIDDEN_REQUEST_HEADERS: ReadonlySet<string> = new Set([
  'accept-charset',
  'accept-encoding',
  'access-control-request-headers',
  'access-control-request-method',
  'access-control-request-private-network',
  'connection',
  'content-length',
  'cookie',
  'cookie2',
  'date',
  'dnt',
  'expect',
  'host',
  'keep-alive',
  'origin',
  'referer',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
])
const FORBIDDEN_PREFIXES = ['proxy-', 'sec-']

/** Whether no browser's preflight can hold `name` (in any case, or a pattern that begins with a forbidden prefix). */
export function isForbiddenRequestHeader(name: string): boolean {
  const lower = name.toLowerCase()
  return FORBIDDEN_REQUEST_HEADERS.has(lower) || FORBIDDEN_PREFIXES.some(prefix => lower.startsWith(prefix))
}

/** Fetch, "CORS-safelisted response-header name": scripts read them without being allowed to. */
export const SAFELISTED_RESPONSE_HEADERS: ReadonlySet<string> = new Set([
  'cache-control',
  'content-language',
  'content-length',
  'content-type',
  'expires',
  'last-modified',
  'pragma',
])
