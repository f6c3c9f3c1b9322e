/**
 * @module
 * `npm run rules -- <command>`: the rules command line. Exit codes: 0 done, 1 findings that fail, 2 a problem with
 * the call, a file, the network or KV.
 */

import { Command, CommanderError } from 'commander'
import { addCheck } from './check.ts'
import { addDiff } from './diff.ts'
import { addExplain } from './explain.ts'
import { addExport } from './export.ts'
import { addHistory } from './history.ts'
import { addImport } from './import.ts'
import { addList } from './list.ts'
import { addPublish } from './publish.ts'
import { addPull } from './pull.ts'
import { addRollback } from './rollback.ts'
import { addShow } from './show.ts'
import { printError, visible } from './terminal.ts'
import { addTest } from './test.ts'
import { codeOf, reasonOf, Trouble } from './trouble.ts'
import { addVerify } from './verify.ts'

/** The reader of a pipe has left: there is nobody to tell the rest. */
process.stdout.on('error', error => process.exit(codeOf(error) === 'EPIPE' ? 0 : 2))

const program = new Command('rules')
  .description("The life of a bucket's CORS rules: checked as files, published to the edge's KV.")
  .usage('<command> [options]')
  .exitOverride()
  .showHelpAfterError('(--help tells more)')
addCheck(program)
addExplain(program)
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

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    process.exitCode = 2
    if (error instanceof Trouble) printError(error.message)
    else {
      printError(`Something unexpected went wrong: ${visible(reasonOf(error))}. RULES_DEBUG=1 shows where.`)
      if (process.env.RULES_DEBUG) printError(String(error instanceof Error ? error.stack : error))
    }
  }
}
// What a library left open (a KV that failed to open) would keep the process alive. All that was printed goes out first.
process.stdout.write('', () => process.stderr.write('', () => process.exit()))
