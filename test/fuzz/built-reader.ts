/**
 * @module
 * The reader of documents as it is built into the Worker: without the parts of fast-xml-parser that wrangler.toml
 * leaves out (`[alias]`).
 */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { readDocument } from '../../src/formats/read.ts'

const ROOT = new URL('../../', import.meta.url)

export async function builtReader(): Promise<typeof readDocument> {
  const [, section = ''] = readFileSync(new URL('wrangler.toml', ROOT), 'utf8').split('[alias]\n')
  const lines = (section.split('\n\n')[0] ?? '').split('\n').map(line => /^"(.+)" = "(.+)"$/.exec(line))
  const alias = lines.flatMap(line => (line?.[1] && line[2] ? [[line[1], line[2]] as const] : []))
  if (alias.length === 0) throw new Error('wrangler.toml has no [alias].')
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(ROOT),
    entryPoints: ['src/formats/read.ts'],
    alias: Object.fromEntries(alias),
    bundle: true,
    format: 'esm',
    target: 'es2024',
    write: false,
  })
  const [module] = outputFiles
  if (module === undefined) throw new Error('The reader could not be built.')
  const url = `data:text/javascript;base64,${Buffer.from(module.contents).toString('base64')}`
  const { readDocument: read } = (await import(/* @vite-ignore */ url)) as {
    readDocument: typeof readDocument
  }
  return read
}
