/**
 * @module
 * Builds what the tests run, once: the production Worker and the demo bucket, each as one module.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, resolve } from 'node:path'

/** The production Worker, as `npm run build` leaves it. */
export const EDGE_BUNDLE = 'dist/index.js'
/** The demo bucket, bundled beside wrangler's other local state. */
export const BUCKET_BUNDLE = '.wrangler/demo-bucket/index.js'

export async function setup(): Promise<void> {
  const outdir = resolve(dirname(BUCKET_BUNDLE))
  await Promise.all([
    run('node', 'scripts/build.ts'),
    run('wrangler', 'deploy', '--dry-run', '-c', 'demo/wrangler.toml', '--outdir', outdir),
  ])
}

async function run(command: string, ...args: string[]): Promise<void> {
  const [code] = await once(spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit')
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`)
}
