/**
 * @module
 * Builds the production Worker as one ES module, `dist/index.js`, and prints its size. It is what `wrangler deploy`
 * uploads, byte for byte.
 */

import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

// Other scripts write the rest of dist/.
for (const file of ['index.js', 'index.js.map', 'README.md', 'bundle-meta.json'])
  rmSync(`dist/${file}`, { force: true })
// Without --env, wrangler warns about several environments. An empty one is the top level.
// scripts/third-party.ts reads the metafile.
execFileSync('wrangler', ['deploy', '--dry-run', '--metafile', '--outdir', 'dist', '--env', ''], {
  stdio: ['ignore', 'ignore', 'inherit'],
})
const bundle = readFileSync('dist/index.js')
const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`
console.log(`dist/index.js: ${kib(bundle.length)}, ${kib(gzipSync(bundle, { level: 9 }).length)} gzip`)
