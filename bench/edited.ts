/**
 * @module
 * The production bundle of an edited copy of the source: what an optimisation or a step of the way costs, measured
 * beside the Worker as it is.
 */

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The first place of a text in a file, and what stands there in the copy. */
export type Edit = readonly [file: string, text: string | RegExp, replacement: string]

/**
 * Returns the edited files.
 *
 * @throws if a file does not have the text: the edit has to follow the source
 */
export function editedFiles(edits: readonly Edit[]): Map<string, string> {
  const files = new Map<string, string>()
  for (const [file, text, replacement] of edits) {
    const source = files.get(file) ?? readFileSync(file, 'utf8')
    const edited = source.replace(text, replacement)
    if (edited === source) throw new Error(`${file} has no ${text}: correct the edit in bench/.`)
    files.set(file, edited)
  }
  return files
}

/**
 * Returns the bundle of a copy below the folder.
 *
 * @throws if a file does not have the text of an edit
 */
export function editedBundle(edits: readonly Edit[], folder: string): string {
  const copy = mkdtempSync(join(folder, 'copy-'))
  for (const path of ['src', 'package.json', 'tsconfig.json', 'wrangler.toml'])
    cpSync(path, join(copy, path), { recursive: true })
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'), 'dir')
  for (const [file, source] of editedFiles(edits)) writeFileSync(join(copy, file), source)
  const outdir = join(copy, 'dist')
  execFileSync('wrangler', ['deploy', '--dry-run', '--minify', '--outdir', outdir, '--env', ''], {
    cwd: copy,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return readFileSync(join(outdir, 'index.js'), 'utf8')
}
