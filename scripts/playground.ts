/**
 * @module
 * `npm run playground:build`: writes the playground to dist/playground, for any host of static files, and prints its
 * size.
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { bundlePlayground } from './playground-bundle.ts'

const FOLDER = 'dist/playground'

const files = await bundlePlayground()
rmSync(FOLDER, { recursive: true, force: true })
mkdirSync(FOLDER, { recursive: true })
const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`
const total = { bytes: 0, gzip: 0 }
for (const [name, content] of files) {
  writeFileSync(`${FOLDER}/${name}`, content)
  const gzip = gzipSync(content, { level: 9 }).length
  console.log(`${FOLDER}/${name}: ${kib(content.length)}, ${kib(gzip)} gzip`)
  // The licences are read by people who ask for them, not by the page.
  if (name.endsWith('.txt')) continue
  total.bytes += content.length
  total.gzip += gzip
}
console.log(`The page: ${kib(total.bytes)}, ${kib(total.gzip)} gzip`)
