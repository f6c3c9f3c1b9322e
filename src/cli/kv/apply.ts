/**
 * @module
 * The end of `publish` and `rollback`: shows planned changes, asks where needed, and writes them.
 */

import type { FileReading } from '../files/read.ts'
import { resultOf, resultsText, show } from '../print/results.ts'
import { confirm, isInteractive, print, printError, printJson } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'
import { type Deployment, describePlace } from './deployment.ts'
import { guardrailRefusals } from './guardrails.ts'
import type { Kv } from './kv.ts'
import type { PlannedChange } from './plan.ts'
import { writeChanges } from './write.ts'

/** The options of a command that writes. */
export interface WriteOptions {
  remote?: true
  yes?: true
  dryRun?: true
  json?: true
}

/** @throws {UserError} when the command needs a confirmation and there is no terminal */
export function requireConfirmable({ remote, yes, dryRun, json }: WriteOptions): void {
  if (!remote || yes || dryRun || (isInteractive() && !json)) return
  throw new UserError(
    'Cannot ask for confirmation: this is not a terminal. Pass --yes to publish, or --dry-run to preview.',
  )
}

/** Shows the changes, asks before it writes to Cloudflare's KV, writes, and shows the results. */
export async function applyChanges(
  kv: Kv,
  deployment: Deployment,
  readings: readonly FileReading[],
  changes: readonly PlannedChange[],
  options: WriteOptions,
): Promise<void> {
  const refusals = await guardrailRefusals(changes)
  if (refusals.length > 0) return refuse(refusals, options)
  const planned = changes.map(change => resultOf(change, 'planned'))
  if (options.dryRun) return show(deployment, readings, planned, options)
  const asks = options.remote === true && options.yes !== true && changes.some(change => change.changes)
  if (asks) {
    print(resultsText(planned, true))
    if (!(await confirm(`Write this to ${describePlace(deployment.place)}?`))) {
      printError('Nothing was published.')
      process.exitCode = 1
      return
    }
  }
  show(deployment, readings, await writeChanges(kv, changes), options, !asks)
}

/** Reports that a guardrail forbids the changes. Nothing overrides it. */
function refuse(refusals: readonly string[], { json }: WriteOptions): void {
  if (json) printJson({ files: [], changes: [], failed: true, guardrail: refusals })
  for (const refusal of refusals) printError(refusal)
  printError('Nothing was published: a guardrail forbids it.')
  process.exitCode = 1
}
