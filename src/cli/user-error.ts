/**
 * @module
 * Something that the person at the command line can put right: one message, exit code 2, no stack trace.
 */

export class UserError extends Error {}

/** The reason that an error gives, on one line. */
export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().replace(/\s+/g, ' ')

/** The code of a failed system call, such as `ENOENT`; empty for any other error. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
