/**
 * @module
 * `doctor`: every precondition of a working deployment, one line each.
 */

import type { Command } from 'commander'
import type { Configuration } from '../../cors/configuration.ts'
import { DIALECTS, type DialectName } from '../../cors/dialect.ts'
import { checkBucket } from '../doctor/bucket.ts'
import type { DeploymentFacts } from '../doctor/config.ts'
import type { Diagnosis } from '../doctor/diagnosis.ts'
import { checkEdge } from '../doctor/edge.ts'
import { checkOnline } from '../doctor/online.ts'
import { diagnosisLine, diagnosisSummary } from '../doctor/report.ts'
import { checkOffline } from '../doctor/run.ts'
import { hostOfFile } from '../files/files.ts'
import type { FileReading } from '../files/read.ts'
import { readServer } from '../http/server-url.ts'
import { print, printJson } from '../print/terminal.ts'

interface DoctorOptions {
  env?: string
  config?: string
  remote?: true
  edge?: string
  edgeHost?: string
  bucket?: string
  json?: true
}

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('check every precondition of a working deployment')
    .description(
      'Checks wrangler.toml and the rules folder without the network: placeholders, names that the Worker does not ' +
        'read, invalid values, routes, dates, crons and rules. Prints one line per check, with the fix.',
    )
    .option('--env <environment>', 'an environment of wrangler.toml (default: the top level)')
    .option('--config <file>', 'the configuration file (default: the nearest wrangler.toml)')
    .option('--remote', "also check secrets and published rules, with wrangler's login")
    .option('--edge <url>', 'also check the deployed edge: https://host')
    .option('--edge-host <host>', 'Host header for the edge (for an edge on this machine)')
    .option('--bucket <url>', 'also check the bucket; compares its rules if SECRET_ID and SECRET_KEY are set')
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExample: npm run rules -- doctor --edge https://files.example.com\n' +
        '\nExit code: 0 no error; 1 an error; 2 the check is not possible.',
    )
    .action(doctor)
}

async function doctor(options: DoctorOptions): Promise<void> {
  const edge = options.edge === undefined ? null : readServer('--edge', options.edge)
  const bucket = options.bucket === undefined ? null : readServer('--bucket', options.bucket)
  const { facts, readings, guardrails, diagnoses } = await checkOffline(options.env ?? '', options.config)
  const all: Diagnosis[] = [...diagnoses]
  if (facts !== null) {
    const host = options.edgeHost ?? (edge === null ? null : new URL(edge).hostname)
    const rules = rulesOf(readings, host?.replace(/:\d+$/, '') ?? null)
    if (options.remote) all.push(...(await checkOnline(facts, readings, guardrails)))
    if (edge !== null) all.push(...(await checkEdge(edge, options.edgeHost ?? null, bucket, rules)))
    if (bucket !== null) all.push(...(await checkBucket(bucket, dialectOf(facts), bucketKey(), rules)))
  }
  const failed = all.some(({ status }) => status === 'error')
  if (options.json) printJson({ env: options.env ?? '', checks: all, failed })
  else {
    for (const diagnosis of all) print(diagnosisLine(diagnosis))
    print(diagnosisSummary(all))
  }
  process.exitCode = failed ? 1 : 0
}

/** The rules file of a host, the default one, or the only one. */
function rulesOf(readings: readonly FileReading[], host: string | null): Configuration | null {
  const files = readings.flatMap(reading => {
    if (reading.kind !== 'rules') return []
    const read = hostOfFile(reading.file)
    return 'host' in read ? [{ host: read.host, configuration: reading.configuration }] : []
  })
  const named = files.find(file => file.host === host) ?? files.find(file => file.host === 'default')
  return (named ?? (files.length === 1 ? files[0] : undefined))?.configuration ?? null
}

const dialectOf = ({ vars }: DeploymentFacts): DialectName =>
  DIALECTS.find(dialect => dialect === vars.DIALECT) ?? 'cos'

function bucketKey() {
  const { SECRET_ID: id = '', SECRET_KEY: secret = '', REGION: region = '' } = process.env
  return id === '' || secret === '' ? null : { id, secret, region }
}
