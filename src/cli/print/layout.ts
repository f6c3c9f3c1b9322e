/**
 * @module
 * Text layout for a terminal.
 */

/** Columns of the narrowest terminal that people still have. */
export const COLUMNS = 80

/**
 * Breaks text at spaces such that no line is longer than 80 columns; a longer word stays whole.
 *
 * @param first begins the first line; the others are indented as far
 */
export function wrap(text: string, first = ''): string {
  const indent = ' '.repeat(first.length)
  const lines: string[] = []
  let line = first
  let isEmpty = true
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > COLUMNS) {
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
