/**
 * @module
 * `rules publish`: writes rules files and settings into KV. If one file has errors, nothing is written.
 */

import { basename, extname, join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { hasErrors } from '../../cors/findings.ts'
import type { Asked } from '../../explain/outcome.ts'
import { guardrailKey, settingsKey } from '../../rules/kv-keys.ts'
import { failureJson, failureText } from '../cases/report.ts'
import { type CaseFailure, casesBeside, isFailure, readCasesFile, runCases } from '../cases/run.ts'
import {
  findFiles,
  hostOfFile,
  isSettingsFile,
  mustBeFile,
  RULES_FOLDER,
  SETTINGS_FILE,
} from '../files/files.ts'
import { type FileReading, readFiles, type SettingsFile } from '../files/read.ts'
import { applyChanges, requireConfirmable, type WriteOptions } from '../kv/apply.ts'
import { LOCAL_ENVIRONMENT, type PlaceOptions, readDeployment } from '../kv/deployment.ts'
import { isGuardrailFile } from '../kv/guardrails.ts'
import { DEFAULT_HOST, readHost } from '../kv/hosts.ts'
import { BINDING } from '../kv/kv.ts'
import { withKv } from '../kv/open.ts'
import { addPlaceOptions } from '../kv/place-options.ts'
import { type PlannedChange, type PlannedPublication, planChanges } from '../kv/plan.ts'
import { fileJson, findingsText, readAsText, summarize } from '../print/findings.ts'
import { count, print, printError, printJson, shellWord, visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'

interface PublishOptions extends PlaceOptions, WriteOptions {
  remote?: true
  host?: string
  force?: true
  expect?: string
}

/** A revision or its first digits, or `none` for a host without rules. */
const EXPECTED = /^(?:[0-9a-f]{4,12}|none)$/

export function addPublish(program: Command): void {
  const command = program
    .command('publish')
    .summary('write rules files into the KV of the edge')
    .description(
      'Compiles rules files and writes them into KV: rules/<hostname>.xml or .json to cors:<hostname>, ' +
        'the hosts of rules/buckets.json to bucket:<hostname>. ' +
        'The expectations beside a rules file run first. If one file has errors, or one case fails, nothing is written.',
    )
    .argument('[file...]', 'rules files (default: all of rules/)')
    .option('--host <hostname>', 'the host of the one file (default: the file name)')
  addPlaceOptions(command)
    .option('--expect <revision>', 'publish only over this revision (or none), for one host', expectedOf)
    .option('--force', 'write even what KV shows to be unchanged')
    .option('--yes', 'write to --remote without confirmation')
    .option('--dry-run', 'show what would be written, and write nothing')
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExample: npm run rules -- publish rules/files.example.com.xml --remote --dry-run\n' +
        '\nExit code: 0 done, 1 a file has errors or a failed case, a guardrail forbids it, --expect names another revision, or you declined, 2 a problem with a file, wrangler or KV.',
    )
    .action(publish)
}

async function publish(named: string[], options: PublishOptions): Promise<void> {
  requireConfirmable(options)
  const files = await findFiles(named)
  for (const file of named) await mustBeFile(file)
  const hosts = hostsOf(files, options.host)
  const deployment = await readDeployment(options)
  const readings = await readFiles(files, deployment)
  if (!areGood(readings, options)) return

  const publications: PlannedPublication[] = []
  let settings: SettingsFile | null = null
  for (const reading of readings) {
    const host = hosts.get(reading.file)
    if (reading.kind === 'settings') settings = reading
    else if (reading.kind === 'rules' && host !== undefined) publications.push({ host, file: reading })
  }
  if (options.expect !== undefined && publications.length !== 1)
    throw new UserError(
      `--expect is for the rules of one host, but there are ${publications.length}: name one file.`,
    )
  await withKv(deployment.place, async kv => {
    const input = { publications, settingsFile: settings, force: options.force === true }
    const { changes, halfDone, unnamed } = await planChanges(kv, deployment, input)
    for (const sentence of halfDone) printError(sentence)
    if (!isExpected(changes, readings, options)) return
    if (!(await areCasesMet(changes, publications, readings, options))) return
    await applyChanges(kv, deployment, readings, changes, options)
    // A list of files says nothing about the other hosts.
    if (named.length === 0) for (const host of unnamed) printError(unnamedText(host, options))
  })
}

function expectedOf(text: string): string {
  const revision = text.toLowerCase()
  if (EXPECTED.test(revision)) return revision
  throw new InvalidArgumentError(
    'Accepted: a revision as `history` shows it, its first digits (at least 4), or none.',
  )
}

/** Returns false, and sets the exit code, if other rules than --expect names were written last. */
function isExpected(
  changes: readonly PlannedChange[],
  readings: readonly FileReading[],
  { expect, json }: PublishOptions,
): boolean {
  const change = changes.find(({ kind }) => kind === 'rules')
  if (expect === undefined || change?.kind !== 'rules') return true
  const { host, written } = change
  if ((written.revision ?? 'none').startsWith(expect)) return true
  if (json) printJson({ files: readings.map(fileJson), changes: [], failed: true })
  const was = written.revision === null ? `${host} has no rules` : `${host} has revision ${written.revision}`
  printError(`${was}, not ${expect}. Nothing was published. \`diff live:${host} FILE\` shows the difference.`)
  process.exitCode = 1
  return false
}

/**
 * Runs the expectations beside the rules files. Returns false, prints the failures and sets the exit code, if one is not met.
 *
 * @throws {UserError} if a file of expectations can't be read, or has errors
 */
async function areCasesMet(
  changes: readonly PlannedChange[],
  publications: readonly PlannedPublication[],
  readings: readonly FileReading[],
  { json }: PublishOptions,
): Promise<boolean> {
  const failed: { file: string; failure: CaseFailure; text: string }[] = []
  for (const change of changes) {
    const file = publications.find(({ host }) => host === change.host)?.file.file
    const cases = change.kind !== 'rules' || file === undefined ? null : casesBeside(file)
    if (change.kind !== 'rules' || cases === null) continue
    const asked: Asked = {
      ...{ configuration: change.record.configuration, dialect: change.dialect, unmatched: 'refuse' },
      url: `https://${change.host === DEFAULT_HOST ? 'files.example.com' : change.host}/exampleobject`,
    }
    for (const failure of (await runCases(asked, await readCasesFile(cases))).filter(isFailure))
      failed.push({ file: cases, failure, text: failureText(cases, failure, asked, file ?? '') })
  }
  if (failed.length === 0) return true
  if (json) {
    const failures = failed.map(({ file, failure }) => ({ file, ...failureJson(failure) }))
    printJson({ files: readings.map(fileJson), changes: [], failed: true, cases: failures })
  } else for (const { text } of failed) print(`${text}\n`)
  printError(`Nothing was published: ${count(failed.length, 'case')} failed.`)
  process.exitCode = 1
  return false
}

function unnamedText(host: string, { env, local, persistTo }: PublishOptions): string {
  const folder = persistTo === undefined ? '' : ` --persist-to ${shellWord(visible(persistTo))}`
  const place = local ? `--local --env ${env ?? LOCAL_ENVIRONMENT}${folder}` : `--remote --env "${env ?? ''}"`
  return `${host} has settings in KV, which stay in effect, but ${join(RULES_FOLDER, SETTINGS_FILE)} does not name it. To remove them: npm exec -- wrangler kv key delete ${settingsKey(host)} --binding ${BINDING} ${place}`
}

function guardrailText(file: string): string {
  const host = basename(file, extname(file))
  return `${visible(file)} is a guardrail, not rules. To put it into KV: npm exec -- wrangler kv key put ${guardrailKey(visible(host))} --path ${shellWord(visible(file))} --binding ${BINDING} --remote`
}

/** Returns file → host, for every file with rules. @throws {UserError} if a host is unknown or named twice */
function hostsOf(files: readonly string[], host: string | undefined): ReadonlyMap<string, string> {
  if (host !== undefined && files.length !== 1)
    throw new UserError(`--host is for one file, but there are ${files.length}.`)
  const fileOf = new Map<string, string>()
  const hosts = new Map<string, string>()
  for (const file of files) {
    if (isSettingsFile(file)) {
      if (host !== undefined)
        throw new UserError(`${visible(file)} names the hosts of its settings: omit --host.`)
      if (files.filter(isSettingsFile).length > 1)
        throw new UserError(`There is more than one ${visible(basename(file))}: publish one at a time.`)
      continue
    }
    if (isGuardrailFile(file)) throw new UserError(guardrailText(file))
    const read = host === undefined ? hostOfFile(file) : readHost(host)
    if ('problem' in read) {
      throw new UserError(
        host === undefined
          ? `${visible(file)}: ${read.problem}. Rename the file, or name its host with --host.`
          : `--host: ${read.problem}.`,
      )
    }
    const other = fileOf.get(read.host)
    if (other !== undefined) {
      throw new UserError(
        `${visible(other)} and ${visible(file)} are both for ${read.host}, which has one set of rules: keep one file.`,
      )
    }
    fileOf.set(read.host, file)
    hosts.set(file, read.host)
  }
  return hosts
}

/** Prints the findings. Returns false, and sets the exit code, if one of them forbids a publication. */
function areGood(readings: readonly FileReading[], options: PublishOptions): boolean {
  const unreadable = readings.flatMap(reading => (reading.kind === 'unreadable' ? [reading.problem] : []))
  const good = unreadable.length === 0 && !readings.some(({ findings }) => hasErrors(findings))
  for (const problem of unreadable) printError(problem)
  if (!options.json) {
    for (const reading of readings) {
      if (reading.kind === 'rules' && reading.readAs !== null) print(readAsText(reading.file, reading.readAs))
      if (reading.findings.length > 0) print(`${findingsText(reading)}\n`)
    }
  }
  if (good) return true
  if (options.json) printJson({ files: readings.map(fileJson), changes: [], failed: true })
  printError(`Nothing was published. ${summarize(readings)}`)
  process.exitCode = unreadable.length > 0 ? 2 : 1
  return false
}
