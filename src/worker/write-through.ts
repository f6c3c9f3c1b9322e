/**
 * @module
 * SYNC=write-through: a `PUT` or `DELETE /?cors` on its way to the bucket. What the bucket would refuse is refused
 * here; what it accepts (it has checked the signature) is published.
 */

import type { ErrorAnswer } from '../answers/error-xml.ts'
import {
  BAD_DIGEST,
  ENTITY_TOO_LARGE,
  INVALID_DIGEST,
  MALFORMED_XML,
  unsupportedMethod,
} from '../answers/errors.ts'
import { hostnameOf, pathAndQuery } from '../bucket/url.ts'
import { type Configuration, MAX_DOCUMENT_BYTES, NO_CONFIGURATION } from '../cors/configuration.ts'
import type { DialectName } from '../cors/dialect.ts'
import { readDocument } from '../formats/read.ts'
import { inTime } from '../rules/store.ts'
import type { HostSettings } from '../settings/host-settings.ts'
import { publish, recordOf, republish, settle } from '../sync/settle.ts'
import { log } from '../telemetry/log.ts'
import { syncDeps } from './cron.ts'
import type { Edge } from './edge.ts'

/** A change of the bucket's configuration, ready to be sent on. */
export interface CorsWrite {
  /** The same request, its body read and put back byte for byte. */
  readonly request: Request
  /** What the bucket will have once it accepts; null: the body is encoded, so only the bucket can tell. */
  readonly configuration: Configuration | null
}

/**
 * Parameters of a presigned URL as the SDKs write them, for COS and for SigV4, where the AWS SDK adds the body's
 * checksum. Any other beside `cors` may make the request one about something else.
 */
const SIGNATURE_PARAMETERS: ReadonlySet<string> = new Set([
  ...['q-sign-algorithm', 'q-ak', 'q-sign-time', 'q-key-time', 'q-header-list', 'q-url-param-list'],
  ...['q-signature', 'sign', 'x-cos-security-token'],
  ...['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Expires', 'X-Amz-SignedHeaders'],
  ...['X-Amz-Signature', 'X-Amz-Security-Token', 'X-Amz-Content-Sha256', 'x-amz-sdk-checksum-algorithm'],
  ...['x-amz-checksum-crc32', 'x-amz-checksum-crc32c', 'x-amz-checksum-crc64nvme', 'x-amz-checksum-sha1'],
  'x-amz-checksum-sha256',
])
/** More than any signature has. */
const MAX_PARAMETERS = 32
/** RFC 1864: base64 of 16 bytes. */
const CONTENT_MD5 = /^[A-Za-z0-9+/]{22}==$/

/**
 * True for `PUT /?cors` and `DELETE /?cors`, signed in a header or in the query. Names are compared as they are written:
 * what a bucket takes for another parameter, such as `c%6Frs` or `cors=x`, it accepts as another request.
 */
export function isCorsWrite({ method, url }: Request): boolean {
  if (method !== 'PUT' && method !== 'DELETE') return false
  const target = pathAndQuery(url)
  if (!target.startsWith('/?')) return false
  const parameters = target.slice(2).split('&', MAX_PARAMETERS + 1)
  const others = parameters.filter(parameter => parameter !== 'cors' && parameter !== 'cors=')
  return (
    parameters.length <= MAX_PARAMETERS &&
    others.length === parameters.length - 1 &&
    others.every(parameter => SIGNATURE_PARAMETERS.has(parameter.split('=', 1)[0] ?? ''))
  )
}

/**
 * Reads the change. The body is read whole, but never more of it than a bucket stores.
 *
 * @returns the bucket's own error for a document that it would refuse
 */
export async function readCorsWrite(
  request: Request,
  dialect: DialectName,
): Promise<CorsWrite | { refusal: ErrorAnswer }> {
  if (request.method === 'DELETE') return { request, configuration: NO_CONFIGURATION }
  const { headers } = request
  // Encoded or signed chunk by chunk: the bytes are not the document's.
  const isSignedByChunks = headers.get('x-amz-content-sha256')?.startsWith('STREAMING-') ?? false
  if (isSignedByChunks || headers.has('content-encoding')) return { request, configuration: null }
  const bytes = await readBody(request)
  if (bytes === null) return { refusal: ENTITY_TOO_LARGE }
  const md5 = headers.get('content-md5')
  if (md5 !== null) {
    if (!CONTENT_MD5.test(md5)) return { refusal: INVALID_DIGEST }
    if (md5 !== (await md5Of(bytes))) return { refusal: BAD_DIGEST }
  }
  const text = decode(bytes)
  if (text === null || !/^\uFEFF?\s*</.test(text)) return { refusal: MALFORMED_XML }
  const { configuration, findings } = await readDocument(text)
  if (configuration !== null) return { request: new Request(request, { body: bytes }), configuration }
  const errors = findings.filter(finding => finding.severity === 'error')
  log('info', 'cors-write-refused', {
    host: hostnameOf(request.url),
    findings: errors.slice(0, 3).map(({ code, path, value }) => ({ code, path, value })),
  })
  const [first] = errors
  const onlyMethods = errors.every(({ code }) => code === 'method-unknown')
  return {
    refusal: dialect === 's3' && first && onlyMethods ? unsupportedMethod(first.value) : MALFORMED_XML,
  }
}

/** null: more than a bucket stores. */
async function readBody({ body, headers }: Request): Promise<Uint8Array | null> {
  if (Number(headers.get('content-length') ?? 0) > MAX_DOCUMENT_BYTES) return null
  const bytes = new Uint8Array(MAX_DOCUMENT_BYTES)
  let length = 0
  for await (const chunk of body ?? []) {
    if (length + chunk.length > MAX_DOCUMENT_BYTES) return null
    bytes.set(chunk, length)
    length += chunk.length
  }
  return bytes.slice(0, length)
}

/** null: not UTF-8. */
function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

const md5Of = async (bytes: Uint8Array): Promise<string> =>
  btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest('MD5', bytes))))

/**
 * Publishes what the bucket has accepted, before the client hears of it: in this isolate at once, in KV as soon as KV
 * answers, within a bound. Then, in the background, makes sure that the bucket still says so. Never rejects.
 */
export async function publishWrite(
  edge: Edge,
  host: string,
  settings: HostSettings,
  { request, configuration }: CorsWrite,
  context: ExecutionContext,
): Promise<void> {
  const deps = syncDeps(edge, host, settings)
  const source = `${request.method} /?cors`
  if (configuration === null) {
    if (deps.ask === null) log('error', 'sync-skipped', { host, reason: 'the body is encoded, and no key' })
    // Waited for, because nothing is known before.
    else await settle(deps, host, null)
    return
  }
  const record = await recordOf(deps, configuration, source)
  const publishing = publish(deps, host, record)
  const after = async () => {
    const published = await publishing
    if (deps.ask !== null) await settle(deps, host, published ? record.revision : null)
    else if (!published) await republish(deps, host, record)
  }
  context.waitUntil(after().catch(error => logFailure(host, error)))
  // A KV that hangs does not hold the client up: `after` goes on waiting.
  await inTime(publishing).catch(error => logFailure(host, error))
}

const logFailure = (host: string, error: unknown): void =>
  log('error', 'sync-failed', { host, detail: error instanceof Error ? error.message : String(error) })
