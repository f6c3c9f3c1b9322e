/**
 * @module
 * Runs a command of the project's wrangler, which has the account and its credentials.
 */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { visible } from '../print/terminal.ts'
import { waiting } from '../print/waiting.ts'
import { codeOf, UserError } from '../user-error.ts'

/** Milliseconds after which a command is stopped. */
const TIMEOUT_MS = 120_000
/** Most bytes that a command may print: a hundred records at their largest. */
const MAX_OUTPUT_BYTES = 128 * 1024 * 1024
/** Most characters of wrangler's reason that are shown. */
const MAX_REASON = 500
/** The reasons that a login changes. The last is Cloudflare's code of a token that it does not accept. */
const LOGGED_OUT = /CLOUDFLARE_API_TOKEN|not logged in|\[code: 10000\]/i

/** A failed command: its message is wrangler's reason, as a sentence. */
export class WranglerError extends Error {}

/**
 * Returns the standard output of `wrangler ARGS`.
 *
 * @throws {UserError} if wrangler is not installed or not logged in
 * @throws {WranglerError} if the command fails otherwise
 */
export const runWrangler = (args: readonly string[]): Promise<string> =>
  waiting('Asking Cloudflare …', () => run(args))

function run(args: readonly string[]): Promise<string> {
  const options = {
    timeout: TIMEOUT_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
    env: { ...process.env, WRANGLER_HIDE_BANNER: 'true', WRANGLER_LOG: 'log' },
  }
  const command = [wranglerFile(), ...args]
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, command, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout)
      const reason = error.killed ? `No answer within ${TIMEOUT_MS / 1000} s.` : reasonIn(stderr)
      reject(LOGGED_OUT.test(reason) ? loggedOut(reason) : new WranglerError(reason))
    })
    // With stdin closed, wrangler neither prompts nor waits for a login.
    child.stdin?.end()
  })
}

/** Returns the path of wrangler's executable. @throws {UserError} if it is not installed */
export function wranglerFile(): string {
  try {
    return fileURLToPath(new URL('../bin/wrangler.js', import.meta.resolve('wrangler')))
  } catch (error) {
    throw notInstalled(error)
  }
}

/** Returns the error of a project without wrangler, or `error` itself if it has another cause. */
export const notInstalled = (error: unknown): unknown =>
  /MODULE_NOT_FOUND$/.test(codeOf(error))
    ? new UserError('wrangler is not installed here. Run `npm install` in the project folder.')
    : error

const loggedOut = (reason: string): UserError =>
  !process.env.CLOUDFLARE_API_TOKEN
    ? new UserError(
        'wrangler is not logged in to Cloudflare. Run `npm exec wrangler login`, or set CLOUDFLARE_API_TOKEN.',
      )
    : new UserError(
        `Cloudflare does not accept CLOUDFLARE_API_TOKEN: ${reason} Set a token that is valid, or remove the variable and run \`npm exec wrangler login\`.`,
      )

/** Returns the reason in wrangler's error output: its `[ERROR]` paragraphs without the advice after them. */
export function reasonIn(stderr: string): string {
  const text = stripVTControlCharacters(stderr)
  const start = text.lastIndexOf('[ERROR]')
  const lines = text
    .slice(start < 0 ? 0 : start + '[ERROR]'.length)
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
  const end = lines.findIndex(line =>
    /^(If you think this is a bug|To continue without|🪵|Logs were)/u.test(line),
  )
  const reason = lines.slice(0, end < 0 ? lines.length : end).join(' ')
  const shown = visible(reason).slice(0, MAX_REASON) || 'nothing'
  return /[.!?]$/.test(shown) ? shown : `${shown}.`
}
