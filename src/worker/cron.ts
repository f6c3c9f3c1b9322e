/**
 * @module
 * SYNC: what the edge needs to keep KV equal to a host's bucket, and the cron that does it for every host.
 */

import { type BucketCorsAnswer, fetchBucketCors } from '../bucket/cors-configuration.ts'
import { decodeValue, Rules } from '../rules/record.ts'
import { readHost } from '../rules/store.ts'
import { type HostSettings, readHostSettings } from '../settings/host-settings.ts'
import type { Env } from '../settings/settings.ts'
import {
  type BucketAnswer,
  MAX_SETTLE_REQUESTS,
  type SyncDeps,
  type SyncEvent,
  settle,
} from '../sync/settle.ts'
import { type LogFields, log } from '../telemetry/log.ts'
import { fetcherOf } from './bucket.ts'
import { type Edge, edgeOf } from './edge.ts'

/** Hosts of one run, which may take 15 minutes. */
const MAX_HOSTS = 150
/** A Worker may make so many requests in one run, KV's included. */
const MAX_REQUESTS = 1000
/** What a host takes at most: its values, and what comes of them. As a rule, it takes two. */
const MAX_HOST_REQUESTS = 1 + MAX_SETTLE_REQUESTS
/** At once: an invocation has six connections. */
const CONCURRENCY = 3
/** For the bucket's whole answer, in milliseconds; or the host's own limit, where that is less. */
const TIMEOUT_MS = 10_000
/** Findings that one log line names. */
const MAX_TOLD = 5

/** Returns the dependencies that keep a host equal to its bucket. Without a key, the bucket can't be asked. */
export function syncDeps(edge: Edge, host: string, settings: HostSettings): SyncDeps {
  return {
    // Without the binding every answer is an error before this is used.
    kv: edge.env.RULES as KVNamespace,
    dialect: settings.dialect,
    ask: asker(edge, host, settings),
    accept: (name, record) => edge.policies.accept(name, record),
    isSuperseded: (name, record) => edge.policies.hasNewer(name, record),
    report: event => report(host, event),
  }
}

function asker(edge: Edge, host: string, settings: HostSettings): SyncDeps['ask'] {
  const { upstream, secretId, signing, dialect, region, upstreamTimeoutMs } = settings
  const secret = edge.settings.keys.get(secretId)
  if (upstream === null || secret === undefined) return null
  // No request tells the port: what stands behind its own name is asked by that.
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
  const told = findings
    .filter(finding => finding.severity === 'error')
    .slice(0, MAX_TOLD)
    .map(({ code, path, reason }): LogFields => ({ code, path, reason }))
  return { ...rest, findings: told }
}

/** The cron: asks the bucket of every host that KV names, and publishes what has changed. Never rejects. */
export async function syncAll(env: Env): Promise<void> {
  const edge = edgeOf(env)
  if (!edge.settings.sync.cron) return
  if (edge.problems.length > 0) {
    for (const { code, name, value, accepted } of edge.problems)
      log('error', 'misconfigured', { code, name, value, accepted })
    return
  }
  const { hosts, areAll } = await listHosts(env.RULES as KVNamespace)
  let synced = 0
  let requests = PREFIXES.length
  const countRequest = () => {
    requests++
  }
  const mayTakeOneMore = () =>
    synced < MAX_HOSTS && requests + CONCURRENCY * MAX_HOST_REQUESTS <= MAX_REQUESTS
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (let host = hosts[synced]; host !== undefined && mayTakeOneMore(); host = hosts[synced]) {
        synced++
        await syncHost(edge, host, countRequest)
      }
    }),
  )
  if (synced < hosts.length || !areAll) log('warn', 'sync-hosts-left-out', { hosts: hosts.length, synced })
}

async function syncHost(edge: Edge, host: string, countRequest: () => void): Promise<void> {
  try {
    countRequest()
    const values = await readHost(edge.env.RULES as KVNamespace, host)
    const read = values.bucket === null ? null : readHostSettings(values.bucket, edge.env, edge.settings)
    if (read !== null && read.problems.length > 0) {
      log('error', 'settings-unusable', { host, code: read.problems[0]?.code ?? '' })
      return
    }
    const settings = read?.settings ?? edge.settings
    // The hosts without a name share rules only where there are any, and a bucket only where one is named by its URL.
    if (host === 'default' && (values.rules === null || settings.upstream?.kind !== 'url')) return
    const { kv, ask, ...others } = syncDeps(edge, host, settings)
    if (ask === null) {
      log('error', 'sync-skipped', {
        host,
        reason: settings.upstream === null ? 'no ORIGIN' : 'no secret for its SECRET_ID',
      })
      return
    }
    const deps: SyncDeps = {
      ...others,
      kv: {
        put: (...args: Parameters<typeof kv.put>) => {
          countRequest()
          return kv.put(...args)
        },
      },
      ask: () => {
        countRequest()
        return ask()
      },
    }
    const isOwn = host === 'default' || !values.isDefault
    const live = isOwn && values.rules !== null ? await decodeValue(values.rules) : null
    await settle(deps, host, live instanceof Rules ? live.revision : null)
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    log('error', 'kv-unavailable', { host, code: 'kv-read', detail })
  }
}

/** Whose keys name the hosts. */
const PREFIXES = ['cors:', 'bucket:']

/** The hosts that have a key of their own, from another one on in each run: where there are too many, all have their turn. */
async function listHosts(kv: KVNamespace): Promise<{ hosts: string[]; areAll: boolean }> {
  try {
    const pages = await Promise.all(PREFIXES.map(prefix => kv.list({ prefix })))
    const names = pages.flatMap(({ keys }) => keys.map(({ name }) => name.slice(name.indexOf(':') + 1)))
    const hosts = [...new Set(names)].sort()
    const start = Math.floor(Math.random() * hosts.length)
    return {
      hosts: [...hosts.slice(start), ...hosts.slice(0, start)],
      areAll: pages.every(page => page.list_complete),
    }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    log('error', 'kv-unavailable', { code: 'kv-list', detail })
    return { hosts: [], areAll: true }
  }
}
