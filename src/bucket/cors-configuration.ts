/**
 * @module
 * The bucket's own CORS configuration: a signed `GET /?cors` and its answer, bounded in size and time. The command
 * line's `pull` and the Worker's sync share it.
 */

import { MAX_DOCUMENT_BYTES } from '../cors/configuration.ts'
import { readBounded } from './read-bounded.ts'
import { type CosKey, signCos } from './signing/sign-cos.ts'
import { signS3 } from './signing/sign-s3.ts'

/** The bucket to read, and the key to sign with. */
export interface CorsSource {
  /** `https://host[:port][/prefix]`, without a slash at its end. */
  readonly base: string
  readonly signing: 'cos' | 's3'
  readonly key: CosKey
  /** The region for `s3`; empty: derived from the host. */
  readonly region: string
}

export type BucketCorsAnswer =
  /** At most 64 KB. The caller must parse it: it may be anything. */
  | { readonly kind: 'document'; readonly text: string }
  /** 404 NoSuchCORSConfiguration: the bucket has no rules. */
  | { readonly kind: 'none' }
  /** An error answer. `code` is empty if it is not a bucket's error document. Both texts are the bucket's, bounded. */
  | { readonly kind: 'refused'; readonly status: number; readonly code: string; readonly message: string }
  | {
      readonly kind: 'failed'
      readonly reason: 'unreachable' | 'timeout' | 'too-large' | 'object'
      readonly detail: string
    }

/**
 * Headers of objects alone. An upstream that ignores `?cors` may answer with an object that anybody could store, such as
 * the index of a folder that ORIGIN names.
 */
const OBJECT_HEADERS = ['last-modified', 'accept-ranges']
const VALID_SECONDS = 300
/** The longest parts of the bucket's error that are repeated, in characters. */
const MAX_CODE = 64
const MAX_MESSAGE = 300

/**
 * Reads the bucket's configuration. Never rejects.
 *
 * @param fetcher sends the request; redirects are not followed: a signature is for one host
 * @param timeoutMs time to the end of the answer's body
 */
export async function fetchBucketCors(
  source: CorsSource,
  fetcher: (request: Request, init: RequestInit) => Promise<Response>,
  timeoutMs: number,
): Promise<BucketCorsAnswer> {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), timeoutMs)
  try {
    const response = await fetcher(await signedRequest(source), { signal: abort.signal, redirect: 'manual' })
    const { text, isCut } = await readBounded(response.body, MAX_DOCUMENT_BYTES)
    if (isCut) return { kind: 'failed', reason: 'too-large', detail: `more than ${MAX_DOCUMENT_BYTES} bytes` }
    if (OBJECT_HEADERS.some(name => response.headers.has(name)))
      return {
        kind: 'failed',
        reason: 'object',
        detail: 'the answer is an object, not the configuration of a bucket',
      }
    return response.status === 200 ? { kind: 'document', text } : refusal(response.status, text)
  } catch (error) {
    if (abort.signal.aborted)
      return { kind: 'failed', reason: 'timeout', detail: `no whole answer within ${timeoutMs} ms` }
    return { kind: 'failed', reason: 'unreachable', detail: describe(error) }
  } finally {
    clearTimeout(timer)
  }
}

async function signedRequest({ base, signing, key, region }: CorsSource): Promise<Request> {
  const url = `${base}/?cors`
  const { host, pathname } = new URL(url)
  const request = { method: 'GET', path: pathname, query: 'cors', headers: [['host', host] as const] }
  const now = Date.now()
  const headers =
    signing === 's3'
      ? (await signS3(request, key, region, now)).headers
      : [
          [
            'authorization',
            await signCos(request, key, { now, validSeconds: VALID_SECONDS, signedHeaders: ['host'] }),
          ] as const,
        ]
  return new Request(url, { headers: headers.map(([name, value]): [string, string] => [name, value]) })
}

function refusal(status: number, text: string): BucketCorsAnswer {
  const code = elementOf(text, 'Code', MAX_CODE)
  if (status === 404 && code === 'NoSuchCORSConfiguration') return { kind: 'none' }
  return { kind: 'refused', status, code, message: elementOf(text, 'Message', MAX_MESSAGE) }
}

/** Returns the text of the first element of a name, bounded. No parser: the text is shown, and only the code above is compared. */
function elementOf(text: string, name: string, most: number): string {
  const start = text.indexOf(`<${name}>`)
  const end = text.indexOf(`</${name}>`, start)
  return start < 0 || end < 0
    ? ''
    : text.slice(start + name.length + 2, Math.min(end, start + name.length + 2 + most))
}

/** Returns an error's message. Node's fetch has the reason in `cause`. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message || String(error.cause) : error.message
}
