import { afterEach, expect, test } from 'vitest'
import { columns, wrap } from '../../../src/cli/print/layout.ts'

const { isTTY, columns: width } = process.stdout
afterEach(() => Object.assign(process.stdout, { isTTY, columns: width }))

test.each([
  [false, 200, 80],
  [true, 200, 120],
  [true, 100, 100],
  [true, 20, 60],
  [true, 0, 80],
])('columns() with a terminal (%s) of %i columns is %i', (terminal, given, expected) => {
  Object.assign(process.stdout, { isTTY: terminal, columns: given })
  expect(columns()).toBe(expected)
})

test('wrap() breaks lines at the width of the terminal, and no longer word', () => {
  Object.assign(process.stdout, { isTTY: true, columns: 60 })
  const word = 'x'.repeat(70)
  expect(wrap(`${'word '.repeat(20)}${word}`, '- ').split('\n')).toEqual([
    `- ${'word '.repeat(11)}`.trimEnd(),
    `  ${'word '.repeat(9)}`.trimEnd(),
    `  ${word}`,
  ])
})
