/**
 * @module
 * `npm run rules -- <command>`: the process around src/cli/program.ts.
 */

import { enableCompileCache } from 'node:module'

// Half of the time of a short command is the compiling of what it loads: so nothing is loaded before this.
enableCompileCache()
const { execute } = await import('./program.ts')
const { codeOf, reasonOf } = await import('./user-error.ts')

/** The reader of a pipe has left: there is nobody to tell the rest. A disk that is full is told, once. */
let isLost = false
process.stdout.on('error', error => {
  if (codeOf(error) === 'EPIPE') process.exit(0)
  if (isLost) return
  isLost = true
  const why = codeOf(error) === 'ENOSPC' ? 'the disk is full' : codeOf(error) || reasonOf(error)
  process.stderr.write(`The output could not be written (${why}): it is not complete.\n`, () =>
    process.exit(2),
  )
})
// The exit code tells what this can't.
process.stderr.on('error', () => {})

await execute(process.argv.slice(2))
// What a library left open (a KV that failed to open) would keep the process alive. All that was printed goes out first,
// and an error of it comes a turn later than the end of the writing.
process.stdout.write('', () => process.stderr.write('', () => setImmediate(() => process.exit())))
