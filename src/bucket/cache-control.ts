/**
 * @module
 * What a response's header fields say about storing it in a shared cache (RFC 9111 3 and 5.2.2, RFC 9213).
 *
 * No library: `http-cache-semantics` (9.7 KB minified) knows no targeted fields, splits inside quoted strings, and
 * answers by lifetimes, which CACHE=<seconds> replaces. Only a yes or no is needed here.
 */

/**
 * RFC 9213 2.2: the fields for caches like this one, the most specific first. The first that is present decides, and
 * Cache-Control and Expires count no more. Cloudflare knows the first two; the third is the W3C's older form.
 */
export const TARGETED_FIELDS = [
  'cloudflare-cdn-cache-control',
  'cdn-cache-control',
  'surrogate-control',
] as const

/** The longest field that is read, in characters. */
const MAX_FIELD = 2048
/** A directive (RFC 9111 5.2): a token, and a token or a quoted string after `=`. */
const DIRECTIVE =
  /[\t ,]*([\w!#$%&'*+.^`|~-]+)(?:=(?:([\w!#$%&'*+.^`|~-]*)|"((?:[^"\\]|\\.)*)"))?[\t ]*(?:,|$)/y

interface Directive {
  readonly name: string
  /** Empty if the directive has no value. */
  readonly value: string
}

/** Returns the directives of a field, or null if it can't be parsed. */
function readDirectives(field: string): Directive[] | null {
  if (field.length > MAX_FIELD) return null
  const text = field.replace(/[\t ,]+$/, '')
  const directives: Directive[] = []
  DIRECTIVE.lastIndex = 0
  while (DIRECTIVE.lastIndex < text.length) {
    const [, name = '', token, quoted] = DIRECTIVE.exec(text) ?? []
    if (name === '') return null
    directives.push({ name: name.toLowerCase(), value: token ?? quoted ?? '' })
  }
  return directives
}

/** Directives that keep a response for one client, or require a revalidation each time; with a list of fields, too. */
const FORBIDDING: ReadonlySet<string> = new Set(['private', 'no-store', 'no-cache'])

/** RFC 9111 4.2.1: s-maxage stands before max-age; an invalid lifetime counts as none. */
function allowsStoring(directives: readonly Directive[]): boolean {
  if (directives.some(({ name }) => FORBIDDING.has(name))) return false
  const values = (wanted: string) =>
    directives.filter(({ name }) => name === wanted).map(({ value }) => value)
  const shared = values('s-maxage')
  const lifetimes = shared.length > 0 ? shared : values('max-age')
  return lifetimes.every(value => /^\d+$/.test(value) && Number(value) > 0)
}

/**
 * True if the response's fields allow a shared cache to store it. A cookie and a field that can't be parsed forbid it. Without
 * any field, storing is allowed: the operator has set a lifetime (CACHE).
 */
export function allowsSharedStoring(headers: Headers): boolean {
  if (headers.has('set-cookie')) return false
  const targeted = TARGETED_FIELDS.map(name => headers.get(name)).find(
    value => value !== null && value !== '',
  )
  if (targeted !== undefined && targeted !== null) return allows(targeted)
  const cacheControl = headers.get('cache-control')
  if (cacheControl === null) return allows(headers.get('pragma') ?? '') && !isExpired(headers)
  const directives = readDirectives(cacheControl)
  if (directives === null || !allowsStoring(directives)) return false
  const hasLifetime = directives.some(({ name }) => name === 's-maxage' || name === 'max-age')
  return hasLifetime || !isExpired(headers)
}

const allows = (field: string): boolean => {
  const directives = readDirectives(field)
  return directives !== null && allowsStoring(directives)
}

/** RFC 9111 5.3: an invalid date means the past. */
function isExpired(headers: Headers): boolean {
  const expires = headers.get('expires')
  return expires !== null && !(expires.endsWith(' GMT') && Date.parse(expires) > Date.now())
}
