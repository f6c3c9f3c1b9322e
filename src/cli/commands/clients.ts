/**
 * @module
 * `rules clients`: the clients that are recorded, with the versions.
 */

import { type Command, Option } from 'commander'
import type { Client } from '../../clients/client.ts'
import { CLIENTS } from '../../clients/clients.ts'
import { print, printJson, table } from '../print/terminal.ts'

export function addClients(program: Command): void {
  program
    .command('clients')
    .summary('list the recorded clients and their versions')
    .description(
      'Lists the clients whose CORS requests are recorded from the real package: what their preflights ask for, and ' +
        'which response headers they read. Use a name with `check --for` and `starter --for`.',
    )
    .addOption(new Option('--json', 'one JSON document, with everything recorded'))
    .addHelpText('after', '\nExample: npm run -s rules -- clients --json > clients.json\n\nExit code: 0.')
    .action(({ json }: { json?: true }) => {
      if (json) printJson({ clients: CLIENTS })
      else print(table(CLIENTS.map(row)))
    })
}

const row = ({ id, title, package: name, version, operations }: Client): string[] => [
  id,
  name === null ? '' : `${name} ${version}`,
  title,
  operations.map(operation => operation.name).join(', '),
]
