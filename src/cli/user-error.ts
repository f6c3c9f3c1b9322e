/**
 * @module
 * An error that the user can correct: one message, exit code 2, no stack trace.
 */

export class UserError extends Error {}

/** Returns the message of an error on one line. */
export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().replace(/\s+/g, ' ')

/** Returns the code of a failed system call, such as `ENOENT`, or an empty string for any other error. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
