/**
 * @module
 * Formats the lines of `doctor`.
 */

import { count, style } from '../print/terminal.ts'
import type { Diagnosis, DiagnosisStatus } from './diagnosis.ts'

const COLOURS = { ok: 'green', warning: 'yellow', error: 'red' } as const

/** Returns one line: status, code, text and fix. */
export const diagnosisLine = ({ code, status, text, fix }: Diagnosis): string =>
  `${style(COLOURS[status], status.padEnd(7))}  ${code}  ${text}${fix === '' ? '' : ` ${fix}`}`

/** `2 errors, 1 warning.` */
export function diagnosisSummary(diagnoses: readonly Diagnosis[]): string {
  const of = (status: DiagnosisStatus) => diagnoses.filter(one => one.status === status).length
  return `${count(of('error'), 'error')}, ${count(of('warning'), 'warning')}.`
}
