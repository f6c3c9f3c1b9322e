/**
 * @module
 * Where a command takes rules from: a file, what is live for a host, or an earlier revision of it.
 */

import { existsSync } from 'node:fs'
import type { Configuration } from '../../cors/configuration.ts'
import type { DialectName } from '../../cors/dialect.ts'
import { quote } from '../../cors/findings.ts'
import { settingsKey } from '../../rules/kv-keys.ts'
import type { Settings } from '../../settings/settings.ts'
import type { PlaceOptions } from '../kv/deployment.ts'
import { type Deployment, readDeployment, settingsOfHost } from '../kv/deployment.ts'
import { DEFAULT_HOST, readHost } from '../kv/hosts.ts'
import type { Kv } from '../kv/kv.ts'
import { withKv } from '../kv/open.ts'
import { answeringRules, liveRules, revisionRules } from '../kv/stored.ts'
import { findingsText } from '../print/findings.ts'
import { visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'
import { NOT_DEPLOYED } from './buckets-json.ts'
import { readFiles } from './read.ts'

export type SourceName =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'live'; readonly host: string }
  /** Its own rules, or the default ones in their place. */
  | { readonly kind: 'answering'; readonly host: string }
  | { readonly kind: 'revision'; readonly host: string; readonly revision: string }

/** Rules, and what is known of them. */
export interface RulesSource {
  /** As a sentence can say it: `rules/a.xml`, `live files.example.com`. */
  readonly name: string
  readonly configuration: Configuration
  /** Of a host: its settings, as the Worker reads them; null of a file. */
  readonly settings: Pick<Settings, 'dialect' | 'unmatched'> | null
  readonly host: string | null
  /** Of a host. */
  readonly revision: string | null
  readonly publishedAt: string | null
  /** The file that a record was made from. */
  readonly source: string | null
}

const REVISION = /^(.+)@([0-9a-f]{1,12})$/i

/**
 * Reads `FILE`, `live:HOST` or `HOST@REVISION`.
 *
 * @throws {Trouble} when the host is none
 */
export function readSourceName(text: string): SourceName {
  if (text.startsWith('live:')) return { kind: 'live', host: hostOf(text.slice('live:'.length)) }
  const revision = REVISION.exec(text)
  if (revision?.[1] !== undefined && revision[2] !== undefined && !revision[1].includes('/'))
    return { kind: 'revision', host: hostOf(revision[1]), revision: revision[2] }
  return { kind: 'file', file: text }
}

const NO_REVISION = 'after the @ stand up to 12 hexadecimal digits of a revision; `history HOST` lists them.'

/** As {@link readSourceName}, of what is most likely meant as a file only where there is one. @throws {UserError} */
export function readSide(text: string): SourceName {
  const name = readSourceName(text)
  if (name.kind !== 'file' || /[/\\]|\.(?:xml|json)$/i.test(text) || existsSync(text)) return name
  const [host = '', revision] = text.split('@')
  if ('problem' in readHost(host)) return name
  const hint = revision === undefined ? `For what is live write live:${host}.` : `Of a host, ${NO_REVISION}`
  throw new UserError(`${visible(text)}: there is no such file. ${hint}`)
}

/** Reads `HOST` or `HOST@REVISION`. @throws {Trouble} when the host is none */
export function readHostName(text: string): SourceName {
  const name = readSourceName(text)
  if (name.kind === 'file' && text.includes('@')) throw new UserError(`"${quote(text)}": ${NO_REVISION}`)
  return name.kind === 'revision' ? name : { kind: 'live', host: hostOf(text) }
}

/** @throws {Trouble} when it is none */
export function hostOf(text: string): string {
  const read = readHost(text)
  if ('problem' in read) throw new UserError(`${read.problem}.`)
  return read.host
}

/**
 * Reads the rules of each name, opening KV only where one of them needs it.
 *
 * @throws {Trouble} also when the options name a KV that none of them needs
 */
export async function readSources(
  names: readonly SourceName[],
  options: PlaceOptions,
): Promise<RulesSource[]> {
  if (names.every(name => name.kind === 'file')) {
    const place = options.local ? '--local' : options.remote ? '--remote' : null
    if (place !== null) {
      throw new UserError(
        `${place} says which KV to ask, and the rules of a file are asked of none: leave it out, or name a host instead of the file.`,
      )
    }
    const sources: RulesSource[] = []
    for (const { file } of names) sources.push(await readFileSource(file))
    return sources
  }
  const deployment = await readDeployment(options)
  return withKv(deployment.place, async kv => {
    const sources: RulesSource[] = []
    for (const name of names) {
      sources.push(
        name.kind === 'file' ? await readFileSource(name.file) : await readHostSource(kv, deployment, name),
      )
    }
    return sources
  })
}

/** @throws {Trouble} when the file can't be read, or has errors */
export async function readFileSource(file: string): Promise<RulesSource> {
  const [reading] = await readFiles([file], NOT_DEPLOYED)
  if (reading?.kind === 'unreadable') throw new UserError(reading.problem)
  if (reading?.kind !== 'rules') throw new UserError(`${visible(file)} has no rules: name a file that has.`)
  const { configuration, findings } = reading
  if (configuration === null) {
    const errors = findings.filter(({ severity }) => severity === 'error')
    throw new UserError(
      `${findingsText({ ...reading, findings: errors })}\n\n${visible(file)} has errors, so it answers nothing: correct them first.`,
    )
  }
  const nothing = { settings: null, host: null, revision: null, publishedAt: null, source: null }
  return { name: visible(file), configuration, ...nothing }
}

/** @throws {Trouble} when the host or the revision has no rules that can be used */
export async function readHostSource(
  kv: Kv,
  deployment: Deployment,
  name: Exclude<SourceName, { kind: 'file' }>,
): Promise<RulesSource> {
  const { host } = name
  const found = await rulesOf(kv, name)
  const { rules, publishedAt, source } = found
  const values = await kv.get([...new Set([settingsKey(host), settingsKey(DEFAULT_HOST)])])
  const settings = values.get(settingsKey(host)) ?? values.get(settingsKey(DEFAULT_HOST)) ?? null
  return {
    name: found.name,
    configuration: rules.configuration,
    settings: settingsOfHost(deployment, settings),
    host,
    revision: rules.revision,
    publishedAt,
    source,
  }
}

async function rulesOf(kv: Kv, name: Exclude<SourceName, { kind: 'file' }>) {
  const { host } = name
  switch (name.kind) {
    case 'live':
      return { ...(await liveRules(kv, host)), name: `live ${host}` }
    case 'answering': {
      const found = await answeringRules(kv, host)
      return { ...found, name: found.isDefault ? `live ${DEFAULT_HOST}, for ${host}` : `live ${host}` }
    }
    case 'revision': {
      const found = await revisionRules(kv, host, name.revision)
      return { ...found, name: `${host}@${found.rules.revision}` }
    }
  }
}

/** The dialect to answer in: as asked, else as the host's, else COS's. */
export const dialectFor = (asked: DialectName | undefined, sources: readonly RulesSource[]): DialectName =>
  asked ?? sources.find(({ settings }) => settings !== null)?.settings?.dialect ?? 'cos'
