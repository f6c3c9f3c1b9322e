/**
 * @module
 * A finding: one error or warning about a configuration, with its place, reason and hint.
 */

import type { Configuration } from './configuration.ts'

export type Severity = 'error' | 'warning'

export interface Finding {
  /** Stable, for scripts: `origin-two-stars`. */
  readonly code: string
  /** An error is never published and never served; a warning is published and shown. */
  readonly severity: Severity
  /** Where in the document, counted from 1: `CORSRule[2]/AllowedOrigin[1]`. Empty: the document itself. */
  readonly path: string
  /** The same place in the names of the document's own format, if they are not those of `CORSConfiguration`. */
  readonly where?: string
  /** The offending text as written, through `quote`. Empty if something is missing. */
  readonly value: string
  /** The problem and why it matters, as one sentence. */
  readonly reason: string
  /** The fix, as one sentence. */
  readonly hint: string
  /** Line of the document, counted from 1, if the reader of the format knows it. */
  readonly line?: number
}

/** The result of reading a document: all findings, and the configuration unless one of them is an error. */
export interface Reading {
  readonly configuration: Configuration | null
  readonly findings: readonly Finding[]
}

/** Returns true if a finding is an error: such a configuration is never published and never served. */
export const hasErrors = (findings: readonly Finding[]): boolean => findings.some(f => f.severity === 'error')

/** A 64 KB document has room for thousands of mistakes; nobody reads more than these at once. */
export const MAX_FINDINGS = 200
/** The code of the finding that says how many were left out. */
export const MORE_FINDINGS = 'more-findings'

const MAX_QUOTED = 100
/** Characters that control a terminal or are invisible: controls, format characters, unpaired surrogates, odd spaces. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu

/** Returns `text` as a finding shows it: at most 100 characters, invisible ones escaped as `\u200b`. */
export function quote(text: string): string {
  const visible = text
    .slice(0, MAX_QUOTED)
    .replace(INVISIBLE, c => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`)
  return text.length > MAX_QUOTED ? `${visible}…` : visible
}

/** Collects findings of one severity; past `MAX_FINDINGS` it only counts. */
export class Collector {
  readonly #severity: Severity
  readonly #findings: Finding[] = []
  #more = 0

  constructor(severity: Severity) {
    this.#severity = severity
  }

  /** `value` is the offending text itself: it is quoted here. */
  add(code: string, path: string, value: string, reason: string, hint: string): void {
    if (this.#findings.length >= MAX_FINDINGS) this.#more++
    else this.#findings.push({ code, severity: this.#severity, path, value: quote(value), reason, hint })
  }

  /** The findings in the order they were added, and, where some were left out, one that says how many. */
  list(): Finding[] {
    if (this.#more === 0) return [...this.#findings]
    const last: Finding = {
      code: MORE_FINDINGS,
      severity: this.#severity,
      path: '',
      value: String(this.#more),
      reason: `There are ${this.#more} more ${this.#severity}s than the ${MAX_FINDINGS} listed.`,
      hint: 'Correct the ones listed and read the document again.',
    }
    return [...this.#findings, last]
  }
}
