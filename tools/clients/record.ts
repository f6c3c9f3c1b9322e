/**
 * @module
 * `npm run clients:record [-- ID…]`: runs the real clients in Chromium through the edge, and writes what each asks for
 * and reads to `src/clients/<id>.json`. Where nothing has changed, nothing is written.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { CHROMIUM } from '../chromium.ts'
import { at } from './stage.ts'

if (CHROMIUM === undefined) {
  console.error('The recorder needs Chromium: install it, or name one with CHROMIUM.')
  process.exit(2)
}
run('node', at('../../scripts/build.ts'))
if (!existsSync(at('node_modules'))) run('npm', 'ci', '--ignore-scripts', '--prefix', at('.'))

const { recordClient } = await import('./recording.ts')
const { CATALOGUE } = await import('./catalogue.ts')
const { startStage } = await import('./stage.ts')

const wanted = process.argv.slice(2)
const unknown = wanted.filter(id => !CATALOGUE.some(entry => entry.id === id))
if (unknown.length > 0) {
  console.error(`Unknown client: ${unknown.join(', ')}. Known: ${CATALOGUE.map(({ id }) => id).join(', ')}.`)
  process.exit(2)
}

const stage = await startStage()
try {
  for (const entry of CATALOGUE.filter(({ id }) => wanted.length === 0 || wanted.includes(id))) {
    const file = at(`../../src/clients/${entry.id}.json`)
    const text = JSON.stringify(await recordClient(stage, entry), null, 2)
    const before = existsSync(file) ? JSON.stringify(JSON.parse(readFileSync(file, 'utf8')), null, 2) : ''
    const changed = before !== text
    if (changed) {
      writeFileSync(file, text)
      run('biome', 'format', '--write', file)
    }
    console.log(`${entry.id}: ${changed ? 'changed' : 'unchanged'}`)
  }
} finally {
  await stage.close()
}

function run(command: string, ...args: string[]): void {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  if (status === 0) return
  console.error(`${command} ${args.join(' ')} ended with ${status}`)
  process.exit(2)
}
