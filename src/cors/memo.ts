/**
 * @module
 * A bounded memo of values computed from a text. No answer depends on it: clearing it at any moment changes no answer.
 */

/** Longest text that is stored. A longer one, which only an attacker sends, is computed each time. */
const MAX_TEXT = 512

export class Memo<V> {
  readonly #entries = new Map<string, V>()
  readonly #most: number

  /** @param most the largest number of texts; one more clears the memo */
  constructor(most: number) {
    this.#most = most
  }

  get(text: string): V | undefined {
    return text.length > MAX_TEXT ? undefined : this.#entries.get(text)
  }

  set(text: string, value: V): void {
    if (text.length > MAX_TEXT) return
    if (this.#entries.size >= this.#most) this.#entries.clear()
    this.#entries.set(text, value)
  }
}
