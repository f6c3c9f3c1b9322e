/**
 * @module
 * One line of `doctor`: what was checked, its status, and the fix.
 */

export type DiagnosisStatus = 'ok' | 'warning' | 'error'

export interface Diagnosis {
  /** Stable, such as `placeholder` or `cron-invalid`. */
  readonly code: string
  readonly status: DiagnosisStatus
  /** What is wrong, where, and the value; or what is in order. */
  readonly text: string
  /** The next command or edit. Empty if the status is `ok`. */
  readonly fix: string
}

export const error = (code: string, text: string, fix: string): Diagnosis => ({
  code,
  status: 'error',
  text,
  fix,
})

export const warning = (code: string, text: string, fix: string): Diagnosis => ({
  code,
  status: 'warning',
  text,
  fix,
})

export const ok = (code: string, text: string): Diagnosis => ({ code, status: 'ok', text, fix: '' })
