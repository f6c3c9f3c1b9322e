/**
 * @module
 * `rules export`: a rules file in the format of another vendor.
 */

import { type Command, Option } from 'commander'
import { readRules } from '../../formats/rules.ts'
import { exportDocument, VENDORS, type Vendor } from '../../formats/vendors.ts'
import { readText } from '../files/files.ts'
import type { OutputOptions } from '../files/output.ts'
import { finish } from '../print/converted.ts'

interface ExportOptions extends OutputOptions {
  to: Vendor
  json?: true
}

export function addExport(program: Command): void {
  program
    .command('export')
    .summary("convert a rules file into another vendor's configuration")
    .description(
      'Reads a rules file and writes it in the format of another vendor. Anything that the format cannot express is ' +
        'a warning on standard error; anything that the vendor would refuse is an error.',
    )
    .argument('<file>', 'rules, in any format that import reads')
    .addOption(
      new Option('--to <vendor>', 'the vendor: s3, r2, gcs in JSON; oss, obs, azure in XML')
        .choices(VENDORS)
        .makeOptionMandatory(),
    )
    .option('--out <file>', 'write this file (default: standard output)')
    .option('--force', 'replace an existing file')
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExample: npm run rules -- export --to azure rules/files.example.com.xml --out azure.xml\n' +
        '\nExit code: 0 converted (losses are warnings), 1 the rules have errors or the vendor would refuse them, ' +
        '2 a file could not be read or written.',
    )
    .action(exportFile)
}

async function exportFile(file: string, options: ExportOptions): Promise<void> {
  const reading = await readRules(await readText(file))
  const { configuration, format, label } = reading
  const source = { source: file, configuration, ...(format === 'rules' ? {} : { readAs: label }) }
  if (configuration === null) {
    await finish({ ...source, text: null, findings: reading.findings }, options)
    return
  }
  // The rules' own warnings belong to `check`: here they would hide the losses.
  const { text, findings } = exportDocument(options.to, configuration)
  await finish({ ...source, text, findings }, options)
}
