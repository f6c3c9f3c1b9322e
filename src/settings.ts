/**
 * @module
 * The Worker's variables and the per-host records of KV, read into settings; all problems are told at once.
 */

import type { Fetcher, KVNamespace } from '@cloudflare/workers-types'
import { DIALECTS, type DialectName } from './cors/dialect.ts'

/** Bindings and variables of the Worker. Variables are texts; what they may hold is checked here. */
export interface Env {
  RULES?: KVNamespace
  BUCKET?: Fetcher
  ORIGIN?: string
  DIALECT?: string
  UNMATCHED?: string
  POLICY_TTL_SECONDS?: string
  ORIGIN_TIMEOUT_MS?: string
  DEBUG_REFUSALS?: string
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
}

export interface Settings extends HostSettings {
  /** Age after which a policy in memory is refreshed in the background, in seconds; 0: read every time. */
  readonly policyTtlSeconds: number
  readonly debugRefusals: boolean
}

/** A value that is not accepted: which, where, and what would be. */
export interface SettingProblem {
  /** Stable, and the `Code` of the 500 that the edge answers: `InvalidVariable`, `MissingBinding`, … */
  readonly code: string
  /** The variable, binding or field. */
  readonly name: string
  /** As it is set, shortened; empty where it may be a secret or is missing. */
  readonly value: string
  readonly accepted: string
}

export interface Reading<T> {
  readonly settings: T
  readonly problems: readonly SettingProblem[]
}

/** How the fields of HostSettings are called as variables. */
const VARIABLES = {
  origin: 'ORIGIN',
  dialect: 'DIALECT',
  unmatched: 'UNMATCHED',
  originTimeoutMs: 'ORIGIN_TIMEOUT_MS',
} as const

const DEFAULTS: HostSettings = { origin: null, dialect: 'cos', unmatched: 'refuse', originTimeoutMs: 30_000 }

const MAX_TTL_SECONDS = 86_400
const MAX_TIMEOUT_MS = 600_000
/** Characters of a wrong value that a log line repeats. */
const MAX_SHOWN = 100

/** Reads all variables and looks whether the bindings that they need are there. */
export function readSettings(env: Env): Reading<Settings> {
  const values = env as Record<string, unknown>
  const take = new Taker('InvalidVariable', key => [key, values[key]])
  const host = readHost(take, field => VARIABLES[field], DEFAULTS)
  const settings: Settings = {
    ...host,
    policyTtlSeconds: take.one('POLICY_TTL_SECONDS', ...integer(0, MAX_TTL_SECONDS), 60),
    debugRefusals: take.one('DEBUG_REFUSALS', ...choice(['off', 'on']), 'off') === 'on',
  }
  const problems = [...take.problems, ...missingBindings(env, host)]
  return { settings, problems }
}

function missingBindings(env: Env, settings: HostSettings): SettingProblem[] {
  const missing: SettingProblem[] = []
  const add = (name: string, accepted: string) =>
    missing.push({ code: 'MissingBinding', name, value: '', accepted })
  if (typeof env.RULES?.get !== 'function') add('RULES', 'a KV namespace')
  if (settings.origin?.kind === 'service' && typeof env.BUCKET?.fetch !== 'function')
    add('BUCKET', 'a service binding, because ORIGIN is service')
  return missing
}

/**
 * Reads a `bucket:` record: JSON with any of the fields of HostSettings, over the variables.
 *
 * @param text the KV value
 */
export function readHostSettings(text: string, env: Env, base: Settings): Reading<HostSettings> {
  const code = 'InvalidBucketSettings'
  const wrong = (value: string, accepted: string): Reading<HostSettings> => ({
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
  const problems: SettingProblem[] = unknown.map(name => ({
    code,
    name: name.slice(0, MAX_SHOWN),
    value: '',
    accepted: `only the fields ${Object.keys(VARIABLES).join(', ')}`,
  }))
  return { settings, problems: [...take.problems, ...problems, ...missingBindings(env, settings)] }
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
  }
}

/** Takes values by name and collects what is wrong with them. An unset or empty value is the fallback. */
class Taker {
  readonly problems: SettingProblem[] = []
  readonly #code: string
  readonly #get: (name: string) => [name: string, value: unknown]

  constructor(code: string, get: (name: string) => [string, unknown]) {
    this.#code = code
    this.#get = get
  }

  one<T>(key: string, accepted: string, read: (text: string) => T | undefined, fallback: T): T {
    const [name, value] = this.#get(key)
    if (value === undefined || value === null || value === '') return fallback
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
    const result = read(text)
    if (result !== undefined) return result
    this.problems.push({ code: this.#code, name, value: text.slice(0, MAX_SHOWN), accepted })
    return fallback
  }
}

type Reader<T> = [accepted: string, read: (text: string) => T | undefined]

const choice = <const T extends string>(values: readonly T[]): Reader<T> => [
  values.join(' or '),
  text => values.find(value => value === text),
]

const integer = (from: number, to: number): Reader<number> => [
  `a whole number from ${from} to ${to}`,
  text => (/^\d{1,9}$/.test(text) && Number(text) >= from && Number(text) <= to ? Number(text) : undefined),
]

const ORIGIN_ACCEPTED =
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
