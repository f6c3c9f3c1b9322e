/**
 * @module
 * `rules publish`: rules files and settings into KV. Nothing is written unless all of it can be.
 */

import { basename } from 'node:path'
import { type Command, Option } from 'commander'
import { hasErrors } from '../cors/findings.ts'
import { historyKey } from '../rules/names.ts'
import { type Deployment, describePlace, type PlaceOptions, readDeployment } from './deployment.ts'
import { findFiles, hostOfFile, isSettingsFile } from './files.ts'
import { readHost } from './hosts.ts'
import type { Kv, KvEntry } from './kv.ts'
import { withKv } from './open-kv.ts'
import { type Change, type Publication, planChanges } from './plan.ts'
import { type FileReading, readFiles, type SettingsFile } from './read.ts'
import { fileJson, findingsText, summarize } from './report.ts'
import { type Result, resultOf, resultsText, show } from './results.ts'
import { confirm, isInteractive, print, printError, printJson, visible } from './terminal.ts'
import { Trouble } from './trouble.ts'

interface PublishOptions extends PlaceOptions {
  host?: string
  yes?: true
  dryRun?: true
  json?: true
}

export function addPublish(program: Command): void {
  program
    .command('publish')
    .summary('put rules files into the KV of the edge')
    .description(
      'Compiles rules files and writes them into KV: rules/<hostname>.xml or .json to cors:<hostname>, ' +
        'the hosts of rules/buckets.json to bucket:<hostname>. ' +
        'A file with errors stops all of it; what is live already is left alone.',
    )
    .argument('[file...]', 'rules files (default: all of rules/)')
    .option('--host <hostname>', 'the host that the one file is for (default: by its name)')
    .addOption(
      new Option('--local', "this machine's KV, which npm start uses; environment local").conflicts('remote'),
    )
    .option('--remote', "Cloudflare's KV, with wrangler's credentials; top level of wrangler.toml")
    .option('--env <environment>', 'another environment of wrangler.toml')
    .option('--persist-to <folder>', 'the folder of the local state (default: .wrangler/state)')
    .option('--yes', 'write to --remote without asking')
    .option('--dry-run', 'say what would be written, and write nothing')
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExit code: 0 done, 1 a file has errors or the answer was no, 2 a problem with a file, wrangler or KV.',
    )
    .action(publish)
}

async function publish(named: string[], options: PublishOptions): Promise<void> {
  const interactive = isInteractive() && options.json !== true
  if (options.remote && !options.yes && !options.dryRun && !interactive) {
    throw new Trouble(
      'Nobody is here to ask before writing to --remote: add --yes, or --dry-run to look only.',
    )
  }
  const files = await findFiles(named)
  const hosts = hostsOf(files, options.host)
  const deployment = await readDeployment(options)
  const readings = await readFiles(files, deployment)
  if (!areGood(readings, options)) return

  const publications: Publication[] = []
  let settings: SettingsFile | null = null
  for (const reading of readings) {
    const host = hosts.get(reading.file)
    if (reading.kind === 'settings') settings = reading
    else if (reading.kind === 'rules' && host !== undefined) publications.push({ host, file: reading })
  }
  await withKv(deployment.place, async kv => {
    const changes = await planChanges(kv, deployment, publications, settings, new Date().toISOString())
    const planned = changes.map(change => resultOf(change, 'planned'))
    const pending = changes.filter(change => change.changes)
    const asks = options.remote === true && options.yes !== true && pending.length > 0
    if (options.dryRun) show(deployment, readings, planned, options)
    else if (asks && !(await agreed(deployment, planned))) process.exitCode = 1
    else show(deployment, readings, await write(kv, changes), options)
  })
}

/** File → host, for every file with rules. @throws {Trouble} where a host can't be told or is named twice */
function hostsOf(files: readonly string[], host: string | undefined): ReadonlyMap<string, string> {
  if (host !== undefined && files.length !== 1)
    throw new Trouble(`--host names the host of one file, and there are ${files.length}.`)
  const fileOf = new Map<string, string>()
  const hosts = new Map<string, string>()
  for (const file of files) {
    if (isSettingsFile(file)) {
      if (host !== undefined)
        throw new Trouble(`${visible(file)} names the hosts that its settings are for: leave --host out.`)
      if (files.filter(isSettingsFile).length > 1)
        throw new Trouble(`There is more than one ${visible(basename(file))}: publish one at a time.`)
      continue
    }
    const read = host === undefined ? hostOfFile(file) : readHost(host)
    if ('problem' in read) {
      throw new Trouble(
        host === undefined
          ? `${visible(file)}: ${read.problem}. Rename the file, or name its host with --host.`
          : `--host: ${read.problem}.`,
      )
    }
    const other = fileOf.get(read.host)
    if (other !== undefined) {
      throw new Trouble(
        `${visible(other)} and ${visible(file)} are both for ${read.host}, which has one set of rules: keep one file.`,
      )
    }
    fileOf.set(read.host, file)
    hosts.set(file, read.host)
  }
  return hosts
}

/** Shows what the files' findings are. False: one of them forbids to publish, and the exit code says so. */
function areGood(readings: readonly FileReading[], options: PublishOptions): boolean {
  const unreadable = readings.flatMap(reading => (reading.kind === 'unreadable' ? [reading.problem] : []))
  const good = unreadable.length === 0 && !readings.some(({ findings }) => hasErrors(findings))
  for (const problem of unreadable) printError(problem)
  if (!options.json) {
    for (const reading of readings) if (reading.findings.length > 0) print(`${findingsText(reading)}\n`)
  }
  if (good) return true
  if (options.json) printJson({ files: readings.map(fileJson), changes: [], failed: true })
  printError(`Nothing was published. ${summarize(readings)}`)
  process.exitCode = unreadable.length > 0 ? 2 : 1
  return false
}

async function agreed(deployment: Deployment, planned: readonly Result[]): Promise<boolean> {
  print(resultsText(planned))
  const yes = await confirm(`Write this to ${describePlace(deployment.place)}?`)
  if (!yes) printError('Nothing was published.')
  return yes
}

/** Writes history first, so that what is live can always be gone back to; then what goes live, and reads it back. */
async function write(kv: Kv, changes: readonly Change[]): Promise<Result[]> {
  const due = changes.filter(change => change.changes)
  if (due.length === 0) return changes.map(change => resultOf(change, 'unchanged'))
  const history = due.flatMap(change =>
    change.kind === 'rules' ? [entryOf(change, historyKey(change.host, change.record.revision))] : [],
  )
  await kv.put(history).catch(explain('Nothing that is live was changed.'))
  await kv
    .put(due.map(change => entryOf(change, change.key)))
    .catch(explain('Some of it may be live, each host wholly or not at all: publish again.'))
  const readBack = await kv
    .get(due.map(({ key }) => key))
    .catch(
      explain('It was written, but could not be read back: publish again to see whether it is unchanged.'),
    )
  return changes.map(change => {
    if (!change.changes) return resultOf(change, 'unchanged')
    return resultOf(change, readBack.get(change.key) === change.value ? 'published' : 'pending')
  })
}

function entryOf(change: Change, key: string): KvEntry {
  if (change.kind === 'settings') return { key, value: change.value }
  const { revision, publishedAt } = change.record
  return { key, value: change.value, metadata: { revision, publishedAt } }
}

const explain =
  (consequence: string) =>
  (error: unknown): never => {
    throw error instanceof Trouble ? new Trouble(`${error.message} ${consequence}`) : error
  }
