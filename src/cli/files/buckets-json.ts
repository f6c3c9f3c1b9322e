/**
 * @module
 * `rules/buckets.json`: a JSON object of host names, each with its settings; read by what the Worker reads them with.
 */

import { type Finding, quote } from '../../cors/findings.ts'
import { type Env, readHostSettings, readSettings } from '../../settings/settings.ts'
import type { SettingProblem } from '../../settings/values.ts'
import { readHost } from '../kv/hosts.ts'

/** What the deployment brings along: settings of a host are read over its variables. */
export interface Deployed {
  readonly vars: Readonly<Record<string, unknown>>
  /** Whether `BUCKET` is bound; null: not known, so not asked. */
  readonly bindsBucket: boolean | null
}

export const NOT_DEPLOYED: Deployed = { vars: {}, bindsBucket: null }

export interface BucketSettingsReading {
  /** Host → its settings as they are written, as compact JSON. Empty where there are errors. */
  readonly settings: ReadonlyMap<string, string>
  readonly findings: readonly Finding[]
}

/** Reads the file. Every mistake is a finding; nothing is thrown. */
export function readBucketSettings(text: string, deployed: Deployed): BucketSettingsReading {
  const findings: Finding[] = []
  const add = (code: string, path: string, value: string, reason: string, hint: string) =>
    findings.push({ code, severity: 'error', path: quote(path), value: quote(value), reason, hint })

  let record: unknown
  try {
    record = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    const reason = `The file is not JSON: ${quote(error instanceof Error ? error.message : String(error))}.`
    add('not-json', '', '', reason, 'Correct the syntax at this place.')
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
      add('host-invalid', name, name, `${read.problem}.`, 'Write the bucket domain alone.')
      continue
    }
    if (settings.has(read.host)) {
      add(
        'host-repeated',
        name,
        name,
        'The host is written more than once, and only one can hold.',
        'Merge them.',
      )
    }
    const written = JSON.stringify(value)
    settings.set(read.host, written)
    for (const problem of problemsOf(written, deployed)) {
      const path = problem.name === '' ? name : `${name}/${problem.name}`
      const reason =
        problem.code === 'MissingBinding'
          ? 'The settings need a binding that this environment of wrangler.toml does not have.'
          : 'The Worker does not accept this.'
      add('settings-invalid', path, problem.value, reason, `Accepted: ${problem.accepted}.`)
    }
  }
  return { settings: findings.length === 0 ? settings : new Map(), findings }
}

function problemsOf(text: string, { vars, bindsBucket }: Deployed): SettingProblem[] {
  const { problems } = readHostSettings(text, {}, readSettings(vars as Env).settings)
  // There are no secrets here, and no bindings: those are looked up in wrangler.toml instead, where that is known.
  return problems.filter(({ code, name }) =>
    code === 'MissingBinding' ? name === 'BUCKET' && bindsBucket === false : code !== 'MissingSecret',
  )
}
