/**
 * @module
 * The licences of the packages with code in a bundle.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Metafile } from 'esbuild'

const ROOT = fileURLToPath(new URL('../', import.meta.url))

/**
 * Returns name, version and licence text of every package with at least one byte in the bundles.
 *
 * @param what begins the first sentence: `playground.js holds`
 */
export function licencesOf(metafiles: readonly Pick<Metafile, 'outputs'>[], what: string): string {
  const folders = metafiles
    .flatMap(({ outputs }) => Object.values(outputs))
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .flatMap(([path]) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [])
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
  return `${what} code of these packages.\n\n${texts.join(`\n${'-'.repeat(72)}\n\n`)}`
}
