/**
 * @module
 * `rules history`: the revisions of a host's rules.
 */

import type { Command } from 'commander'
import { historyKey, rulesKey } from '../../rules/kv-keys.ts'
import { hostOf } from '../files/source.ts'
import { describePlace, type PlaceOptions, readDeployment } from '../kv/deployment.ts'
import { historyOf } from '../kv/history.ts'
import type { Kv } from '../kv/kv.ts'
import { withKv } from '../kv/open.ts'
import { addPlaceOptions } from '../kv/place-options.ts'
import { readStored } from '../kv/stored.ts'
import { count, print, printJson, table, visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'

/** Revisions shown without --all: each of them is read. */
const SHOWN = 20

interface HistoryOptions extends PlaceOptions {
  all?: true
  json?: true
}

export function addHistory(program: Command): void {
  const command = program
    .command('history')
    .summary("list the revisions of a host's rules")
    .description(
      'Lists the published revisions of a host, newest first. `diff` and `rollback` take a revision.',
    )
    .argument('<host>', 'a bucket domain, or default')
  addPlaceOptions(command)
    .option('--all', `all revisions (default: the newest ${SHOWN})`)
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExample: npm run rules -- history files.example.com --remote\n' +
        '\nExit code: 0 done, 2 the host has no history, or a problem with wrangler or KV.',
    )
    .action(history)
}

async function history(named: string, options: HistoryOptions): Promise<void> {
  const host = hostOf(named)
  const { place } = await readDeployment(options)
  await withKv(place, async kv => {
    const { live, entries, older } = await readHistory(kv, host, options.all ? Infinity : SHOWN)
    if (entries.length === 0)
      throw new UserError(`${host} has no history in ${describePlace(place)}: nothing was published for it.`)
    if (options.json) {
      printJson({ where: place.where, env: place.env, host, live, revisions: entries, older })
      return
    }
    print(
      table(
        entries.map(({ revision, publishedAt, rules, source, problem }) => [
          revision === live ? '*' : ' ',
          revision,
          publishedAt,
          problem === null ? count(rules ?? 0, 'rule') : `can't be used: ${problem}`,
          ...(source === null ? [] : [visible(source)]),
        ]),
      ),
    )
    if (older > 0) print(`and ${older} older: --all shows them.`)
    print(live === null ? '\nNone of them is live.' : `\n* is live.`)
  })
}

async function readHistory(kv: Kv, host: string, most: number) {
  const all = await historyOf(kv, host)
  const shown = all.slice(0, most)
  const values = await kv.get([rulesKey(host), ...shown.map(({ revision }) => historyKey(host, revision))])
  const now = await readStored(values.get(rulesKey(host)) ?? null)
  const entries = []
  for (const { revision, publishedAt } of shown) {
    const { live, source } = await readStored(values.get(historyKey(host, revision)) ?? null)
    entries.push({
      revision,
      publishedAt,
      rules: live.kind === 'rules' ? live.rules.configuration.rules.length : null,
      source,
      problem:
        live.kind === 'unusable' ? live.reason : live.kind === 'nothing' ? 'it is no longer there.' : null,
    })
  }
  const live = now.live.kind === 'rules' ? now.live.rules.revision : null
  return { live, entries, older: all.length - shown.length }
}
