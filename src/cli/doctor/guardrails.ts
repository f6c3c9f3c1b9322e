/**
 * @module
 * Guardrails of a deployment: files with errors, and hosts that SYNC keeps equal to their bucket without a guardrail.
 */

import { existsSync, readdirSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { hostOfFile, RULES_FOLDER } from '../files/files.ts'
import { type FileReading, readFiles } from '../files/read.ts'
import { GUARDRAILS_FOLDER } from '../kv/guardrails.ts'
import { DEFAULT_HOST } from '../kv/hosts.ts'
import { visible } from '../print/terminal.ts'
import { type DeploymentFacts, routeHosts } from './config.ts'
import { type Diagnosis, error, warning } from './diagnosis.ts'

/** Reads the guardrail files of a deployment. */
export function readGuardrails(facts: DeploymentFacts): Promise<readonly FileReading[]> {
  const folder = join(facts.folder, RULES_FOLDER, GUARDRAILS_FOLDER)
  const files = existsSync(folder)
    ? readdirSync(folder).filter(name => /^[^.].*\.(?:xml|json)$/i.test(name))
    : []
  const paths = files.sort().map(name => relative(process.cwd(), join(folder, name)))
  return readFiles(paths, { vars: facts.vars, bindsBucket: false })
}

/** Checks the guardrail files, and that SYNC cannot open a host without limit. */
export function checkGuardrails(
  facts: DeploymentFacts,
  readings: readonly FileReading[],
  guardrails: readonly FileReading[],
): Diagnosis[] {
  const files = guardrails.map(({ file }) => basename(file))
  const found: Diagnosis[] = []
  for (const reading of guardrails) {
    const [first] = reading.findings.filter(({ severity }) => severity === 'error')
    const problem = reading.kind === 'unreadable' ? reading.problem : first?.reason
    if (problem === undefined) continue
    const text = `${visible(reading.file)}: the guardrail can't be read. ${problem}`
    found.push(error('guardrail-invalid', text, `Run \`npm run rules -- check ${visible(reading.file)}\`.`))
  }
  const unguarded = hostsOf(facts, readings).filter(host => !guards(files, host))
  const sync = facts.vars.SYNC
  if (typeof sync !== 'string' || sync === '' || sync === 'off' || unguarded.length === 0) return found
  const hosts = unguarded.map(visible).join(', ')
  return [
    ...found,
    warning(
      'guardrail-missing',
      `${facts.place}: SYNC publishes whatever the bucket says, and there is no guardrail for ${hosts}.`,
      `Write the widest rules that may ever be live into ${RULES_FOLDER}/${GUARDRAILS_FOLDER}/default.xml, and put them into KV as guardrail:default (docs/guardrails.md).`,
    ),
  ]
}

const hostsOf = (facts: DeploymentFacts, readings: readonly FileReading[]): string[] => [
  ...new Set([
    ...readings
      .filter(({ kind }) => kind === 'rules')
      .flatMap(({ file }) => {
        const read = hostOfFile(file)
        return 'host' in read ? [read.host] : []
      }),
    ...routeHosts(facts),
  ]),
]

const guards = (files: readonly string[], host: string): boolean =>
  [host, DEFAULT_HOST].some(name => files.includes(`${name}.xml`) || files.includes(`${name}.json`))
