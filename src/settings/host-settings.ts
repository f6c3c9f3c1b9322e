/**
 * @module
 * The settings that a host can have of its own, as `bucket:<hostname>` in KV, over the variables of the Worker.
 */

import { DIALECTS } from '../cors/dialect.ts'
import type { Bindings } from './env.ts'
import { MOUNT, mountWithRoute } from './mount.ts'
import { missingBindings, missingSecrets } from './requirements.ts'
import { KEY_PART, type Secrets } from './secrets.ts'
import { readTable, type Setting, type SettingsReading, type Table, type ValuesOf } from './table.ts'
import { UPSTREAM } from './upstream.ts'
import { choice, integer, NAMES, type Reader, type SettingProblem, SWITCH, shown, some } from './values.ts'

interface HostSetting extends Setting {
  /** The name of the setting in a `bucket:` record. */
  readonly field: string
}

const MAX_TIMEOUT_MS = 600_000
/** A year, the customary limit of max-age. */
const MAX_CACHE_SECONDS = 31_536_000

const CACHE_SECONDS = integer(1, MAX_CACHE_SECONDS)
const CACHE: Reader<'off' | 'origin' | number> = {
  accepted: `off, origin, or ${CACHE_SECONDS.accepted}`,
  read: text => (text === 'off' || text === 'origin' ? text : CACHE_SECONDS.read(text)),
}

const REGION: Reader<string> = {
  accepted: 'a region as its vendor writes it, such as us-east-1, auto or cn-hangzhou',
  read: text => (/^[a-z0-9-]{1,64}$/.test(text) ? text : undefined),
}

/**
 * Every setting of a host. To add one, add a row: variable, field, type and messages follow from it. Then use it, and
 * describe it in README.md and docs/storage.md.
 */
export const HOST_SETTINGS = {
  /** The bucket; null if it is not set anywhere. Only what goes to the bucket needs it. */
  upstream: { variable: 'ORIGIN', field: 'origin', reader: UPSTREAM, fallback: null },
  dialect: { variable: 'DIALECT', field: 'dialect', reader: choice(DIALECTS), fallback: 'cos' },
  /** What happens to a cross-origin request that no rule allows. */
  unmatched: {
    variable: 'UNMATCHED',
    field: 'unmatched',
    reader: choice(['refuse', 'forward']),
    fallback: 'refuse',
  },
  /** The methods of actual requests that go to the bucket. Preflights are answered by the rules, whatever this says. */
  methods: {
    variable: 'METHODS',
    field: 'methods',
    reader: some(['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH']),
    fallback: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
  },
  /** Whether rules that do not allow every origin grant credentials, as COS and S3 do. */
  credentials: { variable: 'CREDENTIALS', field: 'credentials', reader: SWITCH, fallback: true },
  /** Time until the headers of the bucket's response, in milliseconds. */
  upstreamTimeoutMs: {
    variable: 'ORIGIN_TIMEOUT_MS',
    field: 'originTimeoutMs',
    reader: integer(1, MAX_TIMEOUT_MS),
    fallback: 30_000,
  },
  /** Which responses of the bucket are cached: none, those that it allows, or all public ones for so many seconds. */
  cache: { variable: 'CACHE', field: 'cache', reader: CACHE, fallback: 'origin' },
  /** Names of query parameters that select a public variant of an object: reads with them are cached and signed. */
  cacheParameters: {
    variable: 'CACHE_PARAMETERS',
    field: 'cacheParameters',
    reader: NAMES,
    fallback: [],
  },
  /** How the edge signs reads without credentials, for a private bucket. */
  signing: {
    variable: 'SIGNING',
    field: 'signing',
    reader: choice(['none', 'cos', 's3']),
    fallback: 'none',
  },
  /** The region in SigV4 signatures; empty: as the bucket's host name says. */
  region: { variable: 'REGION', field: 'region', reader: REGION, fallback: '' },
  /** The ID of the key that signs; empty without a key. */
  secretId: { variable: 'SECRET_ID', field: 'secretId', reader: KEY_PART, fallback: '' },
  /** Whether the bucket's name, as the first part of the path, is removed. */
  pathStyle: { variable: 'PATH_STYLE', field: 'pathStyle', reader: SWITCH, fallback: false },
  /** Whether requests signed for the edge's host are verified and re-signed for the bucket's host. */
  resign: { variable: 'RESIGN', field: 'resign', reader: SWITCH, fallback: false },
  /** The path of the page's own domain below which the bucket is served; empty: the whole host is the bucket. */
  mount: { variable: 'MOUNT', field: 'mount', reader: MOUNT, fallback: '' },
  /** Whether objects may run as the site's own; null: not below a mount. */
  userContent: {
    variable: 'USER_CONTENT',
    field: 'userContent',
    reader: choice(['sandbox', 'trusted']),
    fallback: null,
  },
  /** The Cross-Origin-Resource-Policy of every response. */
  resourcePolicy: {
    variable: 'RESOURCE_POLICY',
    field: 'resourcePolicy',
    reader: choice(['off', 'same-origin', 'same-site', 'cross-origin']),
    fallback: 'off',
  },
  /** Whether origins that the rules allow get Timing-Allow-Origin. */
  timing: { variable: 'TIMING', field: 'timing', reader: choice(['off', 'rules']), fallback: 'off' },
} as const satisfies Table<HostSetting>

export type HostSettings = ValuesOf<typeof HOST_SETTINGS>

const FIELDS = Object.values<HostSetting>(HOST_SETTINGS).map(({ field }) => field)
/** Unknown fields of one record that are reported. */
const MAX_UNKNOWN = 10
const CODE = 'InvalidBucketSettings'

/**
 * Reads a `bucket:` record: JSON with any of the fields, over the settings of the variables.
 *
 * @param text the KV value. A broken one may hold a secret anywhere, so no problem shows a part of it.
 */
export function readHostSettings<Base extends HostSettings & Secrets>(
  text: string,
  bindings: Bindings,
  base: Base,
): SettingsReading<HostSettings> {
  const unusable = (accepted: string): SettingsReading<HostSettings> => ({
    settings: base,
    problems: [{ code: CODE, name: '', value: `(${text.length} characters, not shown)`, accepted }],
  })
  let record: unknown
  try {
    record = JSON.parse(text)
  } catch {
    return unusable('JSON')
  }
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return unusable('a JSON object')
  const fields = new Map<string, unknown>(Object.entries(record))
  const { settings, problems } = readTable<HostSetting, typeof HOST_SETTINGS>(
    HOST_SETTINGS,
    CODE,
    ({ field }) => field,
    name => fields.get(name),
    // USER_CONTENT=trusted of the variables means the mount of the variables.
    fields.has('mount') && base.userContent === 'trusted' ? { ...base, userContent: null } : base,
  )
  return {
    settings,
    problems: [
      ...problems,
      ...unknownFields(fields),
      ...mountWithRoute(settings, CODE, 'mount'),
      ...missingBindings(settings, bindings),
      ...missingSecrets(settings, base, problems),
    ],
  }
}

const unknownFields = (fields: ReadonlyMap<string, unknown>): SettingProblem[] =>
  [...fields.keys()]
    .filter(key => !FIELDS.includes(key))
    .slice(0, MAX_UNKNOWN)
    .map(name => ({
      code: CODE,
      name: shown(name),
      value: '',
      accepted: `only the fields ${FIELDS.join(', ')}`,
    }))
