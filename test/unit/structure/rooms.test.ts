/**
 * The house: which files stand where, and which room may import which. The bounds are those of CONTRIBUTING.md.
 */

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { MUTATIONS } from '../../../scripts/mutations.ts'
import { structure } from '../../../scripts/structure.ts'

const measured = structure()

describe('src', () => {
  test('has one loose file, and every file named after sync in its room', () => {
    expect(measured.loose).toEqual(['src/index.ts'])
    expect(measured.straySync).toEqual([])
  })

  test('has no file that is too long to be one idea', () => {
    expect(measured.long).toEqual([])
  })

  test('has no import cycle, of types neither', () => {
    expect(measured.cycles).toEqual([])
  })

  test('declares no type name in two files', () => {
    expect(measured.exportedTwice).toEqual([])
    expect(measured.declaredTwice.length, measured.declaredTwice.join('\n')).toBeLessThanOrEqual(8)
  })

  test('joins rules, bucket, answers and sync in worker alone', () => {
    expect(measured.joining).toEqual([])
  })
})

/** An import that each room must not have: `[file, specifier]`. */
const FORBIDDEN: readonly (readonly [file: string, specifier: string])[] = [
  ['src/cors/planted.ts', '../formats/read.ts'],
  ['src/cors/planted.ts', 'hono'],
  ['src/cors/planted.ts', 'node:fs'],
  ['src/formats/planted.ts', '../advice/advise.ts'],
  ['src/formats/planted.ts', 'node:fs'],
  ['src/telemetry/planted.ts', '../rules/record.ts'],
  ['src/settings/planted.ts', '../telemetry/log.ts'],
  ['src/rules/planted.ts', '../bucket/send.ts'],
  ['src/bucket/planted.ts', '../rules/record.ts'],
  ['src/bucket/planted.ts', 'hono'],
  ['src/bucket/mount/planted.ts', '../../answers/errors.ts'],
  ['src/bucket/signing/planted.ts', '../../answers/errors.ts'],
  ['src/answers/planted.ts', '../bucket/url.ts'],
  ['src/sync/planted.ts', '../bucket/send.ts'],
  ['src/worker/planted.ts', '../explain/explain.ts'],
  ['src/worker/planted.ts', 'node:crypto'],
  ['src/index.ts', './rules/record.ts'],
  ['src/explain/planted.ts', '../compare/compare.ts'],
  ['src/explain/planted.ts', '../bucket/response.ts'],
  ['src/advice/planted.ts', '../compare/compare.ts'],
  ['src/compare/planted.ts', '../edit/apply.ts'],
  ['src/edit/planted.ts', '../paste/read.ts'],
  ['src/paste/planted.ts', '../edit/apply.ts'],
  ['src/paste/planted.ts', 'node:fs'],
  ['src/package/planted.ts', '../worker/edge.ts'],
  ['src/package/planted.ts', 'node:fs'],
  ['src/clients/planted.ts', '../explain/explain.ts'],
  ['src/clients/planted.ts', 'node:fs'],
  ['src/cli/planted.ts', '../worker/edge.ts'],
  ['src/cli/commands/planted.ts', '../../sync/settle.ts'],
  ['src/cli/commands/planted.ts', '../../bucket/send.ts'],
  ['playground/planted.ts', '../src/rules/record.ts'],
  ['playground/planted.ts', 'node:fs'],
  ['playground/views/planted.tsx', '../../src/worker/edge.ts'],
  ['bench/planted.ts', '../test/setup.ts'],
  ['scripts/planted.ts', '../test/setup.ts'],
  ['tools/planted.ts', '../test/setup.ts'],
]

describe('the lint configuration', () => {
  test('refuses each planted import', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'planted-'))
    try {
      const configuration = JSON.parse(readFileSync('biome.json', 'utf8')) as Record<string, unknown>
      writeFileSync(join(folder, 'biome.json'), JSON.stringify({ ...configuration, vcs: {}, $schema: '' }))
      const planted = FORBIDDEN.map(([file, specifier], n) => {
        const path = file.replace('planted', `planted-${n}`)
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), `import { x } from '${specifier}'\n\nconsole.log(x)\n`)
        return path
      })
      const args = ['lint', '--reporter=json', '--max-diagnostics=none']
      const { stdout } = await promisify(execFile)('biome', args, { cwd: folder }).catch(
        error => error as { stdout: string },
      )
      const { diagnostics } = JSON.parse(stdout) as {
        diagnostics: { category: string; location: { path: string } }[]
      }
      const refused = diagnostics
        .filter(({ category }) => category === 'lint/style/noRestrictedImports')
        .map(({ location }) => location.path.replaceAll('\\', '/'))
      expect(planted.filter(path => !refused.some(file => file.endsWith(path)))).toEqual([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('has a planted import for every room', () => {
    const { overrides } = JSON.parse(readFileSync('biome.json', 'utf8')) as {
      overrides: { includes: string[] }[]
    }
    const rooms = overrides
      .flatMap(({ includes }) => includes)
      .map(glob => glob.slice(0, glob.search(/\*|$/)))
    expect(rooms.filter(room => !FORBIDDEN.some(([file]) => file.startsWith(room)))).toEqual(['demo/'])
  })
})

describe('scripts/mutations.ts', () => {
  test('names texts that stand in their file exactly once', () => {
    const lost = MUTATIONS.filter(({ file, find }) => readFileSync(file, 'utf8').split(find).length !== 2)
    expect(lost.map(({ file, name }) => `${file}: ${name}`)).toEqual([])
  })
})
