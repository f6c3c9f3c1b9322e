/**
 * @module
 * A configuration that was read from somewhere and goes somewhere else: its findings are told beside it, and with an
 * error nothing is written.
 */

import type { Configuration } from '../../cors/configuration.ts'
import { type Finding, hasErrors } from '../../cors/findings.ts'
import { type OutputOptions, writeOutput } from '../files/output.ts'
import type { RulesFile } from '../files/read.ts'
import { findingsText } from './findings.ts'
import { count, printError, printJson, visible } from './terminal.ts'

export interface Converted {
  /** The file, or the bucket, as findings name it. */
  readonly source: string
  /** null: there are errors. */
  readonly configuration: Configuration | null
  /** null: there are errors. */
  readonly text: string | null
  readonly findings: readonly Finding[]
}

/**
 * Writes the text to --out or standard output and its findings to standard error; with --json, all of it is one
 * document. Sets the exit code: 1 with errors.
 */
export async function finish(converted: Converted, options: OutputOptions & { json?: true }): Promise<void> {
  const { source, configuration, text, findings } = converted
  const failed = text === null || hasErrors(findings)
  if (!failed && (options.out !== undefined || !options.json)) await writeOutput(text, options)
  if (options.json) {
    const out = options.out ?? null
    printJson({ source, rules: configuration?.rules.length ?? null, out, text, findings, failed })
  } else tell(converted, failed, options.out)
  process.exitCode = failed ? 1 : 0
}

function tell(
  { source, configuration, findings }: Converted,
  failed: boolean,
  out: string | undefined,
): void {
  const reading: RulesFile = { kind: 'rules', file: source, configuration, findings }
  if (findings.length > 0) printError(`${findingsText(reading)}\n`)
  if (failed) printError('Nothing was written.')
  else if (out !== undefined)
    printError(
      `${visible(out)}: ${count(configuration?.rules.length ?? 0, 'rule')}, ${count(findings.length, 'finding')}.`,
    )
}
