/**
 * @module
 * A finding: one thing worth telling about a configuration, located and explained.
 */

export type Severity = 'error' | 'warning'

export interface Finding {
  /** Stable, for scripts: `origin-two-stars`. */
  readonly code: string
  /** An error is never published and never served; a warning is published and shown. */
  readonly severity: Severity
  /** Where in the document, counted from 1: `CORSRule[2]/AllowedOrigin[1]`. Empty: the document itself. */
  readonly path: string
  /** The offending text as written, shortened where long. Empty where there is none. */
  readonly value: string
  /** What is wrong and why it matters, as one sentence. */
  readonly reason: string
  /** What to do, as one sentence. */
  readonly hint: string
  /** Line of the document, counted from 1, where the reader knows it. */
  readonly line?: number
}

/** What reading a document gives: a configuration, unless a finding is an error; and all findings at once. */
export interface Reading {
  readonly configuration: Configuration | null
  readonly findings: readonly Finding[]
}

import type { Configuration } from './configuration.ts'

/** True when one of the findings forbids to publish or serve the configuration. */
export const hasErrors = (findings: readonly Finding[]): boolean => findings.some(f => f.severity === 'error')
