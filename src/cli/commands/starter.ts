/**
 * @module
 * `rules starter`: the smallest rules with which clients do their work.
 */

import type { Command } from 'commander'
import type { Client } from '../../clients/client.ts'
import { starterRules } from '../../clients/starter.ts'
import { type OutputOptions, rulesText, writeOutput } from '../files/output.ts'
import { print, printError } from '../print/terminal.ts'
import { mustBeSent } from '../request/browser-request.ts'
import { readClients } from '../request/clients.ts'

interface StarterCommandOptions extends OutputOptions {
  for: Client[]
  origin: string[]
  optional?: true
}

export function addStarter(program: Command): void {
  program
    .command('starter')
    .summary('write the smallest rules with which clients do their work')
    .description(
      'Writes one rule that allows the recorded requests of the clients, and exposes the response headers without ' +
        'which an operation fails or sends other requests.',
    )
    .requiredOption('--for <client[,client…]>', 'recorded clients: `rules clients` lists them', readClients)
    .requiredOption('--origin <origin...>', 'the pages that use the clients, such as https://app.example.com')
    .option(
      '--optional',
      'also expose headers without which an operation works, but loses a part of its result',
    )
    .option('--out <file>', 'write this file, in JSON if it ends in .json (default: XML on standard output)')
    .option('--force', 'replace an existing file')
    .addHelpText(
      'after',
      '\nExample: npm run rules -- starter --for aws-sdk-v3 --origin https://app.example.com --out rules/files.example.com.xml\n' +
        '\nExit code: 0 written, 2 an unknown client, an invalid origin, or the file could not be written.',
    )
    .action(starter)
}

async function starter(options: StarterCommandOptions): Promise<void> {
  for (const origin of options.origin) mustBeSent(origin)
  const rules = starterRules(options.for, options.origin, { optional: options.optional === true })
  await writeOutput(rulesText(rules, options.out), options)
  if (options.out !== undefined)
    print(`${options.out}: 1 rule for ${options.for.map(({ id }) => id).join(', ')}.`)
  if (options.optional !== true) for (const line of optionalLines(options.for)) printError(line)
}

/** One line for each header that is left out because no operation fails without it. */
function optionalLines(clients: readonly Client[]): string[] {
  const lost = new Map<string, Set<string>>()
  for (const { title, operations } of clients)
    for (const { reads } of operations)
      for (const { header, need, without } of reads)
        if (need === 'optional') lost.set(header, (lost.get(header) ?? new Set()).add(`${title} ${without}`))
  const required = new Set(
    clients.flatMap(({ operations }) =>
      operations.flatMap(({ reads }) =>
        reads.filter(({ need }) => need === 'required').map(({ header }) => header),
      ),
    ),
  )
  const optional = [...lost]
    .filter(([header]) => !required.has(header))
    .sort(([one], [other]) => (one < other ? -1 : 1))
  return optional.length === 0
    ? []
    : [
        'Not exposed, because every operation works without it (--optional exposes it):',
        ...optional.map(([header, losses]) => `  ${header}: ${[...losses][0]}`),
      ]
}
