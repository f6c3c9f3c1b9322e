/**
 * @module
 * Measures the structure of `src`: loose files, long files, import cycles and type names that stand twice.
 * `node scripts/structure.ts` prints it; test/unit/structure.test.ts holds the bounds.
 */

import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'

/** Lines of one file. */
export const MAX_LINES = 300
/** Rooms that serve a request. Only `worker` may know two or more of the four that do the work. */
const WORKER_ROOMS = ['settings', 'telemetry', 'rules', 'bucket', 'answers', 'sync']
const JOINED = ['rules', 'bucket', 'answers', 'sync']

export interface Structure {
  /** Files directly in `src`. */
  readonly loose: readonly string[]
  /** Files named after sync that are not in `src/sync`. */
  readonly straySync: readonly string[]
  readonly long: readonly string[]
  /** Import cycles, `import type` included, each as the files on it. */
  readonly cycles: readonly string[]
  /** Type names that two or more files export. */
  readonly exportedTwice: readonly string[]
  /** Type names that two or more files declare, exported or not. */
  readonly declaredTwice: readonly string[]
  /** Rooms other than `worker` that import two or more of `rules`, `bucket`, `answers` and `sync`. */
  readonly joining: readonly string[]
}

interface Source {
  readonly file: string
  readonly text: string
  readonly imports: readonly string[]
}

const slashed = (path: string): string => path.replaceAll('\\', '/')

function readSources(): Source[] {
  return globSync('src/**/*.ts')
    .map(slashed)
    .sort()
    .map(file => {
      const text = readFileSync(file, 'utf8')
      const specifiers = [...text.matchAll(/(?:\bfrom|\bimport\()\s*'(\.[^']+)'/g)].map(
        ([, path = '']) => path,
      )
      return { file, text, imports: specifiers.map(path => slashed(normalize(join(dirname(file), path)))) }
    })
}

/** Measures the sources below `src` of the working folder. */
export function structure(): Structure {
  const sources = readSources()
  return {
    loose: sources.map(({ file }) => file).filter(file => dirname(file) === 'src'),
    straySync: sources
      .map(({ file }) => file)
      .filter(file => basename(file).includes('sync') && roomOf(file) !== 'sync'),
    long: sources.flatMap(({ file, text }) => {
      const lines = text.split('\n').length - 1
      return lines > MAX_LINES ? [`${file}: ${lines}`] : []
    }),
    cycles: cyclesOf(sources),
    exportedTwice: twice(sources, /^export (?:abstract )?(?:interface|type|class) (\w+)/gm),
    declaredTwice: twice(sources, /^(?:export )?(?:abstract )?(?:interface|type|class) (\w+)/gm),
    joining: WORKER_ROOMS.flatMap(room => {
      const known = new Set(
        sources
          .filter(({ file }) => roomOf(file) === room)
          .flatMap(({ imports }) => imports.map(roomOf))
          .filter(other => other !== room && JOINED.includes(other)),
      )
      const count = known.size + (JOINED.includes(room) ? 1 : 0)
      return known.size > 1 ? [`${room}: ${[...known].join(', ')} (${count} of the four)`] : []
    }),
  }
}

const roomOf = (file: string): string => file.split('/').slice(1, -1)[0] ?? ''

function twice(sources: readonly Source[], declaration: RegExp): string[] {
  const files = new Map<string, string[]>()
  for (const { file, text } of sources)
    for (const [, name = ''] of text.matchAll(declaration))
      files.set(name, [...(files.get(name) ?? []), file])
  return [...files]
    .filter(([, where]) => new Set(where).size > 1)
    .map(([name, where]) => `${name}: ${where.join(', ')}`)
    .sort()
}

/** Tarjan's strongly connected components, as far as they have more than one file. */
function cyclesOf(sources: readonly Source[]): string[] {
  const imports = new Map(sources.map(source => [source.file, source.imports]))
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const cycles: string[] = []
  const visit = (file: string): void => {
    index.set(file, index.size)
    low.set(file, index.get(file) ?? 0)
    stack.push(file)
    for (const next of imports.get(file) ?? []) {
      if (!imports.has(next)) continue
      if (!index.has(next)) {
        visit(next)
        low.set(file, Math.min(low.get(file) ?? 0, low.get(next) ?? 0))
      } else if (stack.includes(next)) low.set(file, Math.min(low.get(file) ?? 0, index.get(next) ?? 0))
    }
    if (low.get(file) !== index.get(file)) return
    const component = stack.splice(stack.indexOf(file))
    if (component.length > 1) cycles.push(component.sort().join(' ↔ '))
  }
  for (const { file } of sources) if (!index.has(file)) visit(file)
  return cycles
}

if (import.meta.main)
  for (const [name, rows] of Object.entries(structure())) {
    console.log(`${name}: ${rows.length}`)
    for (const row of rows) console.log(`  ${row}`)
  }
