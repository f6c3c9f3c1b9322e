/**
 * @module
 * Builds the production Worker as one ES module, `dist/index.js`, and prints its size.
 */

import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

// The playground is another's: scripts/playground.ts.
for (const file of ['index.js', 'index.js.map', 'README.md', 'bundle-meta.json'])
  rmSync(`dist/${file}`, { force: true })
// Without an environment named, wrangler warns that there are several; '' is the top level.
// The metafile says what is in it: scripts/third-party.ts.
execFileSync('wrangler', ['deploy', '--dry-run', '--minify', '--metafile', '--outdir', 'dist', '--env', ''], {
  stdio: ['ignore', 'ignore', 'inherit'],
})
const bundle = readFileSync('dist/index.js')
const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`
console.log(`dist/index.js: ${kib(bundle.length)}, ${kib(gzipSync(bundle, { level: 9 }).length)} gzip`)
