/**
 * @module
 * Guardrails: the widest rules that may ever be published for a host. They stand in rules/guardrails/ and in KV, for the host
 * or for `default`; each of the two that exists must hold.
 */

import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { type NamedConfiguration, wideningExample, wideningText } from '../../compare/widening-text.ts'
import { within } from '../../cors/within.ts'
import { decodeValue } from '../../rules/decode.ts'
import { Rules } from '../../rules/rules.ts'
import { hostOfFile, rulesFolder } from '../files/files.ts'
import { readFileSource } from '../files/source.ts'
import { UserError } from '../user-error.ts'
import { DEFAULT_HOST } from './hosts.ts'
import type { PlannedChange, RulesChange } from './plan.ts'

/** The folder of the guardrail files, in the rules folder. */
export const GUARDRAILS_FOLDER = 'guardrails'

/** Returns the guardrail file of a host, else the default one; null if there is neither. */
export function guardrailFile(host: string): string | null {
  const folder = join(rulesFolder(), GUARDRAILS_FOLDER)
  const files = [host, DEFAULT_HOST].flatMap(name => [
    join(folder, `${name}.xml`),
    join(folder, `${name}.json`),
  ])
  return files.find(file => existsSync(file)) ?? null
}

/** Returns true if a file lies in a folder of guardrails. */
export const isGuardrailFile = (file: string): boolean =>
  basename(dirname(resolve(file))) === GUARDRAILS_FOLDER

/**
 * Returns the guardrail in the rules folder for the host that a rules file is named after, or null.
 *
 * @throws {UserError} if it cannot be read, or has errors
 */
export async function guardrailForFile(file: string): Promise<NamedConfiguration | null> {
  const read = hostOfFile(file)
  if (isGuardrailFile(file) || 'problem' in read) return null
  const guardrail = guardrailFile(read.host)
  return guardrail === null ? null : readFileSource(guardrail)
}

/**
 * Returns why planned rules must not be published: one text for each host whose rules are wider than a guardrail, or not
 * provably within it.
 *
 * @throws {UserError} if a guardrail cannot be read
 */
export async function guardrailRefusals(changes: readonly PlannedChange[]): Promise<string[]> {
  const refusals: string[] = []
  for (const change of changes) {
    if (change.kind !== 'rules') continue
    const rules = { name: `the rules for ${change.host}`, configuration: change.record.configuration }
    for (const guardrail of await guardrailsOf(change)) {
      const refusal = refusalOf(rules, guardrail)
      if (refusal !== null) refusals.push(refusal)
    }
  }
  return refusals
}

async function guardrailsOf({ host, guardrail }: RulesChange): Promise<NamedConfiguration[]> {
  const guardrails: NamedConfiguration[] = []
  const file = guardrailFile(host)
  if (file !== null) guardrails.push(await readFileSource(file))
  if (guardrail === null) return guardrails
  const { key, text } = guardrail
  const decoded = await decodeValue(text)
  if (!(decoded instanceof Rules))
    throw new UserError(`The guardrail ${key} in KV cannot be read: ${decoded.reason} Nothing was published.`)
  return [...guardrails, { name: `the guardrail ${key} in KV`, configuration: decoded.configuration }]
}

/** Returns why rules are not within a guardrail, with a request that shows it; null if they are. */
export function refusalOf(rules: NamedConfiguration, guardrail: NamedConfiguration): string | null {
  const { holds, widenings, undecided } = within(rules.configuration, guardrail.configuration)
  if (holds === true) return null
  const [widening] = widenings
  return widening === undefined
    ? `It is undecided whether ${rules.name} stay within ${guardrail.name}: ${undecided}`
    : `${wideningText(widening, rules, guardrail)}\n  ${wideningExample(widening, rules, guardrail)}`
}
