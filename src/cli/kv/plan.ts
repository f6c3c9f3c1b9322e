/**
 * @module
 * Plans a publication: compares new rules and settings with the live ones. Writes nothing.
 */

import { isDeepStrictEqual } from 'node:util'
import type { Configuration } from '../../cors/configuration.ts'
import type { DialectName } from '../../cors/dialect.ts'
import { guardrailDigest } from '../../rules/guardrail.ts'
import { guardrailKey, rulesKey, settingsKey } from '../../rules/kv-keys.ts'
import { publicationTime } from '../../rules/order.ts'
import { makeRecord, type RulesRecord, settingsDigest } from '../../rules/record.ts'
import { sourceName } from '../files/files.ts'
import type { RulesFile, SettingsFile } from '../files/read.ts'
import { type Deployment, settingsOfHost } from './deployment.ts'
import { type HistoryEntry, historiesOf, type LastWritten, lastWritten } from './history.ts'
import { DEFAULT_HOST } from './hosts.ts'
import type { Kv } from './kv.ts'
import { type Live, readLive } from './live.ts'
import { readStored } from './stored.ts'

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
  readonly dialect: DialectName
  readonly live: Live
  readonly written: LastWritten
  /** The rules that answer for the host now: its own, else the default ones; null if none are usable. */
  readonly answering: Configuration | null
  /** The guardrail of KV that the record names. */
  readonly guardrail: StoredGuardrail | null
}

/** A guardrail in KV. */
export interface StoredGuardrail {
  readonly key: string
  readonly text: string
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
  /** Sentences about earlier publications that KV shows by half. */
  readonly halfDone: readonly string[]
  /** Hosts with settings in KV that the settings file does not name. Those settings stay in effect. */
  readonly unnamed: readonly string[]
}

/** What is published, and how. */
export interface PlanInput {
  readonly publications: readonly PlannedPublication[]
  readonly settingsFile: SettingsFile | null
  /** Writes values that KV shows to be the same already. */
  readonly force: boolean
}

/** Makes the record of each file and compares it with what was written last. */
export async function planChanges(kv: Kv, deployment: Deployment, input: PlanInput): Promise<Plan> {
  const { publications, force } = input
  const settings = input.settingsFile?.settings ?? new Map<string, string>()
  const hosts = publications.map(({ host }) => host)
  const all = [...new Set([...hosts, ...settings.keys()])]
  const values = await kv.get(keysToPlan(all))
  const histories = await historiesOf(kv, all)
  const plannedSettings = [...settings].map(([host, value]) => planSettings(host, value, values, force))
  const afterwards = new Map(values)
  for (const { key, value } of plannedSettings.filter(({ changes }) => changes)) afterwards.set(key, value)

  const plannedRules: RulesChange[] = []
  const halfDone: string[] = []
  for (const host of all) {
    const file = publications.find(publication => publication.host === host)?.file
    const state = await readHostState(host, values, afterwards, histories.get(host) ?? [])
    halfDone.push(...halfDoneOf(state))
    const rules = rulesToPlan(state, file)
    if (rules === null) continue
    const dialect = dialectOf(deployment, host, afterwards)
    plannedRules.push(await planRules(state, { ...rules, dialect, force }))
  }
  const unnamed = [...new Set([...hosts, DEFAULT_HOST])].filter(
    host => !settings.has(host) && (values.get(settingsKey(host)) ?? null) !== null,
  )
  return { changes: [...plannedSettings, ...plannedRules], halfDone, unnamed }
}

function planSettings(
  host: string,
  value: string,
  values: ReadonlyMap<string, string | null>,
  force: boolean,
): SettingsChange {
  const key = settingsKey(host)
  const live = values.get(key) ?? null
  const isSame = live !== null && isDeepStrictEqual(parseJson(live), JSON.parse(value))
  return { kind: 'settings', host, key, value, live, changes: force || !isSame }
}

/** Returns the rules of a host's file; without one, its live rules if they belong to other settings; else null. */
function rulesToPlan(
  { live, source, settings }: HostKvState,
  file: RulesFile | undefined,
): Pick<NewRules, 'configuration' | 'source'> | null {
  if (file !== undefined)
    return file.configuration === null
      ? null
      : { configuration: file.configuration, source: sourceName(file.file) }
  if (live.kind !== 'rules' || !live.isRecord) return null
  const { configuration, publication } = live.rules
  const isPaired = publication.settings === undefined || publication.settings === settings
  return isPaired ? null : { configuration, source }
}

/** A host in KV, as far as its rules are planned from it. */
export interface HostKvState {
  readonly host: string
  readonly live: Live
  /** Source of the live record, or empty. */
  readonly source: string
  /** Rules that answer for the host now. */
  readonly answering: Configuration | null
  readonly written: LastWritten
  /** Digest of the host's settings after the publication. */
  readonly settings: string | null
  /** Digest of the host's settings now. */
  readonly settingsNow: string | null
  readonly guardrail: StoredGuardrail | null
}

/**
 * @param values values of at least {@link keysToPlan}
 * @param afterwards the same after the publication of settings
 */
export async function readHostState(
  host: string,
  values: ReadonlyMap<string, string | null>,
  afterwards: ReadonlyMap<string, string | null>,
  history: readonly HistoryEntry[],
): Promise<HostKvState> {
  const { live, source } = await readStored(values.get(rulesKey(host)) ?? null)
  const fallback = live.kind === 'nothing' ? await readLive(values.get(rulesKey(DEFAULT_HOST)) ?? null) : live
  return {
    host,
    live,
    source: source ?? '',
    answering: fallback.kind === 'rules' ? fallback.rules.configuration : null,
    written: lastWritten(live, history),
    settings: await settingsDigest(afterwards.get(settingsKey(host)) ?? null),
    settingsNow: await settingsDigest(values.get(settingsKey(host)) ?? null),
    guardrail: guardrailOf(host, values),
  }
}

/** Returns the host's own guardrail, else the default one; null if KV has neither. */
function guardrailOf(host: string, values: ReadonlyMap<string, string | null>): StoredGuardrail | null {
  for (const key of [guardrailKey(host), guardrailKey(DEFAULT_HOST)]) {
    const text = values.get(key) ?? null
    if (text !== null) return { key, text }
  }
  return null
}

/** Returns a sentence for each half of an earlier publication that KV does not show. */
function halfDoneOf({ host, live, written, settingsNow }: HostKvState): string[] {
  const sentences: string[] = []
  if (written.isPending) {
    const at = new Date(written.publishedAt).toISOString()
    const shown = live.kind === 'rules' ? live.rules.revision : 'other rules'
    sentences.push(
      `${host}: revision ${written.revision} was written at ${at}, but KV shows ${live.kind === 'nothing' ? 'no rules' : shown}. A change takes up to two minutes to propagate; after that, its publication was interrupted.`,
    )
  }
  const settings = live.kind === 'rules' ? live.rules.publication.settings : undefined
  if (settings !== undefined && settings !== settingsNow)
    sentences.push(
      `${host}: the live rules were published with other settings (${settingsKey(host)}) than KV shows. A publication was interrupted, or the settings were changed by hand.`,
    )
  return sentences
}

/** Returns the keys from which the rules of these hosts are planned. */
export const keysToPlan = (hosts: readonly string[]): string[] => [
  ...new Set(
    [...hosts, DEFAULT_HOST].flatMap(host => [rulesKey(host), settingsKey(host), guardrailKey(host)]),
  ),
]

/** Returns the dialect of a host with these values. */
export const dialectOf = (
  deployment: Deployment,
  host: string,
  values: ReadonlyMap<string, string | null>,
): DialectName =>
  settingsOfHost(deployment, values.get(settingsKey(host)) ?? values.get(settingsKey(DEFAULT_HOST)) ?? null)
    .dialect

export interface NewRules {
  readonly configuration: Configuration
  readonly source: string
  readonly dialect: DialectName
  readonly force: boolean
}

/** Returns the change that replaces a host's live rules. */
export async function planRules(state: HostKvState, rules: NewRules): Promise<RulesChange> {
  const { host, live, answering, written, settings, guardrail } = state
  const { configuration, source, dialect, force } = rules
  const publishedAt = publicationTime(written.publishedAt)
  const record = await makeRecord(configuration, {
    ...{ publishedAt, source, settings },
    guardrail: await guardrailDigest(guardrail?.text ?? null),
  })
  const isLive =
    live.kind === 'rules' &&
    live.isRecord &&
    live.rules.revision === record.revision &&
    live.rules.publication.settings === record.settings &&
    live.rules.publication.guardrail === record.guardrail
  return {
    kind: 'rules',
    host,
    key: rulesKey(host),
    value: JSON.stringify(record),
    record,
    dialect,
    live,
    written,
    answering,
    guardrail,
    changes: force || !isLive || written.isPending,
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
