/**
 * @module
 * The dependencies that keep a host equal to its bucket: the bucket's signed `GET /?cors`, KV, memory and the log.
 */

import { type BucketCorsAnswer, fetchBucketCors } from '../bucket/cors-configuration.ts'
import type { HostSettings } from '../settings/host-settings.ts'
import type { BucketAnswer, SyncDeps, SyncEvent } from '../sync/settle.ts'
import { type LogFields, log } from '../telemetry/log.ts'
import { fetcherOf } from './bucket.ts'
import type { Edge } from './edge.ts'

/** Milliseconds for the bucket's whole answer, unless the host's own limit is shorter. */
const TIMEOUT_MS = 10_000
/** Most findings that one log line names. */
const MAX_FINDINGS = 5

/** Returns the dependencies of a host. Returns null, and logs why, if the edge can't ask its bucket. */
export function settleDeps(
  edge: Edge,
  host: string,
  settings: HostSettings,
  published: SyncDeps['published'],
): SyncDeps | null {
  const ask = asker(edge, host, settings)
  if (typeof ask === 'string') {
    log('error', 'sync-skipped', { host, reason: ask })
    return null
  }
  return {
    // Without the binding, every request is answered with an error before this is used.
    kv: edge.env.RULES as KVNamespace,
    ask,
    published,
    accept: (name, record) => edge.policies.accept(name, record),
    isSuperseded: (name, record) => edge.policies.hasNewer(name, record),
    report: event => report(host, event),
  }
}

/** Returns how to ask the bucket, or what is missing for it. */
function asker(edge: Edge, host: string, settings: HostSettings): SyncDeps['ask'] | string {
  const { upstream, secretId, signing, dialect, region, upstreamTimeoutMs } = settings
  const secret = edge.settings.keys.get(secretId)
  if (upstream === null) return 'no ORIGIN'
  if (secret === undefined) return 'no secret for its SECRET_ID'
  // The port of a request is unknown here: a bucket behind the edge's own domain is asked by its name.
  const base = upstream.kind === 'url' ? upstream.base : `https://${host}`
  const fetcher = fetcherOf(edge, upstream)
  const source = {
    base,
    signing: signing === 'none' ? dialect : signing,
    key: { id: secretId, secret },
    region,
  }
  return async () =>
    toBucketAnswer(
      await fetchBucketCors(
        source,
        (request, init) => fetcher(request, { ...init, cache: 'no-store' }),
        Math.min(upstreamTimeoutMs, TIMEOUT_MS),
      ),
    )
}

function toBucketAnswer(answer: BucketCorsAnswer): BucketAnswer {
  if (answer.kind === 'document' || answer.kind === 'none') return answer
  if (answer.kind === 'failed') return { kind: 'failure', code: answer.reason, detail: answer.detail }
  const { status, code, message } = answer
  return { kind: 'failure', code: code || `status-${status}`, detail: message }
}

function report(host: string, { event, ...fields }: SyncEvent): void {
  const level = event === 'rules-published' ? 'info' : 'error'
  log(level, event, { host, ...withFindings(fields) })
}

const withFindings = (fields: Omit<SyncEvent, 'event'>): LogFields => {
  if (!('findings' in fields)) return fields as LogFields
  const { findings, ...rest } = fields as Extract<SyncEvent, { event: 'sync-refused' }>
  const shown = findings
    .filter(finding => finding.severity === 'error')
    .slice(0, MAX_FINDINGS)
    .map(({ code, path, reason }): LogFields => ({ code, path, reason }))
  return { ...rest, findings: shown }
}
