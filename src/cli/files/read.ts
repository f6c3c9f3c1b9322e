/**
 * @module
 * Files as what they hold: rules, settings or expectations, with all findings; or why there is nothing to find anything in.
 */

import { readRulesAdvised } from '../../advice/read.ts'
import type { Configuration } from '../../cors/configuration.ts'
import type { Finding } from '../../cors/findings.ts'
import { UserError } from '../user-error.ts'
import { type Deployed, readBucketSettings } from './buckets-json.ts'
import { type Case, readCases } from './cases.ts'
import { isCasesFile, isSettingsFile, readText } from './files.ts'

interface ReadBase {
  readonly file: string
  readonly findings: readonly Finding[]
}
export interface RulesFile extends ReadBase {
  readonly kind: 'rules'
  /** null: there are errors. */
  readonly configuration: Configuration | null
}
export interface SettingsFile extends ReadBase {
  readonly kind: 'settings'
  /** Host → its settings as compact JSON. Empty where there are errors. */
  readonly settings: ReadonlyMap<string, string>
}
export interface CasesFile extends ReadBase {
  readonly kind: 'cases'
  /** Empty where there are errors. */
  readonly cases: readonly Case[]
}
export interface UnreadableFile extends ReadBase {
  readonly kind: 'unreadable'
  /** What is wrong, where, and what to do. */
  readonly problem: string
}
export type FileReading = RulesFile | SettingsFile | CasesFile | UnreadableFile

/**
 * Reads each file. Nothing is thrown for a file: the others are still worth reading.
 *
 * @param as what they are, whatever their names
 */
export async function readFiles(
  files: readonly string[],
  deployed: Deployed,
  as?: 'cases',
): Promise<FileReading[]> {
  const readings: FileReading[] = []
  for (const file of files) readings.push(await readFile(file, deployed, as))
  return readings
}

async function readFile(file: string, deployed: Deployed, as?: 'cases'): Promise<FileReading> {
  try {
    const text = await readText(file)
    if (as === 'cases' || isCasesFile(file)) return { kind: 'cases', file, ...readCases(text) }
    if (isSettingsFile(file)) return { kind: 'settings', file, ...readBucketSettings(text, deployed) }
    return { kind: 'rules', file, ...(await readRulesAdvised(text, 'rules')) }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { kind: 'unreadable', file, findings: [], problem: error.message }
  }
}
