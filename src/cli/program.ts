/**
 * @module
 * The rules command line: its commands, and what becomes of an error. Exit codes: 0 done, 1 findings that fail,
 * 2 a problem with the call, a file, the network or KV.
 */

import { Command, CommanderError } from 'commander'
import { addCheck } from './commands/check.ts'
import { addDiff } from './commands/diff.ts'
import { addExplain } from './commands/explain.ts'
import { addExport } from './commands/export.ts'
import { addHistory } from './commands/history.ts'
import { addImport } from './commands/import.ts'
import { addList } from './commands/list.ts'
import { addPublish } from './commands/publish.ts'
import { addPull } from './commands/pull.ts'
import { addRollback } from './commands/rollback.ts'
import { addShow } from './commands/show.ts'
import { addStatus } from './commands/status.ts'
import { addSuggest } from './commands/suggest.ts'
import { addTest } from './commands/test.ts'
import { addVerify } from './commands/verify.ts'
import { printError, visible } from './print/terminal.ts'
import { reasonOf, UserError } from './user-error.ts'

/** Runs the command that `args` names, and leaves its exit code in `process.exitCode`. Nothing is thrown. */
export async function execute(args: readonly string[]): Promise<void> {
  const program = new Command('rules')
    .description("The life of a bucket's CORS rules: checked as files, published to the edge's KV.")
    .usage('<command> [options]')
    .exitOverride()
    .showHelpAfterError('(--help tells more)')
  addCheck(program)
  addExplain(program)
  addSuggest(program)
  addTest(program)
  addDiff(program)
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

  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
    else {
      process.exitCode = 2
      if (error instanceof UserError) printError(error.message)
      else {
        printError(`Something unexpected went wrong: ${visible(reasonOf(error))}. RULES_DEBUG=1 shows where.`)
        if (process.env.RULES_DEBUG) printError(String(error instanceof Error ? error.stack : error))
      }
    }
  }
}
