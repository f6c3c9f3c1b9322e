/**
 * @module
 * What was published from this isolate lately: KV may go on showing something older for a while.
 */

import { publishedAtOf, type RulesRecord } from './record.ts'

/**
 * How long KV may show an older value than the one that was published from here, in milliseconds: its cache in a data
 * centre, and what Cloudflare states for a change to be seen everywhere, with room.
 */
const PROPAGATION_MS = 120_000
/** Publications that are remembered for so long, and the characters of all of them; the oldest is forgotten first. */
const MAX_HOSTS = 256
const MAX_CHARACTERS = 8 * 1024 * 1024

interface Publication {
  /** The record as KV gets it. */
  readonly text: string
  /** When it was published, and until when it is remembered, in milliseconds. */
  readonly at: number
  readonly until: number
}

/** What KV shows of a host, as far as it is looked at here. */
interface Shown {
  readonly rules: string | null
  /** The rules are the default ones. */
  readonly isDefault: boolean
}

export class Publications {
  /** By host, the oldest first. */
  readonly #publications = new Map<string, Publication>()
  #characters = 0

  /** Remembers a record, whose text this is. */
  add(host: string, text: string, { publishedAt }: RulesRecord): void {
    this.#forget(host)
    this.#publications.set(host, { text, at: Date.parse(publishedAt), until: Date.now() + PROPAGATION_MS })
    this.#characters += text.length
    for (const oldest of this.#publications.keys()) {
      if (this.#publications.size <= MAX_HOSTS && this.#characters <= MAX_CHARACTERS) return
      this.#forget(oldest)
    }
  }

  /** What KV shows of a host; while that is older than what was published from here, with the latter in its place. */
  newest<V extends Shown>(host: string, values: V): V {
    const publication = this.#publications.get(host)
    if (publication === undefined) return values
    const shown = values.isDefault && host !== 'default' ? null : values.rules
    if (Date.now() >= publication.until || (shown !== null && publishedAtOf(shown) > publication.at)) {
      this.#forget(host)
      return values
    }
    return { ...values, rules: publication.text, isDefault: host === 'default' }
  }

  /** True when something newer than a record was published for its host. */
  hasNewer(host: string, { publishedAt }: RulesRecord): boolean {
    const publication = this.#publications.get(host)
    return publication !== undefined && publication.at > Date.parse(publishedAt)
  }

  #forget(host: string): void {
    this.#characters -= this.#publications.get(host)?.text.length ?? 0
    this.#publications.delete(host)
  }
}
