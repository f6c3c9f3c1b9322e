/**
 * @module
 * Output and prompts. Colours only on a terminal; NO_COLOR and FORCE_COLOR are honoured.
 */

import { createInterface } from 'node:readline/promises'
import { styleText } from 'node:util'

/** A format of `styleText`, such as `red`, or several. */
type TextStyle = Parameters<typeof styleText>[0]

/** Control and invisible characters. In text from outside, a terminal would interpret them. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

export const print = (text: string): void => void process.stdout.write(`${text}\n`)
export const printError = (text: string): void => void process.stderr.write(`${text}\n`)
export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2))

/** Returns `text` with colours if standard output supports them. */
export const style = (format: TextStyle, text: string): string =>
  styleText(format, text, { stream: process.stdout })

/** Returns text from outside (a file name, a message) with invisible characters escaped as `\u001b`. */
export const visible = (text: string): string =>
  text.replace(INVISIBLE, c => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`)

/** Quotes `text` as one word of a POSIX shell. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** `1 error`, `2 errors`. */
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`

/** Aligns the columns of rows. The last cell of a row is not padded. */
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

/** Returns true if the user can be asked: standard input and output are terminals. */
export const isInteractive = (): boolean => process.stdin.isTTY === true && process.stdout.isTTY === true

/** Asks for confirmation. Any answer but yes is no; so are the end of input and Ctrl-C. */
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
