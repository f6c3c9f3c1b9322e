/**
 * @module
 * The words by which a console message is known, and the id of what it says.
 *
 * Sources: Chrome, `third_party/blink/renderer/platform/loader/cors/cors_error_string.cc` and
 * `…/core/fetch/fetch_manager.cc`, and before version 72 `WebCORS.cpp`. Firefox,
 * `dom/locales/en-US/chrome/security/security.properties`; other languages in firefox-languages.ts. Safari,
 * `Source/WebCore/loader/CrossOriginAccessControl.cpp`, `CrossOriginPreflightResultCache.cpp` and
 * `Source/WebKit/NetworkProcess/NetworkLoadChecker.cpp`.
 */

import { FIREFOX_LANGUAGES } from './firefox-languages.ts'
import type { Paste } from './paste.ts'

export type MessageBrowser = NonNullable<Paste['browser']>

/** What a message says, in any browser's words; each is an anchor of docs/troubleshooting.md. */
export type MessageId =
  | 'allow-origin-missing'
  | 'origin-not-allowed'
  | 'allow-origin-mismatch'
  | 'allow-origin-multiple'
  | 'allow-origin-invalid'
  | 'wildcard-with-credentials'
  | 'allow-credentials-missing'
  | 'method-not-allowed'
  | 'header-not-allowed'
  | 'authorization-not-covered'
  | 'allow-list-unreadable'
  | 'preflight-not-ok'
  | 'preflight-redirected'
  | 'redirect-denied'
  | 'did-not-succeed'
  | 'response-invalid'
  | 'scheme-not-http'
  | 'mode-not-cors'
  | 'private-network'
  | 'cors-disabled'
  | 'header-not-readable'
  | 'accessforbidden'
  | 'access-control-checks'
  | 'blocked-by-cors-policy'
  | 'no-reason'

export interface Wording {
  readonly browser: MessageBrowser | null
  readonly says: MessageId
  /** A piece that only this message has; with straight quotes. */
  readonly text: string
  /** What the word before (or after) that piece is: a method or a header. */
  readonly names?: 'method before' | 'header before' | 'header after'
  /** True if it is about the preflight's answer, false if about the request's own; otherwise the message may say. */
  readonly preflight?: boolean
  readonly credentials?: true
  /** Too common a piece to be looked for outside a message of a known form. */
  readonly framed?: true
}

const about = (
  browser: MessageBrowser | null,
  says: MessageId,
  text: string,
  more?: Partial<Wording>,
): Wording => ({
  browser,
  says,
  text,
  ...more,
})

const PREFLIGHT = { preflight: true } as const
const CREDENTIALS = { credentials: true } as const
const METHOD = { ...PREFLIGHT, names: 'method before' } as const
const FRAMED = { framed: true } as const
const HEADER = { ...PREFLIGHT, names: 'header before' } as const

/** The more particular before the more general. */
export const WORDINGS: readonly Wording[] = [
  // A redirect's own answer lacks the headers.
  about('Chrome', 'redirect-denied', "Redirect at '", { preflight: false }),
  about('Chrome', 'redirect-denied', "Redirect from '", { preflight: false }),
  about('Chrome', 'allow-origin-missing', "No 'Access-Control-Allow-Origin' header is present"),
  about('Chrome', 'allow-origin-multiple', "'Access-Control-Allow-Origin' header contains multiple values"),
  about('Chrome', 'allow-origin-invalid', "'Access-Control-Allow-Origin' header contains the invalid value"),
  about('Chrome', 'allow-origin-mismatch', 'that is not equal to the supplied origin'),
  about('Chrome', 'wildcard-with-credentials', "must not be the wildcard '*'", CREDENTIALS),
  about('Chrome', 'wildcard-with-credentials', "A wildcard '*' cannot be used in the", CREDENTIALS),
  about(
    'Chrome',
    'allow-credentials-missing',
    "'Access-Control-Allow-Credentials' header in the",
    CREDENTIALS,
  ),
  about('Chrome', 'allow-credentials-missing', "Credentials flag is 'true', but the", CREDENTIALS),
  about('Chrome', 'preflight-not-ok', 'does not have HTTP ok status', PREFLIGHT),
  about('Chrome', 'preflight-not-ok', 'Response for preflight has invalid HTTP status', PREFLIGHT),
  about('Chrome', 'preflight-redirected', 'Redirect is not allowed for a preflight request', PREFLIGHT),
  about('Chrome', 'preflight-redirected', 'Response for preflight is invalid (redirect)', PREFLIGHT),
  about(
    'Chrome',
    'header-not-allowed',
    'is not allowed by Access-Control-Allow-Headers in preflight response',
    HEADER,
  ),
  about(
    'Chrome',
    'method-not-allowed',
    'is not allowed by Access-Control-Allow-Methods in preflight response',
    METHOD,
  ),
  about('Chrome', 'allow-list-unreadable', 'Cannot parse Access-Control-Allow-Methods', PREFLIGHT),
  about('Chrome', 'allow-list-unreadable', 'Cannot parse Access-Control-Allow-Headers', PREFLIGHT),
  about('Chrome', 'redirect-denied', 'which is disallowed for cross-origin requests', { preflight: false }),
  about('Chrome', 'scheme-not-http', 'Cross origin requests are only supported for'),
  about('Chrome', 'mode-not-cors', 'Cross origin requests are not allowed by request mode'),
  about('Chrome', 'scheme-not-http', '. URL scheme "'),
  about('Chrome', 'mode-not-cors', '. Request mode is "same-origin"'),
  about('Chrome', 'private-network', 'address space', FRAMED),
  about('Chrome', 'private-network', "'Access-Control-Allow-External' header", PREFLIGHT),
  about('Chrome', 'response-invalid', 'The response is invalid.', FRAMED),

  about('Firefox', 'allow-origin-missing', "CORS header 'Access-Control-Allow-Origin' missing"),
  about('Firefox', 'allow-origin-mismatch', "CORS header 'Access-Control-Allow-Origin' does not match"),
  about('Firefox', 'allow-origin-multiple', "Multiple CORS header 'Access-Control-Allow-Origin' not allowed"),
  about(
    'Firefox',
    'wildcard-with-credentials',
    'Credential is not supported if the CORS header',
    CREDENTIALS,
  ),
  about('Firefox', 'allow-credentials-missing', "expected 'true' in CORS header", CREDENTIALS),
  about('Firefox', 'method-not-allowed', 'Did not find method in CORS header', PREFLIGHT),
  about(
    'Firefox',
    'header-not-allowed',
    "is not allowed according to header 'Access-Control-Allow-H",
    HEADER,
  ),
  about(
    'Firefox',
    'header-not-allowed',
    "in CORS header 'Access-Control-Allow-Headers' from CORS preflight",
    HEADER,
  ),
  about('Firefox', 'allow-list-unreadable', "invalid token '", { ...PREFLIGHT, ...FRAMED }),
  about('Firefox', 'preflight-not-ok', 'CORS preflight response did not succeed', PREFLIGHT),
  about('Firefox', 'preflight-not-ok', 'CORS preflight channel did not succeed', PREFLIGHT),
  about('Firefox', 'did-not-succeed', 'CORS request did not succeed'),
  about('Firefox', 'redirect-denied', 'CORS request external redirect not allowed'),
  about('Firefox', 'scheme-not-http', 'CORS request not http'),
  about('Firefox', 'cors-disabled', 'CORS disabled', FRAMED),
  about('Firefox', 'cors-disabled', "CORS header 'Origin' cannot be added"),
  about('Firefox', 'authorization-not-covered', 'the `Authorization` header is not covered', PREFLIGHT),

  // The column "Transferred" of Firefox's network panel.
  about('Firefox', 'allow-origin-missing', 'CORS Missing Allow Origin'),
  about('Firefox', 'allow-origin-multiple', 'CORS Multiple Origin Not Allowed'),
  about('Firefox', 'allow-origin-mismatch', 'CORS Allow Origin Not Matching Origin'),
  about('Firefox', 'wildcard-with-credentials', 'CORS No Allow Credentials', CREDENTIALS),
  about('Firefox', 'allow-credentials-missing', 'CORS Missing Allow Credentials', CREDENTIALS),
  about('Firefox', 'method-not-allowed', 'CORS Method Not Found', PREFLIGHT),
  about('Firefox', 'header-not-allowed', 'CORS Missing Allow Header', PREFLIGHT),
  about('Firefox', 'allow-list-unreadable', 'CORS Invalid Allow ', PREFLIGHT),
  about('Firefox', 'preflight-not-ok', 'CORS Preflight Did Not Succeed', PREFLIGHT),
  about('Firefox', 'redirect-denied', 'CORS External Redirect Not Allowed'),

  about('Edge Legacy', 'allow-origin-missing', 'not found in Access-Control-Allow-Origin header'),
  about(
    'Edge Legacy',
    'allow-origin-multiple',
    'Multiple Access-Control-Allow-Origin headers are not allowed',
  ),
  about(
    'Edge Legacy',
    'header-not-allowed',
    'was not present in the Access-Control-Allow-Headers list',
    HEADER,
  ),
  about(
    'Edge Legacy',
    'method-not-allowed',
    'was not present in the Access-Control-Allow-Methods list',
    METHOD,
  ),
  about('Edge Legacy', 'redirect-denied', 'Redirect was blocked for CORS request'),

  about('Safari', 'redirect-denied', 'Cross-origin redirection to ', { preflight: false }),
  about('Safari', 'preflight-not-ok', 'Preflight response is not successful', PREFLIGHT),
  about('Safari', 'wildcard-with-credentials', 'Cannot use wildcard in Access-Control-Allow-Or', CREDENTIALS),
  about('Safari', 'allow-credentials-missing', 'Credentials flag is true, but Access-Control-', CREDENTIALS),
  about('Safari', 'allow-origin-multiple', 'Access-Control-Allow-Origin cannot contain more than one origin'),
  about('Safari', 'origin-not-allowed', 'is not allowed by Access-Control-Allow-Origin'),
  about('Safari', 'header-not-allowed', 'is not allowed by Access-Control-Allow-Headers', HEADER),
  about('Safari', 'method-not-allowed', 'is not allowed by Access-Control-Allow-Methods', METHOD),
  about('Safari', 'allow-list-unreadable', 'Header Access-Control-Allow-Methods has an invalid', PREFLIGHT),
  about('Safari', 'allow-list-unreadable', 'Header Access-Control-Allow-Headers has an invalid', PREFLIGHT),
  about('Safari', 'access-control-checks', 'due to access control checks'),
  about('Safari', 'access-control-checks', 'denied by Cross-Origin Resource Sharing policy'),

  // A script reads a header that is not exposed: of the browsers, and of the SDKs that upload in parts.
  about('Chrome', 'header-not-readable', 'Refused to get unsafe header "', { names: 'header after' }),
  about(null, 'header-not-readable', 'get ETag error'),
  about(null, 'header-not-readable', 'Could not read the ETag header'),
  about(null, 'header-not-readable', 'Missing Bucket CORS configuration for ETag header'),

  // What scripts and libraries get instead of the reason.
  about('Chrome', 'no-reason', 'Failed to fetch'),
  about('Firefox', 'no-reason', 'NetworkError when attempting to fetch resource'),
  about('Safari', 'no-reason', 'Load failed'),
  about(null, 'no-reason', 'CORS blocked or network error'),
  about(null, 'no-reason', 'Network Error'),
  about(null, 'no-reason', 'Network request failed'),
]

/** What a message begins with, or holds in any case, by browser. Safari's messages share no words. */
export const FRAMES: readonly { readonly browser: MessageBrowser; readonly text: string }[] = [
  { browser: 'Chrome', text: 'blocked by CORS policy' },
  { browser: 'Chrome', text: 'blocked from loading by Cross-Origin Resource Sharing policy' },
  { browser: 'Firefox', text: 'Cross-Origin Request Blocked:' },
  { browser: 'Firefox', text: 'Cross-Origin Request Warning:' },
  { browser: 'Edge Legacy', text: 'SEC71' },
  ...FIREFOX_LANGUAGES.flatMap(({ frames }) => frames.map(text => ({ browser: 'Firefox' as const, text }))),
]

/** A message of a known form that gives a reason we do not know. */
export const UNKNOWN_REASON: MessageId = 'blocked-by-cors-policy'

export const MESSAGE_IDS: readonly MessageId[] = [
  ...new Set<MessageId>([...WORDINGS.map(({ says }) => says), UNKNOWN_REASON, 'accessforbidden']),
]
