import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { EDGE_BUNDLE } from '../setup.ts'

test('wrangler deploy uploads the bundle that npm run build measures, byte for byte', {
  timeout: 240_000,
}, async () => {
  const outdir = mkdtempSync(join(tmpdir(), 'bundle-'))
  try {
    await promisify(execFile)('wrangler', ['deploy', '--dry-run', '--env', '', '--outdir', outdir])
    expect(readFileSync(join(outdir, 'index.js'))).toEqual(readFileSync(EDGE_BUNDLE))
  } finally {
    rmSync(outdir, { recursive: true })
  }
})
