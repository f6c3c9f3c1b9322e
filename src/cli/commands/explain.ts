/**
 * @module
 * `rules explain`: why a request is allowed or refused, what the edge answers, and what a browser does with it.
 */

import { type Command, Option } from 'commander'
import { DIALECTS, type DialectName } from '../../cors/dialect.ts'
import { type Asked, type Outcome, outcomeOf } from '../../explain/outcome.ts'
import { smallestChange } from '../../explain/smallest-change.ts'
import { hostOfFile } from '../files/files.ts'
import { dialectFor, hostOf, type RulesSource, readSources } from '../files/source.ts'
import type { PlaceOptions } from '../kv/deployment.ts'
import { DEFAULT_HOST } from '../kv/hosts.ts'
import { addPlaceOptions } from '../kv/place-options.ts'
import { answerText, browserText, changeText, rulesText } from '../print/explanation.ts'
import { wrap } from '../print/layout.ts'
import { print, printJson } from '../print/terminal.ts'
import { askedUrl, notTheRules, pastedText, readPasted, requestToExplain } from '../request/pasted.ts'
import { UserError } from '../user-error.ts'

/** In the request's URL, where the file does not name a host. */
const ANY_HOST = 'files.example.com'
const ANY_KEY = 'exampleobject'

interface ExplainOptions extends PlaceOptions {
  host?: string
  origin?: string
  method?: string
  headers?: string
  paste?: string
  actual?: true
  credentials?: true
  dialect?: DialectName
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
    .option('--headers <names>', 'the headers that the script sets: content-type,x-cos-acl')
    .option(
      '--paste <file>',
      'read the request from a console error, a curl command, a copied fetch or a HAR (-: standard input)',
    )
    .option('--actual', 'the request itself, not its preflight')
    .option('--credentials', "the script asks with credentials: 'include'")
    .addOption(
      new Option(
        '--dialect <dialect>',
        "the vendor whose answers are shown (default: the host's, else cos)",
      ).choices(DIALECTS),
    )
  addPlaceOptions(command)
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  npm run rules -- explain rules/files.example.com.xml --origin https://www.example.com --method PUT\n' +
        '  npm run rules -- explain --remote --paste -\n' +
        '\nExit code: 0 the request is allowed, 1 it is not, or a browser fails it all the same, ' +
        '2 a problem with the call, the file, wrangler or KV.',
    )
    .action(explain)
}

async function explain(file: string | undefined, options: ExplainOptions): Promise<void> {
  const paste = options.paste === undefined ? null : await readPasted(options.paste)
  const url = paste === null ? null : askedUrl(paste)
  const host = options.host ?? (file === undefined ? url?.hostname : undefined)
  if ((file === undefined) === (host === undefined))
    throw new UserError('Name a rules file, or a host with --host: one of the two.')
  const { headers, ...rest } = options
  const named = { ...rest, ...(headers !== undefined && { headers: namesIn(headers) }) }
  const { request, assumed } = requestToExplain(named, paste)
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
    url: url?.href ?? `https://${rulesHost}/${ANY_KEY}`,
  }
  if (url !== null && rulesHost !== ANY_HOST && url.hostname !== rulesHost)
    assumed.push(`The request went to ${url.hostname}, and these are the rules of ${rulesHost}.`)
  const outcome = await outcomeOf(asked, request)
  if (options.json) printJson({ ...(paste && { paste }), ...explanationJson(source, asked, outcome) })
  else {
    if (paste !== null) print(`${wrap(pastedText(paste, named, assumed))}\n`)
    print(explanationText(source.name, asked, outcome))
    const hint = paste !== null && outcome.allowed ? notTheRules(paste, named) : null
    if (hint !== null) print(`\n${wrap(hint)}`)
  }
  process.exitCode = outcome.allowed ? 0 : 1
}

function explanationText(name: string, { configuration, dialect }: Asked, outcome: Outcome): string {
  const change = smallestChange(configuration, outcome.facts)
  return [
    rulesText(outcome, `${name} (${dialect})`),
    answerText(outcome.answer),
    browserText(outcome),
    ...(change === null ? [] : [changeText(change)]),
  ].join('\n\n')
}

function explanationJson(source: RulesSource, asked: Asked, outcome: Outcome) {
  const { question, facts, unasked, explanation, answer, browser, allowed } = outcome
  const change = smallestChange(asked.configuration, facts)
  return {
    rules: source.name,
    revision: source.revision,
    dialect: asked.dialect,
    request: { ...question, url: asked.url, requestedHeaders: facts.requestedHeaders, unasked },
    allowed,
    answeredBy: explanation.answeredBy === null ? null : explanation.answeredBy + 1,
    unusable: explanation.unusable,
    judged: explanation.rules.map(
      ({ position, rule, origin, methodHeld, missingHeaders, matches, missing }) => ({
        rule: position + 1,
        id: rule.id,
        matches,
        origin,
        method: methodHeld,
        missingHeaders,
        missing,
      }),
    ),
    answer,
    browser,
    change,
  }
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
