/**
 * @module
 * `rules list`: lists the hosts with rules.
 */

import type { Command } from 'commander'
import { rulesKey, settingsKey } from '../../rules/kv-keys.ts'
import { describePlace, type PlaceOptions, readDeployment } from '../kv/deployment.ts'
import { withKv } from '../kv/open.ts'
import { addPlaceOptions } from '../kv/place-options.ts'
import { readStored } from '../kv/stored.ts'
import { wrap } from '../print/layout.ts'
import { count, print, printJson, table, visible } from '../print/terminal.ts'

interface ListOptions extends PlaceOptions {
  json?: true
}

export function addList(program: Command): void {
  const command = program
    .command('list')
    .summary('list the hosts with rules')
    .description(
      'Lists all hosts with rules in KV: revision, number of rules, time and source. Then lists the hosts with settings.',
    )
  addPlaceOptions(command)
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExample: npm run rules -- list --remote\n\nExit code: 0 done, 2 a problem with wrangler or KV.',
    )
    .action(list)
}

async function list(options: ListOptions): Promise<void> {
  const { place } = await readDeployment(options)
  await withKv(place, async kv => {
    const keys = (await kv.list(rulesKey(''))).map(({ key }) => key).sort()
    const settings = (await kv.list(settingsKey('')))
      .map(({ key }) => key.slice(settingsKey('').length))
      .sort()
    const values = await kv.get(keys)
    const hosts = []
    for (const key of keys) {
      const { live, publishedAt, source } = await readStored(values.get(key) ?? null)
      hosts.push({
        host: key.slice(rulesKey('').length),
        revision: live.kind === 'rules' ? live.rules.revision : null,
        rules: live.kind === 'rules' ? live.rules.configuration.rules.length : null,
        publishedAt,
        source,
        problem: live.kind === 'unusable' ? live.reason : null,
      })
    }
    if (options.json) {
      printJson({ where: place.where, env: place.env, hosts, settings })
      return
    }
    if (hosts.length > 0) {
      print(
        `${table(
          hosts.map(({ host, revision, rules, publishedAt, source, problem }) =>
            problem === null
              ? [
                  visible(host),
                  `revision ${revision}`,
                  count(rules ?? 0, 'rule'),
                  publishedAt ?? 'pasted by hand',
                  visible(source ?? ''),
                ]
              : [visible(host), `can't be used: ${problem}`],
          ),
        )}\n`,
      )
    }
    if (settings.length > 0)
      print(`${wrap(`Hosts with their own settings: ${settings.map(visible).join(', ')}.`)}\n`)
    print(`${count(hosts.length, 'host')} in ${describePlace(place)}.`)
  })
}
