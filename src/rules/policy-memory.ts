/**
 * @module
 * The policies in an isolate's memory, bounded in bytes. The least recently used hosts leave first.
 */

import type { FoundPolicy } from './host-state.ts'
import type { Version } from './order.ts'
import type { HostValues } from './store.ts'

/** Bytes of all policies in memory together; an isolate has 128 MB in all. */
export const MAX_BYTES = 64 * 1024 * 1024
/** Bytes that stay after making room, so that room is seldom made. */
const BYTES_AFTER_ROOM = 0.9 * MAX_BYTES

export interface PolicyEntry {
  readonly state: FoundPolicy
  readonly values: HostValues | null
  readonly version: Version
  /** When the version was first read here, in milliseconds since 1970. */
  readonly seenAt: number
  readonly bytes: number
  /** The document that a record has replaced. It has no time that would show it to be older. */
  readonly replacedDocument: string | null
  /** Newer values that can't be used. They are neither decoded nor reported again. */
  rejected: HostValues | null
  /** When rules and settings that do not belong together were first read; null if the last ones did. */
  unpairedSince: number | null
  /** When the host is read again, in milliseconds since 1970. */
  refreshAt: number
  lastUsed: number
  /** Number of the load that made the entry. The result of an earlier load does not replace it. */
  readonly turn: number
}

export class PolicyMemory {
  readonly #entries = new Map<string, PolicyEntry>()
  #bytes = 0
  #uses = 0

  /** The number of hosts, and the bytes that they are counted at. */
  get size(): { hosts: number; bytes: number } {
    return { hosts: this.#entries.size, bytes: this.#bytes }
  }

  get(host: string): PolicyEntry | undefined {
    return this.#entries.get(host)
  }

  touch(entry: PolicyEntry): void {
    entry.lastUsed = ++this.#uses
  }

  set(host: string, entry: PolicyEntry): void {
    this.#bytes += entry.bytes - (this.#entries.get(host)?.bytes ?? 0)
    this.#entries.set(host, entry)
    this.touch(entry)
    if (this.#bytes > MAX_BYTES) this.#makeRoom()
  }

  #makeRoom(): void {
    const oldestFirst = [...this.#entries].sort(([, a], [, b]) => a.lastUsed - b.lastUsed)
    for (const [host, entry] of oldestFirst) {
      if (this.#bytes <= BYTES_AFTER_ROOM) return
      this.#entries.delete(host)
      this.#bytes -= entry.bytes
    }
  }
}
