/**
 * @module
 * Formats findings as text, as JSON and as GitHub annotations.
 */

import type { Finding, Severity } from '../../cors/findings.ts'
import type { FileReading } from '../files/read.ts'
import { count, style, visible } from './terminal.ts'

const COLOURS = { error: ['red', 'bold'], warning: ['yellow', 'bold'] } as const

export interface Totals {
  readonly errors: number
  readonly warnings: number
  readonly unreadable: number
}

/** Counts errors, warnings and unreadable files. */
export function total(readings: readonly FileReading[]): Totals {
  const findings = readings.flatMap(reading => reading.findings)
  const of = (severity: Severity) => findings.filter(finding => finding.severity === severity).length
  const unreadable = readings.filter(({ kind }) => kind === 'unreadable').length
  return { errors: of('error'), warnings: of('warning'), unreadable }
}

/** `2 files: 1 error, 3 warnings.` */
export function summarize(readings: readonly FileReading[]): string {
  const { errors, warnings, unreadable } = total(readings)
  const found = `${count(errors, 'error')}, ${count(warnings, 'warning')}`
  const unread = unreadable === 0 ? '' : `, ${unreadable} not readable`
  return `${count(readings.length, 'file')}: ${found}${unread}.`
}

/** Returns the findings of a file as paragraphs. Each starts with `file:line  severity  code  path`. */
export function findingsText({ file, findings }: Pick<FileReading, 'file' | 'findings'>): string {
  return findings.map(finding => findingText(visible(file), finding)).join('\n\n')
}

function findingText(file: string, finding: Finding): string {
  const { line, severity, code, path, where = path, value, reason, hint } = finding
  const place = style('bold', line === undefined ? file : `${file}:${line}`)
  const head = [place, style([...COLOURS[severity]], severity), code, where].filter(text => text !== '')
  const detail = (label: string, text: string) => `  ${style('dim', label.padEnd(6))}  ${text}`
  return [
    head.join('  '),
    ...(value === '' ? [] : [detail('value', value)]),
    detail('reason', reason),
    detail('hint', hint),
  ].join('\n')
}

/** Returns one line for a file without findings. */
export function cleanText(reading: FileReading): string {
  return `${style('bold', visible(reading.file))}  ${style('green', 'ok')}  ${holdings(reading)}`
}

function holdings(reading: FileReading): string {
  if (reading.kind === 'settings') return `settings of ${count(reading.settings.size, 'host')}`
  if (reading.kind === 'cases') return count(reading.cases.length, 'case')
  if (reading.kind !== 'rules' || reading.readAs === null) return count(rulesIn(reading) ?? 0, 'rule')
  return `${count(rulesIn(reading) ?? 0, 'rule')}, read as ${reading.readAs}`
}

/** Returns the number of rules in the file, or null if it is unknown. */
export const rulesIn = (reading: FileReading): number | null =>
  reading.kind === 'rules' ? (reading.configuration?.rules.length ?? null) : null

/** Returns the line that says what a file was read as. */
export const readAsText = (file: string, label: string): string => `${visible(file)}: read as ${label}.\n`

/** Returns a file for `--json`. */
export const fileJson = (reading: FileReading) => ({
  file: reading.file,
  kind: reading.kind,
  ...(reading.kind === 'rules' ? { rules: rulesIn(reading), readAs: reading.readAs } : {}),
  ...(reading.kind === 'unreadable' ? { problem: reading.problem } : {}),
  findings: reading.findings,
})

/** Returns the findings as workflow commands, one per line. GitHub shows them beside the lines of a change. */
export function githubAnnotations(reading: FileReading): string[] {
  const { file } = reading
  if (reading.kind === 'unreadable') return [annotation('error', { file }, reading.problem)]
  return reading.findings.map(({ severity, line, code, path, value, reason, hint }) => {
    const properties = { file, ...(line === undefined ? {} : { line: String(line) }), title: code }
    const where = [path, value].filter(text => text !== '').join(' = ')
    return annotation(severity, properties, `${where === '' ? '' : `${where}\n`}${reason}\n${hint}`)
  })
}

/** GitHub, "Workflow commands": `%`, CR and LF are escaped everywhere; `:` and `,` in properties too. */
export function annotation(
  command: Severity | 'notice',
  properties: Record<string, string>,
  message: string,
): string {
  const data = (text: string) => text.replace(/[%\r\n]/g, encode)
  const property = ([name, text]: [string, string]) => `${name}=${text.replace(/[%\r\n:,]/g, encode)}`
  return `::${command} ${Object.entries(properties).map(property).join(',')}::${data(message)}`
}

const encode = (c: string): string => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
