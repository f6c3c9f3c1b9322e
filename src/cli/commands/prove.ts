/**
 * @module
 * `rules prove`: proves claims about all requests, or shows a request that refutes them.
 */

import { writeFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { certificateOf } from '../../compare/certificate.ts'
import { type ProvenClaim, proveAtLeast, proveEqual, proveWithin } from '../../compare/claims.ts'
import { DIALECTS, type DialectName } from '../../cors/dialect.ts'
import { hostOfFile } from '../files/files.ts'
import {
  dialectFor,
  hostOf,
  type RulesSource,
  readSide,
  readSources,
  type SourceName,
} from '../files/source.ts'
import type { PlaceOptions } from '../kv/deployment.ts'
import { GUARDRAILS_FOLDER, guardrailFile } from '../kv/guardrails.ts'
import { readHost } from '../kv/hosts.ts'
import { addPlaceOptions } from '../kv/place-options.ts'
import { annotation } from '../print/findings.ts'
import { wrap } from '../print/layout.ts'
import { print, printJson, style, visible } from '../print/terminal.ts'
import { reasonOf, UserError } from '../user-error.ts'

interface ProveOptions extends PlaceOptions {
  host?: string
  within?: string
  atLeast?: string
  equal?: string
  certificate?: string
  dialect?: DialectName
  format: 'text' | 'github'
  json?: true
}

export function addProve(program: Command): void {
  const command = program
    .command('prove')
    .summary('prove that rules are no wider than others, for every request')
    .description(
      'Proves claims about all requests, or shows a request that refutes them. Rules are a file, live:HOST, or ' +
        'HOST@REVISION. A proof is about rules: it does not know UNMATCHED, CREDENTIALS, MOUNT, exposed headers or max-age.',
    )
    .argument(
      '[file]',
      'the rules: rules/files.example.com.xml, live:files.example.com, files.example.com@3f2a…',
    )
  addPlaceOptions(command)
    .option('--host <host>', "the host's live rules instead of a file")
    .option('--within <upper>', 'no request is allowed, or gets credentials, that these rules do not allow')
    .option(
      '--at-least <lower>',
      'every request that these rules allow is allowed, with credentials where they give them',
    )
    .option('--equal <other>', 'every request gets the same answer as from these rules')
    .option(
      '--certificate <out>',
      'with --within: write a certificate that scripts/check-certificate.ts verifies',
    )
    .addOption(
      new Option(
        '--dialect <dialect>',
        "with --equal: the dialect of the answers (default: the host's, else cos)",
      ).choices(DIALECTS),
    )
    .addOption(
      new Option('--format <format>', 'github prints workflow annotations')
        .choices(['text', 'github'])
        .default('text'),
    )
    .addOption(new Option('--json', 'one JSON document').conflicts('format'))
    .addHelpText(
      'after',
      '\nExample: npm run rules -- prove rules/files.example.com.xml --within rules/guardrails/files.example.com.xml\n' +
        '\nExit code: 0 every claim holds, 1 one does not, 2 one is undecided, or a problem with a file, wrangler or KV.',
    )
    .action(prove)
}

async function prove(file: string | undefined, options: ProveOptions): Promise<void> {
  const upper = options.within ?? defaultUpper(file, options)
  const claims = [
    ['within', upper],
    ['at-least', options.atLeast],
    ['equal', options.equal],
  ].flatMap(([claim, text]) => (text === undefined ? [] : [{ claim, name: readSide(text) }]))
  if (claims.length === 0)
    throw new UserError(
      `Name a claim: --within UPPER, --at-least LOWER or --equal OTHER. Without one, the host's guardrail in rules/${GUARDRAILS_FOLDER}/ is UPPER.`,
    )
  if (options.certificate !== undefined && upper === undefined)
    throw new UserError('A certificate proves --within. Add --within UPPER, or omit --certificate.')
  const [rules, ...others] = await readSources(
    [subjectOf(file, options), ...claims.map(({ name }) => name)],
    options,
  )
  if (rules === undefined) return
  const proven: ProvenClaim[] = []
  for (const [at, { claim }] of claims.entries()) {
    const other = others[at]
    if (other === undefined) continue
    if (claim === 'within') proven.push(proveWithin(rules, other))
    else if (claim === 'at-least') proven.push(proveAtLeast(rules, other))
    else proven.push(proveEqual(rules, other, dialectFor(options.dialect, [rules, other])))
    if (claim === 'within' && options.certificate !== undefined && proven.at(-1)?.holds === true)
      await writeCertificate(options.certificate, rules, other)
  }
  const holds = proven.some(claim => claim.holds === false)
    ? false
    : proven.every(claim => claim.holds)
      ? true
      : null
  if (options.json) printJson({ holds, claims: proven.map(claimJson) })
  else if (options.format === 'github')
    for (const line of proven.flatMap(claim => claimAnnotations(claim, file))) print(line)
  else print(proven.map(claimText).join('\n\n'))
  process.exitCode = holds === null ? 2 : holds ? 0 : 1
}

/** The guardrail file of the rules' host, if no claim is named. */
function defaultUpper(file: string | undefined, { host, atLeast, equal }: ProveOptions): string | undefined {
  if (atLeast !== undefined || equal !== undefined) return undefined
  const named = host === undefined ? (file === undefined ? null : hostOfFile(file)) : readHost(host)
  return named === null || 'problem' in named ? undefined : (guardrailFile(named.host) ?? undefined)
}

function subjectOf(file: string | undefined, { host }: ProveOptions): SourceName {
  if (file !== undefined && host !== undefined)
    throw new UserError('Name the rules once: as a file, or with --host.')
  if (file !== undefined) return readSide(file)
  if (host === undefined) throw new UserError('Name the rules: a file, or --host HOST for the live rules.')
  return { kind: 'answering', host: hostOf(host) }
}

async function writeCertificate(out: string, rules: RulesSource, upper: RulesSource): Promise<void> {
  const certificate = await certificateOf(rules.configuration, upper.configuration)
  try {
    writeFileSync(out, `${JSON.stringify(certificate)}\n`)
  } catch (error) {
    throw new UserError(`${visible(out)}: the certificate could not be written: ${reasonOf(error)}.`)
  }
}

function claimText({ text, holds, findings }: ProvenClaim): string {
  const head =
    holds === null ? style('yellow', 'Undecided') : holds ? style('green', 'Proven') : style('red', 'Refuted')
  return [
    `${head}: ${text}.`,
    ...findings.map(finding =>
      [
        wrap(finding.text, '- '),
        ...(finding.example === null ? [] : [style('dim', wrap(finding.example, '    '))]),
      ].join('\n'),
    ),
  ].join('\n')
}

/** One annotation for each finding of a claim that is not proven, and a notice for each that is. */
function claimAnnotations({ claim, text, holds, findings }: ProvenClaim, file: string | undefined): string[] {
  const properties = { ...(file === undefined ? {} : { file }), title: claim }
  if (holds === true) return [annotation('notice', properties, `Proven: ${text}.`)]
  const head = holds === null ? 'Undecided' : 'Refuted'
  return findings.map(finding =>
    annotation(
      'error',
      properties,
      [`${head}: ${text}.`, finding.text, finding.example ?? ''].join('\n').trim(),
    ),
  )
}

const claimJson = ({ claim, holds, counterexample, findings }: ProvenClaim) => ({
  claim,
  holds,
  counterexample:
    counterexample === null
      ? null
      : {
          origin: counterexample.origin,
          method: counterexample.method,
          headers: counterexample.requestedHeaders?.split(',') ?? [],
        },
  reason: findings[0]?.text ?? null,
  findings,
})
