/**
 * @module
 * The command line: its commands, its errors and its exit codes. 0: done. 1: findings with errors. 2: a problem with the
 * call, a file, the network or KV.
 */

import { Command, CommanderError } from 'commander'
import { ownPackage } from './files/own-package.ts'
import { columns } from './print/layout.ts'
import { printError, visible } from './print/terminal.ts'
import { reasonOf, UserError } from './user-error.ts'

/** Loads each command, in the order of the help. A call loads its own alone: all of them take as long as Node itself. */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  init: async () => (await import('./commands/init.ts')).addInit,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctor,
  deploy: async () => (await import('./commands/deploy.ts')).addDeploy,
  check: async () => (await import('./commands/check.ts')).addCheck,
  explain: async () => (await import('./commands/explain.ts')).addExplain,
  suggest: async () => (await import('./commands/suggest.ts')).addSuggest,
  test: async () => (await import('./commands/test.ts')).addTest,
  preflights: async () => (await import('./commands/preflights.ts')).addPreflights,
  diff: async () => (await import('./commands/diff.ts')).addDiff,
  prove: async () => (await import('./commands/prove.ts')).addProve,
  publish: async () => (await import('./commands/publish.ts')).addPublish,
  history: async () => (await import('./commands/history.ts')).addHistory,
  rollback: async () => (await import('./commands/rollback.ts')).addRollback,
  list: async () => (await import('./commands/list.ts')).addList,
  show: async () => (await import('./commands/show.ts')).addShow,
  export: async () => (await import('./commands/export.ts')).addExport,
  import: async () => (await import('./commands/import.ts')).addImport,
  pull: async () => (await import('./commands/pull.ts')).addPull,
  verify: async () => (await import('./commands/verify.ts')).addVerify,
  status: async () => (await import('./commands/status.ts')).addStatus,
  'seal-key': async () => (await import('./commands/seal-key.ts')).addSealKey,
  clients: async () => (await import('./commands/clients.ts')).addClients,
  starter: async () => (await import('./commands/starter.ts')).addStarter,
}

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
  // Help and a misspelt command need all of them.
  const [named = ''] = args
  const due = Object.entries(COMMANDS).filter(([name]) => !Object.hasOwn(COMMANDS, named) || name === named)
  for (const [, load] of due) (await load())(program)

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
