/**
 * @module
 * The deployment that `doctor` checks: one environment of a wrangler configuration, as wrangler reads it.
 */

import { dirname } from 'node:path'
import type { Unstable_Config } from 'wrangler'
import { notInstalled } from '../kv/wrangler.ts'
import { visible } from '../print/terminal.ts'
import { reasonOf, UserError } from '../user-error.ts'
import { type Diagnosis, error } from './diagnosis.ts'

export interface DeploymentFacts {
  readonly config: Unstable_Config
  /** The folder of the configuration file. */
  readonly folder: string
  /** Empty for the top level. */
  readonly env: string
  /** `wrangler.toml`, or `wrangler.toml [env.staging]`. */
  readonly place: string
  readonly vars: Readonly<Record<string, unknown>>
  readonly routes: readonly RouteFacts[]
  /** Whether `main` is the package's own Worker file. Other code may read names that the Worker does not. */
  readonly isOwnWorker: boolean
}

export interface RouteFacts {
  /** As written, for messages. */
  readonly pattern: string
  /** Lower-case, without port and path. May begin with `*`. */
  readonly host: string
  /** With its slash. Empty without a path. */
  readonly path: string
  readonly isCustomDomain: boolean
  readonly zone: string | null
  /** A plain text instead of a table. */
  readonly isBare: boolean
}

/**
 * Reads the configuration.
 *
 * @param file the configuration file; undefined to search upwards from the working folder
 * @returns the facts, or the reason why wrangler rejects the configuration
 * @throws {UserError} if there is no configuration, or wrangler is not installed
 */
export async function readFacts(env: string, file: string | undefined): Promise<DeploymentFacts | Diagnosis> {
  if (process.env.WRANGLER_LOG_PATH === undefined) process.env.WRANGLER_WRITE_LOGS ??= 'false'
  const wrangler = await import('wrangler').catch((reason: unknown) => {
    throw notInstalled(reason)
  })
  let config: Unstable_Config
  try {
    const args = { env, ...(file === undefined ? {} : { config: file }) }
    config = wrangler.unstable_readConfig(args, { hideWarnings: true })
  } catch (reason) {
    const text = `wrangler rejects the configuration: ${visible(reasonOf(reason))}`
    return error('config-invalid', text, 'Correct wrangler.toml.')
  }
  if (config.configPath === undefined) {
    throw new UserError(
      `There is no wrangler.toml in ${process.cwd()} or a parent folder. Run \`edge-preflight init\` to make a project.`,
    )
  }
  if (env !== '' && !(config.definedEnvironments ?? []).includes(env)) {
    const named = (config.definedEnvironments ?? []).map(visible).join(', ') || 'none'
    const text = `wrangler.toml has no environment "${visible(env)}". Its environments: ${named}.`
    return error('config-invalid', text, `Add [env.${visible(env)}], or correct --env.`)
  }
  return factsOf(config, config.configPath, env)
}

function factsOf(config: Unstable_Config, path: string, env: string): DeploymentFacts {
  const routes = [...(config.routes ?? []), ...(config.route === undefined ? [] : [config.route])]
  return {
    config,
    folder: dirname(path),
    env,
    place: env === '' ? 'wrangler.toml' : `wrangler.toml [env.${env}]`,
    vars: config.vars ?? {},
    routes: routes.map(routeOf),
    isOwnWorker: /(?:^|[\\/])(?:edge-preflight[\\/]dist[\\/]index\.js|src[\\/]index\.ts)$/.test(
      config.main ?? '',
    ),
  }
}

type WranglerRoute = NonNullable<Unstable_Config['routes']>[number]

function routeOf(route: WranglerRoute): RouteFacts {
  const pattern = typeof route === 'string' ? route : route.pattern
  const [, host = '', path = ''] = /^(?:[a-z]+:\/\/)?([^/]*)(\/.*)?$/i.exec(pattern) ?? []
  return {
    pattern: visible(pattern),
    host: host.toLowerCase().replace(/:\d+$/, ''),
    path,
    isCustomDomain: typeof route !== 'string' && 'custom_domain' in route && route.custom_domain === true,
    zone: typeof route !== 'string' && 'zone_name' in route ? (route.zone_name ?? null) : null,
    isBare: typeof route === 'string',
  }
}

/** The hosts that the routes name exactly. */
export const routeHosts = ({ routes }: DeploymentFacts): string[] => [
  ...new Set(routes.map(({ host }) => host).filter(host => host !== '' && !host.includes('*'))),
]
