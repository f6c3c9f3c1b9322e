/**
 * @module
 * The sources of rules for a command: a file, the live rules of a host, or an earlier revision.
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
  /** The host's own rules, otherwise the default rules. */
  | { readonly kind: 'answering'; readonly host: string }
  | { readonly kind: 'revision'; readonly host: string; readonly revision: string }

/** Rules and their metadata. */
export interface RulesSource {
  /** A name for sentences: `rules/a.xml`, `live files.example.com`. */
  readonly name: string
  readonly configuration: Configuration
  /** The host's settings as the Worker reads them. null for a file. */
  readonly settings: Pick<Settings, 'dialect' | 'unmatched' | 'credentials' | 'methods'> | null
  readonly host: string | null
  /** null for a file. */
  readonly revision: string | null
  readonly publishedAt: string | null
  /** The file from which the record was made. */
  readonly source: string | null
}

const REVISION = /^(.+)@([0-9a-f]{1,12})$/i

/**
 * Reads `FILE`, `live:HOST` or `HOST@REVISION`.
 *
 * @throws {UserError} if HOST is not a host name
 */
export function readSourceName(text: string): SourceName {
  if (text.startsWith('live:')) return { kind: 'live', host: hostOf(text.slice('live:'.length)) }
  const revision = REVISION.exec(text)
  if (revision?.[1] !== undefined && revision[2] !== undefined && !revision[1].includes('/'))
    return { kind: 'revision', host: hostOf(revision[1]), revision: revision[2] }
  return { kind: 'file', file: text }
}

const NO_REVISION =
  'a revision has up to 12 hexadecimal digits after the @. Run `history HOST` to list the revisions.'

/** As {@link readSourceName}, but rejects a host name without `live:` or a revision. @throws {UserError} */
export function readSide(text: string): SourceName {
  const name = readSourceName(text)
  if (name.kind !== 'file' || /[/\\]|\.(?:xml|json)$/i.test(text) || existsSync(text)) return name
  const [host = '', revision] = text.split('@')
  if ('problem' in readHost(host)) return name
  const hint =
    revision === undefined ? `For the live rules, write live:${host}.` : `If this is a host: ${NO_REVISION}`
  throw new UserError(`${visible(text)}: the file does not exist. ${hint}`)
}

/** Reads `HOST` or `HOST@REVISION`. @throws {UserError} if HOST is not a host name */
export function readHostName(text: string): SourceName {
  const name = readSourceName(text)
  if (name.kind === 'file' && text.includes('@')) throw new UserError(`"${quote(text)}": ${NO_REVISION}`)
  return name.kind === 'revision' ? name : { kind: 'live', host: hostOf(text) }
}

/** Returns the host name in lower case. @throws {UserError} if it is invalid */
export function hostOf(text: string): string {
  const read = readHost(text)
  if ('problem' in read) throw new UserError(`${read.problem}.`)
  return read.host
}

/**
 * Reads the rules of each name. Opens KV only if a name needs it.
 *
 * @throws {UserError} also if the options select a KV that no name needs
 */
export async function readSources(
  names: readonly SourceName[],
  options: PlaceOptions,
): Promise<RulesSource[]> {
  if (names.every(name => name.kind === 'file')) {
    const place = options.local ? '--local' : options.remote ? '--remote' : null
    if (place !== null) {
      throw new UserError(
        `${place} selects a KV, but the rules come from a file. Omit ${place}, or name a host instead of the file.`,
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

/** Reads the rules of a file. @throws {UserError} if it cannot be read or has errors */
export async function readFileSource(file: string): Promise<RulesSource> {
  const [reading] = await readFiles([file], NOT_DEPLOYED)
  if (reading?.kind === 'unreadable') throw new UserError(reading.problem)
  if (reading?.kind !== 'rules')
    throw new UserError(`${visible(file)}: the file does not contain rules. Name a rules file.`)
  const { configuration, findings } = reading
  if (configuration === null) {
    const errors = findings.filter(({ severity }) => severity === 'error')
    throw new UserError(
      `${findingsText({ ...reading, findings: errors })}\n\n${visible(file)} has errors. Correct them first.`,
    )
  }
  const nothing = { settings: null, host: null, revision: null, publishedAt: null, source: null }
  const name = reading.readAs === null ? visible(file) : `${visible(file)} (read as ${reading.readAs})`
  return { name, configuration, ...nothing }
}

/** Reads the rules of a host or a revision. @throws {UserError} if there are no usable rules */
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

/** Returns the dialect: the one asked for, otherwise the host's, otherwise `cos`. */
export const dialectFor = (asked: DialectName | undefined, sources: readonly RulesSource[]): DialectName =>
  asked ?? sources.find(({ settings }) => settings !== null)?.settings?.dialect ?? 'cos'
