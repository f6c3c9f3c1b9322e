/**
 * @module
 * `rules check`: all findings of rules files.
 */

import { basename } from 'node:path'
import { type Command, Option } from 'commander'
import type { Client } from '../../clients/client.ts'
import { missingFor } from '../../clients/needs.ts'
import { type Finding, quote } from '../../cors/findings.ts'
import { NOT_DEPLOYED } from '../files/buckets-json.ts'
import { findFiles, hostOfFile } from '../files/files.ts'
import { type FileReading, readFiles } from '../files/read.ts'
import {
  cleanText,
  fileJson,
  findingsText,
  githubAnnotations,
  readAsText,
  summarize,
  total,
} from '../print/findings.ts'
import { print, printError, printJson } from '../print/terminal.ts'
import { readClients } from '../request/clients.ts'

interface CheckOptions {
  for?: Client[]
  strict?: true
  format: 'text' | 'github'
  json?: true
}

export function addCheck(program: Command): void {
  program
    .command('check')
    .summary('report errors and warnings in rules files')
    .description(
      'Reads rules files and prints all findings. A file with errors cannot be published; a file with warnings can.',
    )
    .argument('[file...]', 'rules in any format that import reads, or buckets.json (default: all of rules/)')
    .option('--strict', 'fail on warnings, too')
    .option(
      '--for <client[,client…]>',
      'also report what these clients need and the rules lack: `rules clients` lists them',
      readClients,
    )
    .addOption(
      new Option('--format <format>', 'github prints workflow annotations')
        .choices(['text', 'github'])
        .default('text'),
    )
    .addOption(new Option('--json', 'one JSON document').conflicts('format'))
    .addHelpText(
      'after',
      '\nExample: npm run rules -- check --strict rules/files.example.com.xml\n' +
        '         npm run rules -- check --for aws-sdk-v3,pmtiles rules/files.example.com.xml\n' +
        '\nExit code: 0 no errors, 1 errors (with --strict: or warnings), 2 a file could not be read.',
    )
    .action(check)
}

async function check(named: string[], options: CheckOptions): Promise<void> {
  const files = await findFiles(named)
  const readings = await readFiles(files, NOT_DEPLOYED)
  // In rules/, the name of a file is the host that it is published for.
  const hosted = named.length === 0 ? readings.map(withHostInName) : readings
  const checked = hosted.map(reading => withClients(reading, options.for ?? []))
  const { errors, warnings, unreadable } = total(checked)
  const failed = errors > 0 || (options.strict === true && warnings > 0)

  for (const reading of checked) if (reading.kind === 'unreadable') printError(reading.problem)
  if (options.json)
    printJson({ files: checked.map(fileJson), errors, warnings, failed: failed || unreadable > 0 })
  else if (options.format === 'github') {
    for (const line of checked.flatMap(githubAnnotations)) print(line)
    print(summarize(checked))
  } else {
    for (const reading of checked) printText(reading)
    print(summarize(checked))
  }
  process.exitCode = unreadable > 0 ? 2 : failed ? 1 : 0
}

function printText(reading: FileReading): void {
  if (reading.kind === 'unreadable') return
  const readAs = reading.kind === 'rules' && reading.findings.length > 0 ? reading.readAs : null
  if (readAs !== null) print(readAsText(reading.file, readAs))
  print(`${reading.findings.length === 0 ? cleanText(reading) : findingsText(reading)}\n`)
}

/** Adds what the clients need and the rules lack. */
function withClients(reading: FileReading, clients: readonly Client[]): FileReading {
  if (reading.kind !== 'rules' || reading.configuration === null) return reading
  const { configuration } = reading
  const missing = clients.flatMap(client => missingFor(configuration, client))
  return { ...reading, findings: [...reading.findings, ...missing] }
}

function withHostInName(reading: FileReading): FileReading {
  if (reading.kind !== 'rules') return reading
  const named = hostOfFile(reading.file)
  if ('host' in named) return reading
  const finding: Finding = {
    code: 'host-invalid',
    severity: 'error',
    path: '',
    value: quote(basename(reading.file)),
    reason: `${named.problem}, so the file can't be published.`,
    hint: 'Name the file as <hostname>.xml or <hostname>.json, or default.xml.',
  }
  return { ...reading, findings: [finding, ...reading.findings] }
}
