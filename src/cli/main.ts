/**
 * @module
 * `npm run rules -- <command>`: the process around src/cli/program.ts.
 */

import { enableCompileCache } from 'node:module'

// Half of the time of a short command is the compiling of what it loads: so nothing is loaded before this.
enableCompileCache()
const { execute } = await import('./program.ts')
const { codeOf } = await import('./trouble.ts')

/** The reader of a pipe has left: there is nobody to tell the rest. */
process.stdout.on('error', error => process.exit(codeOf(error) === 'EPIPE' ? 0 : 2))

await execute(process.argv.slice(2))
// What a library left open (a KV that failed to open) would keep the process alive. All that was printed goes out first.
process.stdout.write('', () => process.stderr.write('', () => process.exit()))
