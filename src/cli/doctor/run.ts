/**
 * @module
 * Runs the offline checks of a deployment. `doctor` prints them; `deploy` stops on an error.
 */

import type { FileReading } from '../files/read.ts'
import { type DeploymentFacts, readFacts } from './config.ts'
import { type Diagnosis, ok } from './diagnosis.ts'
import { checkGuardrails, readGuardrails } from './guardrails.ts'
import { checkNames } from './names.ts'
import { checkRoutes } from './routes.ts'
import { checkRules, readRulesFolder } from './rules.ts'
import { checkSchedule } from './schedule.ts'
import { checkValues } from './values.ts'

export interface OfflineChecks {
  /** null if wrangler rejects the configuration. */
  readonly facts: DeploymentFacts | null
  readonly readings: readonly FileReading[]
  readonly guardrails: readonly FileReading[]
  readonly diagnoses: readonly Diagnosis[]
}

/** Checks a deployment without the network. @throws {UserError} if there is no configuration to check */
export async function checkOffline(env: string, file: string | undefined): Promise<OfflineChecks> {
  const facts = await readFacts(env, file)
  if ('status' in facts) return { facts: null, readings: [], guardrails: [], diagnoses: [facts] }
  const readings = await readRulesFolder(facts)
  const found = [
    ...checkValues(facts),
    ...checkNames(facts),
    ...checkRoutes(facts),
    ...checkSchedule(facts, new Date()),
  ]
  const config = found.some(({ status }) => status === 'error')
    ? []
    : [ok('config', `${facts.place}: variables, bindings, routes and dates are valid.`)]
  const guardrails = await readGuardrails(facts)
  const ofFiles = [...checkRules(facts, readings), ...checkGuardrails(facts, readings, guardrails)]
  return { facts, readings, guardrails, diagnoses: [...config, ...found, ...ofFiles] }
}
