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
import { guardrailForFile } from '../kv/guardrails.ts'
import {
  cleanText,
  fileJson,
  findingsText,
  githubAnnotations,
  readAsText,
  summarize,
  total,
} from '../print/findings.ts'
import { type GuardrailReport, guardrailReport, guardrailText } from '../print/guardrail.ts'
import { print, printError, printJson, visible } from '../print/terminal.ts'
import { readClients } from '../request/clients.ts'
import { UserError } from '../user-error.ts'

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
  const guarded = await Promise.all(hosted.map(withGuardrail))
  const checked = guarded.map(reading => withClients(reading, options.for ?? []))
  const { errors, warnings, unreadable } = total(checked)
  const failed = errors > 0 || (options.strict === true && warnings > 0)

  for (const reading of checked) if (reading.kind === 'unreadable') printError(reading.problem)
  if (options.json)
    printJson({ files: checked.map(checkedJson), errors, warnings, failed: failed || unreadable > 0 })
  else if (options.format === 'github') {
    for (const line of checked.flatMap(githubAnnotations)) print(line)
    print(summarize(checked))
  } else {
    for (const reading of checked) printText(reading)
    print(summarize(checked))
  }
  process.exitCode = unreadable > 0 ? 2 : failed ? 1 : 0
}

function printText(reading: Checked): void {
  if (reading.kind === 'unreadable') return
  const readAs = reading.kind === 'rules' && reading.findings.length > 0 ? reading.readAs : null
  if (readAs !== null) print(readAsText(reading.file, readAs))
  const { guardrail } = reading
  const within = guardrail === undefined ? '' : guardrailText(guardrail)
  const texts = [reading.findings.length === 0 ? cleanText(reading) : findingsText(reading), within]
  print(`${texts.filter(text => text !== '').join('\n')}\n`)
}

/** A file with how its rules stand to the guardrail of their host, if there is one. */
type Checked = FileReading & { readonly guardrail?: GuardrailReport }

function checkedJson({ guardrail, ...reading }: Checked) {
  if (guardrail === undefined) return fileJson(reading as FileReading)
  const { file, holds, near } = guardrail
  return {
    ...fileJson(reading as FileReading),
    guardrail: { file, holds, near: near.map(({ rule, origins }) => ({ rule: rule + 1, origins })) },
  }
}

/** Adds what is wider than the guardrail of the file's host. */
async function withGuardrail(reading: FileReading): Promise<Checked> {
  if (reading.kind !== 'rules' || reading.configuration === null) return reading
  const { file, configuration, findings } = reading
  try {
    const guardrail = await guardrailForFile(file)
    if (guardrail === null) return reading
    const report = guardrailReport({ name: visible(file), configuration }, guardrail)
    return { ...reading, findings: [...report.findings, ...findings], guardrail: report }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const finding: Finding = {
      ...{ code: 'guardrail-unusable', severity: 'error', path: '', value: '' },
      reason: `The guardrail can't be read, so the file can't be published. ${error.message}`,
      hint: 'Correct the guardrail.',
    }
    return { ...reading, findings: [finding, ...findings] }
  }
}

/** Adds what the clients need and the rules lack. */
function withClients(reading: Checked, clients: readonly Client[]): Checked {
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
