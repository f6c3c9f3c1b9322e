/**
 * @module
 * `rules explain`: why a request is allowed or refused, what the edge answers, and what a browser does with it.
 */

import { type Command, InvalidArgumentError, Option } from 'commander'
import { DIALECTS, type DialectName } from '../../cors/dialect.ts'
import { isToken } from '../../cors/token.ts'
import type { Asked } from '../../explain/outcome.ts'
import {
  type MethodOutcome,
  methodOutcomes,
  type OpenRequest,
  sharedOutcome,
} from '../../explain/possible.ts'
import { changeFor, outcomesJson, outcomesText } from '../explain/report.ts'
import { hostOfFile } from '../files/files.ts'
import { dialectFor, hostOf, type RulesSource, readSources } from '../files/source.ts'
import type { PlaceOptions } from '../kv/deployment.ts'
import { guardrailForFile, refusalOf } from '../kv/guardrails.ts'
import { DEFAULT_HOST } from '../kv/hosts.ts'
import { addPlaceOptions } from '../kv/place-options.ts'
import { wrap } from '../print/layout.ts'
import { print, printJson, visible } from '../print/terminal.ts'
import {
  askedUrl,
  closingText,
  type NamedRequest,
  pastedText,
  readPasted,
  requestToExplain,
} from '../request/pasted.ts'
import { writeInto } from '../suggest/write-into.ts'
import { UserError } from '../user-error.ts'

/** In the request's URL, where the file does not name a host. */
const ANY_HOST = 'files.example.com'
const ANY_KEY = 'exampleobject'

interface ExplainOptions extends PlaceOptions {
  host?: string
  origin?: string
  method?: string
  headers?: string
  header?: readonly (readonly [string, string])[]
  reads?: string
  paste?: string
  actual?: true
  credentials?: true
  upload?: true
  dialect?: DialectName
  apply?: true
  json?: true
}

export function addExplain(program: Command): void {
  const command = program
    .command('explain')
    .summary('say why a request is allowed or refused')
    .description(
      'Asks the rules of a file, or those that are live for a host, about one request: rule by rule, then the exact ' +
        'answer of the edge, what a browser does with it, and the smallest change that would allow it.',
    )
    .argument('[file]', 'a rules file')
    .option('--host <hostname>', 'the live rules of this host, with --local or --remote')
    .option('--origin <origin>', "the page's origin, such as https://www.example.com")
    .option('--method <method>', 'the method of the request, such as PUT')
    .option('--headers <names>', "the headers that the script sets: content-type,x-cos-acl ('' for none)")
    .option('--header <line>', 'a header with its value, as in "range: bytes=0-99"; repeatable', headerLines)
    .option('--reads <names>', 'response headers that the script reads: ETag,x-cos-request-id')
    .option(
      '--paste <file>',
      'read the request from a console error, a curl command, a copied fetch or a HAR (-: standard input)',
    )
    .option('--actual', 'the request itself, not its preflight')
    .option('--credentials', "the script asks with credentials: 'include'")
    .option('--upload', 'the script listens to the progress of its upload, or sends a stream')
    .addOption(
      new Option(
        '--dialect <dialect>',
        "the vendor whose answers are shown (default: the host's, else cos)",
      ).choices(DIALECTS),
    )
  command.option('--apply', 'write the smallest change into the rules file')
  addPlaceOptions(command)
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  npm run rules -- explain rules/files.example.com.xml --origin https://www.example.com --method PUT\n' +
        '  npm run rules -- explain --remote --paste -\n' +
        '\nExit code: 0 the request is allowed, or --apply has made the change, 1 it is not, or a browser fails it all the same, ' +
        '2 it depends on something that is unknown, or there is a problem with the call, the file, wrangler or KV.',
    )
    .action(explain)
}

function headerLines(line: string, before: readonly (readonly [string, string])[] = []) {
  const colon = line.indexOf(':')
  const name = line.slice(0, colon).trim().toLowerCase()
  if (colon === -1 || !isToken(name))
    throw new InvalidArgumentError('Accepted: NAME: VALUE, such as "range: bytes=0-99".')
  return [...before, [name, line.slice(colon + 1).trim()] as const]
}

async function explain(file: string | undefined, options: ExplainOptions): Promise<void> {
  if (options.apply && file === undefined)
    throw new UserError(
      '--apply writes a rules file: name one. `npm run -s rules -- show HOST --remote > rules/HOST.xml` makes one from the live rules.',
    )
  const named = namedIn(options)
  const paste =
    options.paste === undefined ? null : await readPasted(options.paste, knownHost(file, options.host))
  const url = paste === null ? null : askedUrl(paste)
  const host = options.host ?? (file === undefined ? url?.hostname : undefined)
  if ((file === undefined) === (host === undefined))
    throw new UserError('Name a rules file, or a host with --host: one of the two.')
  const request = requestToExplain(named, paste)
  const [source] = await readSources(
    [file === undefined ? { kind: 'answering', host: hostOf(host ?? '') } : { kind: 'file', file }],
    options,
  )
  if (source === undefined) return
  const rulesHost = hostIn(source, file)
  const asked: Asked = {
    configuration: source.configuration,
    dialect: dialectFor(options.dialect, [source]),
    unmatched: source.settings?.unmatched ?? 'refuse',
    ...(source.settings !== null && {
      credentials: source.settings.credentials,
      methods: source.settings.methods,
    }),
    url: url?.href ?? `https://${rulesHost}/${ANY_KEY}`,
  }
  const assumed =
    url !== null && rulesHost !== ANY_HOST && url.hostname !== rulesHost
      ? [`The request went to ${url.hostname}, and these are the rules of ${rulesHost}.`]
      : []
  const outcomes = await methodOutcomes(asked, request)
  const allowed = sharedOutcome(outcomes)
  const refusal = file === undefined ? null : await guardrailRefusal(file, asked, outcomes)
  if (options.json) {
    printJson({
      ...(paste && { paste }),
      ...outcomesJson(source, asked, request, outcomes),
      ...(refusal !== null && { guardrail: refusal }),
    })
  } else {
    if (paste !== null) print(`${wrap(pastedText(paste, named, assumed))}\n`)
    print(outcomesText(source.name, asked, request, outcomes))
    if (refusal !== null) print(`\n${wrap(refusal)}`)
    const closing = paste === null ? null : closingText(paste, allowed)
    if (closing !== null) print(`\n${wrap(closing)}`)
  }
  const isApplied =
    options.apply === true &&
    file !== undefined &&
    refusal === null &&
    (await applied(file, asked, request, outcomes, options))
  process.exitCode = isApplied ? 0 : exitCodeOf(allowed)
}

const exitCodeOf = (allowed: boolean | null): number => (allowed === null ? 2 : allowed ? 0 : 1)

/** Returns why the guardrail of the file's host forbids a change that is proposed; null if it forbids none. */
async function guardrailRefusal(
  file: string,
  asked: Asked,
  outcomes: readonly MethodOutcome[],
): Promise<string | null> {
  const guardrail = await guardrailForFile(file)
  if (guardrail === null) return null
  for (const { outcome } of outcomes) {
    const change = changeFor(asked, outcome)
    if (change === null || 'impossible' in change) continue
    const { configuration } = change
    const refusal = refusalOf({ name: 'the changed rules', configuration }, guardrail)
    if (refusal !== null) return `The guardrail forbids this change: it can't be published. ${refusal}`
  }
  return null
}

/** Writes the smallest change into the file; false where nothing is to be changed, or nothing can be. */
async function applied(
  file: string,
  asked: Asked,
  { method }: OpenRequest,
  [only]: readonly MethodOutcome[],
  { json }: ExplainOptions,
): Promise<boolean> {
  if (method === null || only === undefined || only.allowed === null)
    throw new UserError(
      'Nothing was written: the change depends on what is unknown. Name the method with --method and the headers with --headers.',
    )
  const change = changeFor(asked, only.outcome)
  if (change === null || 'impossible' in change) return false
  const losses = await writeInto(file, asked.configuration, [change])
  if (!json) {
    const lines = [`Applied to ${visible(file)}.`, ...losses].map(line => wrap(line))
    print(`\n${[...lines, `Next: npm run rules -- check ${visible(file)}, then publish it.`].join('\n')}`)
  }
  return true
}

/** What the options say of the request. */
function namedIn({ headers, header, reads, ...rest }: ExplainOptions): NamedRequest {
  const lines = header ?? []
  const names =
    headers === undefined && header === undefined
      ? null
      : [...namesIn(headers ?? ''), ...lines.map(([name]) => name)]
  return {
    ...rest,
    ...(names !== null && { headers: names }),
    ...(lines.length > 0 && { values: Object.fromEntries(lines) }),
    ...(reads !== undefined && { reads: namesIn(reads) }),
  }
}

/** The host whose requests matter in a HAR. */
function knownHost(file: string | undefined, host: string | undefined): string | null {
  if (host !== undefined) return host.toLowerCase()
  const read = file === undefined ? { problem: '' } : hostOfFile(file)
  return 'host' in read && read.host !== DEFAULT_HOST && read.host.includes('.') ? read.host : null
}

function hostIn(source: RulesSource, file: string | undefined): string {
  const read = file === undefined ? { host: source.host ?? ANY_HOST } : hostOfFile(file)
  return 'host' in read && read.host !== DEFAULT_HOST && read.host.includes('.') ? read.host : ANY_HOST
}

const namesIn = (list: string): string[] =>
  list
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '')
