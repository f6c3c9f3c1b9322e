/**
 * @module
 * The playground as static files: one page, one script, one style sheet, and the licences of what the script holds.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build, type Metafile } from 'esbuild'

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
  return new Map([['index.html', page], ...built, ['licences.txt', licencesOf(metafile)]])
}

/** Name, version and licence text of every package with a byte in the script. */
function licencesOf({ outputs }: Metafile): Uint8Array {
  const folders = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .flatMap(([path]) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  )
  const texts = [...new Set(folders)].sort().map(folder => {
    const { name, version, license } = JSON.parse(readFileSync(`${ROOT}${folder}/package.json`, 'utf8')) as {
      readonly name: string
      readonly version: string
      readonly license?: string
    }
    const file = existsSync(`${ROOT}${folder}`)
      ? readdirSync(`${ROOT}${folder}`).find(entry => /^licen[cs]e(?:\.|$)/i.test(entry))
      : undefined
    const text = file === undefined ? '' : readFileSync(`${ROOT}${folder}/${file}`, 'utf8').trim()
    return `${name} ${version} (${license ?? 'licence not stated'})\n\n${text}\n`
  })
  return new TextEncoder().encode(
    `playground.js holds code of these packages.\n\n${texts.join(`\n${'-'.repeat(72)}\n\n`)}`,
  )
}
