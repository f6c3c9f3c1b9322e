/**
 * @module
 * ORIGIN: where the bucket of a host is.
 */

import { notShown, type Reader } from './values.ts'

/** A URL that is put before path and query, the request's own URL, or the BUCKET service binding. */
export type Upstream =
  | { readonly kind: 'url'; readonly base: string }
  | { readonly kind: 'route' }
  | { readonly kind: 'service' }

export const UPSTREAM: Reader<Upstream> = {
  accepted:
    'https://host[:port][/prefix] without user, query or fragment (http on a loopback host only), route, or service',
  read(text) {
    if (text === 'route' || text === 'service') return { kind: text }
    // A URL parser ignores white space and reads a backslash as a slash: the URL would not mean what it says.
    if (/[\s\\]/.test(text) || !URL.canParse(text)) return undefined
    const url = new URL(text)
    const secure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
    // An empty query is lost by parsing, so the text is checked.
    if (!secure || url.username !== '' || url.password !== '' || /[?#]/.test(text)) return undefined
    return { kind: 'url', base: url.origin + url.pathname.replace(/\/+$/, '') }
  },
  show: shownUrl,
}

/** True if only this machine can receive what is sent to the host. */
export const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)

/** Scheme, host, port and path, or a host alone. Any other `:` may stand between a user and a password. */
const SHOWN_URL =
  /^(?:[a-z]{1,5}:[/\\]{1,2}(?:…@)?(?:\[[0-9a-f:.]*\]|[^:[\]/\\]{0,80})(?::\d{0,5})?|[^:@]{0,24})(?:[/\\][^:]{0,80})?$/i

/** Returns a URL without its user, password, query and fragment. Of any other text, only the length is returned. */
function shownUrl(text: string): string {
  const scheme = /^[a-z]{1,5}:[/\\]{1,2}/i.exec(text)?.[0] ?? ''
  const at = text.lastIndexOf('@')
  const bare = (at === -1 ? text : `${scheme}…@${text.slice(at + 1)}`).replace(/[?#].*$/s, '?…')
  return SHOWN_URL.test(bare) ? bare : notShown(text)
}
