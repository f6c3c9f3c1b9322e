/**
 * @module
 * Shows that the recorded clients do their operations below a mount, and that no browser sends a preflight there. The
 * edge verifies what a permanent key or sealed credentials have signed. Part of `npm run test:deep`.
 */

import { existsSync } from 'node:fs'
import { seal } from '../../src/package/seal.ts'
import { CHROMIUM, WHY_SKIPPED } from '../chromium.ts'
import type { CatalogueEntry } from './catalogue.ts'
import { at, type Outcome, type Stage } from './stage.ts'

if (CHROMIUM === undefined || !existsSync(at('node_modules'))) {
  console.log(
    CHROMIUM === undefined
      ? WHY_SKIPPED
      : 'The clients are skipped: they are not installed. `npm run clients:record` installs them.',
  )
  process.exit(0)
}

const { CATALOGUE } = await import('./catalogue.ts')
const { putFixtures } = await import('./fixtures.js')
const { startStage } = await import('./stage.ts')

/** The clients of docs/same-origin.md. */
const MOUNTED = ['cos-js-sdk-v5', 'cos-nodejs-sdk-v5', 'aws-sdk-v3', 'uppy-aws-s3', 'browser']
/** Operations that run an object of the bucket, which the sandbox stops. */
const STOPPED: ReadonlySet<string> = new Set(['script-module', 'import-module'])
const SEAL_KEY = { one: Buffer.alloc(32, 1).toString('base64') }
const NO_RULES = { rules: [], responseVary: false }

const wanted = process.argv.slice(2)
const stage = await startStage({
  MOUNT: '/files',
  RESIGN: 'on',
  KEYS: JSON.stringify({ AKIAEXAMPLE: 'secret', AKIDexample: 'secret' }),
  SEAL_KEYS: JSON.stringify(SEAL_KEY),
})
let failures = 0
try {
  for (const entry of CATALOGUE.filter(({ id }) => MOUNTED.includes(id))) {
    if (wanted.length > 0 && !wanted.includes(entry.id)) continue
    const problems: string[] = []
    let requests = 0
    for (const name of Object.keys(entry.operations)) {
      const outcome = await run(stage, entry, name)
      requests += outcome.requests.length
      const problem = problemOf(name, outcome)
      if (problem !== null) problems.push(`${name} ${problem}`)
    }
    failures += problems.length
    const done = `${Object.keys(entry.operations).length} operations, ${requests} requests, 0 OPTIONS`
    console.log(`${entry.id}: ${problems.length === 0 ? done : problems.join('; ')}`)
  }
} finally {
  await stage.close()
}
process.exitCode = failures === 0 ? 0 : 1

async function run(on: Stage, entry: CatalogueEntry, operation: string): Promise<Outcome> {
  putFixtures(on.bucket)
  on.bucket.vendor(entry.vendor)
  const prepared = entry.id === 'uppy-aws-s3' ? await sealed() : await entry.prepare?.(on.place)
  return on.run(entry.page ?? entry.id, operation, NO_RULES, prepared ?? null)
}

/** Credentials as a server would hand them to Uppy, which takes temporary ones alone. */
function sealed() {
  return seal(
    {
      accessKeyId: 'ASIAEXAMPLE',
      secretAccessKey: 'secret',
      sessionToken: 'token',
      expiration: Math.floor(Date.now() / 1000) + 3600,
    },
    SEAL_KEY,
    { hosts: ['localhost'] },
  )
}

function problemOf(operation: string, { error, requests }: Outcome): string | null {
  const preflights = requests.filter(({ preflight }) => preflight).length
  if (preflights > 0) return `sends ${preflights} preflights`
  if (requests.length === 0) return 'sends no request to the bucket'
  if (STOPPED.has(operation)) return error === null ? 'runs an object of the sandbox' : null
  return error === null ? null : `fails: ${error}`
}
