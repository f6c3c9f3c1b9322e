/**
 * Refuses phrases that readers stumble over, and table cells that are too long to read.
 */

import { globSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const PHRASES =
  /\b(is|are) none\b|\banew\b|\bof late\b|\b(is|are|be) told\b|\bmend(s|ed|ing)?\b|get(s|ting)? by with|null: it i[s]/
/** Exact lines that may hold a phrase, as `file: line`; each group of lines below its reason, as `# reason`. */
const ALLOWED = 'test/unit/structure/words-allowed.txt'
const MAX_CELL = 320

const WRITTEN = globSync([
  '{src,docs,playground,demo,test,bench,scripts,tools}/**/*.{ts,tsx,js,html,css,md,toml}',
  '*.md',
])
  .map(file => file.replaceAll('\\', '/'))
  .filter(file => !file.includes('/node_modules/'))
  .sort()

/** The lines of a file with a phrase, as `file: line` without the white space around the line. */
const withPhrase = (file: string): string[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => PHRASES.test(line))
    .map(line => `${file}: ${line.trim()}`)

describe('the texts of the project', () => {
  const allowed = readFileSync(ALLOWED, 'utf8')
    .split('\n')
    .filter(line => line !== '')

  test('have no refused phrase outside the allowlist', () => {
    const found = WRITTEN.flatMap(withPhrase)
    const lines = allowed.filter(line => !line.startsWith('# '))
    expect(found.filter(line => !lines.includes(line))).toEqual([])
    const unused = lines.filter(line => !found.includes(line))
    expect(unused, 'stand in the allowlist only').toEqual([])
  })

  test('have a reason for every line of the allowlist', () => {
    expect(allowed[0]?.startsWith('# ') ?? true).toBe(true)
    expect(
      allowed.filter((line, at) => line.startsWith('# ') && !/^(?!# )./.test(allowed[at + 1] ?? '')),
    ).toEqual([])
  })
})

describe('the tables of the documents', () => {
  test('have no cell of more than 320 characters', () => {
    const documents = [
      'README.md',
      'SECURITY.md',
      'CONTRIBUTING.md',
      'CHANGELOG.md',
      ...globSync('docs/*.md'),
      'test/conformance/README.md',
    ]
    const long = documents.flatMap(file =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter(line => line.startsWith('|'))
        .flatMap(line => line.slice(1, -1).split(/(?<!\\)\|/))
        .filter(cell => cell.trim().length > MAX_CELL)
        .map(cell => `${file}: ${cell.trim()}`),
    )
    expect(long).toEqual([])
  })
})
