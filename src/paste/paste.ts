/**
 * @module
 * What was read from a pasted text, and what that text leaves open.
 */

/** The request that a pasted text describes; `null` where the text leaves it open. */
export interface PastedRequest {
  /** Absolute, without user, query and fragment: no rule looks at these, and they may hold a signature. */
  readonly url: string | null
  /** The page's origin as a browser sends it: `https://app.example`, or `null` as a word. */
  readonly origin: string | null
  /** Of a preflight: the method that it asks for. */
  readonly method: string | null
  /** Names that the preflight asks for, lower-cased, each once. Values are never kept. */
  readonly headers: readonly string[]
  /** Whether it went with cookies or another of the browser's credentials. */
  readonly credentials: boolean | null
  /** True if the preflight failed (or was pasted), false if the request itself. */
  readonly preflight: boolean | null
  /** Response headers that the script could not read. */
  readonly reads?: readonly string[]
}

export interface Paste {
  readonly kind: 'console-error' | 'curl' | 'fetch' | 'har' | 'command'
  /** Whose message it is. Edge, Opera and other Chromiums use Chrome's words, Internet Explorer those of Edge Legacy. */
  readonly browser: 'Chrome' | 'Firefox' | 'Safari' | 'Edge Legacy' | null
  /** The id of the message: an anchor of docs/troubleshooting.md. */
  readonly says: string | null
  /** The answer's status; null if the text does not have it, or there was no answer. */
  readonly status: number | null
  readonly request: PastedRequest
  /** Sentences: what the text leaves open, what was taken of several, what was left out. */
  readonly missing: readonly string[]
}

/** Why a text can't be read, as one sentence to show. */
export interface Unreadable {
  readonly problem: string
}

export const NO_REQUEST: PastedRequest = {
  url: null,
  origin: null,
  method: null,
  headers: [],
  credentials: null,
  preflight: null,
}

/** What a message may leave open, as a sentence each: options or a form may fill it in. */
export const UNKNOWN = {
  url: 'The message does not name the URL.',
  origin: "The message does not name the page's origin.",
  method: 'The message does not name the method.',
  headers: "The message does not list the script's headers.",
  otherHeaders: 'The message names one header: the script may set others.',
} as const

/** Whether the text gives all headers that a preflight asks for: a console error never does. */
export const knowsHeaders = ({ kind, request }: Paste): boolean =>
  kind !== 'console-error' || request.preflight === false
