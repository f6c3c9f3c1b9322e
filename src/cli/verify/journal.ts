/**
 * @module
 * A run that can be interrupted: each result as a line of a file, found again by the next run. The first line says of
 * which run it is.
 */

import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { whyUnwritten } from '../files/output.ts'
import { visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'

/** Well over what the largest run writes. In bytes. */
const MAX_BYTES = 256 * 1024 * 1024

export class Journal<R> {
  readonly #file: number
  /** Index → result, of the runs before. */
  readonly results: ReadonlyMap<number, R>

  private constructor(file: number, results: ReadonlyMap<number, R>) {
    this.#file = file
    this.results = results
  }

  /**
   * Opens the file, or makes it.
   *
   * @param run what makes two runs the same
   * @throws {Trouble} when the file is of another run, or can't be used
   */
  static open<R>(path: string, run: string): Journal<R> {
    const name = visible(path)
    const head = JSON.stringify({ run })
    let file: number
    let text: string
    try {
      // Appends, and creates what is not there.
      file = openSync(path, 'a+')
      text = readFileSync(file, 'utf8')
    } catch (error) {
      throw new UserError(`--resume ${name}: ${whyUnwritten(error)}`)
    }
    const lines = text.slice(0, MAX_BYTES).split('\n')
    // An interrupted write leaves half a line, which is written anew.
    const half = lines.pop() ?? ''
    if (lines.length === 0) {
      ftruncateSync(file, 0)
      writeSync(file, `${head}\n`)
      return new Journal(file, new Map())
    }
    if (lines[0] !== head) {
      closeSync(file)
      throw new UserError(
        `--resume ${name}: the file is of another run (other servers, rules or options). Name a new file, or delete it.`,
      )
    }
    if (half !== '') ftruncateSync(file, Buffer.byteLength(text) - Buffer.byteLength(half))
    return new Journal(file, new Map(lines.slice(1).flatMap(line => entryOf<R>(line))))
  }

  add(index: number, result: R): void {
    writeSync(this.#file, `${JSON.stringify([index, result])}\n`)
  }

  close(): void {
    closeSync(this.#file)
  }
}

function entryOf<R>(line: string): [number, R][] {
  try {
    const entry: unknown = JSON.parse(line)
    return Array.isArray(entry) && typeof entry[0] === 'number' ? [[entry[0], entry[1] as R]] : []
  } catch {
    return []
  }
}
