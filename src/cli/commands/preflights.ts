/**
 * @module
 * `rules preflights`: which preflights a recorded page load paid for, what each cost, and how each could be avoided.
 */

import { createReadStream } from 'node:fs'
import type { Command } from 'commander'
import {
  costSentence,
  preflightSentences,
  recorderSentence,
  waysToAvoid,
} from '../../paste/preflight-sentences.ts'
import { type RecordedPreflight, readPreflights } from '../../paste/preflights.ts'
import { MAX_HAR } from '../../paste/read.ts'
import { decoded } from '../files/decoded.ts'
import { wrap } from '../print/layout.ts'
import { print, printJson, style, visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'

/** Preflights that are shown one by one. */
const MAX_SHOWN = 100

export function addPreflights(program: Command): void {
  program
    .command('preflights')
    .summary('list the preflights of a recorded page load')
    .description(
      'Reads a HAR of a browser and lists each preflight: its time, what asked for it, and what would avoid it. ' +
        'A HAR does not show upload listeners, so a preflight without a visible cause may be one. ' +
        'Safari records no preflights.',
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
  const number = cost.preflights.length
  print(wrap(costSentence(cost)))
  const recorder = recorderSentence(cost)
  if (recorder !== null) print(wrap(recorder))
  for (const preflight of cost.preflights.slice(0, MAX_SHOWN)) print(`\n${preflightText(preflight)}`)
  if (number > MAX_SHOWN) print(`\nAnd ${number - MAX_SHOWN} more: --json lists all.`)
  const ways = waysToAvoid(cost)
  if (ways.length > 0) print(`\n${style('bold', 'To avoid them')}`)
  for (const { text } of ways) print(wrap(text, '  '))
}

function preflightText(preflight: RecordedPreflight): string {
  const { question, cost, reasons } = preflightSentences(preflight)
  return [wrap(question), ...[cost, ...reasons].map(line => wrap(line, '  '))].join('\n')
}

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
