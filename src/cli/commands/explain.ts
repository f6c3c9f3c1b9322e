/**
 * @module
 * `rules explain`: why a request is allowed or refused, what the edge answers, and what a browser does with it.
 */

import { type Command, Option } from 'commander'
import { smallestChange } from '../../cors/change.ts'
import { DIALECTS, type DialectName } from '../../cors/dialect.ts'
import { type Asked, type Outcome, outcomeOf } from '../../explain/outcome.ts'
import { answerText, browserText, changeText, rulesText } from '../explain-text.ts'
import { hostOfFile } from '../files.ts'
import { DEFAULT_HOST } from '../hosts.ts'
import type { PlaceOptions } from '../kv/deployment.ts'
import { addPlaceOptions } from '../kv/place-options.ts'
import { dialectFor, hostOf, readSources, type Source } from '../source.ts'
import { print, printJson } from '../terminal.ts'
import { Trouble } from '../trouble.ts'

/** In the request's URL, where the file does not name a host. */
const ANY_HOST = 'files.example.com'
const ANY_KEY = 'exampleobject'

interface ExplainOptions extends PlaceOptions {
  host?: string
  origin: string
  method: string
  headers?: string
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
    .requiredOption('--origin <origin>', "the page's origin, such as https://www.example.com")
    .requiredOption('--method <method>', 'the method of the request, such as PUT')
    .option('--headers <names>', 'the headers that the script sets: content-type,x-cos-acl')
    .option('--actual', 'the request itself, not its preflight')
    .option('--credentials', "the script asks with credentials: 'include'")
    .addOption(
      new Option('--dialect <dialect>', "whose answers are given (default: the host's, else cos)").choices(
        DIALECTS,
      ),
    )
  addPlaceOptions(command)
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExample: npm run rules -- explain rules/files.example.com.xml --origin https://www.example.com --method PUT\n' +
        '\nExit code: 0 the request is allowed, 1 it is not, 2 a problem with the call, the file, wrangler or KV.',
    )
    .action(explain)
}

async function explain(file: string | undefined, options: ExplainOptions): Promise<void> {
  if ((file === undefined) === (options.host === undefined))
    throw new Trouble('Name a rules file, or a host with --host: one of the two.')
  const [source] = await readSources(
    [file === undefined ? { kind: 'answering', host: hostOf(options.host ?? '') } : { kind: 'file', file }],
    options,
  )
  if (source === undefined) return
  const asked: Asked = {
    configuration: source.configuration,
    dialect: dialectFor(options.dialect, [source]),
    unmatched: source.settings?.unmatched ?? 'refuse',
    url: `https://${hostIn(source, file)}/${ANY_KEY}`,
  }
  const outcome = await outcomeOf(asked, {
    origin: options.origin,
    method: options.method,
    headers: namesIn(options.headers ?? ''),
    actual: options.actual === true,
    credentials: options.credentials === true,
  })
  if (options.json) printJson(explanationJson(source, asked, outcome))
  else print(explanationText(source.name, asked, outcome))
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

function explanationJson(source: Source, asked: Asked, outcome: Outcome) {
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

function hostIn(source: Source, file: string | undefined): string {
  const read = file === undefined ? { host: source.host ?? ANY_HOST } : hostOfFile(file)
  return 'host' in read && read.host !== DEFAULT_HOST && read.host.includes('.') ? read.host : ANY_HOST
}

const namesIn = (list: string): string[] =>
  list
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '')
