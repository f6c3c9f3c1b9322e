/**
 * @module
 * Builds what the tests run, once: the production Worker and the demo bucket, each as one module.
 */

import { execFileSync } from 'node:child_process'
import { dirname, resolve } from 'node:path'

/** The production Worker, as `npm run build` leaves it. */
export const EDGE_BUNDLE = 'dist/index.js'
/** The demo bucket, bundled beside wrangler's other local state. */
export const BUCKET_BUNDLE = '.wrangler/demo-bucket/index.js'

export function setup(): void {
  execFileSync('node', ['scripts/build.ts'], { stdio: ['ignore', 'ignore', 'inherit'] })
  execFileSync(
    'wrangler',
    ['deploy', '--dry-run', '-c', 'demo/wrangler.toml', '--outdir', resolve(dirname(BUCKET_BUNDLE))],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
}
