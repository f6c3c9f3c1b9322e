/**
 * @module
 * SYNC=cron: asks the bucket of every host that KV names, and publishes what has changed.
 */

import { decodeValue } from '../rules/decode.ts'
import { rulesKey, settingsKey } from '../rules/kv-keys.ts'
import { settingsDigest } from '../rules/record.ts'
import { MISSING, Rules } from '../rules/rules.ts'
import { ownBucket, readHost } from '../rules/store.ts'
import { readHostSettings } from '../settings/host-settings.ts'
import type { Env } from '../settings/settings.ts'
import { MAX_SETTLE_REQUESTS, type SyncDeps, settle } from '../sync/settle.ts'
import { log } from '../telemetry/log.ts'
import { type Edge, edgeOf } from './edge.ts'
import { settleDeps } from './settle-deps.ts'

/** Most hosts of one run, which may take 15 minutes. */
const MAX_HOSTS = 150
/** Most requests of a Worker in one run, requests to KV included. */
const MAX_REQUESTS = 1000
/** Most pages of one list: a page has 1,000 keys, and pages take requests from the hosts. */
const MAX_PAGES = 100
/** Most requests for one host: its values, and what follows from them. As a rule, it takes two. */
const MAX_HOST_REQUESTS = 1 + MAX_SETTLE_REQUESTS
/** Hosts at a time: an invocation has six connections. */
const CONCURRENCY = 3
/** Beginnings of the keys that name hosts. */
const PREFIXES = [rulesKey(''), settingsKey('')]

/** Runs once over all hosts. Never rejects. */
export async function syncAll(env: Env): Promise<void> {
  const edge = edgeOf(env)
  if (!edge.settings.sync.cron) return
  if (edge.problems.length > 0) {
    for (const { code, name, value, accepted } of edge.problems)
      log('error', 'misconfigured', { code, name, value, accepted })
    return
  }
  let requests = 0
  const countRequest = () => {
    requests++
  }
  const { hosts, areAll } = await listHosts(env.RULES as KVNamespace, countRequest)
  let synced = 0
  const hasBudget = () => synced < MAX_HOSTS && requests + CONCURRENCY * MAX_HOST_REQUESTS <= MAX_REQUESTS
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      for (let host = hosts[synced]; host !== undefined && hasBudget(); host = hosts[synced]) {
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
    // The default rules are published only if there are some, and if a URL names the bucket of all other hosts.
    if (host === 'default' && (values.rules === null || settings.upstream?.kind !== 'url')) return
    const isOwn = host === 'default' || !values.isDefault
    const decoded = isOwn && values.rules !== null ? await decodeValue(values.rules) : null
    const live = decoded instanceof Rules ? decoded : null
    const deps = settleDeps(edge, host, settings, async () => ({
      publishedAt: live?.publication.publishedAt ?? MISSING,
      settings: await settingsDigest(ownBucket(host, values)),
      guardrail: values.guardrail,
    }))
    if (deps === null) return
    const record =
      live === null ? null : { revision: live.revision, guardrail: live.publication.guardrail ?? null }
    await settle(counted(deps, countRequest), host, record)
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    log('error', 'kv-unavailable', { host, code: 'kv-read', detail })
  }
}

const counted = (deps: SyncDeps, countRequest: () => void): SyncDeps => ({
  ...deps,
  kv: {
    put: (...args: Parameters<typeof deps.kv.put>) => {
      countRequest()
      return deps.kv.put(...args)
    },
  },
  ask: () => {
    countRequest()
    return deps.ask()
  },
})

/** Returns the hosts that have a key. Each run begins with another one, so that all have a turn if there are too many. */
async function listHosts(
  kv: KVNamespace,
  countRequest: () => void,
): Promise<{ hosts: string[]; areAll: boolean }> {
  try {
    const lists = await Promise.all(PREFIXES.map(prefix => listKeys(kv, prefix, countRequest)))
    const hosts = [...new Set(lists.flatMap(({ names }) => names))].sort()
    const start = Math.floor(Math.random() * hosts.length)
    return {
      hosts: [...hosts.slice(start), ...hosts.slice(0, start)],
      areAll: lists.every(({ areAll }) => areAll),
    }
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    log('error', 'kv-unavailable', { code: 'kv-list', detail })
    return { hosts: [], areAll: true }
  }
}

/** Turns every page of a list. */
async function listKeys(
  kv: KVNamespace,
  prefix: string,
  countRequest: () => void,
): Promise<{ names: string[]; areAll: boolean }> {
  const names: string[] = []
  let cursor: string | null = null
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    countRequest()
    const page: KVNamespaceListResult<unknown, string> = await kv.list({ prefix, cursor })
    for (const { name } of page.keys) names.push(name.slice(prefix.length))
    if (page.list_complete) return { names, areAll: true }
    cursor = page.cursor
  }
  return { names, areAll: false }
}
