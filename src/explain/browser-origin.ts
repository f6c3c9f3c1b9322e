/**
 * @module
 * Origins as browsers send them: what no browser sends must not get into a rule.
 */

/** Longer than any origin of a browser: scheme, host name (253, RFC 1035) and port. */
const MAX_ORIGIN = 300
/** An origin of another scheme, such as an extension's or an app's, which the URL class calls `null`. */
const OTHER_ORIGIN = /^([a-z][a-z0-9+.-]{0,31}):\/\/[A-Za-z0-9._-]{0,253}(?::\d{1,5})?$/
/** Chromium sends these hosts in the case of their scheme; Safari's extensions have an upper-case id. */
const UPPER_CASE_HOSTS: ReadonlySet<string> = new Set(['safari-web-extension', 'safari-extension'])
/** Schemes without a host: pages opened as a file in a WebView. */
const WITHOUT_HOST: ReadonlySet<string> = new Set(['file', 'app', 'about'])

/** Whether a browser, an app's WebView or an extension can send this Origin. */
export function isBrowserOrigin(origin: string): boolean {
  if (origin === 'null') return true
  if (origin.length > MAX_ORIGIN || origin.includes('*')) return false
  if (/^https?:/i.test(origin)) return URL.parse(origin)?.origin === origin
  const [, scheme] = OTHER_ORIGIN.exec(origin) ?? []
  if (scheme === undefined) return false
  const host = origin.slice(scheme.length + 3)
  if (host === '') return WITHOUT_HOST.has(scheme)
  return UPPER_CASE_HOSTS.has(scheme) || host === host.toLowerCase()
}

/** What people copy around an origin: quotes of all kinds, brackets, spaces. */
const BEFORE = /^[\s<>"'`(){}[\]\u2018-\u201f\u00ab\u00bb]+/
const BEHIND = /(?<![\s<>"'`(){}[\],;\u2018-\u201f\u00ab\u00bb])[\s<>"'`(){}[\],;\u2018-\u201f\u00ab\u00bb]+$/

/**
 * Returns the origin that a browser sends for a page that a person names: without quotes and brackets, path, default port
 * and upper case. Returns null if no such origin is known.
 */
export function browserOriginOf(text: string): string | null {
  const bare = text
    .replace(/\p{Cf}/gu, '')
    .replace(BEFORE, '')
    .replace(BEHIND, '')
    .replace(/\s/g, '')
  if (bare === '' || bare.length > MAX_ORIGIN * 8) return null
  if (isBrowserOrigin(bare)) return bare
  const url = URL.parse(bare)
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return accepted(url.origin)
  if (bare.includes('://')) {
    const [, scheme = '', host = ''] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)/.exec(bare) ?? []
    const own = scheme.toLowerCase()
    return accepted(`${own}://${UPPER_CASE_HOSTS.has(own) ? host : host.toLowerCase()}`)
  }
  const assumed = /^[^:/?#]+\.[^:/?#]+|^localhost/i.test(bare.replace(/^\/+/, ''))
    ? URL.parse(`https://${bare.replace(/^\/+/, '')}`)
    : null
  return assumed === null ? null : accepted(assumed.origin)
}

const accepted = (origin: string): string | null => (isBrowserOrigin(origin) ? origin : null)
