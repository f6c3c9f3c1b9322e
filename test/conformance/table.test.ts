/**
 * Holds README.md beside it to the tests: a row that names a test which is not there, or is skipped, fails here, and
 * so does a section or a threat without a row.
 */

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseAst } from 'vitest/node'

const ROOT = new URL('../../', import.meta.url)
const SEPARATOR = ' › '

const SECTIONS = ['1.1', '1.2', '2', ...Array.from({ length: 12 }, (_, at) => `3.${at + 1}`), '4', '7', '9']
/** 44 to 46 are held by the command line, the package and `npm run test:mutation`. */
const THREATS = Array.from({ length: 43 }, (_, at) => String(at + 1))

interface Row {
  /** The number of the heading that it stands under: a section or a threat. */
  readonly number: string
  readonly requirement: string
  /** The tests below it, each as `path › describe › title`. */
  readonly tests: readonly string[]
}

/** The rows under a heading of the second level: `- requirement`, then one `  - \`test\`` a line. */
function rowsUnder(heading: string): Row[] {
  const [, text] = readFileSync(new URL('README.md', import.meta.url), 'utf8').split(`\n## ${heading}\n`)
  if (text === undefined) throw new Error(`README.md has no heading "${heading}"`)
  const rows: { number: string; requirement: string; tests: string[] }[] = []
  let number = ''
  for (const line of (text.split('\n## ')[0] ?? '').split('\n')) {
    if (line.startsWith('### ')) number = line.slice(4)
    else if (line.startsWith('- ')) rows.push({ number, requirement: line.slice(2), tests: [] })
    else if (line.startsWith('  - ')) rows.at(-1)?.tests.push(line.slice(4).replace(/^`|`$/g, ''))
  }
  return rows
}

type Node = Record<string, unknown>
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

/** `test.each([…])` of a call `test.each([…])('title', …)`: who is called, and with which modifiers. */
function calleeOf(call: Node): { name: unknown; modifiers: unknown[] } {
  const modifiers: unknown[] = []
  let callee = call.callee
  while (isNode(callee) && callee.type !== 'Identifier') {
    if (callee.type === 'MemberExpression') {
      modifiers.push(isNode(callee.property) ? callee.property.name : null)
      callee = callee.object
    } else callee = callee.callee
  }
  return { name: isNode(callee) ? callee.name : null, modifiers }
}

/** Every test of a source text that is not skipped, as `describe › title`; a template as it is written. */
function titlesOf(source: string): Set<string> {
  const titles = new Set<string>()
  const visit = (value: unknown, path: readonly string[]): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, path)
    if (!isNode(value) || Array.isArray(value)) return
    let inner = path
    if (value.type === 'CallExpression' && Array.isArray(value.arguments)) {
      const { name, modifiers } = calleeOf(value)
      const title = textOf(value.arguments[0], source)
      if (title !== null && (name === 'describe' || name === 'test' || name === 'it')) {
        if (modifiers.includes('skip') || modifiers.includes('todo')) return
        inner = [...path, title]
        if (name !== 'describe') titles.add(inner.join(SEPARATOR))
      }
    }
    for (const child of Object.values(value)) visit(child, inner)
  }
  visit(parseAst(source, { lang: 'ts' }).body, [])
  return titles
}

/** Returns the text of a literal, or of a template between its marks; null for any other node. */
function textOf(node: unknown, source: string): string | null {
  if (!isNode(node)) return null
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value
  return node.type === 'TemplateLiteral' ? source.slice(Number(node.start) + 1, Number(node.end) - 1) : null
}

describe('titlesOf()', () => {
  test('finds tests in their groups, templates as written, and none that does not run', () => {
    const source = `
      test('alone', () => {})
      describe('a group', () => {
        it('inside', async () => { expect(test).toBe('no title') })
        test.each([['x', 1]])('of %s and %i', (name: string) => {})
        describe.each(KINDS)('of kinds', () => { test.skipIf(missing)(\`in \${kind}\`, { timeout: 1 }, () => {}) })
      })
      // test('commented out', () => {})
      test.skip('skipped', () => {})
      test.todo('later')
      describe.skip('group', () => { test('never run', () => {}) })`
    expect([...titlesOf(source)]).toEqual([
      'alone',
      'a group › inside',
      'a group › of %s and %i',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a template is compared as it is written.
      'a group › of kinds › in ${kind}',
    ])
  })
})

describe('the table', () => {
  const semantics = rowsUnder('Semantics')
  const threats = rowsUnder('Threats')

  test('names only tests that exist', () => {
    const files = new Map<string, Set<string>>()
    const missing = [...semantics, ...threats]
      .flatMap(({ tests }) => tests)
      .filter(name => {
        const [path = '', ...title] = name.split(SEPARATOR)
        if (!/^test\/[\w/-]+\.test\.ts$/.test(path) || !existsSync(new URL(path, ROOT))) return true
        const titles = files.get(path) ?? titlesOf(readFileSync(new URL(path, ROOT), 'utf8'))
        files.set(path, titles)
        return !titles.has(title.join(SEPARATOR))
      })
    expect([...new Set(missing)]).toEqual([])
  })

  test('has a test for every requirement, and each requirement once', () => {
    const rows = [...semantics, ...threats]
    expect(rows.filter(({ tests }) => tests.length === 0).map(({ requirement }) => requirement)).toEqual([])
    const names = rows.map(({ number, requirement }) => `${number} ${requirement}`)
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  })

  test('has every section of the semantics and every threat, and no other', () => {
    expect(new Set(semantics.map(({ number }) => number))).toEqual(new Set(SECTIONS))
    expect(new Set(threats.map(({ number }) => number))).toEqual(new Set(THREATS))
  })
})
