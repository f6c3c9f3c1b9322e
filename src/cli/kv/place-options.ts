/**
 * @module
 * The options that say which KV a command works on.
 */

import { type Command, Option } from 'commander'

/** Adds --local, --remote, --env and --persist-to. */
export const addPlaceOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--local', "this machine's KV, which npm start uses; environment local").conflicts('remote'),
    )
    .option('--remote', "Cloudflare's KV, with wrangler's credentials; top level of wrangler.toml")
    .option('--env <environment>', 'another environment of wrangler.toml')
    .option('--persist-to <folder>', 'the folder of the local state (default: .wrangler/state)')
