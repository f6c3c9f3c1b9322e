/**
 * @module
 * `rules import`: another vendor's configuration as a rules file.
 */

import { type Command, Option } from 'commander'
import { adviseDocument } from '../../advice/advise.ts'
import { located } from '../../formats/detect.ts'
import { importDocument, VENDORS, type Vendor } from '../../formats/vendors.ts'
import { readText } from '../files/files.ts'
import { type OutputOptions, rulesText } from '../files/output.ts'
import { finish } from '../print/converted.ts'

interface ImportOptions extends OutputOptions {
  from: Vendor
  json?: true
}

export function addImport(program: Command): void {
  program
    .command('import')
    .summary("convert another vendor's configuration into a rules file")
    .description(
      "Reads another vendor's CORS configuration and writes it as rules: CORSConfiguration XML, or S3 JSON where " +
        '--out ends in .json. Anything that cannot be expressed in rules is a warning on standard error.',
    )
    .argument(
      '<file>',
      's3: XML or JSON; r2: JSON of wrangler or the dashboard; gcs: JSON; oss, obs: XML; azure: XML or JSON',
    )
    .addOption(new Option('--from <vendor>', 'the vendor').choices(VENDORS).makeOptionMandatory())
    .option('--out <file>', 'write this file (default: standard output)')
    .option('--force', 'replace an existing file')
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExample: npm run rules -- import --from s3 cors.json --out rules/files.example.com.xml\n' +
        '\nExit code: 0 converted (losses are warnings), 1 the document has errors, 2 a file could not be read or written.',
    )
    .action(importFile)
}

async function importFile(file: string, options: ImportOptions): Promise<void> {
  const document = await readText(file)
  const { configuration, findings } = located(
    document,
    await importDocument(options.from, document, adviseDocument),
  )
  const text = configuration === null ? null : rulesText(configuration, options.out)
  await finish({ source: file, configuration, text, findings }, options)
}
