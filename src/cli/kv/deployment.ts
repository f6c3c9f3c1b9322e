/**
 * @module
 * A deployment as wrangler.toml describes it: its variables, its bindings and its KV.
 */

import { dirname, join, resolve } from 'node:path'
import { type HostSettings, readHostSettings } from '../../settings/host-settings.ts'
import { type Env, readSettings, type Settings } from '../../settings/settings.ts'
import type { Deployed } from '../files/buckets-json.ts'
import { visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'
import { BINDING, type KvPlace } from './kv.ts'
import { readWranglerConfig } from './wrangler-config.ts'

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
  const config = readWranglerConfig()
  const isLocal = where === 'local' && config.environments.includes(LOCAL_ENVIRONMENT)
  const env = options.env ?? (isLocal ? LOCAL_ENVIRONMENT : '')
  const { vars, kvNamespaces, services } = config.environment(env)
  const at = `${visible(config.path)}: ${env === '' ? 'the top level' : `environment ${visible(env)}`}`
  const namespace = kvNamespaces.find(({ binding }) => binding === BINDING)
  if (namespace === undefined)
    throw new UserError(`${at} has no KV namespace bound as ${BINDING}. Add one under kv_namespaces.`)
  const { settings, problems } = readSettings(vars as Env)
  const dialect = problems.find(({ name }) => name === 'DIALECT')
  if (dialect !== undefined)
    throw new UserError(`${at} has DIALECT = "${visible(dialect.value)}". Accepted: ${dialect.accepted}.`)
  const place: KvPlace =
    where === 'remote'
      ? { where, env, configPath: config.path }
      : { where, env, state: stateOf(options, config.path), namespace: localNamespace(namespace, at) }
  return { place, settings, vars, bindsBucket: services.some(({ binding }) => binding === 'BUCKET') }
}

/** Returns the folder in which `wrangler dev` keeps its state. */
const stateOf = ({ persistTo }: PlaceOptions, configPath: string): string =>
  resolve(persistTo ?? join(dirname(configPath), '.wrangler/state'))

/** Returns the ID by which `wrangler dev` keeps a namespace on this machine. */
function localNamespace({ preview_id, id, remote }: Readonly<Record<string, unknown>>, at: string): string {
  if (remote === true) {
    throw new UserError(
      `${at} has remote = true for ${BINDING}, so wrangler dev reads Cloudflare's KV. Pass --remote, or remove remote = true.`,
    )
  }
  const [named] = [preview_id, id].filter(one => typeof one === 'string' && one !== '')
  return typeof named === 'string' ? named : BINDING
}

/** Returns the settings of a host as the Worker reads them. `settings` is its `bucket:` value, or null. */
export const settingsOfHost = (deployment: Deployment, settings: string | null): HostSettings =>
  settings === null ? deployment.settings : readHostSettings(settings, {}, deployment.settings).settings

/** `the local KV (environment local)` */
export function describePlace({ where, env }: KvPlace): string {
  const kv = where === 'local' ? 'the local KV' : "Cloudflare's KV"
  return `${kv} (${env === '' ? 'top level of wrangler.toml' : `environment ${env}`})`
}
