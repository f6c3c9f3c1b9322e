/**
 * @module
 * `rules seal-key`: a new key for sealed temporary credentials.
 */

import { type Command, Option } from 'commander'
import { print } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'

const KEY_ID = /^[A-Za-z0-9_-]{1,16}$/
/** AES-256. */
const KEY_BYTES = 32

export function addSealKey(program: Command): void {
  program
    .command('seal-key')
    .summary('make a key that seals temporary credentials')
    .description(
      'Prints a new seal key as JSON. The edge opens sealed credentials with it (SEAL_KEYS), and your server seals them ' +
        'with it (edge-preflight/seal).',
    )
    .addOption(new Option('--id <id>', 'the ID of the key; default: today, such as k20260131'))
    .addHelpText(
      'after',
      '\nExample: npm run -s rules -- seal-key > seal-key.json\n' +
        '\nTo rotate: add the new key to SEAL_KEYS, then switch the server, then remove the old key after the longest lifetime\n' +
        'of your credentials.\n\nExit code: 0 done, 2 the ID is invalid.',
    )
    .action(printSealKey)
}

function printSealKey({ id }: { id?: string }): void {
  const keyId = id ?? `k${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`
  if (!KEY_ID.test(keyId))
    throw new UserError(
      `--id ${JSON.stringify(keyId)} is not a key ID: use 1 to 16 letters, digits, "_" or "-", such as --id k2.`,
    )
  const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES))
  print(`${JSON.stringify({ [keyId]: Buffer.from(key).toString('base64') })}\n`)
}
