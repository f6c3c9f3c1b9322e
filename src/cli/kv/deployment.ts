/**
 * @module
 * A deployment as wrangler.toml describes it: its variables, its bindings and its KV.
 */

import { dirname, join, resolve } from 'node:path'
import { type HostSettings, readHostSettings } from '../../settings/host-settings.ts'
import { type Env, readSettings, type Settings } from '../../settings/settings.ts'
import type { Deployed } from '../files/buckets-json.ts'
import { visible } from '../print/terminal.ts'
import { reasonOf, UserError } from '../user-error.ts'
import type { KvPlace } from './kv.ts'

/** The environment that `npm start` runs. */
export const LOCAL_ENVIRONMENT = 'local'

/** The options of every command that reads or writes KV. */
export interface PlaceOptions {
  local?: true
  remote?: true
  env?: string
  persistTo?: string
}

export interface Deployment extends Deployed {
  readonly place: KvPlace
  /** The settings that the variables give. */
  readonly settings: Settings
}

/**
 * Reads wrangler.toml for the environment that the options name. The default is `local` for --local and the top level
 * for --remote.
 *
 * @throws {UserError} when the options name no place, or wrangler.toml does not describe it
 */
export async function readDeployment(options: PlaceOptions): Promise<Deployment> {
  const where = options.local ? 'local' : options.remote ? 'remote' : null
  if (where === null) {
    throw new UserError(
      "Commands that read or write KV require --local (this machine's KV, used by npm start) or --remote (Cloudflare's KV).",
    )
  }
  if (where === 'remote' && options.persistTo !== undefined)
    throw new UserError('--persist-to is for --local only: it names a folder of this machine.')
  const env = options.env ?? (where === 'local' ? await localEnvironment() : '')
  const config = await readConfig(env)
  if (config.configPath === undefined) {
    throw new UserError(
      `There is no wrangler.toml in ${process.cwd()} or above it. Run this in the project's folder.`,
    )
  }
  const named = env === '' ? 'its top level' : `environment ${env}`
  if (!config.kv_namespaces.some(({ binding }: { binding: string }) => binding === 'RULES')) {
    throw new UserError(
      `${config.configPath}: ${named} has no KV namespace bound as RULES. Add one under kv_namespaces.`,
    )
  }
  const vars = config.vars
  const { settings, problems } = readSettings(vars as Env)
  const dialect = problems.find(({ name }) => name === 'DIALECT')
  if (dialect !== undefined) {
    throw new UserError(
      `${config.configPath}: in ${named}, DIALECT is "${visible(dialect.value)}"; accepted: ${dialect.accepted}.`,
    )
  }
  const state = options.persistTo ?? join(dirname(config.configPath), '.wrangler/state')
  return {
    place: { where, env, configPath: config.configPath, state: resolve(state) },
    settings,
    vars,
    bindsBucket: config.services?.some(({ binding }: { binding: string }) => binding === 'BUCKET') ?? false,
  }
}

/** `local` if wrangler.toml has that environment; otherwise the top level, as `wrangler dev` runs it. */
async function localEnvironment(): Promise<string> {
  const { definedEnvironments } = await readConfig('')
  return definedEnvironments?.includes(LOCAL_ENVIRONMENT) ? LOCAL_ENVIRONMENT : ''
}

async function readConfig(env: string) {
  // wrangler writes its log to the home folder, which may be read-only: only on request.
  if (process.env.WRANGLER_LOG_PATH === undefined) process.env.WRANGLER_WRITE_LOGS ??= 'false'
  // Loading wrangler takes a second, so only the commands that need it do.
  const { unstable_readConfig } = await import('wrangler')
  try {
    return unstable_readConfig({ env }, { hideWarnings: true })
  } catch (error) {
    throw new UserError(`wrangler.toml can't be used: ${visible(reasonOf(error))}`)
  }
}

/** Returns the settings of a host as the Worker reads them. `settings` is its `bucket:` value, or null. */
export const settingsOfHost = (deployment: Deployment, settings: string | null): HostSettings =>
  settings === null ? deployment.settings : readHostSettings(settings, {}, deployment.settings).settings

/** `the local KV (environment local)` */
export function describePlace({ where, env }: KvPlace): string {
  const kv = where === 'local' ? 'the local KV' : "Cloudflare's KV"
  return `${kv} (${env === '' ? 'top level of wrangler.toml' : `environment ${env}`})`
}
