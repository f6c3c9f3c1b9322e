/**
 * @module
 * Reads files of rules, settings or expectations with all their findings, or reports why a file cannot be read.
 */

import { readRulesAdvised } from '../../advice/read.ts'
import type { Configuration } from '../../cors/configuration.ts'
import type { Finding } from '../../cors/findings.ts'
import { type Case, readCases } from '../cases/cases.ts'
import { UserError } from '../user-error.ts'
import { type Deployed, readBucketSettings } from './buckets-json.ts'
import { isCasesFile, isSettingsFile, readText } from './files.ts'

interface ReadBase {
  readonly file: string
  readonly findings: readonly Finding[]
}
export interface RulesFile extends ReadBase {
  readonly kind: 'rules'
  /** null if the file has errors. */
  readonly configuration: Configuration | null
  /** The format, as a sentence says it; null if it is the format of the bucket itself, CORSConfiguration XML or S3 JSON. */
  readonly readAs: string | null
}
export interface SettingsFile extends ReadBase {
  readonly kind: 'settings'
  /** Host → its settings as compact JSON. Empty if the file has errors. */
  readonly settings: ReadonlyMap<string, string>
}
export interface CasesFile extends ReadBase {
  readonly kind: 'cases'
  /** Empty if the file has errors. */
  readonly cases: readonly Case[]
}
export interface UnreadableFile extends ReadBase {
  readonly kind: 'unreadable'
  /** The problem, its place and the fix, as one text. */
  readonly problem: string
}
export type FileReading = RulesFile | SettingsFile | CasesFile | UnreadableFile

/**
 * Reads each file. Never throws because of one file, so that the others are read.
 *
 * @param as the kind of all files, whatever their names
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
    const { configuration, findings, format, label } = await readRulesAdvised(text)
    return {
      kind: 'rules',
      file,
      configuration,
      findings,
      readAs: format === 'rules' || format === null ? null : label,
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { kind: 'unreadable', file, findings: [], problem: error.message }
  }
}
