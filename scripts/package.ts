/**
 * @module
 * Builds the package into dist/: the Worker, the command line and the modules, each as one file, and their types.
 * `npm pack` runs it.
 */

import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { licencesOf } from './licences.ts'

/** Modules of the package besides the Worker and the command line. */
const MODULES = ['cors', 'hono', 'seal']
/** Parts of the XML reader that the project never uses (wrangler.toml has the same list). */
const UNUSED = ['@nodable/entities', 'is-unsafe', 'path-expression-matcher', 'strnum', 'xml-naming']

const common = {
  bundle: true,
  format: 'esm',
  minify: true,
  legalComments: 'none',
  charset: 'utf8',
  alias: Object.fromEntries(UNUSED.map(name => [name, resolve('src/formats/xml-unused.ts')])),
  metafile: true,
  logLevel: 'warning',
} as const

export async function buildPackage(): Promise<void> {
  rmSync('dist/types', { recursive: true, force: true })
  execFileSync(process.execPath, ['scripts/build.ts'], { stdio: ['ignore', 'ignore', 'inherit'] })
  const metafiles = await Promise.all([buildCli(), buildModules()])
  // Not .txt: with no_bundle, wrangler uploads every text beside the Worker.
  writeFileSync(
    'dist/licences.md',
    licencesOf([workerMetafile(), ...metafiles], 'The files of this folder hold'),
  )
  execFileSync('tsc', ['-p', 'tsconfig.package.json'], { stdio: 'inherit' })
}

/** What `npm run build` leaves: which files went into the Worker. */
const workerMetafile = (): Metafile => JSON.parse(readFileSync('dist/bundle-meta.json', 'utf8')) as Metafile

/** The command line, for Node 20. wrangler and miniflare stay imports: they are the project's own. */
async function buildCli(): Promise<Metafile> {
  const { metafile } = await build({
    ...common,
    entryPoints: { cli: 'src/cli/main.ts' },
    outdir: 'dist',
    platform: 'node',
    target: 'node20',
    external: ['wrangler', 'miniflare'],
    inject: ['src/package/node-20.ts'],
    banner: { js: '#!/usr/bin/env node' },
  })
  chmodSync('dist/cli.js', 0o755)
  return metafile
}

async function buildModules(): Promise<Metafile> {
  const { metafile } = await build({
    ...common,
    entryPoints: Object.fromEntries(MODULES.map(name => [name, `src/package/${name}.ts`])),
    outdir: 'dist',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2022',
    external: ['hono'],
  })
  return metafile
}

if (import.meta.main) {
  await buildPackage()
  for (const name of ['index', 'cli', ...MODULES])
    console.error(`dist/${name}.js: ${(statSync(`dist/${name}.js`).size / 1024).toFixed(1)} KiB`)
}
