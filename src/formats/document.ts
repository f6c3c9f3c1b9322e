/**
 * @module
 * What every reader shares: the cap on bytes, the way from a written configuration to a reading, and lines.
 */

import {
  type Configuration,
  MAX_DOCUMENT_BYTES,
  type WrittenConfiguration,
  type WrittenRule,
} from '../cors/configuration.ts'
import { type Finding, MORE_FINDINGS, type Reading } from '../cors/findings.ts'
import { lint, toConfiguration } from '../cors/lint.ts'

/** A document as far as its syntax goes. `written` is null where the syntax leaves nothing to look at. */
export interface Document {
  readonly written: WrittenConfiguration | null
  /** What the syntax itself makes worth telling. */
  readonly findings: readonly Finding[]
  /** Lines of the elements by their paths, for a format that knows them. */
  readonly lines: ReadonlyMap<string, number>
}

/**
 * What else is worth telling a person about a document: `adviseDocument` of src/advice/advise.ts. Handed in where a
 * person reads it, because the Worker has nobody to advise and need not carry it.
 */
export type Advise = (written: WrittenConfiguration, errors: readonly Finding[]) => readonly Finding[]

/** A rule in which nothing is written yet. */
export const emptyRule = (): WrittenRule => ({
  ID: [],
  AllowedOrigin: [],
  AllowedMethod: [],
  AllowedHeader: [],
  ExposeHeader: [],
  MaxAgeSeconds: [],
})

/** A finding about the document's own syntax, without a path. */
export const syntaxError = (code: string, reason: string, hint: string, line?: number): Finding => ({
  code,
  severity: 'error',
  path: '',
  value: '',
  reason,
  hint,
  ...(line === undefined ? {} : { line }),
})

/** A document of which nothing but this can be told. */
export const refused = (finding: Finding): Document => ({
  written: null,
  findings: [finding],
  lines: new Map(),
})

/** The error of a document over 64 KB, else null. Costs no more than the cap, however long the text is. */
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

/** Lints a document and, without errors, makes its configuration; advises on it in any case. Errors come first. */
export function conclude(document: Document, advise?: Advise): Reading {
  const { written, lines } = document
  const findings = [...document.findings]
  let configuration: Configuration | null = null
  if (written) {
    // What the syntax already explains at a path isn't explained a second time by its consequences.
    const told = new Set(document.findings.filter(isError).map(({ path }) => path))
    findings.push(...lint(written).filter(({ path }) => path === '' || !told.has(path)))
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

/** A function that gives the line (from 1) of an index. Linear in all, as long as the indices grow. */
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
