/**
 * @module
 * `rules diff`: which requests get another answer from two sets of rules.
 */

import { type Command, Option } from 'commander'
import { compare } from '../../compare/compare.ts'
import { DIALECTS, type DialectName } from '../../cors/dialect.ts'
import { dialectFor, type RulesSource, readSide, readSources } from '../files/source.ts'
import type { PlaceOptions } from '../kv/deployment.ts'
import { addPlaceOptions } from '../kv/place-options.ts'
import { comparisonJson, comparisonText } from '../print/comparison.ts'
import { count, print, printJson, style, table } from '../print/terminal.ts'

interface DiffOptions extends PlaceOptions {
  dialect?: DialectName
  json?: true
}

export function addDiff(program: Command): void {
  const command = program
    .command('diff')
    .summary('say which requests two sets of rules answer differently')
    .description(
      'Compares what two sets of rules answer, not how they are written, and gives an example of each difference. ' +
        'Each of the two is a file, live:HOST, or HOST@REVISION.',
    )
    .argument('<before>', 'rules/files.example.com.xml, live:files.example.com, files.example.com@3f2a…')
    .argument('<after>', 'the same')
  addPlaceOptions(command)
    .addOption(
      new Option('--dialect <dialect>', "whose answers are compared (default: the host's, else cos)").choices(
        DIALECTS,
      ),
    )
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExample: npm run rules -- diff live:files.example.com rules/files.example.com.xml --remote\n' +
        '\nExit code: 0 every request gets the same answer, 1 some do not, 2 not all could be asked, or a problem with a file, wrangler or KV.',
    )
    .action(diff)
}

async function diff(first: string, second: string, options: DiffOptions): Promise<void> {
  const [before, after] = await readSources([readSide(first), readSide(second)], options)
  if (before === undefined || after === undefined) return
  const dialect = dialectFor(options.dialect, [before, after])
  const comparison = compare(before.configuration, after.configuration, dialect)
  const { differences } = comparison
  if (options.json) {
    printJson({
      before: sourceJson(before),
      after: sourceJson(after),
      dialect,
      ...comparisonJson(comparison),
    })
  } else {
    print(table([rowOf('before', before), rowOf('after', after)]))
    print(`\n${comparisonText(comparison)}`)
    if (differences.length > 0) print(`\n${count(differences.length, 'difference')}.`)
  }
  // Nothing found is not the same as nothing there, where not everything was asked.
  process.exitCode = differences.length > 0 ? 1 : comparison.cut ? 2 : 0
}

const rowOf = (label: string, { name, revision, configuration }: RulesSource): string[] => [
  label,
  style('bold', name),
  ...(revision === null ? [] : [`revision ${revision}`]),
  count(configuration.rules.length, 'rule'),
]

const sourceJson = ({ name, host, revision, publishedAt, source, configuration }: RulesSource) => ({
  name,
  ...(host === null ? {} : { host, revision, publishedAt, source }),
  rules: configuration.rules.length,
})
