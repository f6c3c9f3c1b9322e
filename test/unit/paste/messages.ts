/**
 * @module
 * Console messages as they are copied, and what is read from each.
 */

import type { Paste, PastedRequest } from '../../../src/paste/read.ts'

export interface Message {
  readonly browser: Paste['browser']
  readonly text: string
  readonly reads: { readonly says: string; readonly status?: number } & Partial<PastedRequest>
}

const PAGE = 'https://app.example.com'
const URL = 'https://files.example.com/photos/cat.png'
const BOTH = { url: URL, origin: PAGE }

/**
 * Printed by Chromium 156 for answers of a local server, with the names of host and page changed. The rows around them
 * are as its console copies them.
 */
const blocked = (kind: string, reason: string): string =>
  `Access to ${kind} at '${URL}' from origin '${PAGE}' has been blocked by CORS policy: ${reason}`
const PREFLIGHT = "Response to preflight request doesn't pass access control check:"
const MISSING = "No 'Access-Control-Allow-Origin' header is present on the requested resource."
const BY_ATTRIBUTE =
  'The credentials mode of requests initiated by the XMLHttpRequest is controlled by the withCredentials attribute.'

const CHROME: readonly Message[] = [
  {
    browser: 'Chrome',
    text: blocked('fetch', `${PREFLIGHT} ${MISSING}`),
    reads: { says: 'allow-origin-missing', ...BOTH, method: null, preflight: true },
  },
  {
    browser: 'Chrome',
    text: `upload.js:12 ${blocked('XMLHttpRequest', `${PREFLIGHT} ${MISSING}`)}
upload.js:12 \u00a0PUT ${URL} net::ERR_FAILED
send @ upload.js:12
(anonymous) @ upload.js:40`,
    reads: { says: 'allow-origin-missing', ...BOTH, method: 'PUT', preflight: true },
  },
  {
    browser: 'Chrome',
    text: `${blocked('fetch', MISSING)}\nGET ${URL} net::ERR_FAILED 403 (Forbidden)`,
    reads: { says: 'allow-origin-missing', ...BOTH, method: 'GET', preflight: false, status: 403 },
  },
  {
    browser: 'Chrome',
    text: blocked('image', MISSING),
    reads: { says: 'allow-origin-missing', ...BOTH, method: 'GET', preflight: false },
  },
  {
    browser: 'Chrome',
    text: blocked('font', MISSING),
    reads: { says: 'allow-origin-missing', ...BOTH, method: 'GET' },
  },
  {
    browser: 'Chrome',
    text: blocked('CSS stylesheet', MISSING),
    reads: { says: 'allow-origin-missing', ...BOTH, method: 'GET' },
  },
  {
    browser: 'Chrome',
    text: blocked('resource', `${PREFLIGHT} ${MISSING}`),
    reads: { says: 'allow-origin-missing', ...BOTH, method: null, preflight: true },
  },
  {
    browser: 'Chrome',
    text: `Access to fetch at '${URL}' (redirected from 'http://files.example.com/photos/cat.png') from origin '${PAGE}' has been blocked by CORS policy: ${MISSING}`,
    reads: { says: 'allow-origin-missing', ...BOTH, preflight: false },
  },
  {
    browser: 'Chrome',
    text: blocked('fetch', `${PREFLIGHT} It does not have HTTP ok status.`),
    reads: { says: 'preflight-not-ok', ...BOTH, preflight: true },
  },
  {
    browser: 'Chrome',
    text: blocked('fetch', `${PREFLIGHT} Redirect is not allowed for a preflight request.`),
    reads: { says: 'preflight-redirected', ...BOTH, preflight: true },
  },
  {
    browser: 'Chrome',
    text: blocked(
      'fetch',
      `The 'Access-Control-Allow-Origin' header has a value 'https://www.example.com' that is not equal to the supplied origin. Have the server send the header with a valid value.`,
    ),
    reads: { says: 'allow-origin-mismatch', ...BOTH, preflight: false },
  },
  {
    browser: 'Chrome',
    text: blocked(
      'fetch',
      `The 'Access-Control-Allow-Origin' header contains the invalid value 'app.example.com'. Have the server send the header with a valid value.`,
    ),
    reads: { says: 'allow-origin-invalid', ...BOTH, preflight: false },
  },
  {
    browser: 'Chrome',
    text: blocked(
      'fetch',
      `${PREFLIGHT} The 'Access-Control-Allow-Origin' header contains multiple values '*, ${PAGE}', but only one is allowed. Have the server send the header with a valid value.`,
    ),
    reads: { says: 'allow-origin-multiple', ...BOTH, preflight: true },
  },
  {
    browser: 'Chrome',
    text: blocked(
      'XMLHttpRequest',
      `${PREFLIGHT} The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'. ${BY_ATTRIBUTE}`,
    ),
    reads: { says: 'wildcard-with-credentials', ...BOTH, preflight: true, credentials: true },
  },
  {
    browser: 'Chrome',
    text: blocked(
      'fetch',
      `The value of the 'Access-Control-Allow-Credentials' header in the response is '' which must be 'true' when the request's credentials mode is 'include'.`,
    ),
    reads: { says: 'allow-credentials-missing', ...BOTH, preflight: false, credentials: true },
  },
  {
    browser: 'Chrome',
    text: blocked(
      'fetch',
      'Method PUT is not allowed by Access-Control-Allow-Methods in preflight response.',
    ),
    reads: { says: 'method-not-allowed', ...BOTH, method: 'PUT', preflight: true },
  },
  {
    browser: 'Chrome',
    // As a console wraps it.
    text: `Access to fetch at '${URL}' from origin\n'${PAGE}' has been blocked by CORS policy: Request header\nfield x-cos-acl is not allowed by Access-Control-Allow-Headers in preflight\nresponse.`,
    reads: { says: 'header-not-allowed', ...BOTH, headers: ['x-cos-acl'], preflight: true },
  },
  {
    browser: 'Chrome',
    text: blocked(
      'fetch',
      'Cannot parse Access-Control-Allow-Headers response header field in preflight response.',
    ),
    reads: { says: 'allow-list-unreadable', ...BOTH, preflight: true },
  },
  {
    browser: 'Chrome',
    text: blocked(
      'fetch',
      `Redirect location '' contains a username and password, which is disallowed for cross-origin requests.`,
    ),
    reads: { says: 'redirect-denied', ...BOTH, preflight: false },
  },
  {
    browser: 'Chrome',
    text: blocked(
      'fetch',
      'The request client is not a secure context and the resource is in more-private address space `loopback`.',
    ),
    reads: { says: 'private-network', ...BOTH, preflight: null },
  },
  {
    browser: 'Chrome',
    text: `Access to XMLHttpRequest at 'file:///C:/site/data.json' from origin 'null' has been blocked by CORS policy: Cross origin requests are only supported for protocol schemes: chrome, chrome-extension, chrome-untrusted, data, http, https, isolated-app.`,
    reads: { says: 'scheme-not-http', url: 'file:///C:/site/data.json', origin: 'null' },
  },
  {
    browser: 'Chrome',
    text: `Fetch API cannot load ${URL}. Request mode is "same-origin" but the URL's origin is not same as the request origin ${PAGE}.`,
    reads: { says: 'mode-not-cors', ...BOTH },
  },
  {
    browser: 'Chrome',
    // Chrome's issues panel (GetErrorStringForIssueSummary in cors_error_string.cc).
    text: `Access blocked by CORS policy: ${PREFLIGHT} ${MISSING}`,
    reads: { says: 'allow-origin-missing', url: null, origin: null, preflight: true },
  },
  {
    browser: 'Chrome',
    // Chrome 80 to 125.
    text: blocked(
      'fetch',
      `${MISSING} If an opaque response serves your needs, set the request's mode to 'no-cors' to fetch the resource with CORS disabled.`,
    ),
    reads: { says: 'allow-origin-missing', ...BOTH, preflight: false },
  },
  {
    browser: 'Chrome',
    // Before Chrome 72, and in web views of that age.
    text: `Failed to load ${URL}: Response to preflight request doesn't pass access control check: ${MISSING} Origin '${PAGE}' is therefore not allowed access. The response had HTTP status code 403.`,
    reads: { says: 'allow-origin-missing', ...BOTH, preflight: true, status: 403 },
  },
  {
    browser: 'Chrome',
    text: `XMLHttpRequest cannot load ${URL}. Response for preflight has invalid HTTP status code 405`,
    reads: { says: 'preflight-not-ok', url: URL, origin: null, preflight: true, status: 405 },
  },
  {
    browser: 'Chrome',
    text: blocked('fetch', 'Words that no version has had so far.'),
    reads: { says: 'blocked-by-cors-policy', ...BOTH, preflight: null },
  },
]

/**
 * Firefox's dom/locales/en-US/chrome/security/security.properties with the values put in, and, at the end, the same
 * file of zh-CN and of earlier versions.
 */
const crossOrigin = (reason: string, status = ''): string =>
  `Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at ${URL}. (Reason: ${reason}).${status}`

const FIREFOX: readonly Message[] = [
  {
    browser: 'Firefox',
    text: crossOrigin('CORS header ‘Access-Control-Allow-Origin’ missing', ' Status code: 403.'),
    reads: {
      says: 'allow-origin-missing',
      url: URL,
      origin: null,
      method: null,
      preflight: null,
      status: 403,
    },
  },
  {
    browser: 'Firefox',
    text: `XHRPUT\n${URL}\nCORS Missing Allow Origin\n\n${crossOrigin('CORS header ‘Access-Control-Allow-Origin’ missing', ' Status code: 200.')}\n\nUncaught (in promise) TypeError: NetworkError when attempting to fetch resource.`,
    reads: { says: 'allow-origin-missing', url: URL, status: 200 },
  },
  {
    browser: 'Firefox',
    text: crossOrigin('CORS request did not succeed', ' Status code: (null).'),
    reads: { says: 'did-not-succeed', url: URL },
  },
  {
    browser: 'Firefox',
    text: crossOrigin('CORS header ‘Access-Control-Allow-Origin’ does not match ‘https://www.example.com’'),
    reads: { says: 'allow-origin-mismatch', url: URL, origin: null },
  },
  {
    browser: 'Firefox',
    text: crossOrigin('Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed'),
    reads: { says: 'allow-origin-multiple', url: URL },
  },
  {
    browser: 'Firefox',
    text: `Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at ‘${URL}’. (Reason: Credential is not supported if the CORS header ‘Access-Control-Allow-Origin’ is ‘*’).`,
    reads: { says: 'wildcard-with-credentials', url: URL, credentials: true },
  },
  {
    browser: 'Firefox',
    text: crossOrigin('expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’'),
    reads: { says: 'allow-credentials-missing', url: URL, credentials: true },
  },
  {
    browser: 'Firefox',
    text: crossOrigin('Did not find method in CORS header ‘Access-Control-Allow-Methods’'),
    reads: { says: 'method-not-allowed', url: URL, method: null, preflight: true },
  },
  {
    browser: 'Firefox',
    text: crossOrigin(
      'header ‘x-cos-acl’ is not allowed according to header ‘Access-Control-Allow-Headers’ from CORS preflight response',
    ),
    reads: { says: 'header-not-allowed', url: URL, headers: ['x-cos-acl'], preflight: true },
  },
  {
    browser: 'Firefox',
    text: crossOrigin(
      'missing token ‘x-cos-acl’ in CORS header ‘Access-Control-Allow-Headers’ from CORS preflight channel',
    ),
    reads: { says: 'header-not-allowed', url: URL, headers: ['x-cos-acl'], preflight: true },
  },
  {
    browser: 'Firefox',
    text: crossOrigin('CORS preflight response did not succeed', ' Status code: 405.'),
    reads: { says: 'preflight-not-ok', url: URL, preflight: true, status: 405 },
  },
  {
    browser: 'Firefox',
    text: crossOrigin('CORS preflight channel did not succeed'),
    reads: { says: 'preflight-not-ok', url: URL, preflight: true },
  },
  {
    browser: 'Firefox',
    text: crossOrigin('invalid token ‘P UT’ in CORS header ‘Access-Control-Allow-Methods’'),
    reads: { says: 'allow-list-unreadable', url: URL, method: null, preflight: true },
  },
  {
    browser: 'Firefox',
    text: crossOrigin('CORS request external redirect not allowed'),
    reads: { says: 'redirect-denied', url: URL },
  },
  {
    browser: 'Firefox',
    text: `Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at file:///C:/site/data.json. (Reason: CORS request not http).`,
    reads: { says: 'scheme-not-http', url: 'file:///C:/site/data.json' },
  },
  {
    browser: 'Firefox',
    text: crossOrigin('CORS disabled'),
    reads: { says: 'cors-disabled', url: URL },
  },
  {
    browser: 'Firefox',
    text: `Cross-Origin Request Warning: The Same Origin Policy will disallow reading the remote resource at ${URL} soon. (Reason: When the \`Access-Control-Allow-Headers\` is \`*\`, the \`Authorization\` header is not covered. To include the \`Authorization\` header, it must be explicitly listed in CORS header \`Access-Control-Allow-Headers\`).`,
    reads: { says: 'authorization-not-covered', url: URL, headers: ['authorization'], preflight: true },
  },
]

/**
 * WebKit's CrossOriginAccessControl.cpp, CrossOriginPreflightResultCache.cpp and NetworkLoadChecker.cpp with the values
 * put in; the lines beside them as people have copied them from Safari's console.
 */
const cannotLoad = (by = 'Fetch API'): string =>
  `[Error] ${by} cannot load ${URL} due to access control checks.`

const SAFARI: readonly Message[] = [
  {
    browser: 'Safari',
    text: `[Error] Origin ${PAGE} is not allowed by Access-Control-Allow-Origin. Status code: 403\n${cannotLoad()}\n[Error] Failed to load resource: Origin ${PAGE} is not allowed by Access-Control-Allow-Origin. Status code: 403 (cat.png, line 0)`,
    reads: { says: 'origin-not-allowed', ...BOTH, preflight: false, status: 403 },
  },
  {
    browser: 'Safari',
    text: `XMLHttpRequest cannot load ${URL}. Origin ${PAGE} is not allowed by Access-Control-Allow-Origin.`,
    reads: { says: 'origin-not-allowed', ...BOTH },
  },
  {
    browser: 'Safari',
    text: 'Origin null is not allowed by Access-Control-Allow-Origin. Status code: 200',
    reads: { says: 'origin-not-allowed', url: null, origin: 'null', preflight: null, status: 200 },
  },
  {
    browser: 'Safari',
    text: `[Error] Preflight response is not successful. Status code: 403\n${cannotLoad('XMLHttpRequest')}\n[Error] Failed to load resource: Preflight response is not successful. Status code: 403 (cat.png, line 0)\nTypeError: Load failed`,
    reads: { says: 'preflight-not-ok', url: URL, origin: null, preflight: true, status: 403 },
  },
  {
    browser: 'Safari',
    text: `[Error] Request header field x-cos-acl is not allowed by Access-Control-Allow-Headers.\n${cannotLoad()}`,
    reads: { says: 'header-not-allowed', url: URL, headers: ['x-cos-acl'], preflight: true },
  },
  {
    browser: 'Safari',
    text: `[Error] Method PUT is not allowed by Access-Control-Allow-Methods.\n${cannotLoad()}`,
    reads: { says: 'method-not-allowed', url: URL, method: 'PUT', preflight: true },
  },
  {
    browser: 'Safari',
    text: `[Error] Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true.\n${cannotLoad()}`,
    reads: { says: 'wildcard-with-credentials', url: URL, credentials: true },
  },
  {
    browser: 'Safari',
    text: `[Error] Credentials flag is true, but Access-Control-Allow-Credentials is not "true".\n${cannotLoad()}`,
    reads: { says: 'allow-credentials-missing', url: URL, credentials: true },
  },
  {
    browser: 'Safari',
    text: `[Error] Access-Control-Allow-Origin cannot contain more than one origin.\n${cannotLoad()}`,
    reads: { says: 'allow-origin-multiple', url: URL },
  },
  {
    browser: 'Safari',
    text: `[Error] Header Access-Control-Allow-Methods has an invalid value: P UT;\n${cannotLoad()}`,
    reads: { says: 'allow-list-unreadable', url: URL, preflight: true },
  },
  {
    browser: 'Safari',
    text: `[Error] Cross-origin redirection to https://elsewhere.example.com/cat.png denied by Cross-Origin Resource Sharing policy: Origin ${PAGE} is not allowed by Access-Control-Allow-Origin. Status code: 301\n${cannotLoad('XMLHttpRequest')}`,
    reads: { says: 'redirect-denied', ...BOTH, preflight: false, status: 301 },
  },
  {
    browser: 'Safari',
    text: cannotLoad(),
    reads: { says: 'access-control-checks', url: URL, origin: null, preflight: null },
  },
]

/** The same messages in what people paste: logs, chats, mails, web pages, and cut. */
const CHROME_MISSING = blocked('fetch', `${PREFLIGHT} ${MISSING}`)
const IN_CHROME = { says: 'allow-origin-missing', ...BOTH, preflight: true } as const
const WRAPPED: readonly Message[] = [
  {
    browser: 'Chrome',
    text: JSON.stringify([
      { level: 'SEVERE', message: `${PAGE}/ - ${CHROME_MISSING}`, source: 'javascript', timestamp: 1 },
    ]),
    reads: IN_CHROME,
  },
  {
    browser: 'Chrome',
    text: JSON.stringify({ category: 'console', level: 'error', data: { arguments: [CHROME_MISSING] } }),
    reads: IN_CHROME,
  },
  {
    browser: 'Chrome',
    text: `2026-11-20 INFO [node] {"message":"${CHROME_MISSING.replaceAll("'", String.raw`\u0027`)}","t":1}`,
    reads: IN_CHROME,
  },
  { browser: 'Chrome', text: CHROME_MISSING.replaceAll("'", '&#39;'), reads: IN_CHROME },
  {
    browser: 'Chrome',
    text: CHROME_MISSING.replace(URL, `<${URL}>`).replace(PAGE, `<${PAGE}|app.example.com>`),
    reads: IN_CHROME,
  },
  {
    browser: 'Chrome',
    text: CHROME_MISSING.replace(URL, `[${URL}](${URL})`).replace(PAGE, `[${PAGE}](${PAGE})`),
    reads: IN_CHROME,
  },
  {
    browser: 'Chrome',
    text: CHROME_MISSING.replace(/(.{30,50}) /g, '$1\n').replace(/^/gm, '> '),
    reads: IN_CHROME,
  },
  {
    browser: 'Chrome',
    text: CHROME_MISSING.replaceAll('https://', 'https: // '),
    reads: IN_CHROME,
  },
  // Cut before "Access to", and within the URL.
  { browser: 'Chrome', text: CHROME_MISSING.slice('Access to fetch '.length), reads: IN_CHROME },
  {
    browser: 'Chrome',
    text: CHROME_MISSING.slice(CHROME_MISSING.indexOf("' from")),
    reads: { ...IN_CHROME, url: null },
  },
  {
    browser: 'Chrome',
    text: `OPTIONS ${URL}?uploads= 403 (Forbidden)\nerr: Error: XHR error (req "error"), POST ${URL}?uploads= -1 (connected: false)`,
    reads: { says: 'preflight-not-ok', url: URL, origin: null, method: 'POST', status: 403, preflight: true },
  },
  {
    browser: 'Chrome',
    text: blocked('fetch', MISSING).replace(URL, `${URL}?X-Amz-Expires=60&x-id=PutObject`),
    reads: { ...IN_CHROME, method: 'PUT', preflight: false },
  },
  {
    browser: 'Chrome',
    text: `Font from origin 'https://files.example.com' has been blocked from loading by Cross-Origin Resource Sharing policy: ${MISSING} Origin '${PAGE}' is therefore not allowed access.`,
    reads: {
      says: 'allow-origin-missing',
      url: 'https://files.example.com/',
      origin: PAGE,
      method: 'GET',
      preflight: false,
    },
  },
  {
    browser: 'Chrome',
    text: `Redirect at '${URL}' from origin '${PAGE}' has been blocked by CORS policy: ${MISSING} Origin 'null' is therefore not allowed access.`,
    reads: { says: 'redirect-denied', ...BOTH, preflight: false },
  },
  {
    browser: 'Chrome',
    text: `Failed to load ${URL}: Redirect from '${URL}' to 'https://elsewhere.example.com/x' has been blocked by CORS policy: ${MISSING} Origin 'null' is therefore not allowed access.`,
    reads: { says: 'redirect-denied', url: URL, origin: null, preflight: false },
  },
  ...[
    'capacitor://localhost',
    'app://.',
    'file://',
    'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
  ].map(
    (origin): Message => ({
      browser: 'Chrome',
      text: CHROME_MISSING.replace(PAGE, origin),
      reads: { ...IN_CHROME, origin },
    }),
  ),
  // Several origins in one header, which browsers call a mismatch or an invalid value.
  {
    browser: 'Chrome',
    text: blocked(
      'fetch',
      `The 'Access-Control-Allow-Origin' header contains the invalid value '${PAGE} https://b.example.com'.`,
    ),
    reads: { says: 'allow-origin-multiple', ...BOTH },
  },
  {
    browser: 'Firefox',
    text: `Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at ${URL}. (Reason: CORS header ‘Access-Control-Allow-Origin’ does not match ‘${PAGE}, https://b.example.com’).`,
    reads: { says: 'allow-origin-multiple', url: URL },
  },
  {
    browser: 'Firefox',
    text: `XHROPTIONS\n${URL}\nCORS Missing Allow Origin\nXHRPUT\n${URL}\nNS_ERROR_DOM_BAD_URI`,
    reads: { says: 'allow-origin-missing', url: URL, method: 'PUT', preflight: true },
  },
]

const EDGE_LEGACY: readonly Message[] = [
  {
    browser: 'Edge Legacy',
    text: `SEC7120: Origin ${PAGE} not found in Access-Control-Allow-Origin header.\nSCRIPT7002: XMLHttpRequest: Network Error 0x80700013`,
    reads: { says: 'allow-origin-missing', url: null, origin: PAGE },
  },
  {
    browser: 'Edge Legacy',
    text: 'SEC7123: Request header x-cos-acl was not present in the Access-Control-Allow-Headers list.',
    reads: { says: 'header-not-allowed', headers: ['x-cos-acl'], preflight: true },
  },
  {
    browser: 'Edge Legacy',
    text: 'SEC7124: Request method PUT was not present in the Access-Control-Allow-Methods list.',
    reads: { says: 'method-not-allowed', method: 'PUT', preflight: true },
  },
  {
    browser: 'Edge Legacy',
    text: 'SEC7199: What nobody has seen yet.',
    reads: { says: 'blocked-by-cors-policy' },
  },
]

const UNREADABLE: readonly Message[] = [
  {
    browser: 'Chrome',
    text: 'Refused to get unsafe header "x-cos-request-id"',
    reads: { says: 'header-not-readable', headers: [], reads: ['x-cos-request-id'], preflight: false },
  },
  {
    browser: null,
    text: 'Error: get ETag error, please add "ETag" to CORS ExposeHeader setting.',
    reads: { says: 'header-not-readable', reads: ['ETag'] },
  },
]

/** What scripts get instead of the reason. */
const WITHOUT_REASON: readonly Message[] = [
  {
    browser: 'Chrome',
    text: 'Uncaught (in promise) TypeError: Failed to fetch',
    reads: { says: 'no-reason' },
  },
  {
    browser: 'Firefox',
    text: 'TypeError: NetworkError when attempting to fetch resource.',
    reads: { says: 'no-reason' },
  },
  { browser: 'Safari', text: 'TypeError: Load failed', reads: { says: 'no-reason' } },
  { browser: null, text: 'Error: CORS blocked or network error', reads: { says: 'no-reason', url: null } },
  { browser: null, text: 'AxiosError: Network Error', reads: { says: 'no-reason', method: null } },
]

export const MESSAGES: readonly Message[] = [
  ...CHROME,
  ...FIREFOX,
  ...SAFARI,
  ...EDGE_LEGACY,
  ...WRAPPED,
  ...UNREADABLE,
  ...WITHOUT_REASON,
]
