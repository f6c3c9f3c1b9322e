/**
 * @module
 * `rules import`: another vendor's configuration as a rules file.
 */

import { type Command, Option } from 'commander'
import { adviseDocument } from '../../advice/advise.ts'
import { IMPORT_VENDORS, type ImportVendor, importDocument } from '../../formats/import.ts'
import { readText } from '../files/files.ts'
import { type OutputOptions, rulesText } from '../files/output.ts'
import { finish } from '../print/converted.ts'

interface ImportOptions extends OutputOptions {
  from?: ImportVendor
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
      'XML or JSON of COS, S3, OSS, OBS, R2, Google Cloud Storage, Azure, Backblaze B2 or CloudFormation',
    )
    .addOption(new Option('--from <vendor>', 'the vendor (default: detected)').choices(IMPORT_VENDORS))
    .option('--out <file>', 'write this file (default: standard output)')
    .option('--force', 'replace an existing file')
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExample: npm run rules -- import cors.json --out rules/files.example.com.xml\n' +
        '\nExit code: 0 converted (losses are warnings), 1 the document has errors, 2 a file could not be read or written.',
    )
    .action(importFile)
}

async function importFile(file: string, options: ImportOptions): Promise<void> {
  const document = await readText(file)
  const { configuration, findings, label } = await importDocument(options.from, document, adviseDocument)
  const text = configuration === null ? null : rulesText(configuration, options.out)
  await finish({ source: file, configuration, text, findings, readAs: label }, options)
}
