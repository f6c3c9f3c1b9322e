/**
 * @module
 * The variables of the Worker, read into settings. All problems are reported at once.
 */

import type { Bindings } from './env.ts'
import { HOST_SETTINGS, type HostSettings } from './host-settings.ts'
import { mountWithRoute } from './mount.ts'
import { missingBindings, missingSecrets, missingSyncKey, wrongEvents } from './requirements.ts'
import { KEY_PART, KEYS, SEAL_KEYS, type SealKeys, type Secrets } from './secrets.ts'
import { defaultsOf, readTable, type SettingsReading, type Table, type ValuesOf } from './table.ts'
import { integer, type Reader, SHARE, SWITCH } from './values.ts'

/** How KV is kept equal to the buckets. */
interface Sync {
  /** After a signed `PUT` or `DELETE /?cors`, the bucket's configuration is published. */
  readonly writeThrough: boolean
  /** The scheduled handler asks the bucket of every host. */
  readonly cron: boolean
}

const SYNC: Reader<Sync> = {
  accepted: 'off, write-through, cron, or write-through,cron',
  read(text) {
    const parts = text.split(',', 3).map(part => part.trim())
    if (parts.length === 1 && parts[0] === 'off') return { writeThrough: false, cron: false }
    const known = parts.every(part => part === 'write-through' || part === 'cron')
    if (!known || new Set(parts).size !== parts.length) return undefined
    return { writeThrough: parts.includes('write-through'), cron: parts.includes('cron') }
  },
}

const MAX_TTL_SECONDS = 86_400

/** Every setting of the whole edge. To add one, add a row, and describe it in README.md. */
const EDGE_SETTINGS = {
  /** Age after which a policy in memory is refreshed in the background, in seconds; 0: read before every answer. */
  policyTtlSeconds: {
    variable: 'POLICY_TTL_SECONDS',
    reader: integer(0, MAX_TTL_SECONDS),
    fallback: 60,
  },
  debugRefusals: { variable: 'DEBUG_REFUSALS', reader: SWITCH, fallback: false },
  /** The share of allowed preflights that become events; null: all where EVENTS is bound, else none. */
  sampleAllowed: { variable: 'SAMPLE_ALLOWED', reader: SHARE, fallback: null },
  sync: { variable: 'SYNC', reader: SYNC, fallback: { writeThrough: false, cron: false } },
} as const satisfies Table

/** The secrets, beside SECRET_ID. They never leave the edge: no response and no log line shows one. */
const SECRETS = {
  keys: { variable: 'KEYS', reader: KEYS, fallback: new Map<string, string>() },
  secretKey: { variable: 'SECRET_KEY', reader: KEY_PART, fallback: '' },
  sealKeys: { variable: 'SEAL_KEYS', reader: SEAL_KEYS, fallback: new Map() as SealKeys },
} as const satisfies Table

const VARIABLES = { ...HOST_SETTINGS, ...EDGE_SETTINGS, ...SECRETS }
const DEFAULTS = defaultsOf(VARIABLES)

/** Returns the names of all variables, and of those that must be secrets. */
export const variableNames = (): { readonly all: readonly string[]; readonly secret: readonly string[] } => ({
  all: Object.values(VARIABLES).map(({ variable }) => variable),
  secret: Object.values(SECRETS).map(({ variable }) => variable),
})

/** Bindings and variables of the Worker. Variables are texts. */
export type Env = Bindings & {
  [Name in (typeof VARIABLES)[keyof typeof VARIABLES]['variable']]?: string
}

export interface Settings
  extends HostSettings,
    ValuesOf<Omit<typeof EDGE_SETTINGS, 'sampleAllowed'>>,
    Secrets {
  /** The share of allowed preflights that become events, from 0 to 1. */
  readonly sampleAllowed: number
}

/** Reads all variables, and checks the bindings and secrets that they need. */
export function readSettings(env: Env): SettingsReading<Settings> {
  const values = env as Record<string, unknown>
  const read = readTable(
    VARIABLES,
    'InvalidVariable',
    ({ variable }) => variable,
    name => values[name],
    DEFAULTS,
  )
  const { keys: listed, secretKey, ...others } = read.settings
  const { secretId } = others
  const keys = secretId === '' || secretKey === '' ? listed : new Map([...listed, [secretId, secretKey]])
  const sampleAllowed = others.sampleAllowed ?? (env.EVENTS === undefined ? 0 : 1)
  const settings: Settings = { ...others, sampleAllowed, keys }
  const problems = [
    ...read.problems,
    ...mountWithRoute(settings, 'InvalidVariable', 'MOUNT'),
    ...missingBindings(settings, env),
    ...wrongEvents(env),
    ...missingSecrets(settings, settings, read.problems),
    ...missingSyncKey(settings.sync, keys, read.problems),
  ]
  return { settings, problems }
}
