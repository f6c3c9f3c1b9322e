/**
 * @module
 * Compares tables in a document with the observations of a test. UPDATE_DOCS=1 rewrites the tables.
 */

import { readFileSync, writeFileSync } from 'node:fs'

/** A row of conditions, each a set of values, and the outcome they lead to. */
export interface Row {
  readonly conditions: readonly (readonly string[])[]
  readonly outcome: readonly string[]
}

/**
 * Merges rows of equal outcome that differ in one condition alone, condition by condition in the given order, until
 * none is left to merge.
 */
export function merged(rows: readonly Row[], order: readonly number[]): Row[] {
  let merging = [...rows]
  let before = Number.POSITIVE_INFINITY
  while (merging.length < before) {
    before = merging.length
    for (const at of order) {
      const groups = new Map<string, Row>()
      for (const row of merging) {
        const others = row.conditions.filter((_, other) => other !== at)
        const key = JSON.stringify([others, row.outcome])
        const group = groups.get(key)
        const values = [...(group?.conditions[at] ?? []), ...(row.conditions[at] ?? [])]
        groups.set(key, { ...row, conditions: (group ?? row).conditions.with(at, values) })
      }
      merging = [...groups.values()]
    }
  }
  return merging
}

/** A Markdown table. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')

/** The text between the marks `<!-- name: begin -->` and `<!-- name: end -->` of a document of the project. */
export function readTable(path: string, name: string): string {
  const [begin, end] = marks(name)
  const text = readFileSync(path, 'utf8')
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < 0) throw new Error(`${path} has no marks for ${name}`)
  return text.slice(from + begin.length, to).trim()
}

/** Puts it there, where UPDATE_DOCS asks for it. */
export function updateTable(path: string, name: string, content: string): void {
  if (process.env.UPDATE_DOCS !== '1') return
  const [begin, end] = marks(name)
  const text = readFileSync(path, 'utf8')
  const before = text.slice(0, text.indexOf(begin) + begin.length)
  writeFileSync(path, `${before}\n\n${content}\n\n${text.slice(text.indexOf(end))}`)
}

const marks = (name: string): [string, string] => [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`]
