/**
 * @module
 * `USER_CONTENT=sandbox`: objects that strangers may have written, served from an origin that has something to lose. No
 * browser runs one of them as script, style sheet or document, whatever asked for it and out of whichever cache.
 */

/** Types that run nothing. `+xml` types do, through XSLT and scripts; of these, images get a disposition below. */
const HARMLESS_TYPES: ReadonlySet<string> = new Set([
  'application/gzip',
  'application/json',
  'application/octet-stream',
  'application/pdf',
  'application/vnd.apple.mpegurl',
  'application/wasm',
  'application/x-mpegurl',
  'application/zip',
  'multipart/byteranges',
  'text/csv',
  'text/plain',
  'text/vtt',
])
const HARMLESS_FAMILIES: ReadonlySet<string> = new Set(['image', 'audio', 'video', 'font'])
const SVG = 'image/svg+xml'
const DOWNLOAD = 'application/octet-stream'

/** One media type with the parameters that these types have (RFC 9110 8.3.1), and nothing after it. */
const MEDIA_TYPE =
  /^([a-z]{1,32})\/([a-z0-9][a-z0-9!#$&^_.+-]{0,126})(?:[ \t]*;[ \t]*(?:charset|codecs|boundary)=(?:[\w!#$%&'*+.^`|~-]+|"[^"\\]*"))*$/i

/** Where the bucket's own type goes when the edge replaces it: for whoever looks for the reason. */
const ORIGINAL_TYPE = 'x-edge-preflight-content-type'

/** Characters of a Content-Type or a Content-Disposition that are read; stores accept 2 KB of metadata in all. */
const MAX_HEADER = 2048

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
/** A plain sandbox stops the players that browsers put around media in a tab. */
const MEDIA_POLICY =
  "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox allow-same-origin"

/** What a script, a frame or a tab may be after (Fetch, "destination"), where the object stays data. */
const DATA_DESTINATIONS: ReadonlySet<string> = new Set([
  ...['empty', 'image', 'audio', 'video', 'track', 'font', 'json'],
  ...['document', 'iframe', 'frame', 'embed', 'object'],
])

/**
 * Returns true for a request that wants to run the object: as script, worker, style sheet or manifest. Refusing it
 * explains, and stops manifests; the headers of {@link sandboxResponse} are what protects.
 */
export function wantsToRun({ headers }: Request): boolean {
  const destination = headers.get('sec-fetch-dest')
  return (
    headers.get('service-worker') === 'script' ||
    (destination !== null && !DATA_DESTINATIONS.has(destination))
  )
}

/** Makes a response of the bucket harmless. Put on after every cache, like CORS headers. */
export function sandboxResponse({ status, headers }: Response): void {
  headers.delete('content-security-policy')
  const written = headers.get('content-type')
  // A cache updates what it has stored by a 304 (RFC 9111 3.2), so that must not take the sandbox off again.
  if (status === 304 && written === null) {
    headers.delete('content-disposition')
    headers.set('x-content-type-options', 'nosniff')
    return
  }
  const type = harmlessType(written)
  if (type === null) {
    headers.set('content-type', DOWNLOAD)
    if (written !== null) headers.set(ORIGINAL_TYPE, written)
  }
  if (type === null || type === SVG || type === DOWNLOAD)
    headers.set('content-disposition', attachment(headers.get('content-disposition')))
  protect(headers, type ?? DOWNLOAD)
}

/** Protects an answer of the edge itself: its XML stays XML. */
export const sandboxOwnResponse = ({ headers }: Response): void => protect(headers, DOWNLOAD)

function protect(headers: Headers, type: string): void {
  headers.set('x-content-type-options', 'nosniff')
  // Safari shows nothing of a PDF with a sandbox; browsers isolate PDF by themselves.
  if (type === 'application/pdf') return
  headers.set('content-security-policy', /^(?:audio|video)\//.test(type) ? MEDIA_POLICY : POLICY)
}

/** Returns the type without its parameters, in lower case; null if it is not a harmless one. */
function harmlessType(value: string | null): string | null {
  if (value === null || value.length > MAX_HEADER) return null
  const [, family = '', subtype = ''] = MEDIA_TYPE.exec(value) ?? []
  const type = `${family}/${subtype}`.toLowerCase()
  if (HARMLESS_TYPES.has(type) || type === SVG) return type
  return HARMLESS_FAMILIES.has(family.toLowerCase()) && !type.endsWith('+xml') ? type : null
}

/** A file name as RFC 6266 4.1 writes it: quoted, as a token, or extended. */
const FILE_NAME = /;[ \t]*(filename\*?)[ \t]*=[ \t]*("(?:[^"\\]|\\.)*"|[\w!#$%&'*+.^`|~-]+)/gi

/** A disposition that downloads, under the file name that the bucket gives. */
function attachment(written: string | null): string {
  const names = [...(written ?? '').slice(0, MAX_HEADER).matchAll(FILE_NAME)].map(
    ([, name, value]) => `; ${name}=${value}`,
  )
  return `attachment${names.join('')}`
}
