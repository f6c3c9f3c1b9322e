/**
 * @module
 * The options that choose the KV of a command.
 */

import { type Command, Option } from 'commander'

/** Adds --local, --remote, --env and --persist-to. */
export const addPlaceOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--local', "this machine's KV, used by npm start; environment local").conflicts('remote'),
    )
    .option('--remote', "Cloudflare's KV, with wrangler's credentials; top level of wrangler.toml")
    .option('--env <environment>', 'another environment of wrangler.toml')
    .option('--persist-to <folder>', 'the folder of the local state (default: .wrangler/state)')
