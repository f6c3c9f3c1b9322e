import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { expect, test } from 'vitest'

interface Described {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly bin: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly files: readonly string[]
}
const described = JSON.parse(readFileSync('package.json', 'utf8')) as Described

test('package.json exports every module of src/package, with its types', () => {
  const modules = globSync('src/package/*.ts')
    .map(file => basename(file, '.ts'))
    .filter(name => name !== 'node-20')
  const { './package.json': _self, '.': worker, ...others } = described.exports
  expect(worker).toEqual({ types: './dist/types/package/worker.d.ts', default: './dist/index.js' })
  expect(['worker', ...Object.keys(others).map(name => name.slice(2))].sort()).toEqual(modules.sort())
  for (const [name, target] of Object.entries(others)) {
    const module = name.slice(2)
    expect(target).toEqual({ types: `./dist/types/package/${module}.d.ts`, default: `./dist/${module}.js` })
    expect(existsSync(`src/package/${module}.ts`)).toBe(true)
  }
})
