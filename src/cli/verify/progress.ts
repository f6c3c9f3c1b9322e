/**
 * @module
 * A progress bar on standard error, where that is a terminal; nothing elsewhere.
 */

const WIDTH = 30

export class Progress {
  readonly #total: number
  readonly #shown = process.stderr.isTTY === true

  constructor(total: number) {
    this.#total = total
  }

  /** Shows how many of all are done, and what there is to say of them. */
  show(done: number, note: string): void {
    if (!this.#shown) return
    const filled = this.#total === 0 ? WIDTH : Math.round((WIDTH * done) / this.#total)
    process.stderr.write(
      `\r\u001b[2K[${'='.repeat(filled).padEnd(WIDTH)}] ${done} of ${this.#total}${note === '' ? '' : `, ${note}`}`,
    )
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#shown) process.stderr.write('\r\u001b[2K')
  }
}
