/**
 * @module
 * `rules/buckets.json`: a JSON object, host name → settings. The Worker's own reader checks the settings.
 */

import { type Finding, quote } from '../../cors/findings.ts'
import { readHostSettings } from '../../settings/host-settings.ts'
import { type Env, readSettings } from '../../settings/settings.ts'
import type { SettingProblem } from '../../settings/values.ts'
import { readHost } from '../kv/hosts.ts'

/** The variables and bindings of the deployment. A host's settings override the variables. */
export interface Deployed {
  readonly vars: Readonly<Record<string, unknown>>
  /** Whether `BUCKET` is bound. null if unknown; the check is skipped then. */
  readonly bindsBucket: boolean | null
}

export const NOT_DEPLOYED: Deployed = { vars: {}, bindsBucket: null }

export interface BucketSettingsReading {
  /** Host → its settings as compact JSON. Empty if the file has errors. */
  readonly settings: ReadonlyMap<string, string>
  readonly findings: readonly Finding[]
}

/** Reads the file. Every error is a finding. Never throws. */
export function readBucketSettings(text: string, deployed: Deployed): BucketSettingsReading {
  const findings: Finding[] = []
  const add = (code: string, path: string, value: string, reason: string, hint: string) =>
    findings.push({ code, severity: 'error', path: quote(path), value: quote(value), reason, hint })

  let record: unknown
  try {
    record = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    const reason = `The file is not JSON: ${quote(error instanceof Error ? error.message : String(error))}.`
    add('not-json', '', '', reason, 'Correct the syntax at this position.')
    return { settings: new Map(), findings }
  }
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    const hint = 'Write {"files.example.com": {"dialect": "s3"}}.'
    add('wrong-type', '', '', 'The file is not a JSON object of host names.', hint)
    return { settings: new Map(), findings }
  }

  const settings = new Map<string, string>()
  for (const [name, value] of Object.entries(record)) {
    const read = readHost(name)
    if ('problem' in read) {
      add(
        'host-invalid',
        name,
        name,
        `${read.problem}.`,
        'Write the host name only, such as files.example.com.',
      )
      continue
    }
    if (settings.has(read.host)) {
      add('host-repeated', name, name, 'The host appears more than once.', 'Merge the entries into one.')
    }
    const written = JSON.stringify(value)
    settings.set(read.host, written)
    for (const problem of problemsOf(written, deployed)) {
      const path = problem.name === '' ? name : `${name}/${problem.name}`
      const reason =
        problem.code === 'MissingBinding'
          ? 'These settings need a binding that this environment of wrangler.toml does not have.'
          : 'The Worker does not accept this value.'
      add('settings-invalid', path, problem.value, reason, `Accepted: ${problem.accepted}.`)
    }
  }
  return { settings: findings.length === 0 ? settings : new Map(), findings }
}

function problemsOf(text: string, { vars, bindsBucket }: Deployed): SettingProblem[] {
  const { problems } = readHostSettings(text, {}, readSettings(vars as Env).settings)
  // The file has no secrets and no bindings. The bindings come from wrangler.toml, if it was read.
  return problems.filter(({ code, name }) =>
    code === 'MissingBinding' ? name === 'BUCKET' && bindsBucket === false : code !== 'MissingSecret',
  )
}
