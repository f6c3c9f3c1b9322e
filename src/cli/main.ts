/**
 * @module
 * The process around src/cli/program.ts: `npm run rules -- <command>`.
 */

// Not by name: Node 20 does not have it.
import * as module from 'node:module'

// A short command spends half of its time compiling what it loads. Nothing is loaded before the cache is on.
module.enableCompileCache?.()
// npm runs a script in the project's folder. The arguments of `npm run rules -- …` are relative to the user's.
if (process.env.npm_lifecycle_event === 'rules' && process.env.INIT_CWD !== undefined)
  process.chdir(process.env.INIT_CWD)
const { execute } = await import('./program.ts')
const { codeOf, reasonOf } = await import('./user-error.ts')

/** A closed pipe ends the process silently. Any other write error is reported once. */
let isLost = false
process.stdout.on('error', error => {
  if (codeOf(error) === 'EPIPE') process.exit(0)
  if (isLost) return
  isLost = true
  const why = codeOf(error) === 'ENOSPC' ? 'the disk is full' : codeOf(error) || reasonOf(error)
  process.stderr.write(`Cannot write to standard output: ${why}. The output is incomplete.\n`, () =>
    process.exit(2),
  )
})
// An error on standard error cannot be reported. The exit code still is.
process.stderr.on('error', () => {})

await execute(process.argv.slice(2))
// A handle that a library left open would keep the process alive. All output is flushed first; a write error arrives one
// turn after the end of the write.
process.stdout.write('', () => process.stderr.write('', () => setImmediate(() => process.exit())))
