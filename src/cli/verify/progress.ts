/**
 * @module
 * A progress bar on standard error, if that is a terminal.
 */

const WIDTH = 30

export class Progress {
  readonly #total: number
  readonly #shown = process.stderr.isTTY === true

  constructor(total: number) {
    this.#total = total
  }

  /** Shows the number of finished items and a note. */
  show(done: number, note: string): void {
    if (!this.#shown) return
    const filled = this.#total === 0 ? WIDTH : Math.round((WIDTH * done) / this.#total)
    process.stderr.write(
      `\r\u001b[2K[${'='.repeat(filled).padEnd(WIDTH)}] ${done} of ${this.#total}${note === '' ? '' : `, ${note}`}`,
    )
  }

  /** Removes the bar. */
  end(): void {
    if (this.#shown) process.stderr.write('\r\u001b[2K')
  }
}
