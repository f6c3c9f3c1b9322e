/**
 * @module
 * A bounded memory of what was computed for a text. It holds nothing that an answer depends on: forgetting all
 * of it at any moment changes no answer.
 */

/** Longest text that is remembered: an attacker's long one is computed each time, within the bounds of that. */
const MAX_TEXT = 512

export class Memo<V> {
  readonly #entries = new Map<string, V>()
  readonly #most: number

  /** @param most how many texts are remembered; the next one begins anew */
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
