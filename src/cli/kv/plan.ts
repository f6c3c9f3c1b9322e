/**
 * @module
 * What publishing would write, beside what is live: nothing is written here.
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

/** What a `cors:` key holds now. */
export type Live =
  | { readonly kind: 'nothing' }
  /** `isRecord`: not pasted by hand. */
  | { readonly kind: 'rules'; readonly rules: Rules; readonly isRecord: boolean }
  | { readonly kind: 'unusable'; readonly reason: string }

interface ChangeBase {
  readonly host: string
  readonly key: string
  readonly value: string
  /** False: what is live is the same, and is left alone. */
  readonly changes: boolean
}

export interface RulesChange extends ChangeBase {
  readonly kind: 'rules'
  readonly record: RulesRecord
  readonly live: Live
  /** The rules that answer for the host until now: its own, else the default ones; null: none that can be used. */
  readonly answering: Configuration | null
}

export interface SettingsChange extends ChangeBase {
  readonly kind: 'settings'
  readonly live: string | null
}

export type PlannedChange = RulesChange | SettingsChange

/** A rules file without errors, and the host that it is for. */
export interface PlannedPublication {
  readonly host: string
  readonly file: RulesFile
}

export interface Plan {
  readonly changes: readonly PlannedChange[]
  /** Hosts with settings in KV that the settings file does not name: those still hold. */
  readonly unnamed: readonly string[]
}

/**
 * Compiles each file for its host's dialect and compares it with what is live.
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

/** The keys that the rules of these hosts are planned from. */
export const keysToPlan = (hosts: readonly string[]): string[] => [
  ...new Set([...hosts, DEFAULT_HOST].flatMap(host => [rulesKey(host), settingsKey(host)])),
]

/**
 * The change that puts a record in the place of a host's live rules.
 *
 * @param values of at least {@link keysToPlan}
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
    // The digest is of rules and header sets: equal ones were compiled alike, too.
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

/** The digest that a record names; null: the value is no record. */
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
