/**
 * @module
 * `rules preflights`: which preflights a recorded page load paid for, what each cost, and how each could be avoided.
 */

import { createReadStream } from 'node:fs'
import type { Command } from 'commander'
import { type Avoidance, type RecordedPreflight, readPreflights } from '../../paste/preflights.ts'
import { MAX_HAR } from '../../paste/read.ts'
import { decoded } from '../files/decoded.ts'
import { wrap } from '../print/layout.ts'
import { count, print, printJson, style, visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'

/** Preflights that are shown one by one. */
const MAX_SHOWN = 100

export function addPreflights(program: Command): void {
  program
    .command('preflights')
    .summary('list the preflights of a recorded page load')
    .description(
      'Reads a HAR of a browser and lists each preflight: its time, what asked for it, and what would avoid it. ' +
        'A HAR does not show upload listeners, so a preflight without a visible cause may be one.',
    )
    .argument('<har>', 'a HAR file; - for standard input')
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExample: npm run rules -- preflights page-load.har\n\nExit code: 0 the HAR was read, 2 a problem with the call or the file.',
    )
    .action(preflights)
}

async function preflights(file: string, { json }: { json?: true }): Promise<void> {
  const cost = readPreflights(await readJson(file))
  if ('problem' in cost) throw new UserError(`${visible(file)}: ${cost.problem}`)
  if (json) return printJson(cost)
  const { total, requests } = cost
  const number = cost.preflights.length
  print(
    wrap(
      number === 0
        ? `No preflight, for ${count(requests, 'request')}.`
        : `${count(number, 'preflight')} for ${count(requests, 'request')}, ${Math.round(total)} ms in all.`,
    ),
  )
  for (const preflight of cost.preflights.slice(0, MAX_SHOWN)) print(`\n${preflightText(preflight)}`)
  if (number > MAX_SHOWN) print(`\nAnd ${number - MAX_SHOWN} more: --json lists all.`)
  const ways = [...new Set(cost.preflights.flatMap(({ avoidedBy }) => avoidedBy))]
  if (ways.length > 0) print(`\n${style('bold', 'To avoid them')}`)
  for (const way of ways) {
    const which = cost.preflights.filter(({ avoidedBy }) => avoidedBy.includes(way))
    const saved = Math.round(which.reduce((sum, { time }) => sum + (time ?? 0), 0))
    print(wrap(`${WAYS[way]} (${which.length} of ${number}, ${saved} ms)`, '  '))
  }
}

const WAYS: Readonly<Record<Avoidance, string>> = {
  'max-age': 'a longer MaxAgeSeconds in the rule that answers: the same question was asked again',
  header: 'leave out the headers that the bucket does not need',
  'content-type': 'a safelisted Content-Type, such as text/plain, where the bucket may store that',
  'upload-listener':
    'they may come from an upload listener or a stream: leave it out where nobody looks at the progress',
  mount: "serve the bucket below a path of the page's own domain (MOUNT): no preflight at all",
}

function preflightText({ url, method, headers, status, time, cause, repeated }: RecordedPreflight): string {
  const took = time === null ? 'time unknown' : `${Math.round(time)} ms`
  return [
    wrap(`${method} ${url}${headers.length === 0 ? '' : ` with ${headers.join(', ')}`}`),
    wrap(`${took}, status ${status === 0 ? 'unknown' : status}`, '  '),
    wrap(
      cause === null
        ? 'It may be an upload listener, or a stream as body: method and headers need no preflight.'
        : `Asked because ${cause}.`,
      '  ',
    ),
    ...(repeated === null ? [] : [wrap(REPEATS[repeated], '  ')]),
  ].join('\n')
}

const REPEATS = {
  'no-max-age':
    'Asked before in this recording: the answer had no Access-Control-Max-Age, so it held for 5 s.',
  expired: "Asked before in this recording: the answer's Access-Control-Max-Age was over.",
  'not-kept': 'Asked before in this recording: the browser did not keep the answer, as with "Disable cache".',
} as const

async function readJson(file: string): Promise<unknown> {
  const name = file === '-' ? 'Standard input' : visible(file)
  let text = ''
  for await (const piece of decoded(file === '-' ? process.stdin : createReadStream(file), name)) {
    text += piece
    if (text.length > MAX_HAR) throw new UserError(`${name}: the HAR is too long: it may have 16 MiB.`)
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    throw new UserError(`${name} is not a HAR: it is not JSON.`)
  }
}
