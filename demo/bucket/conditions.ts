/**
 * @module
 * Conditional and partial requests of an object (RFC 9110, 13 and 14).
 */

/** The object that the conditions are compared with. */
export interface Validators {
  /** In quotes. */
  readonly etag: string
  readonly modified: Date
}

/** Most entity tags of one header that are compared. */
const MAX_TAGS = 64

const unquote = (tag: string): string => tag.trim().replace(/^W\//, '').replaceAll('"', '')

const lists = (header: string, etag: string): boolean =>
  header.trim() === '*' || header.split(',', MAX_TAGS).some(tag => unquote(tag) === unquote(etag))

/** HTTP dates have no fractions of a second. */
const seconds = (date: Date): number => Math.floor(date.getTime() / 1000)

/** Returns the seconds of an HTTP date, or null if it is invalid, which counts as no condition (13.1.3). */
const readDate = (header: string | null): number | null => {
  const time = header === null ? Number.NaN : Date.parse(header)
  return Number.isNaN(time) ? null : Math.floor(time / 1000)
}

/** In the order of precedence of RFC 9110, 13.2.2. */
export const evaluate = (headers: Headers, { etag, modified }: Validators): 200 | 304 | 412 => {
  const ifMatch = headers.get('if-match')
  const unmodifiedSince = readDate(headers.get('if-unmodified-since'))
  if (ifMatch !== null) {
    if (!lists(ifMatch, etag)) return 412
  } else if (unmodifiedSince !== null && seconds(modified) > unmodifiedSince) return 412
  const ifNoneMatch = headers.get('if-none-match')
  const modifiedSince = readDate(headers.get('if-modified-since'))
  if (ifNoneMatch !== null) return lists(ifNoneMatch, etag) ? 304 : 200
  return modifiedSince !== null && seconds(modified) <= modifiedSince ? 304 : 200
}

/** The bytes from `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * Returns the one range that is requested. Several ranges, or other units, give the whole object (14.2).
 *
 * @param size of the object, in bytes
 */
export const readRange = (
  headers: Headers,
  size: number,
  validators: Validators,
): ByteRange | 'whole' | 'unsatisfiable' => {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(headers.get('range') ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return 'whole'
  const ifRange = headers.get('if-range')
  if (ifRange !== null && ifRange !== validators.etag && readDate(ifRange) !== seconds(validators.modified)) {
    return 'whole'
  }
  if (first === '') {
    const start = Math.max(0, size - Number(last))
    return start < size ? { start, end: size - 1 } : 'unsatisfiable'
  }
  if (last !== '' && Number(last) < Number(first)) return 'whole'
  if (Number(first) >= size) return 'unsatisfiable'
  return { start: Number(first), end: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
}
