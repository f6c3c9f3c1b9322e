/**
 * @module
 * What only Cloudflare's account shows: secrets that are missing, and rules, settings and guardrails that KV does not have.
 */

import type { Configuration } from '../../cors/configuration.ts'
import { decodeValue } from '../../rules/decode.ts'
import { guardrailKey, rulesKey, settingsKey } from '../../rules/kv-keys.ts'
import { revisionOf } from '../../rules/record.ts'
import { Rules } from '../../rules/rules.ts'
import { type Env, readSettings } from '../../settings/settings.ts'
import { hostOfFile } from '../files/files.ts'
import type { FileReading } from '../files/read.ts'
import { withKv } from '../kv/open.ts'
import { runWrangler } from '../kv/wrangler.ts'
import { visible } from '../print/terminal.ts'
import { reasonOf, UserError } from '../user-error.ts'
import type { DeploymentFacts } from './config.ts'
import { type Diagnosis, ok, warning } from './diagnosis.ts'

/** Asks Cloudflare with wrangler's login. Every problem is a warning: before the first deployment, all of it is missing. */
export async function checkOnline(
  facts: DeploymentFacts,
  readings: readonly FileReading[],
  guardrails: readonly FileReading[],
): Promise<Diagnosis[]> {
  const secrets = await secretNames(facts)
  if (secrets === null)
    return [
      warning(
        'not-deployed',
        `${facts.place}: the Worker ${facts.config.name} is not deployed yet.`,
        `Run \`npm run deploy${envOption(facts)}\`, then publish the rules.`,
      ),
    ]
  const found = [
    ...missingSecrets(facts, secrets),
    ...(await published(facts, readings, rulesIn(guardrails))),
  ]
  return found.length === 0 ? [ok('online', 'Secrets are set, and the rules are published.')] : found
}

const envOption = ({ env }: DeploymentFacts): string => (env === '' ? '' : ` -- --env ${env}`)

/** Returns the names of the Worker's secrets, or null if it does not exist. */
async function secretNames({ config, env }: DeploymentFacts): Promise<string[] | null> {
  const place = ['--config', config.configPath ?? '', '--env', env]
  try {
    const stdout = await runWrangler(['secret', 'list', '--format', 'json', ...place])
    const listed = JSON.parse(stdout.slice(stdout.indexOf('['))) as { readonly name: string }[]
    return listed.map(({ name }) => name)
  } catch (error) {
    if (error instanceof UserError) throw error
    const reason = reasonOf(error)
    if (/\b(?:10007|does not exist|not found)\b/i.test(reason)) return null
    throw new UserError(`wrangler cannot list the secrets of the Worker: ${visible(reason)}`)
  }
}

function missingSecrets({ vars, place, env }: DeploymentFacts, names: readonly string[]): Diagnosis[] {
  const held = Object.fromEntries(
    names.map(name => [name, name.endsWith('KEYS') ? '{"id":"secret"}' : 'set']),
  )
  const { problems } = readSettings({ ...vars, ...held } as Env)
  return problems
    .filter(({ code }) => code === 'MissingSecret')
    .map(({ name, accepted }) =>
      warning(
        'secret-missing',
        `${place}: the secret ${name} is not set: ${accepted}.`,
        `Run \`npm exec -- wrangler secret put ${name}${env === '' ? '' : ` --env ${env}`}\`.`,
      ),
    )
}

async function published(
  facts: DeploymentFacts,
  readings: readonly FileReading[],
  guardrails: readonly HostRules[],
): Promise<Diagnosis[]> {
  const { config, env, place } = facts
  const settings = new Map(readings.flatMap(one => (one.kind === 'settings' ? [...one.settings] : [])))
  const rules = rulesIn(readings)
  const keys = [
    ...rules.map(({ host }) => rulesKey(host)),
    ...[...settings.keys()].map(settingsKey),
    ...guardrails.map(({ host }) => guardrailKey(host)),
  ]
  if (keys.length === 0) return []
  const kvPlace = { where: 'remote', env, configPath: config.configPath ?? '' } as const
  const values = await withKv(kvPlace, kv => kv.get(keys))
  const found: Diagnosis[] = []
  const fix = `Run \`npm run rules -- publish --remote${env === '' ? '' : ` --env ${env}`}\`.`
  for (const { host, configuration } of rules) {
    const value = values.get(rulesKey(host)) ?? null
    if (value === null)
      found.push(warning('rules-unpublished', `${place}: no rules are published for ${visible(host)}.`, fix))
    else if (!(await holds(value, configuration)))
      found.push(
        warning('rules-outdated', `${place}: KV has other rules for ${visible(host)} than its file.`, fix),
      )
  }
  for (const [host, written] of settings) {
    if (values.get(settingsKey(host)) !== written)
      found.push(
        warning(
          'settings-unpublished',
          `${place}: KV has other settings for ${visible(host)} than buckets.json.`,
          fix,
        ),
      )
  }
  return [...found, ...(await missingGuardrails(facts, guardrails, values))]
}

/** A guardrail file alone binds only the commands of this project: the Worker and everybody else follow KV. */
async function missingGuardrails(
  { place, env }: DeploymentFacts,
  guardrails: readonly HostRules[],
  values: ReadonlyMap<string, string | null>,
): Promise<Diagnosis[]> {
  const found: Diagnosis[] = []
  for (const { host, file, configuration } of guardrails) {
    const key = guardrailKey(host)
    const value = values.get(key) ?? null
    if (value !== null && (await holds(value, configuration))) continue
    const [name, path] = [visible(key), visible(file)]
    found.push(
      warning(
        'guardrail-unpublished',
        value === null
          ? `${place}: KV has no ${name}, so the Worker is not held to ${path}.`
          : `${place}: KV has another ${name} than ${path}, and the Worker is held to KV's.`,
        `Run \`npm exec -- wrangler kv key put ${name} --path ${path} --binding RULES --remote${env === '' ? '' : ` --env ${env}`}\`.`,
      ),
    )
  }
  return found
}

interface HostRules {
  readonly host: string
  readonly file: string
  readonly configuration: Configuration
}

/** Returns the files that hold rules without errors, with their hosts. */
const rulesIn = (readings: readonly FileReading[]): HostRules[] =>
  readings.flatMap(one => {
    if (one.kind !== 'rules' || one.configuration === null) return []
    const read = hostOfFile(one.file)
    return 'host' in read ? [{ host: read.host, file: one.file, configuration: one.configuration }] : []
  })

/** Returns true if a value of KV holds the rules of a file. */
async function holds(value: string, configuration: Configuration): Promise<boolean> {
  const live = await decodeValue(value)
  return live instanceof Rules && live.revision === (await revisionOf(configuration))
}
