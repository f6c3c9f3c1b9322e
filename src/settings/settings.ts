/**
 * @module
 * The Worker's variables and the per-host records of KV, read into settings; all problems are told at once.
 */

import type { AnalyticsEngineDataset, Fetcher, KVNamespace } from '@cloudflare/workers-types'
import { DIALECTS, type DialectName } from '../cors/dialect.ts'
import { isKeyPart, KEY_PART_ACCEPTED, KEYS_ACCEPTED, type Keys, readKeys } from './secrets.ts'
import { choice, integer, MAX_SHOWN, NAMES, type Reader, type SettingProblem, Taker } from './values.ts'

/** Bindings and variables of the Worker. Variables are texts; what they may hold is checked here. */
export interface Env {
  RULES?: KVNamespace
  BUCKET?: Fetcher
  EVENTS?: AnalyticsEngineDataset
  ORIGIN?: string
  DIALECT?: string
  UNMATCHED?: string
  POLICY_TTL_SECONDS?: string
  ORIGIN_TIMEOUT_MS?: string
  CACHE?: string
  CACHE_PARAMETERS?: string
  SIGNING?: string
  REGION?: string
  SECRET_ID?: string
  SECRET_KEY?: string
  RESIGN?: string
  KEYS?: string
  SYNC?: string
  DEBUG_REFUSALS?: string
  SAMPLE_ALLOWED?: string
}

/** What is behind the edge: a URL to prepend, the request's own URL, or the BUCKET service binding. */
export type Target = { kind: 'url'; base: string } | { kind: 'route' } | { kind: 'service' }

/** Settings that one host can have otherwise than the variables say (`bucket:<hostname>`). */
export interface HostSettings {
  /** null: not set anywhere. Preflights need none; an actual request is answered 500. */
  readonly origin: Target | null
  readonly dialect: DialectName
  readonly unmatched: 'refuse' | 'forward'
  /** Time to the upstream's response headers, in milliseconds. */
  readonly originTimeoutMs: number
  /** What of the bucket's answers is cached: nothing, as they say, or all that may be, for so many seconds. */
  readonly cache: 'off' | 'origin' | number
  /** Names of query parameters that select a public variant of an object: reads with them are cached and signed. */
  readonly cacheParameters: readonly string[]
  /** Whose signature the edge puts on reads without credentials, for a private bucket. */
  readonly signing: 'none' | 'cos' | 's3'
  /** The bucket's region, for `s3`; empty: as its host tells. */
  readonly region: string
  /** The id of the key that SIGNING signs with; empty where there is none. */
  readonly secretId: string
  /** Whether requests signed for the edge's own host are verified and signed anew for the bucket's. */
  readonly resign: boolean
}

export interface Sync {
  /** A `PUT` or `DELETE /?cors` that the bucket accepts is published. */
  readonly writeThrough: boolean
  /** The scheduled handler asks the bucket of every host. */
  readonly cron: boolean
}

export interface Settings extends HostSettings {
  /** Age after which a policy in memory is refreshed in the background, in seconds; 0: read every time. */
  readonly policyTtlSeconds: number
  readonly debugRefusals: boolean
  /** The share of the allowed preflights that are recorded as events, from 0 to 1. */
  readonly sampleAllowed: number
  /** How KV is kept equal to the buckets. */
  readonly sync: Sync
  /** Secrets. They never leave the edge: no answer and no log line has one. */
  readonly keys: Keys
}

export interface SettingsReading<T> {
  readonly settings: T
  readonly problems: readonly SettingProblem[]
}

/** How the fields of HostSettings are called as variables. */
const VARIABLES = {
  origin: 'ORIGIN',
  dialect: 'DIALECT',
  unmatched: 'UNMATCHED',
  originTimeoutMs: 'ORIGIN_TIMEOUT_MS',
  cache: 'CACHE',
  cacheParameters: 'CACHE_PARAMETERS',
  signing: 'SIGNING',
  region: 'REGION',
  secretId: 'SECRET_ID',
  resign: 'RESIGN',
} as const

const DEFAULTS: HostSettings = {
  origin: null,
  dialect: 'cos',
  unmatched: 'refuse',
  originTimeoutMs: 30_000,
  cache: 'origin',
  cacheParameters: [],
  signing: 'none',
  region: '',
  secretId: '',
  resign: false,
}

const MAX_TTL_SECONDS = 86_400
const MAX_TIMEOUT_MS = 600_000
/** A year, as for max-age by custom. */
const MAX_CACHE_SECONDS = 31_536_000
/** Fields that nobody knows, of one record, that are told. */
const MAX_UNKNOWN = 10

/** Reads all variables and looks whether the bindings that they need are there. */
export function readSettings(env: Env): SettingsReading<Settings> {
  const values = env as Record<string, unknown>
  const take = new Taker('InvalidVariable', key => [key, values[key]])
  const host = readHost(take, field => VARIABLES[field], DEFAULTS)
  const settings: Settings = {
    ...host,
    policyTtlSeconds: take.one('POLICY_TTL_SECONDS', ...integer(0, MAX_TTL_SECONDS), 60),
    debugRefusals: take.one('DEBUG_REFUSALS', ...choice(['off', 'on']), 'off') === 'on',
    // A data point for each preflight, where there is somewhere to put it; lines of what went well, only if asked for.
    sampleAllowed: take.one('SAMPLE_ALLOWED', ...SHARE, env.EVENTS === undefined ? 0 : 1),
    sync: take.one('SYNC', SYNC_ACCEPTED, readSync, { writeThrough: false, cron: false }),
    keys: takeKeys(take, host.secretId),
  }
  const problems = [
    ...take.problems,
    ...missingBindings(env, host),
    ...wrongEvents(env),
    ...missingSecrets(host, settings.keys, take.problems),
    ...missingSyncKey(settings, take.problems),
  ]
  return { settings, problems }
}

/** The cron signs its questions; a host may name another key of KEYS than SECRET_ID. */
function missingSyncKey({ sync, keys }: Settings, told: readonly SettingProblem[]): SettingProblem[] {
  if (!sync.cron || keys.size > 0 || told.some(({ name }) => SECRET_NAMES.has(name))) return []
  const accepted = 'SECRET_ID and SECRET_KEY, or KEYS, because SYNC has cron'
  return [{ code: 'MissingSecret', name: 'SECRET_KEY', value: '', accepted }]
}

const SECRET_NAMES: ReadonlySet<string> = new Set(['KEYS', 'SECRET_ID', 'SECRET_KEY'])

function missingBindings(env: Env, settings: HostSettings): SettingProblem[] {
  const missing: SettingProblem[] = []
  const add = (name: string, accepted: string) =>
    missing.push({ code: 'MissingBinding', name, value: '', accepted })
  if (typeof env.RULES?.get !== 'function') add('RULES', 'a KV namespace')
  if (settings.origin?.kind === 'service' && typeof env.BUCKET?.fetch !== 'function')
    add('BUCKET', 'a service binding, because ORIGIN is service')
  return missing
}

/** EVENTS is optional, but what is bound as it must be one: its points would be lost without a word. */
function wrongEvents({ EVENTS }: Env): SettingProblem[] {
  if (EVENTS === undefined || typeof EVENTS?.writeDataPoint === 'function') return []
  return [
    { code: 'InvalidBinding', name: 'EVENTS', value: '', accepted: 'an Analytics Engine dataset, or none' },
  ]
}

/** All keys of the edge; SECRET_ID and SECRET_KEY are one of them. */
function takeKeys(take: Taker, secretId: string): Keys {
  const keys = take.hidden('KEYS', KEYS_ACCEPTED, readKeys, new Map<string, string>())
  const secret = take.hidden('SECRET_KEY', ...KEY_PART, '')
  return secretId === '' || secret === '' ? keys : new Map([...keys, [secretId, secret]])
}

/** What a host's signatures lack. Not told of a secret that is there and wrong: that is told already. */
function missingSecrets(
  { signing, secretId, resign }: HostSettings,
  keys: Keys,
  told: readonly SettingProblem[],
): SettingProblem[] {
  if (told.some(({ name }) => SECRET_NAMES.has(name))) return []
  const missing = (name: string, accepted: string): SettingProblem[] => [
    { code: 'MissingSecret', name, value: '', accepted },
  ]
  if (signing !== 'none' && secretId === '')
    return missing('SECRET_ID', `the id of the key that signs, because SIGNING is ${signing}`)
  if (signing !== 'none' && !keys.has(secretId))
    return missing(
      'SECRET_KEY',
      `the secret of the key that signs, there or in KEYS, because SIGNING is ${signing}`,
    )
  if (resign && keys.size === 0)
    return missing('KEYS', `${KEYS_ACCEPTED}, or SECRET_ID and SECRET_KEY, because RESIGN is on`)
  return []
}

/**
 * Reads a `bucket:` record: JSON with any of the fields of HostSettings, over the variables.
 *
 * @param text the KV value
 */
export function readHostSettings(text: string, env: Env, base: Settings): SettingsReading<HostSettings> {
  const code = 'InvalidBucketSettings'
  const wrong = (value: string, accepted: string): SettingsReading<HostSettings> => ({
    settings: base,
    problems: [{ code, name: '', value: value.slice(0, MAX_SHOWN), accepted }],
  })
  let record: unknown
  try {
    record = JSON.parse(text)
  } catch {
    return wrong(text, 'JSON')
  }
  if (typeof record !== 'object' || record === null || Array.isArray(record))
    return wrong(text, 'a JSON object')
  const fields = new Map(Object.entries(record))
  const unknown = [...fields.keys()].filter(key => !Object.hasOwn(VARIABLES, key))
  const take = new Taker(code, key => [key, fields.get(key)])
  const settings = readHost(take, field => field, base)
  const problems: SettingProblem[] = unknown.slice(0, MAX_UNKNOWN).map(name => ({
    code,
    name: name.slice(0, MAX_SHOWN),
    value: '',
    accepted: `only the fields ${Object.keys(VARIABLES).join(', ')}`,
  }))
  return {
    settings,
    problems: [
      ...take.problems,
      ...problems,
      ...missingBindings(env, settings),
      ...missingSecrets(settings, base.keys, take.problems),
    ],
  }
}

function readHost(
  take: Taker,
  nameOf: (field: keyof HostSettings) => string,
  base: HostSettings,
): HostSettings {
  return {
    origin: take.one(nameOf('origin'), ORIGIN_ACCEPTED, readTarget, base.origin),
    dialect: take.one(nameOf('dialect'), ...choice(DIALECTS), base.dialect),
    unmatched: take.one(nameOf('unmatched'), ...choice(['refuse', 'forward']), base.unmatched),
    originTimeoutMs: take.one(nameOf('originTimeoutMs'), ...integer(1, MAX_TIMEOUT_MS), base.originTimeoutMs),
    cache: take.one(nameOf('cache'), ...CACHE, base.cache),
    cacheParameters: take.one(nameOf('cacheParameters'), ...NAMES, base.cacheParameters),
    signing: take.one(nameOf('signing'), ...choice(['none', 'cos', 's3']), base.signing),
    region: take.one(nameOf('region'), ...REGION, base.region),
    secretId: take.hidden(nameOf('secretId'), ...KEY_PART, base.secretId),
    resign: take.one(nameOf('resign'), ...choice(['off', 'on']), base.resign ? 'on' : 'off') === 'on',
  }
}

const SHARE: Reader<number> = [
  'a number from 0 to 1, such as 0.01',
  text => (/^(?:\d|\d?\.\d{1,9})$/.test(text) && Number(text) <= 1 ? Number(text) : undefined),
]

const CACHE_SECONDS = integer(1, MAX_CACHE_SECONDS)
const CACHE: Reader<HostSettings['cache']> = [
  `off, origin, or ${CACHE_SECONDS[0]}`,
  text => (text === 'off' || text === 'origin' ? text : CACHE_SECONDS[1](text)),
]

const SYNC_ACCEPTED = 'off, write-through, cron, or write-through,cron'

function readSync(text: string): Sync | undefined {
  const parts = text.split(',', 3).map(part => part.trim())
  if (parts.length === 1 && parts[0] === 'off') return { writeThrough: false, cron: false }
  const known = parts.every(part => part === 'write-through' || part === 'cron')
  if (!known || new Set(parts).size !== parts.length) return undefined
  return { writeThrough: parts.includes('write-through'), cron: parts.includes('cron') }
}

const KEY_PART: Reader<string> = [KEY_PART_ACCEPTED, text => (isKeyPart(text) ? text : undefined)]

const REGION: Reader<string> = [
  'a region as its vendor writes it, such as us-east-1, auto or cn-hangzhou',
  text => (/^[a-z0-9-]{1,64}$/.test(text) ? text : undefined),
]

/** What ORIGIN may be, in words. */
export const ORIGIN_ACCEPTED =
  'https://host[:port][/prefix] without user, query or fragment (http on a loopback host only), route, or service'

function readTarget(text: string): Target | undefined {
  if (text === 'route' || text === 'service') return { kind: text }
  // The URL parser forgives much: white space and backslashes would not mean what they seem to.
  if (/[\s\\]/.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  const secure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
  if (!secure || url.username !== '' || url.password !== '' || /[?#]/.test(text)) return undefined
  return { kind: 'url', base: url.origin + url.pathname.replace(/\/+$/, '') }
}

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
