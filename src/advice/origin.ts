/**
 * @module
 * Advice on one AllowedOrigin: whether a browser can ever send it, and whom it lets in besides.
 */

import { type Collector, quote } from '../cors/findings.ts'

const write = (text: string): string => `Write ${quote(text)}.`

/** The rule around the origin. */
export interface OriginContext {
  readonly path: string
  /** False in a rule with `*`, which answers `*` without credentials. */
  readonly credentials: boolean
  readonly isPublicSuffix: (hostTail: string) => boolean
}

const INVISIBLE = /\s|\p{Cf}/gu

/** An origin or one-star pattern, taken apart. Parts that are not written are empty. */
interface Parts {
  /** As written, possibly with the star; null if the origin has no scheme and the star cannot stand for one. */
  readonly scheme: string | null
  readonly userinfo: boolean
  /** As written, without port; of a pattern whose star stands for the scheme too: from the star on. */
  readonly host: string
  /** null if there is no port. */
  readonly port: string | null
  /** What follows the authority, from its `/`. */
  readonly path: string
  readonly query: boolean
}

function partsOf(origin: string): Parts {
  const separator = origin.indexOf('://')
  const star = origin.indexOf('*')
  // `*.example.com` and `http*` leave the scheme to the star; `www.*` doesn't: no scheme begins like that.
  const begins = (scheme: string) => star >= 0 && scheme.startsWith(origin.slice(0, star))
  const starIsScheme = separator < 0 && (begins('https://') || begins('http://'))
  let scheme: string | null = null
  let rest = origin
  if (separator >= 0) {
    scheme = origin.slice(0, separator)
    rest = origin.slice(separator + 3)
  } else if (starIsScheme) {
    scheme = origin.slice(0, star + 1)
    rest = origin.slice(star)
  }
  const queryAt = rest.search(/[?#]/)
  const beforeQuery = queryAt < 0 ? rest : rest.slice(0, queryAt)
  const slash = beforeQuery.indexOf('/')
  const authority = slash < 0 ? beforeQuery : beforeQuery.slice(0, slash)
  const at = authority.lastIndexOf('@')
  const hostAndPort = authority.slice(at + 1)
  const colon = hostAndPort.indexOf(':', hostAndPort.lastIndexOf(']') + 1)
  return {
    scheme,
    userinfo: at >= 0,
    host: colon < 0 ? hostAndPort : hostAndPort.slice(0, colon),
    port: colon < 0 ? null : hostAndPort.slice(colon + 1),
    path: slash < 0 ? '' : beforeQuery.slice(slash),
    query: queryAt >= 0,
  }
}

/** Adds the warnings about `origin`: an exact origin, a one-star pattern, `*`, `null` or an empty text. */
export function adviseOrigin(warnings: Collector, origin: string, context: OriginContext): void {
  const { path } = context
  if (origin === '*') return
  if (origin === '') {
    warnings.add(
      'origin-empty',
      path,
      origin,
      'The AllowedOrigin is empty and matches no request.',
      'Write an origin such as https://www.example.com, or remove the element.',
    )
  } else if (origin === 'null') {
    warnings.add(
      'origin-null',
      path,
      origin,
      'Any page can send the origin null, for instance from a sandboxed frame, so this allows every site.',
      'List the origins that you want to allow. Serve a local file from http://localhost instead.',
    )
  } else {
    const visible = origin.replace(INVISIBLE, '')
    const parts = partsOf(visible)
    // An origin that no browser sends allows nobody: its breadth does not matter.
    if (adviseSpelling(warnings, origin, visible, parts, path)) return
    adviseCanonical(warnings, origin, parts, path)
    adviseBreadth(warnings, origin, parts, context)
  }
}

/** Characters of mark-up, quotes and templates, which no origin has. */
const IMPOSSIBLE = /[<>"'`{}|\\^$“”‘’]/
const IMPOSSIBLE_ALL = new RegExp(IMPOSSIBLE, 'g')

/** A browser writes hosts of web pages in lower case. The host of an extension's scheme keeps its case. */
const hasUpperCase = (origin: string, scheme: string | null): boolean =>
  /[A-Z]/.test(scheme === null || /^(?:https?|wss?)?$|\*/i.test(scheme) ? origin : scheme)

/** Warns of origins that no browser sends (RFC 6454, 6.2; Fetch, "serializing a request origin"). Returns true if it did. */
function adviseSpelling(
  warnings: Collector,
  origin: string,
  visible: string,
  parts: Parts,
  path: string,
): boolean {
  let found = false
  const never = (when: boolean, code: string, what: string, hint: string) => {
    if (!when) return
    found = true
    warnings.add(code, path, origin, `The origin ${what}, so it can never equal what a browser sends.`, hint)
  }
  const { scheme, host, port } = parts
  never(
    visible !== origin,
    'origin-white-space',
    'holds white space or an invisible character',
    write(visible),
  )
  const bracketed = IMPOSSIBLE.exec(visible)
  if (bracketed !== null) {
    const meant = visible.replace(IMPOSSIBLE_ALL, '')
    const hint = URL.canParse(meant.replace('*', 'star'))
      ? write(meant)
      : 'Write the origin itself, such as https://www.example.com.'
    never(true, 'origin-impossible', `has the character ${bracketed[0]}`, hint)
    return true
  }
  if (visible.includes(',')) {
    never(true, 'origin-comma', 'holds a comma', 'Write one AllowedOrigin for each origin.')
    return true
  }
  if (scheme !== null)
    never(
      hasUpperCase(visible, scheme),
      'origin-upper-case',
      'holds upper-case letters',
      write(visible.toLowerCase()),
    )
  else {
    const hint = write(canonical(`https://${visible.replace(/^\/+/, '')}`))
    never(true, 'origin-no-scheme', 'has no scheme', hint)
    return true
  }
  const bare = `${scheme}://${host}${port === null ? '' : `:${port}`}`
  never(/[^\0-\x7f]/.test(visible), 'origin-not-ascii', 'is not written in ASCII', write(canonical(bare)))
  never(parts.userinfo, 'origin-with-userinfo', 'holds a user name', write(bare))
  never(parts.path === '/', 'origin-trailing-slash', 'ends with a slash', write(bare))
  never(parts.path.length > 1, 'origin-with-path', 'holds a path', write(bare))
  never(parts.query, 'origin-with-query', 'holds a query or a fragment', write(bare))
  if (port !== null && !port.includes('*')) {
    const valid = /^[1-9][0-9]{0,4}$/.test(port) && Number(port) <= 65535
    const isDefault = (scheme === 'http' && port === '80') || (scheme === 'https' && port === '443')
    const hint = `Write a port from 1 to 65535, or ${quote(`${scheme}://${host}`)}.`
    never(!valid, 'origin-bad-port', 'has an invalid port', hint)
    never(
      isDefault,
      'origin-default-port',
      'names the default port of its scheme',
      write(`${scheme}://${host}`),
    )
  }
  return found
}

/** Warns of a host that a browser writes differently, and of an invalid host. */
function adviseCanonical(warnings: Collector, origin: string, { scheme }: Parts, path: string): void {
  if (scheme === 'file') {
    warnings.add(
      'origin-not-canonical',
      path,
      origin,
      'A browser sends the origin null for a page from a file, so this never equals it.',
      'Serve the page from http://localhost, and allow that origin.',
    )
    return
  }
  if (origin.includes('*') || (scheme !== 'http' && scheme !== 'https')) return
  const sent = URL.parse(origin)?.origin
  if (sent === origin) return
  warnings.add(
    'origin-not-canonical',
    path,
    origin,
    sent
      ? 'A browser writes this host in another way, so the origin can never equal what it sends.'
      : 'The origin names no host that a browser could load a page from.',
    sent ? write(sent) : 'Write an origin such as https://www.example.com.',
  )
}

/** Returns `origin` (with at most one star) as a browser writes it, in punycode; unchanged if it cannot be parsed. */
function canonical(origin: string): string {
  // A star is no character of a host: a label stands in for it while the URL class converts the others.
  const sent = URL.parse(origin.replace('*', 'star--star'))?.origin
  return sent && sent !== 'null' ? sent.replace('star--star', '*') : origin
}

/** Warns of a pattern that allows more sites than intended, in a rule that grants credentials. */
function adviseBreadth(warnings: Collector, origin: string, parts: Parts, context: OriginContext): void {
  const { path, credentials, isPublicSuffix } = context
  const { scheme, host } = parts
  if (!credentials || scheme === null) return
  const star = host.indexOf('*')
  const tail = host.slice(star + 1).toLowerCase()
  if (star >= 0) {
    const allowed = (name: string) => {
      const [before = '', after = ''] = origin.split('*')
      return quote(`${before.includes('://') ? before : 'https://'}${name}${after}`)
    }
    if (tail === '') {
      const joint = star > 0 && !host.startsWith('.', star - 1) ? '.' : ''
      warnings.add(
        'origin-any-host',
        path,
        origin,
        `The * stands for any host, such as ${allowed(`${joint}evil.example`)}, so every site gets credentials.`,
        'End the pattern with your own domain, as in https://*.example.com; or write *, which never gives credentials.',
      )
    } else if (!tail.startsWith('.')) {
      warnings.add(
        'origin-off-label',
        path,
        origin,
        `The * is not at the edge of a label, so this also allows ${allowed('evil')}.`,
        'Write a dot after the *, and list the bare domain beside it.',
      )
    } else if (isPublicSuffix(tail.slice(1))) {
      warnings.add(
        'origin-public-suffix',
        path,
        origin,
        `Anybody can have a name under ${quote(tail.slice(1))}, so every site there gets credentials.`,
        'Name the domain before it: https://*.example.com.',
      )
    }
  }
  if (canBeHttp(scheme) && !isLoopback(host)) {
    warnings.add(
      'origin-plain-http',
      path,
      origin,
      'An attacker on the network can change a page loaded over plain http, and this page gets credentials.',
      'Allow https only.',
    )
  }
}

/** Returns true if the scheme as written, with at most one star, can stand for `http`. */
function canBeHttp(scheme: string): boolean {
  const star = scheme.indexOf('*')
  if (star < 0) return scheme === 'http'
  const before = scheme.slice(0, star)
  const after = scheme.slice(star + 1)
  // A star that ends the scheme may stand for `://` too, as in `http*` and `http:*`.
  return (
    'http://'.startsWith(before) && 'http'.endsWith(after) && before.length + after.length <= 'http://'.length
  )
}

/** Pages of the machine itself need no network, so nobody on it can change them (W3C Secure Contexts, 3.1). */
const isLoopback = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
