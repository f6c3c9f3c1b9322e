/**
 * @module
 * Text layout for a terminal.
 */

/** Columns without a terminal, and its bounds with one. */
const COLUMNS = 80
const MIN_COLUMNS = 60
const MAX_COLUMNS = 120

/** Returns the width of the output: the terminal's within 60 and 120 columns, or 80 without a terminal. */
export function columns(): number {
  const width = process.stdout.isTTY === true ? process.stdout.columns : COLUMNS
  return Math.min(Math.max(width || COLUMNS, MIN_COLUMNS), MAX_COLUMNS)
}

/**
 * Breaks text at spaces into lines of at most {@link columns} characters. A longer word is not broken.
 *
 * @param first begins the first line; the others are indented as far
 */
export function wrap(text: string, first = ''): string {
  const indent = ' '.repeat(first.length)
  const lines: string[] = []
  let line = first
  let isEmpty = true
  const width = columns()
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line)
      line = indent
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line].join('\n')
}

/** Every line of a text, indented. */
export const indented = (text: string, indent: string): string =>
  text
    .split('\n')
    .map(line => (line === '' ? '' : indent + line))
    .join('\n')
