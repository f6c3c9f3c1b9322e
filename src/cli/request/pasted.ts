/**
 * @module
 * A request out of a text that somebody has at hand, with what the options add to it.
 */

import { createReadStream } from 'node:fs'
import type { RequestToExplain } from '../../explain/outcome.ts'
import { MAX_HAR, type Paste, readPaste, UNKNOWN } from '../../paste/read.ts'
import { summaryOf } from '../../paste/summary.ts'
import { decoded } from '../files/decoded.ts'
import { isInteractive, printError, visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'
import { mustBeSent, sentMethod } from './browser-request.ts'

/** The request as the options describe it; they win over the text. */
export type NamedRequest = Partial<RequestToExplain>

/** Reads a pasted text from a file, or from standard input where it is `-`. @throws {UserError} */
export async function readPasted(file: string): Promise<Paste> {
  if (file === '-' && isInteractive()) printError('Paste the text, then press Enter and Ctrl-D:')
  const paste = readPaste(await readAll(file))
  if ('problem' in paste) throw new UserError(paste.problem)
  if (paste.says === 'no-reason')
    throw new UserError(`${paste.missing.join(' ')} See docs/troubleshooting.md#no-reason.`)
  return paste
}

/** Returns what was read, and what the options don't give either. */
export function pastedText(paste: Paste, named: NamedRequest, assumed: readonly string[]): string {
  const given = new Set<string>()
  if (named.origin !== undefined) given.add(UNKNOWN.origin)
  if (named.method !== undefined) given.add(UNKNOWN.method)
  if (named.headers !== undefined) given.add(UNKNOWN.headers)
  return [
    summaryOf({ ...paste, missing: paste.missing.filter(sentence => !given.has(sentence)) }),
    ...assumed,
  ].join(' ')
}

/** Where the rules allow what failed in a browser: what else it can be. null: nothing failed that is known of. */
export const notTheRules = ({ kind }: Paste, { headers }: NamedRequest): string | null =>
  kind !== 'console-error'
    ? null
    : `The rules allow the request as described. ${headers === undefined ? 'If the script sets headers, name them with --headers. ' : ''}Otherwise the browser received another answer: docs/troubleshooting.md#old-answer.`

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

/** What the text says was asked for; null where it names nothing that an edge could be asked for. */
export function askedUrl({ request }: Paste): URL | null {
  const url = request.url === null ? null : new URL(request.url)
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url : null
}

/**
 * The request that is meant, and sentences about what was assumed.
 *
 * @throws {UserError} when neither text nor options give what can't be assumed, or they name what no browser sends
 */
export function requestToExplain(
  named: NamedRequest,
  paste: Paste | null,
): { request: RequestToExplain; assumed: string[] } {
  const read = paste?.request
  const origin = named.origin ?? read?.origin ?? null
  const method = named.method ?? read?.method ?? null
  const headers = named.headers ?? read?.headers ?? []
  if (origin === null) {
    throw new UserError(
      paste === null
        ? 'Name the page with --origin and the method with --method, or paste what you have with --paste -.'
        : "The text does not name the page's origin: name it with --origin.",
    )
  }
  mustBeSent(origin)
  // A GET without headers causes no preflight: the answer would be about another request.
  if (method === null && (paste === null || (read?.preflight === true && headers.length === 0))) {
    throw new UserError(
      paste === null
        ? 'Name the method with --method, such as PUT.'
        : 'The text is about a preflight and does not name its method: name it with --method, and what the script sets with --headers.',
    )
  }
  return {
    request: {
      origin,
      method: sentMethod(method ?? 'GET'),
      headers,
      actual: named.actual === true || (paste !== null && read?.preflight === false),
      credentials: named.credentials === true || read?.credentials === true,
    },
    assumed: method === null ? ['The method is taken to be GET.'] : [],
  }
}
