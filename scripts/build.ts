/**
 * @module
 * Builds the production Worker as one ES module, `dist/index.js`, and prints its size. It is what `wrangler deploy`
 * uploads, byte for byte.
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

/** Built apart and then moved: whoever reads dist/ meanwhile finds a whole file. */
const APART = '.wrangler/build'
rmSync(APART, { recursive: true, force: true })
// Without --env, wrangler warns about several environments. An empty one is the top level.
// scripts/third-party.ts reads the metafile.
execFileSync('wrangler', ['deploy', '--dry-run', '--metafile', '--outdir', APART, '--env', ''], {
  stdio: ['ignore', 'ignore', 'inherit'],
})
mkdirSync('dist', { recursive: true })
for (const file of readdirSync(APART)) renameSync(`${APART}/${file}`, `dist/${file}`)
const bundle = readFileSync('dist/index.js')
const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`
console.log(`dist/index.js: ${kib(bundle.length)}, ${kib(gzipSync(bundle, { level: 9 }).length)} gzip`)
