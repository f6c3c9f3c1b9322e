/**
 * @module
 * Plans a publication: compares new rules and settings with the live ones. Writes nothing.
 */

import { isDeepStrictEqual } from 'node:util'
import type { Configuration } from '../../cors/configuration.ts'
import { rulesKey, settingsKey } from '../../rules/kv-keys.ts'
import { decodeValue, makeRecord, Rules, type RulesRecord } from '../../rules/record.ts'
import { sourceName } from '../files/files.ts'
import type { RulesFile, SettingsFile } from '../files/read.ts'
import { type Deployment, settingsOfHost } from './deployment.ts'
import { DEFAULT_HOST } from './hosts.ts'
import type { Kv } from './kv.ts'

/** A `cors:` value as it is live. */
export type Live =
  | { readonly kind: 'nothing' }
  /** `isRecord` is false for a document pasted by hand. */
  | { readonly kind: 'rules'; readonly rules: Rules; readonly isRecord: boolean }
  | { readonly kind: 'unusable'; readonly reason: string }

interface ChangeBase {
  readonly host: string
  readonly key: string
  readonly value: string
  /** False if the live value is the same; it is not written then. */
  readonly changes: boolean
}

export interface RulesChange extends ChangeBase {
  readonly kind: 'rules'
  readonly record: RulesRecord
  readonly live: Live
  /** The rules that answer for the host now: its own, else the default ones; null if none are usable. */
  readonly answering: Configuration | null
}

export interface SettingsChange extends ChangeBase {
  readonly kind: 'settings'
  readonly live: string | null
}

export type PlannedChange = RulesChange | SettingsChange

/** A rules file without errors, and its host. */
export interface PlannedPublication {
  readonly host: string
  readonly file: RulesFile
}

export interface Plan {
  readonly changes: readonly PlannedChange[]
  /** Hosts with settings in KV that the settings file does not name. Those settings stay in effect. */
  readonly unnamed: readonly string[]
}

/**
 * Makes the record of each file and compares it with the live one.
 *
 * @param publishedAt ISO 8601, UTC
 */
export async function planChanges(
  kv: Kv,
  deployment: Deployment,
  publications: readonly PlannedPublication[],
  settingsFile: SettingsFile | null,
  publishedAt: string,
): Promise<Plan> {
  const settings = settingsFile?.settings ?? new Map<string, string>()
  const hosts = publications.map(({ host }) => host)
  const live = await kv.get([...new Set([...keysToPlan(hosts), ...[...settings.keys()].map(settingsKey)])])
  const settingsOf = (host: string) => settings.get(host) ?? live.get(settingsKey(host)) ?? null

  const changes: PlannedChange[] = []
  for (const [host, value] of settings) {
    const key = settingsKey(host)
    const now = live.get(key) ?? null
    const same = now !== null && isDeepStrictEqual(parseJson(now), JSON.parse(value))
    changes.push({ kind: 'settings', host, key, value, live: now, changes: !same })
  }
  for (const { host, file } of publications) {
    if (file.configuration === null) continue
    const { dialect } = settingsOfHost(deployment, settingsOf(host) ?? settingsOf(DEFAULT_HOST))
    const record = await makeRecord(file.configuration, dialect, {
      publishedAt,
      source: sourceName(file.file),
    })
    changes.push(await planRules(host, record, live))
  }
  const unnamed = [...new Set([...hosts, DEFAULT_HOST])].filter(
    host => !settings.has(host) && (live.get(settingsKey(host)) ?? null) !== null,
  )
  return { changes, unnamed }
}

/** Returns the keys from which the rules of these hosts are planned. */
export const keysToPlan = (hosts: readonly string[]): string[] => [
  ...new Set([...hosts, DEFAULT_HOST].flatMap(host => [rulesKey(host), settingsKey(host)])),
]

/**
 * Returns the change that replaces a host's live rules by a record.
 *
 * @param values values of at least {@link keysToPlan}
 */
export async function planRules(
  host: string,
  record: RulesRecord,
  values: ReadonlyMap<string, string | null>,
): Promise<RulesChange> {
  const key = rulesKey(host)
  const text = values.get(key) ?? null
  const live = await readLive(text)
  const fallback = live.kind === 'nothing' ? await readLive(values.get(rulesKey(DEFAULT_HOST)) ?? null) : live
  return {
    kind: 'rules',
    host,
    key,
    value: JSON.stringify(record),
    record,
    live,
    answering: fallback.kind === 'rules' ? fallback.rules.configuration : null,
    // The digest covers rules and header sets.
    changes: !(live.kind === 'rules' && live.isRecord && digestOf(text) === record.sha256),
  }
}

/** Reads a `cors:` value as the Worker does. */
export async function readLive(text: string | null): Promise<Live> {
  if (text === null) return { kind: 'nothing' }
  const decoded = await decodeValue(text)
  if (!(decoded instanceof Rules)) return { kind: 'unusable', reason: decoded.reason }
  return { kind: 'rules', rules: decoded, isRecord: digestOf(text) !== null }
}

/** Returns the digest of a record, or null if the value is not a record. */
function digestOf(text: string | null): string | null {
  const record = text === null ? null : parseJson(text)
  const named = typeof record === 'object' && record !== null && 'sha256' in record ? record.sha256 : null
  return typeof named === 'string' ? named : null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
