/**
 * @module
 * A deployment as wrangler.toml describes it: its variables, its bindings, and where its KV is.
 */

import { dirname, join, resolve } from 'node:path'
import {
  type Env,
  type HostSettings,
  readHostSettings,
  readSettings,
  type Settings,
} from '../../settings/settings.ts'
import type { Deployed } from '../files/buckets-json.ts'
import { visible } from '../print/terminal.ts'
import { reasonOf, UserError } from '../user-error.ts'
import type { KvPlace } from './kv.ts'

/** The environment that `npm start` runs. */
export const LOCAL_ENVIRONMENT = 'local'

/** The options of every command that works on a KV. */
export interface PlaceOptions {
  local?: true
  remote?: true
  env?: string
  persistTo?: string
}

export interface Deployment extends Deployed {
  readonly place: KvPlace
  /** Of the variables. */
  readonly settings: Settings
}

/**
 * Reads wrangler.toml for the environment that the options name: for --local it is `local` unless named, for --remote
 * the top level.
 *
 * @throws {Trouble} when the options name no place, or wrangler.toml does not describe it
 */
export async function readDeployment(options: PlaceOptions): Promise<Deployment> {
  const where = options.local ? 'local' : options.remote ? 'remote' : null
  if (where === null) {
    throw new UserError(
      "Say where: --local (this machine's KV, that npm start uses) or --remote (Cloudflare's KV).",
    )
  }
  if (where === 'remote' && options.persistTo !== undefined)
    throw new UserError('--persist-to names a folder of this machine: it goes with --local.')
  const env = options.env ?? (where === 'local' ? LOCAL_ENVIRONMENT : '')
  const config = await readConfig(env)
  if (config.configPath === undefined) {
    throw new UserError(
      `There is no wrangler.toml in ${process.cwd()} or above. Run this in the project's folder.`,
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

async function readConfig(env: string) {
  // A log of wrangler's own goes to the home folder, which not everybody may write to: only where it is asked for.
  if (process.env.WRANGLER_LOG_PATH === undefined) process.env.WRANGLER_WRITE_LOGS ??= 'false'
  // Takes a second to load: only the commands that need it wait for it.
  const { unstable_readConfig } = await import('wrangler')
  try {
    return unstable_readConfig({ env }, { hideWarnings: true })
  } catch (error) {
    throw new UserError(`wrangler.toml can't be used: ${visible(reasonOf(error))}`)
  }
}

/** The settings of a host whose `bucket:` value is this, as the Worker reads it; null: it has none. */
export const settingsOfHost = (deployment: Deployment, settings: string | null): HostSettings =>
  settings === null ? deployment.settings : readHostSettings(settings, {}, deployment.settings).settings

/** `the local KV (environment local)` */
export function describePlace({ where, env }: KvPlace): string {
  const kv = where === 'local' ? 'the local KV' : "Cloudflare's KV"
  return `${kv} (${env === '' ? 'top level of wrangler.toml' : `environment ${env}`})`
}
