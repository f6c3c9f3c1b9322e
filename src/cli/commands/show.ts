/**
 * @module
 * `rules show`: the rules of a host as a document.
 */

import { type Command, Option } from 'commander'
import { writeS3Json } from '../../formats/s3-json.ts'
import { writeXml } from '../../formats/xml.ts'
import { readHostName, readSources } from '../files/source.ts'
import type { PlaceOptions } from '../kv/deployment.ts'
import { addPlaceOptions } from '../kv/place-options.ts'
import { print, printJson } from '../print/terminal.ts'

interface ShowOptions extends PlaceOptions {
  format: 'xml' | 's3-json'
  json?: true
}

export function addShow(program: Command): void {
  const command = program
    .command('show')
    .summary("print a host's rules")
    .description(
      'Prints the live rules of a host, or those of a revision, as a document that `publish` takes.',
    )
    .argument('<host[@revision]>', 'a bucket domain, or default')
  addPlaceOptions(command)
    .addOption(
      new Option('--format <format>', 'CORSConfiguration XML, or S3 JSON')
        .choices(['xml', 's3-json'])
        .default('xml'),
    )
    .addOption(
      new Option('--json', 'one JSON document: what the record says, and the rules').conflicts('format'),
    )
    .addHelpText(
      'after',
      '\nExample: npm run -s rules -- show files.example.com --remote > rules/files.example.com.xml\n' +
        '\nExit code: 0 done, 2 there are no such rules, or a problem with wrangler or KV.',
    )
    .action(showRules)
}

async function showRules(named: string, options: ShowOptions): Promise<void> {
  const [found] = await readSources([readHostName(named)], options)
  if (found === undefined) return
  const { host, revision, publishedAt, source, settings, configuration } = found
  if (options.json) {
    printJson({ host, revision, publishedAt, source, dialect: settings?.dialect, configuration })
    return
  }
  const document = options.format === 'xml' ? writeXml(configuration) : writeS3Json(configuration)
  print(document.trimEnd())
}
