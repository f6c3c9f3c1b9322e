/**
 * @module
 * The rules folder of a deployment: files with errors, per-host settings, and hosts without rules.
 */

import { existsSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Deployed } from '../files/buckets-json.ts'
import { hostOfFile, isCasesFile, isSettingsFile, RULES_FOLDER } from '../files/files.ts'
import { type FileReading, readFiles } from '../files/read.ts'
import { DEFAULT_HOST } from '../kv/hosts.ts'
import { visible } from '../print/terminal.ts'
import { type DeploymentFacts, routeHosts } from './config.ts'
import { type Diagnosis, error, ok, warning } from './diagnosis.ts'

/** Returns the rules files and buckets.json of the project, read. */
export async function readRulesFolder({ folder, config, vars }: DeploymentFacts): Promise<FileReading[]> {
  const rules = join(folder, RULES_FOLDER)
  if (!existsSync(rules)) return []
  const files = readdirSync(rules)
    .filter(name => /^[^.].*\.(?:xml|json)$/i.test(name) && !isCasesFile(name))
    .sort()
    .map(name => relative(process.cwd(), join(rules, name)))
  const bindsBucket = config.services?.some(({ binding }) => binding === 'BUCKET') ?? false
  return readFiles(files, { vars, bindsBucket } satisfies Deployed)
}

/** Checks the files of the rules folder, and that every route's host has rules. */
export function checkRules(facts: DeploymentFacts, readings: readonly FileReading[]): Diagnosis[] {
  const found = readings.flatMap(checkFile)
  const hosts = new Set<string>()
  found.push(...readings.flatMap(placeholderOrigins))
  for (const { file } of readings.filter(({ kind }) => kind === 'rules')) {
    const read = hostOfFile(file)
    if ('host' in read) hosts.add(read.host)
    else
      found.push(
        error(
          'rules-host-invalid',
          `${visible(file)}: ${read.problem}.`,
          'Name the file after the host: <hostname>.xml.',
        ),
      )
  }
  for (const host of hosts.has(DEFAULT_HOST) ? [] : routeHosts(facts)) {
    // A placeholder is reported already.
    if (hosts.has(host) || host.endsWith('.invalid')) continue
    const text = `${facts.place}: the route's host ${visible(host)} has no rules file.`
    const fix = `Run \`npm run rules -- pull --bucket <url> --out ${RULES_FOLDER}/${visible(host)}.xml\`.`
    found.push(warning('rules-missing', text, fix))
  }
  if (hosts.size > 0 && found.length === 0)
    found.push(ok('rules', `Rules files: ${[...hosts].map(visible).join(', ')}.`))
  return found
}

/** The starter of `init` allows a name under .invalid. The Worker can be deployed before the rules are right. */
function placeholderOrigins(reading: FileReading): Diagnosis[] {
  if (reading.kind !== 'rules') return []
  const origins = reading.configuration?.rules.flatMap(({ allowedOrigins }) => allowedOrigins) ?? []
  return origins
    .filter(origin => /\.invalid(?::\d+)?$/.test(origin))
    .map(origin =>
      warning(
        'placeholder',
        `${visible(reading.file)}: the allowed origin "${visible(origin)}" is a placeholder.`,
        'Write the origin of your page, such as https://www.example.com.',
      ),
    )
}

function checkFile(reading: FileReading): Diagnosis[] {
  const { file, findings } = reading
  if (reading.kind === 'unreadable') return [error('file-unreadable', reading.problem, 'Correct the file.')]
  const errors = findings.filter(({ severity }) => severity === 'error')
  const code = isSettingsFile(file) ? 'settings-invalid' : 'rules-invalid'
  return errors.map(({ line, path, reason, hint }) =>
    error(
      code,
      `${visible(file)}${line === undefined ? '' : `:${line}`}: ${path === '' ? '' : `${path}: `}${reason}`,
      hint,
    ),
  )
}
