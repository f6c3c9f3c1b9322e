/**
 * @module
 * The command line: its commands, its errors and its exit codes. 0: done. 1: findings with errors. 2: a problem with the
 * call, a file, the network or KV.
 */

import { Command, CommanderError } from 'commander'
import { addCheck } from './commands/check.ts'
import { addClients } from './commands/clients.ts'
import { addDeploy } from './commands/deploy.ts'
import { addDiff } from './commands/diff.ts'
import { addDoctor } from './commands/doctor.ts'
import { addExplain } from './commands/explain.ts'
import { addExport } from './commands/export.ts'
import { addHistory } from './commands/history.ts'
import { addImport } from './commands/import.ts'
import { addInit } from './commands/init.ts'
import { addList } from './commands/list.ts'
import { addPreflights } from './commands/preflights.ts'
import { addProve } from './commands/prove.ts'
import { addPublish } from './commands/publish.ts'
import { addPull } from './commands/pull.ts'
import { addRollback } from './commands/rollback.ts'
import { addSealKey } from './commands/seal-key.ts'
import { addShow } from './commands/show.ts'
import { addStarter } from './commands/starter.ts'
import { addStatus } from './commands/status.ts'
import { addSuggest } from './commands/suggest.ts'
import { addTest } from './commands/test.ts'
import { addVerify } from './commands/verify.ts'
import { ownPackage } from './files/own-package.ts'
import { columns } from './print/layout.ts'
import { printError, visible } from './print/terminal.ts'
import { reasonOf, UserError } from './user-error.ts'

/** Runs the command in `args` and sets `process.exitCode`. Never throws. */
export async function execute(args: readonly string[]): Promise<void> {
  const program = new Command('edge-preflight')
    .description(
      "Manages a bucket's CORS rules: checks, explains, tests and publishes them to the edge's KV.",
    )
    .usage('<command> [options]')
    .version(ownPackage().version, '-V, --version', 'print the version')
    .configureOutput({ getOutHelpWidth: columns, getErrHelpWidth: columns })
    .exitOverride()
    .showHelpAfterError('Run the command with --help to see its options.')
  addInit(program)
  addDoctor(program)
  addDeploy(program)
  addCheck(program)
  addExplain(program)
  addSuggest(program)
  addTest(program)
  addPreflights(program)
  addDiff(program)
  addProve(program)
  addPublish(program)
  addHistory(program)
  addRollback(program)
  addList(program)
  addShow(program)
  addExport(program)
  addImport(program)
  addPull(program)
  addVerify(program)
  addStatus(program)
  addSealKey(program)
  addClients(program)
  addStarter(program)

  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
    else {
      process.exitCode = 2
      if (error instanceof UserError) printError(error.message)
      else {
        printError(`Internal error: ${visible(reasonOf(error))}. Set RULES_DEBUG=1 to see the stack trace.`)
        if (process.env.RULES_DEBUG) printError(String(error instanceof Error ? error.stack : error))
      }
    }
  }
}
