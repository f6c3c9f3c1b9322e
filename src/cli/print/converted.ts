/**
 * @module
 * Writes a converted configuration and reports its findings. With an error, nothing is written.
 */

import type { Configuration } from '../../cors/configuration.ts'
import { type Finding, hasErrors } from '../../cors/findings.ts'
import { type OutputOptions, writeOutput } from '../files/output.ts'
import type { RulesFile } from '../files/read.ts'
import { findingsText } from './findings.ts'
import { count, printError, printJson, visible } from './terminal.ts'

export interface Converted {
  /** The name of the file or bucket, for findings. */
  readonly source: string
  /** null if there are errors. */
  readonly configuration: Configuration | null
  /** null if there are errors. */
  readonly text: string | null
  readonly findings: readonly Finding[]
  /** What the source was read as; left out if there is only one possibility. */
  readonly readAs?: string
}

/**
 * Writes the text to --out or standard output, and the findings to standard error. With --json, prints one document.
 * Sets the exit code: 1 if there are errors.
 */
export async function finish(converted: Converted, options: OutputOptions & { json?: true }): Promise<void> {
  const { source, configuration, text, findings, readAs } = converted
  const failed = text === null || hasErrors(findings)
  if (!failed && (options.out !== undefined || !options.json)) await writeOutput(text, options)
  if (options.json) {
    const out = options.out ?? null
    const rules = configuration?.rules.length ?? null
    printJson({ source, ...(readAs === undefined ? {} : { readAs }), rules, out, text, findings, failed })
  } else report(converted, failed, options.out)
  process.exitCode = failed ? 1 : 0
}

function report(
  { source, configuration, findings, readAs }: Converted,
  failed: boolean,
  out: string | undefined,
): void {
  const reading: RulesFile = { kind: 'rules', file: source, configuration, findings, readAs: readAs ?? null }
  if (readAs !== undefined) printError(`${visible(source)}: read as ${readAs}.`)
  if (findings.length > 0) printError(`${findingsText(reading)}\n`)
  if (failed) printError('Nothing was written.')
  else if (out !== undefined)
    printError(
      `${visible(out)}: ${count(configuration?.rules.length ?? 0, 'rule')}, ${count(findings.length, 'finding')}.`,
    )
}
