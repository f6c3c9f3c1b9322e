/**
 * @module
 * What was read from a text that somebody had in their hands, and what that text does not tell.
 */

/**
 * The request that a pasted text is about. Not a `CorsRequest`: the text may be silent about each of its values, and
 * null means just that.
 */
export interface PastedRequest {
  /** Absolute, without user, query and fragment: no rule looks at these, and they may hold a signature. */
  readonly url: string | null
  /** The page's origin as a browser sends it: `https://app.example`, or `null` as a word. */
  readonly origin: string | null
  /** Of a preflight: the method that it asks for. */
  readonly method: string | null
  /** Names of the headers that the script set, lower-cased, each once. Values are never kept. */
  readonly headers: readonly string[]
  /** Whether it went with cookies or another of the browser's credentials. */
  readonly credentials: boolean | null
  /** Whether it was the preflight that failed (or that was pasted), and not the request itself. */
  readonly preflight: boolean | null
}

export interface Paste {
  readonly kind: 'console-error' | 'curl' | 'fetch' | 'har'
  /** Whose message it is; Edge, Opera and other Chromiums speak as Chrome does. */
  readonly browser: 'Chrome' | 'Firefox' | 'Safari' | null
  /** The id of the message: an anchor of docs/troubleshooting.md. */
  readonly says: string | null
  /** The answer's status; null: it is not told, or there was no answer. */
  readonly status: number | null
  readonly request: PastedRequest
  /** Sentences: what the text does not tell, what was taken of several, what was left out. */
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

/** What a message may not tell, as a sentence each: what is known from elsewhere can be taken out again. */
export const UNKNOWN = {
  url: 'The message does not name the URL.',
  origin: "The message does not name the page's origin.",
  method: 'The message does not name the method.',
  headers: 'The message does not tell which headers the script sets.',
} as const
