/**
 * @module
 * The journal of a run: each result is one line of a file, which the next run reads. The first line identifies the run.
 */

import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { whyUnwritten } from '../files/output.ts'
import { visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'

/** Bytes read at most. Far above what the largest run writes. */
const MAX_BYTES = 256 * 1024 * 1024

export class Journal<R> {
  readonly #file: number
  /** Index → result of earlier runs. */
  readonly results: ReadonlyMap<number, R>

  private constructor(file: number, results: ReadonlyMap<number, R>) {
    this.#file = file
    this.results = results
  }

  /**
   * Opens or creates the file.
   *
   * @param run the digest that identifies the run
   * @throws {UserError} if the file belongs to another run or cannot be used
   */
  static open<R>(path: string, run: string): Journal<R> {
    const name = visible(path)
    const head = JSON.stringify({ run })
    let file: number
    let text: string
    try {
      // Appends; creates the file if needed.
      file = openSync(path, 'a+')
      text = readFileSync(file, 'utf8')
    } catch (error) {
      throw new UserError(`--resume ${name}: ${whyUnwritten(error)}`)
    }
    const lines = text.slice(0, MAX_BYTES).split('\n')
    // An interrupted write leaves half a line. That probe is sent again.
    const half = lines.pop() ?? ''
    if (lines.length === 0) {
      ftruncateSync(file, 0)
      writeSync(file, `${head}\n`)
      return new Journal(file, new Map())
    }
    if (lines[0] !== head) {
      closeSync(file)
      throw new UserError(
        `--resume ${name}: the file belongs to another run (other servers, rules or options). Name a new file, or delete this one.`,
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
