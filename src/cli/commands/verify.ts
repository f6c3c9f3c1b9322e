/**
 * @module
 * `verify`: sends the same requests to the edge and to the bucket, and reports where the answers differ.
 */

import { createHash } from 'node:crypto'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Configuration } from '../../cors/configuration.ts'
import { hostOf, readSources, type SourceName } from '../files/source.ts'
import type { Server } from '../http/send.ts'
import { readServer } from '../http/server-url.ts'
import type { PlaceOptions } from '../kv/deployment.ts'
import { addPlaceOptions } from '../kv/place-options.ts'
import { visible } from '../print/terminal.ts'
import { reasonOf, UserError } from '../user-error.ts'
import { ask } from '../verify/ask.ts'
import { compare, type VerifyResult } from '../verify/compare-answers.ts'
import { Journal } from '../verify/journal.ts'
import { paced, pause } from '../verify/pace.ts'
import { deriveProbes, type Probe } from '../verify/probes.ts'
import { Progress } from '../verify/progress.ts'
import { report, type VerifyVerdict } from '../verify/report.ts'

interface VerifyOptions extends PlaceOptions {
  edge: string
  bucket: string
  file?: string
  host?: string
  key?: string
  edgeHost?: string
  bucketHost?: string
  rate: number
  concurrency: number
  max: number
  resume?: string
  strict?: true
  json?: true
}

/** Consecutive failed probes after which the run stops. */
const MAX_FAILURES_IN_A_ROW = 5
/** Delay before the second attempt to reach a busy or unreachable server, in milliseconds. */
const RETRY_MS = 1000
/** Raised when the results in a journal change their form. */
const JOURNAL_VERSION = 3
/** Statuses of a busy server. They say nothing about CORS. */
const BUSY: ReadonlySet<number> = new Set([429, 503])

export function addVerify(program: Command): void {
  const command = program
    .command('verify')
    .summary('check that the edge answers as the bucket does')
    .description(
      'Derives preflights from the rules: each rule, each boundary, each near miss, and hostile requests. Sends all of ' +
        'them to the edge and to the bucket. Prints the differences in status, error code or a CORS header, first those ' +
        'in which a browser decides otherwise. ' +
        'With --key, also sends GET and HEAD of that object. No request changes anything.',
    )
    .requiredOption('--edge <url>', 'URL of the edge: https://host[:port][/prefix]')
    .requiredOption('--bucket <url>', "URL of the bucket's own domain")
    .addOption(new Option('--file <file>', 'derive the requests from this rules file').conflicts('host'))
    .option(
      '--host <hostname>',
      'derive the requests from the live rules of this host (requires --local or --remote)',
    )
  addPlaceOptions(command)
    .option('--key <key>', 'a publicly readable object, for actual requests')
    .option('--edge-host <host>', 'Host header for the edge (for an edge on this machine)')
    .option('--bucket-host <host>', 'Host header for the bucket')
    .option('--rate <n>', 'requests per second to each server', number(1, 1000), 20)
    .option('--concurrency <n>', 'concurrent requests to each server', number(1, 64), 6)
    .option('--max <n>', 'maximum number of probes', number(1, 100_000), 20_000)
    .option('--resume <file>', 'save results in this file, and continue from it')
    .option(
      '--strict',
      "every difference counts, also those of form and the edge's intended ones (docs/parity.md)",
    )
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExample: npm run rules -- verify --edge https://files.example.com --file rules/files.example.com.xml ' +
        '--bucket https://examplebucket-1250000000.cos.ap-beijing.myqcloud.com\n' +
        '\nBefore the DNS record moves: publish the rules for the host of the preview too (publish FILE --host HOST), and ' +
        'pass its URL to --edge. With ORIGIN=route the preview cannot reach the bucket: route one test path first, and ' +
        'verify that (docs/production.md).\n' +
        '\nExit code: 0 a browser decides alike everywhere; 1 not, or with --strict any difference; 2 a problem with the ' +
        'call or the network, or an incomplete comparison.',
    )
    .action(verify)
}

const number = (from: number, to: number) => (text: string) => {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  if (value >= from && value <= to) return value
  throw new InvalidArgumentError(`Accepted: a whole number from ${from} to ${to}.`)
}

async function verify(options: VerifyOptions): Promise<void> {
  const edge = serverOf('--edge', options.edge, '--edge-host', options.edgeHost)
  const bucket = serverOf('--bucket', options.bucket, '--bucket-host', options.bucketHost)
  if (edge.base === bucket.base && (edge.host ?? '') === (bucket.host ?? '')) {
    throw new UserError(
      `--edge and --bucket are the same server, ${visible(edge.base)}: there is nothing to compare. Pass the bucket's own domain to --bucket.`,
    )
  }
  const configuration = await rulesOf(options)
  const { probes, leftOut } = deriveProbes(configuration, { key: options.key ?? null, max: options.max })
  const run = createHash('sha256')
    .update(JSON.stringify([JOURNAL_VERSION, edge, bucket, probes]))
    .digest('hex')
  const journal = options.resume === undefined ? null : Journal.open<VerifyResult>(options.resume, run)
  const results = new Map(journal?.results)
  const stop = stopper()
  try {
    await compareAll(probes, results, journal, { edge, bucket, options, stop })
  } finally {
    stop.end()
    journal?.close()
  }
  const verdict: VerifyVerdict = {
    configuration,
    edge,
    bucket,
    probes,
    results,
    leftOut,
    stopped: stop.reason,
  }
  report(verdict, options)
}

/** Ends a run early, with its results so far: Ctrl-C, or an unreachable server. */
interface Stopper {
  readonly signal: AbortSignal
  /** null if not stopped. */
  readonly reason: string | null
  stop(reason: string): void
  /** Restores the default behaviour of Ctrl-C. */
  end(): void
}

function stopper(): Stopper {
  const controller = new AbortController()
  let why: string | null = null
  const stop = (reason: string) => {
    why ??= reason
    controller.abort()
  }
  const interrupt = () => stop('Interrupted.')
  process.once('SIGINT', interrupt)
  return {
    signal: controller.signal,
    get reason() {
      return why
    },
    stop,
    end: () => void process.off('SIGINT', interrupt),
  }
}

interface Run {
  readonly edge: Server
  readonly bucket: Server
  readonly options: VerifyOptions
  readonly stop: Stopper
}

async function compareAll(
  probes: readonly Probe[],
  results: Map<number, VerifyResult>,
  journal: Journal<VerifyResult> | null,
  { edge, bucket, options, stop }: Run,
): Promise<void> {
  // Probes that failed in an earlier run are sent again.
  const open = [...probes.keys()].filter(index => {
    const before = results.get(index)
    return before === undefined || 'failed' in before
  })
  const progress = new Progress(probes.length)
  let inARow = 0
  let differing = [...results.values()].filter(isDifferent).length
  await paced(open, options, stop.signal, async index => {
    const probe = probes[index]
    if (probe === undefined) return
    const result = await compareOne(edge, bucket, probe, stop.signal)
    if (result === null) return
    results.set(index, result)
    journal?.add(index, result)
    inARow = 'failed' in result ? inARow + 1 : 0
    if ('failed' in result && inARow >= MAX_FAILURES_IN_A_ROW) stop.stop(`${result.failed}.`)
    if (isDifferent(result)) differing++
    progress.show(results.size, differing === 0 ? '' : `${differing} differ`)
  })
  progress.end()
}

const isDifferent = (result: VerifyResult): boolean =>
  'differences' in result && result.differences.length > 0

/** Returns null if the run was stopped before an answer arrived. */
async function compareOne(
  edge: Server,
  bucket: Server,
  probe: Probe,
  signal: AbortSignal,
): Promise<VerifyResult | null> {
  const [ofEdge, ofBucket] = await Promise.all([edge, bucket].map(server => askTwice(server, probe, signal)))
  if (ofEdge === undefined || ofBucket === undefined) return null
  if ('failed' in ofEdge) return signal.aborted ? null : { failed: `Edge: ${ofEdge.failed}` }
  if ('failed' in ofBucket) return signal.aborted ? null : { failed: `Bucket: ${ofBucket.failed}` }
  return compare(probe, ofEdge, ofBucket)
}

async function askTwice(server: Server, probe: Probe, signal: AbortSignal) {
  const first = await askOnce(server, probe)
  if (!('failed' in first) && !BUSY.has(first.status)) return first
  await pause(RETRY_MS, signal)
  return signal.aborted ? first : askOnce(server, probe)
}

const askOnce = (server: Server, probe: Probe) =>
  ask(server, probe).catch((error: unknown) => ({
    failed: `no answer from ${visible(server.base)} (${visible(reasonOf(error))})`,
  }))

function serverOf(option: string, url: string, hostOption: string, host: string | undefined): Server {
  const base = readServer(option, url)
  if (host !== undefined && !/^[\w.-]{1,253}(?::\d{1,5})?$/.test(host))
    throw new UserError(
      `${hostOption}: "${visible(host)}" is not a valid host name. Accepted: host or host:port.`,
    )
  return { base, host: host ?? null }
}

/** The rules that the probes are derived from. */
async function rulesOf(options: VerifyOptions): Promise<Configuration> {
  if (options.file === undefined && options.host === undefined) {
    throw new UserError(
      'verify requires rules. Pass --file FILE, or --host HOST with --local or --remote for the live rules. Run `pull` to save the rules of the bucket in a file.',
    )
  }
  const name: SourceName =
    options.file === undefined
      ? { kind: 'live', host: hostOf(options.host ?? '') }
      : { kind: 'file', file: options.file }
  const [source] = await readSources([name], options)
  // Programmer error: one name was given.
  if (source === undefined) throw new Error('readSources() gave nothing')
  return source.configuration
}
