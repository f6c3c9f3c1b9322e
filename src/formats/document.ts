/**
 * @module
 * Shared by all readers: the limit on bytes, the step from a written configuration to a reading, and lines.
 */

import {
  type Configuration,
  MAX_DOCUMENT_BYTES,
  type WrittenConfiguration,
  type WrittenRule,
} from '../cors/configuration.ts'
import { type Finding, MORE_FINDINGS, type Reading } from '../cors/findings.ts'
import { lint, toConfiguration } from '../cors/lint.ts'

/** A parsed document. `written` is null if its syntax is wrong. */
export interface Document {
  readonly written: WrittenConfiguration | null
  /** Findings about the syntax. */
  readonly findings: readonly Finding[]
  /** Lines of the elements by their paths, if the reader knows them. */
  readonly lines: ReadonlyMap<string, number>
}

/**
 * Returns the warnings about a document: `adviseDocument` of src/advice/advise.ts. A parameter, so that the Worker does
 * not carry that code.
 */
export type Advise = (written: WrittenConfiguration, errors: readonly Finding[]) => readonly Finding[]

/** Returns a rule without any value. */
export const emptyRule = (): WrittenRule => ({
  ID: [],
  AllowedOrigin: [],
  AllowedMethod: [],
  AllowedHeader: [],
  ExposeHeader: [],
  MaxAgeSeconds: [],
})

/** Returns an error about the document's syntax, without a path. */
export const syntaxError = (code: string, reason: string, hint: string, line?: number): Finding => ({
  code,
  severity: 'error',
  path: '',
  value: '',
  reason,
  hint,
  ...(line === undefined ? {} : { line }),
})

/** Returns a document that has this one finding and nothing that can be read. */
export const refused = (finding: Finding): Document => ({
  written: null,
  findings: [finding],
  lines: new Map(),
})

/** Returns an error if the document is over 64 KB, otherwise null. Never costs more than reading 64 KB. */
export function oversize(text: string): Finding | null {
  // UTF-8 never needs fewer bytes than UTF-16 has units: a longer text needs no count.
  const fits =
    text.length <= MAX_DOCUMENT_BYTES && new TextEncoder().encode(text).byteLength <= MAX_DOCUMENT_BYTES
  if (fits) return null
  return syntaxError(
    'too-large',
    `The document is over ${MAX_DOCUMENT_BYTES} bytes, the most that a bucket stores.`,
    'Merge rules that differ only in their origins, and remove comments.',
  )
}

/** Lints a document and returns its configuration if it has no errors. Findings are sorted, errors first. */
export function conclude(document: Document, advise?: Advise): Reading {
  const { written, lines } = document
  const findings = [...document.findings]
  let configuration: Configuration | null = null
  if (written) {
    // One finding per path: a consequence of a syntax error is not reported again.
    const reported = new Set(document.findings.filter(isError).map(({ path }) => path))
    findings.push(...lint(written).filter(({ path }) => path === '' || !reported.has(path)))
    const errors = findings.filter(isError)
    if (errors.length === 0) configuration = toConfiguration(written)
    if (advise) findings.push(...advise(written, errors))
  }
  return { configuration, findings: findings.map(finding => located(finding, lines)).sort(inOrder) }
}

const isError = ({ severity }: Finding): boolean => severity === 'error'

function located(finding: Finding, lines: ReadonlyMap<string, number>): Finding {
  const line = finding.line ?? lines.get(finding.path)
  return line === undefined ? finding : { ...finding, line }
}

/** Errors first, then by line, then by rule; a sort is stable, so findings of one rule stay as they came. */
export function inOrder(a: Finding, b: Finding): number {
  if (a.severity !== b.severity) return a.severity === 'error' ? -1 : 1
  return place(a) - place(b) || ruleOf(a) - ruleOf(b)
}

const place = (finding: Finding): number => (finding.code === MORE_FINDINGS ? Infinity : (finding.line ?? 0))
const ruleOf = ({ path }: Finding): number => Number(/^CORSRule\[(\d+)\]/.exec(path)?.[1] ?? 0)

/** Returns a function from an index to its line, counted from 1. Linear in total if the indices grow. */
export function lineCounter(text: string): (index: number) => number {
  let at = 0
  let line = 1
  return index => {
    if (index < at) {
      at = 0
      line = 1
    }
    for (; at < index; at++) {
      const c = text[at]
      if (c === '\n' || (c === '\r' && text[at + 1] !== '\n')) line++
    }
    return line
  }
}
