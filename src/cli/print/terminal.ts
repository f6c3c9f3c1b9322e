/**
 * @module
 * What the command line prints and asks. Colours only on a terminal; NO_COLOR and FORCE_COLOR are honoured.
 */

import { createInterface } from 'node:readline/promises'
import { styleText } from 'node:util'

/** What `styleText` takes: `red`, or several. */
type TextStyle = Parameters<typeof styleText>[0]

/** What a terminal would obey or an eye can't see, in text that comes from others. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

export const print = (text: string): void => void process.stdout.write(`${text}\n`)
export const printError = (text: string): void => void process.stderr.write(`${text}\n`)
export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2))

/** `text` in colours, where standard output shows any. */
export const style = (format: TextStyle, text: string): string =>
  styleText(format, text, { stream: process.stdout })

/** A name from outside (a file's, a program's message), with what can't be seen as `\u001b`. */
export const visible = (text: string): string =>
  text.replace(INVISIBLE, c => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`)

/** As one word of a POSIX shell. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** `1 error`, `2 errors`. */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`

/** Rows with their columns aligned; the last cell of a row is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  }
  return rows
    .map(row =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** True when there is a person to ask. */
export const isInteractive = (): boolean => process.stdin.isTTY === true && process.stdout.isTTY === true

/** Asks a yes-or-no question. Anything but yes, the end of input and Ctrl-C included, is no. */
export async function confirm(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  try {
    const closed = new Promise<string>(resolve => lines.once('close', () => resolve('')))
    const answer = await Promise.race([lines.question(`${question} [y/N] `), closed])
    if (answer === '') print('')
    return /^y(es)?$/i.test(answer.trim())
  } catch {
    return false
  } finally {
    lines.close()
  }
}
