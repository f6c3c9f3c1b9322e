/**
 * @module
 * The bucket's answer to a request with sealed credentials: without the real session token, which S3 quotes in errors
 * (`Token-0`, `CanonicalRequest`, `CanonicalRequestBytes`) and redirects repeat in their query.
 */

import { readBounded } from '../read-bounded.ts'

/** The most bytes of an error that are read. Error documents are shorter. */
const MAX_ERROR_BYTES = 65_536
/** Stands for the token. */
const REDACTED = '…'

/** Returns a function that removes a token from an answer's headers, and from its body if it is an error. */
export const redactToken =
  (token: string) =>
  async (answer: Response): Promise<Response> => {
    const redact = redactor(token)
    const headers = new Headers(answer.headers)
    const location = headers.get('location')
    if (location !== null) headers.set('location', location.replace(/[?#].*$/s, ''))
    for (const [name, value] of [...headers]) if (redact(value) !== value) headers.delete(name)
    const { status, statusText } = answer
    if (status < 400 || answer.body === null)
      return new Response(answer.body, { status, statusText, headers })
    // The text is decoded, and has another length.
    for (const name of ['content-length', 'content-encoding', 'content-md5', 'etag']) headers.delete(name)
    return new Response(await readError(answer.body, redact), { status, statusText, headers })
  }

interface Redactor {
  (text: string): string
  /** The longest form of the token, in characters. */
  readonly longest: number
}

/** Returns a function that replaces a token in each form in which a bucket may quote it. */
function redactor(token: string): Redactor {
  const percent = percentEncode(token)
  const forms = [
    token,
    token.replace(/[&<>"']/g, c => `&${{ '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }[c]};`),
    percent,
    lowerHex(percent),
    encodeURIComponent(token),
    // A canonical query that is itself encoded in a URL.
    percentEncode(percent),
    // S3's `…Bytes` elements: hexadecimal digits with spaces between.
    ...[token, percent].map(text => Array.from(text, c => c.charCodeAt(0).toString(16)).join(' ')),
  ]
  const replace = (text: string) => forms.reduce((rest, form) => rest.replaceAll(form, REDACTED), text)
  return Object.assign(replace, { longest: Math.max(...forms.map(({ length }) => length)) })
}

const percentEncode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

const lowerHex = (text: string): string => text.replace(/%../g, octet => octet.toLowerCase())

/** Returns the redacted text of an error, cut where it is longer than any error document. */
async function readError(body: ReadableStream<Uint8Array>, redact: Redactor): Promise<string> {
  const { text, isCut } = await readBounded(body, MAX_ERROR_BYTES - 1)
  // A token that is cut off is not found: it can only be at the end.
  return isCut ? redact(text).slice(0, -redact.longest) : redact(text)
}
