/**
 * @module
 * A request out of a text that somebody has at hand, with what the options add to it.
 */

import { createReadStream } from 'node:fs'
import type { OpenRequest } from '../../explain/possible.ts'
import { knowsHeaders, MAX_HAR, type Paste, readPaste, UNKNOWN } from '../../paste/read.ts'
import { summaryOf } from '../../paste/summary.ts'
import { decoded } from '../files/decoded.ts'
import { isInteractive, printError, visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'
import { mustBeSent, sentMethod } from './browser-request.ts'

/** The request as the options describe it; they win over the text. */
export interface NamedRequest {
  readonly origin?: string
  readonly method?: string
  readonly headers?: readonly string[]
  /** Lower-cased names and values of some of the headers. */
  readonly values?: Readonly<Record<string, string>>
  readonly reads?: readonly string[]
  readonly actual?: true
  readonly credentials?: true
  readonly upload?: true
}

/**
 * Reads a pasted text from a file, or from standard input where it is `-`.
 *
 * @param host the host whose rules are asked, where that is known
 * @throws {UserError} when it can't be read
 */
export async function readPasted(file: string, host: string | null): Promise<Paste> {
  if (file === '-' && isInteractive()) printError('Paste the text, then press Enter and Ctrl-D:')
  const paste = readPaste(await readAll(file), host)
  if ('problem' in paste) throw new UserError(paste.problem)
  if (paste.says === 'no-reason') throw new UserError(`${paste.missing.join(' ')}${pointer(paste)}`)
  return paste
}

/** Where the documentation explains a message; empty without a message. */
const pointer = ({ says }: Paste): string => (says === null ? '' : ` See docs/troubleshooting.md#${says}.`)

/** Returns what was read, and what the options don't give either. */
export function pastedText(paste: Paste, named: NamedRequest, assumed: readonly string[]): string {
  const given = new Set<string>()
  if (named.origin !== undefined) given.add(UNKNOWN.origin)
  if (named.method !== undefined) given.add(UNKNOWN.method)
  if (named.headers !== undefined) given.add(UNKNOWN.headers).add(UNKNOWN.otherHeaders)
  return [
    summaryOf({ ...paste, missing: paste.missing.filter(sentence => !given.has(sentence)) }),
    ...assumed,
  ].join(' ')
}

/** The last line: the section about the message, and what follows where the rules allow the request. */
export function closingText({ says }: Paste, allowed: boolean | null): string | null {
  if (says === null) return null
  const section = `docs/troubleshooting.md#${says}`
  return allowed === true
    ? `The rules allow this request, so the browser received another answer: see ${section}, then #old-answer there.`
    : `About the message: ${section}.`
}

/** Stops above the bound; the reader then refuses the text. */
async function readAll(file: string): Promise<string> {
  const name = file === '-' ? 'Standard input' : visible(file)
  let all = ''
  for await (const text of decoded(file === '-' ? process.stdin : createReadStream(file), name)) {
    all += text
    if (all.length > MAX_HAR) break
  }
  return all
}

/** Returns the URL that was asked for, or null where no edge can be asked for it. */
export function askedUrl({ request }: Paste): URL | null {
  const url = request.url === null ? null : new URL(request.url)
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url : null
}

/**
 * Returns the request that text and options describe.
 *
 * @throws {UserError} when neither gives what can't be left open, or they name what no browser sends
 */
export function requestToExplain(named: NamedRequest, paste: Paste | null): OpenRequest {
  const read = paste?.request
  const origin = named.origin ?? read?.origin ?? null
  const method = named.method ?? read?.method ?? null
  if (origin === null)
    throw new UserError(
      paste === null
        ? 'Name the page with --origin and the method with --method, or paste what you have with --paste -.'
        : `${summaryOf(paste)} Name the page with --origin.${pointer(paste)}`,
    )
  mustBeSent(origin)
  if (method === null && paste === null) throw new UserError('Name the method with --method, such as PUT.')
  const reads = named.reads ?? read?.reads
  const asked = read?.headers ?? []
  return {
    origin,
    method: method === null ? null : sentMethod(method),
    headers: named.headers ?? asked,
    // The text names what a preflight asks for.
    ...(named.headers === undefined && asked.length > 0 && { asked }),
    ...(named.values !== undefined && { values: named.values }),
    ...(reads !== undefined && { reads }),
    ...(named.upload === true && { upload: true }),
    actual: named.actual === true || read?.preflight === false,
    credentials: named.credentials === true || read?.credentials === true,
    knowsHeaders: named.headers !== undefined || paste === null || knowsHeaders(paste),
  }
}
