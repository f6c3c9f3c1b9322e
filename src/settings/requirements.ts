/**
 * @module
 * What settings need beside themselves: bindings and keys.
 */

import type { Bindings } from './env.ts'
import { KEYS, type Keys, type Secrets } from './secrets.ts'
import type { Upstream } from './upstream.ts'
import type { SettingProblem } from './values.ts'

/** Returns a problem for each binding that is missing, or is not what its name says. */
export function missingBindings(
  { upstream }: { readonly upstream: Upstream | null },
  { RULES, BUCKET }: Bindings,
): SettingProblem[] {
  const missing = (name: string, accepted: string): SettingProblem[] => [
    { code: 'MissingBinding', name, value: '', accepted },
  ]
  return [
    ...(typeof RULES?.get === 'function' ? [] : missing('RULES', 'a KV namespace')),
    ...(upstream?.kind !== 'service' || typeof BUCKET?.fetch === 'function'
      ? []
      : missing('BUCKET', 'a service binding, because ORIGIN is service')),
  ]
}

/** EVENTS is optional. But another binding in its place would lose every data point without an error. */
export function wrongEvents({ EVENTS }: Bindings): SettingProblem[] {
  if (EVENTS === undefined || typeof EVENTS?.writeDataPoint === 'function') return []
  return [
    { code: 'InvalidBinding', name: 'EVENTS', value: '', accepted: 'an Analytics Engine dataset, or none' },
  ]
}

const missingSecret = (name: string, accepted: string): SettingProblem[] => [
  { code: 'MissingSecret', name, value: '', accepted },
]

const SECRET_NAMES: ReadonlySet<string> = new Set(['KEYS', 'SEAL_KEYS', 'SECRET_ID', 'SECRET_KEY'])

/** A secret that is there and not accepted is not missing as well. */
const hasSecretProblem = (problems: readonly SettingProblem[]): boolean =>
  problems.some(({ name }) => SECRET_NAMES.has(name))

/** Returns the keys that SIGNING and RESIGN of a host lack. */
export function missingSecrets(
  { signing, secretId, resign }: { signing: 'none' | 'cos' | 's3'; secretId: string; resign: boolean },
  { keys, sealKeys }: Secrets,
  problems: readonly SettingProblem[],
): SettingProblem[] {
  if (hasSecretProblem(problems)) return []
  if (signing !== 'none' && secretId === '')
    return missingSecret('SECRET_ID', `the id of the key that signs, because SIGNING is ${signing}`)
  if (signing !== 'none' && !keys.has(secretId))
    return missingSecret(
      'SECRET_KEY',
      `the secret of the key that signs, there or in KEYS, because SIGNING is ${signing}`,
    )
  if (resign && keys.size === 0 && sealKeys.size === 0) {
    const accepted = `${KEYS.accepted}, or SECRET_ID and SECRET_KEY, or SEAL_KEYS, because RESIGN is on`
    return missingSecret('KEYS', accepted)
  }
  return []
}

/** Returns the key that SYNC lacks: it asks buckets by signed requests. A host may name another key of KEYS. */
export function missingSyncKey(
  { writeThrough, cron }: { readonly writeThrough: boolean; readonly cron: boolean },
  keys: Keys,
  problems: readonly SettingProblem[],
): SettingProblem[] {
  if (!(writeThrough || cron) || keys.size > 0 || hasSecretProblem(problems)) return []
  const kind = cron ? 'cron' : 'write-through'
  return missingSecret('SECRET_KEY', `SECRET_ID and SECRET_KEY, or KEYS, because SYNC has ${kind}`)
}
