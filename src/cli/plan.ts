/**
 * @module
 * What publishing would write, beside what is live: nothing is written here.
 */

import { isDeepStrictEqual } from 'node:util'
import { rulesKey, settingsKey } from '../rules/names.ts'
import { decodeValue, makeRecord, Rules, type RulesRecord } from '../rules/record.ts'
import { type Deployment, dialectOfHost } from './deployment.ts'
import { sourceName } from './files.ts'
import { DEFAULT_HOST } from './hosts.ts'
import type { Kv } from './kv.ts'
import type { RulesFile, SettingsFile } from './read.ts'

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
}

export interface SettingsChange extends ChangeBase {
  readonly kind: 'settings'
  readonly live: string | null
}

export type Change = RulesChange | SettingsChange

/** A rules file without errors, and the host that it is for. */
export interface Publication {
  readonly host: string
  readonly file: RulesFile
}

/**
 * Compiles each file for its host's dialect and compares it with what is live.
 *
 * @param publishedAt ISO 8601, UTC
 */
export async function planChanges(
  kv: Kv,
  deployment: Deployment,
  publications: readonly Publication[],
  settingsFile: SettingsFile | null,
  publishedAt: string,
): Promise<Change[]> {
  const settings = settingsFile?.settings ?? new Map<string, string>()
  const hosts = publications.map(({ host }) => host)
  const live = await kv.get([
    ...hosts.map(rulesKey),
    ...new Set([...hosts, ...settings.keys(), DEFAULT_HOST].map(settingsKey)),
  ])
  const settingsOf = (host: string) => settings.get(host) ?? live.get(settingsKey(host)) ?? null

  const changes: Change[] = []
  for (const [host, value] of settings) {
    const key = settingsKey(host)
    const now = live.get(key) ?? null
    const same = now !== null && isDeepStrictEqual(parseJson(now), JSON.parse(value))
    changes.push({ kind: 'settings', host, key, value, live: now, changes: !same })
  }
  for (const { host, file } of publications) {
    if (file.configuration === null) continue
    const key = rulesKey(host)
    const dialect = dialectOfHost(deployment, settingsOf(host) ?? settingsOf(DEFAULT_HOST))
    const record = await makeRecord(file.configuration, dialect, {
      publishedAt,
      source: sourceName(file.file),
    })
    const text = live.get(key) ?? null
    const now = await readLive(text)
    // The digest is of rules and header sets: equal ones were compiled alike, too.
    const same = now.kind === 'rules' && now.isRecord && digestOf(text) === record.sha256
    changes.push({
      kind: 'rules',
      host,
      key,
      value: JSON.stringify(record),
      record,
      live: now,
      changes: !same,
    })
  }
  return changes
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
