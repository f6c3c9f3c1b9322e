/**
 * @module
 * What the fault matrices share: the tables of docs/reliability.md, and the CORS headers of an answer.
 */

import { expect } from 'vitest'
import { readTable, updateTable } from './tables.ts'

const DOCUMENT = 'docs/reliability.md'

export const corsNames = (headers: Iterable<string>) =>
  [...headers].filter(name => name.startsWith('access-control-'))

export function writeOrCompare(name: string, content: string): void {
  updateTable(DOCUMENT, name, content)
  expect(content, `${DOCUMENT} (${name}): UPDATE_DOCS=1 rewrites it`).toBe(readTable(DOCUMENT, name))
}
