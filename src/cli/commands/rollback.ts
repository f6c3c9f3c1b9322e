/**
 * @module
 * `rules rollback`: makes an earlier revision live again.
 */

import type { Command } from 'commander'
import { hostOf } from '../files/source.ts'
import { applyChanges, requireConfirmable, type WriteOptions } from '../kv/apply.ts'
import { type PlaceOptions, readDeployment } from '../kv/deployment.ts'
import { historyOf } from '../kv/history.ts'
import { withKv } from '../kv/open.ts'
import { addPlaceOptions } from '../kv/place-options.ts'
import { dialectOf, keysToPlan, planRules, readHostState } from '../kv/plan.ts'
import { revisionBefore, revisionRules } from '../kv/stored.ts'

/** Suffix of the source of a record that a rollback made live. */
const ROLLED_BACK = ' (rolled back)'

interface RollbackOptions extends PlaceOptions, WriteOptions {
  remote?: true
}

export function addRollback(program: Command): void {
  const command = program
    .command('rollback')
    .summary('make an earlier revision live again')
    .description(
      'Makes an earlier revision of a host live, after showing what that changes. ' +
        'The default is the revision before the current one, so two rollbacks cancel each other out.',
    )
    .argument('<host>', 'a bucket domain, or default')
    .argument('[revision]', 'a revision of `history`, or its first digits')
  addPlaceOptions(command)
    .option('--yes', 'write to --remote without confirmation')
    .option('--dry-run', 'show what would be written, and write nothing')
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExample: npm run rules -- rollback files.example.com --remote\n' +
        '\nExit code: 0 done, 1 you declined, 2 no such revision, or a problem with wrangler or KV.',
    )
    .action(rollback)
}

async function rollback(
  named: string,
  revision: string | undefined,
  options: RollbackOptions,
): Promise<void> {
  requireConfirmable(options)
  const host = hostOf(named)
  const deployment = await readDeployment(options)
  await withKv(deployment.place, async kv => {
    const values = await kv.get(keysToPlan([host]))
    const history = await historyOf(kv, host)
    const state = await readHostState(host, values, values, history)
    const wanted = revision ?? revisionBefore(host, state.live, history)
    const { rules, source } = await revisionRules(kv, host, wanted)
    const change = await planRules(state, {
      configuration: rules.configuration,
      source: `${(source ?? '').replace(ROLLED_BACK, '')}${ROLLED_BACK}`.trimStart(),
      dialect: dialectOf(deployment, host, values),
      force: false,
    })
    await applyChanges(kv, deployment, [], [change], options)
  })
}
