/**
 * @module
 * The playground as static files: one page, one script, one style sheet, and the licences of what the script holds.
 */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { licencesOf } from './licences.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))

/** The oldest browsers with what the page needs as it is: `light-dark()`, `Map.groupBy`, `URL.parse`. */
const TARGET = ['chrome126', 'firefox126', 'safari18']

/** File name → content. */
export type PlaygroundFiles = ReadonlyMap<string, Uint8Array>

/** Builds the playground in memory: wherever the files are put, beside each other, the page works. */
export async function bundlePlayground(): Promise<PlaygroundFiles> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [
      { in: 'playground/main.tsx', out: 'playground' },
      { in: 'playground/playground.css', out: 'playground' },
    ],
    outdir: 'dist/playground',
    tsconfig: 'playground/tsconfig.json',
    bundle: true,
    // A classic script: browsers load no module from a file:// page.
    format: 'iife',
    minify: true,
    target: TARGET,
    legalComments: 'none',
    charset: 'utf8',
    metafile: true,
    write: false,
    logLevel: 'warning',
  })
  const built = outputFiles.map(
    ({ path, contents }) => [path.slice(path.lastIndexOf('/') + 1), contents] as const,
  )
  const page = readFileSync(`${ROOT}playground/index.html`)
  return new Map([
    ['index.html', page],
    ...built,
    ['licences.txt', new TextEncoder().encode(licencesOf([metafile], 'playground.js holds'))],
  ])
}
