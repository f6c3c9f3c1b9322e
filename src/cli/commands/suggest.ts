/**
 * @module
 * `rules suggest`: what the log of the edge says was refused, and the smallest change of the rules for each.
 */

import { type Command, InvalidArgumentError } from 'commander'
import type { Configuration } from '../../cors/configuration.ts'
import type { Change } from '../../explain/smallest-change.ts'
import { revisionOf } from '../../rules/record.ts'
import { hostOfFile } from '../files/files.ts'
import { dialectFor, hostOf, type RulesSource, readSources } from '../files/source.ts'
import type { PlaceOptions } from '../kv/deployment.ts'
import { guardrailForFile, refusalOf } from '../kv/guardrails.ts'
import { DEFAULT_HOST } from '../kv/hosts.ts'
import { addPlaceOptions } from '../kv/place-options.ts'
import { confirm, isInteractive, print, printJson } from '../print/terminal.ts'
import { type Held, readLog } from '../suggest/log.ts'
import { groupsOf, type RefusalGroup } from '../suggest/proposals.ts'
import { type Proposal, propose } from '../suggest/propose.ts'
import { Refusals } from '../suggest/refusals.ts'
import {
  appliedText,
  type Context,
  groupText,
  headText,
  leftText,
  type ProposalOutcome,
  suggestionsJson,
} from '../suggest/report.ts'
import { writeInto } from '../suggest/write-into.ts'
import { UserError } from '../user-error.ts'

interface SuggestOptions extends PlaceOptions {
  log?: string
  host?: string
  allHosts?: true
  since?: number
  top: number
  only?: readonly number[]
  apply?: true
  acceptWarnings?: true
  json?: true
}

const MAX_TOP = 1000

export function addSuggest(program: Command): void {
  const command = program
    .command('suggest')
    .summary('propose changes of the rules from the log of the edge')
    .description(
      'Reads what the edge has logged (`wrangler tail --format json`, `wrangler dev`, Workers Logs, Logpush), groups what ' +
        'was refused, and proposes for each group the smallest change of the rules as they are now, with what else it ' +
        'would allow. A log is what clients say: nothing is applied without --apply, and nothing is published.',
    )
    .argument('[file]', 'a rules file')
    .option('--log <file>', 'the log; - for standard input (default)')
    .option('--host <hostname>', 'the live rules of this host, with --local or --remote')
    .option('--all-hosts', "refusals of every host (default: the rules' own)")
    .option(
      '--since <time>',
      'only from this time on: 30m, 2h, 1d, or a date such as 2026-11-22T08:00Z',
      sinceOf,
    )
    .option('--top <n>', 'how many groups, the most frequent first', topOf, 20)
    .option('--only <numbers>', 'only these groups: 1,3', numbersOf)
    .option(
      '--apply',
      'write the changes into the file: on a terminal asks for each, else takes those without a warning',
    )
    .option('--accept-warnings', 'with --apply: takes all, and asks nothing')
  addPlaceOptions(command)
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExample: npm exec -- wrangler tail --format json > tail.log\n' +
        '         npm run rules -- suggest rules/files.example.com.xml --log tail.log\n' +
        '\nWith a tail piped in (`| npm run -s rules -- suggest …`), Ctrl-C ends the tail, and suggest reports what came.\n' +
        '\nExit code: 0 nothing is left to change, 1 there are changes that were not applied, ' +
        '2 a problem with the call, a file, wrangler or KV.',
    )
    .action(suggest)
}

const DURATION = /^(\d{1,6})([smhd])$/
const MILLISECONDS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

function sinceOf(text: string): number {
  const [, amount, unit] = DURATION.exec(text) ?? []
  if (unit !== undefined) return Date.now() - Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS]
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(time)) return time
  throw new InvalidArgumentError('Accepted: 30m, 2h, 1d, or a date such as 2026-11-22T08:00Z.')
}

function topOf(text: string): number {
  const top = numberOf(text)
  if (top !== null && top <= MAX_TOP) return top
  throw new InvalidArgumentError(`Accepted: a whole number from 1 to ${MAX_TOP}.`)
}

function numbersOf(text: string): number[] {
  return text.split(',').map(item => {
    const number = numberOf(item.trim())
    if (number === null) throw new InvalidArgumentError('Accepted: numbers with commas between them: 1,3.')
    return number
  })
}

const numberOf = (text: string): number | null => (/^[1-9]\d{0,5}$/.test(text) ? Number(text) : null)

async function suggest(file: string | undefined, options: SuggestOptions): Promise<void> {
  if ((file === undefined) === (options.host === undefined))
    throw new UserError('Name a rules file, or a host with --host: one of the two.')
  if (options.acceptWarnings && !options.apply) {
    throw new UserError('--accept-warnings works only with --apply: add --apply, or leave it out.')
  }
  if (options.apply && file === undefined) {
    throw new UserError(
      '--apply writes a rules file, and none is named. ' +
        '`npm run -s rules -- show HOST --remote > rules/HOST.xml` makes one from the live rules.',
    )
  }
  // Read twice: a mistake in the call is reported at once, and after a long log the rules may have changed.
  await rulesOf(file, options)
  const refusals = new Refusals({
    host: options.allHosts ? null : hostOfRules(file, options),
    since: options.since ?? null,
  })
  const held = await readLog(options.log, refusals)
  const source = await rulesOf(file, options)
  const groups = groupsOf(source.configuration, refusals.list())
  const shown = options.only === undefined ? groups.slice(0, options.top) : chosen(groups, options.only)
  const context: Context = {
    source,
    file,
    revision: source.revision ?? (await revisionOf(source.configuration)),
    dialect: dialectFor(undefined, [source]),
    guardrail: file === undefined ? null : await guardrailForFile(file),
  }

  if (!options.json) print(headText(context, refusals, held, groups.length))
  const outcomes: ProposalOutcome[] = []
  const changes: Change[] = []
  let current = source.configuration
  for (const group of shown) {
    const outcome = outcomeOf(current, group, context)
    if (!options.json) print(`\n${groupText(outcome, context)}`)
    const { proposal } = outcome
    const takes =
      proposal.kind === 'change' && outcome.refusal === null && (await isTaken(group, proposal, options))
    if (takes) {
      changes.push(...proposal.change.parts)
      current = proposal.change.configuration
    }
    outcomes.push({ ...outcome, isApplied: takes })
  }
  const losses =
    file === undefined || changes.length === 0 ? [] : await writeInto(file, source.configuration, changes)
  report(context, refusals, held, { groups, outcomes, losses, current }, options)
}

/** The host of which the log's refusals count; null: of all. */
function hostOfRules(file: string | undefined, options: SuggestOptions): string | null {
  const read = file === undefined ? { host: hostOf(options.host ?? '') } : hostOfFile(file)
  return 'problem' in read || read.host === DEFAULT_HOST ? null : read.host
}

async function rulesOf(file: string | undefined, options: SuggestOptions): Promise<RulesSource> {
  const [source] = await readSources(
    [file === undefined ? { kind: 'answering', host: hostOf(options.host ?? '') } : { kind: 'file', file }],
    options,
  )
  // Programmer error: one name was given.
  if (source === undefined) throw new Error('readSources() gave nothing')
  return source
}

function chosen(groups: readonly RefusalGroup[], numbers: readonly number[]): RefusalGroup[] {
  return [...new Set(numbers)].map(number => {
    const group = groups[number - 1]
    if (group === undefined)
      throw new UserError(`--only: there is no group ${number}; the log gives ${groups.length}.`)
    return group
  })
}

function outcomeOf(
  current: Configuration,
  group: RefusalGroup,
  { dialect, guardrail }: Context,
): ProposalOutcome {
  const proposal = propose(current, group, dialect)
  const isByChange = proposal.kind === 'allowed' && group.verdict.kind !== 'allowed'
  const refusal =
    proposal.kind === 'change' && guardrail !== null
      ? refusalOf({ name: 'the changed rules', configuration: proposal.change.configuration }, guardrail)
      : null
  return { group, proposal, isByChange, refusal, isApplied: false }
}

/** Whether anything is applied, and whether a person is asked for each. */
const modeOf = ({ apply, acceptWarnings, json }: SuggestOptions): 'look' | 'apply' | 'ask' =>
  !apply ? 'look' : isInteractive() && !json && !acceptWarnings ? 'ask' : 'apply'

async function isTaken(
  { number }: RefusalGroup,
  { change }: Extract<Proposal, { kind: 'change' }>,
  options: SuggestOptions,
): Promise<boolean> {
  switch (modeOf(options)) {
    case 'look':
      return false
    case 'ask':
      return confirm(`Apply ${number}?`)
    case 'apply':
      return options.acceptWarnings === true || change.warnings.length === 0
  }
}

interface Done {
  readonly groups: readonly RefusalGroup[]
  readonly outcomes: readonly ProposalOutcome[]
  readonly losses: readonly string[]
  readonly current: Configuration
}

function report(context: Context, refusals: Refusals, held: Held, done: Done, options: SuggestOptions): void {
  const { groups, outcomes, losses, current } = done
  const isOpen = ({ proposal, isApplied }: ProposalOutcome) => proposal.kind === 'change' && !isApplied
  const hidden = options.only === undefined ? groups.slice(outcomes.length) : []
  const hasOpen = outcomes.some(isOpen) || hidden.some(({ verdict }) => verdict.kind === 'change')
  if (options.json) printJson(suggestionsJson(context, refusals, held, outcomes, hidden, losses))
  else {
    const texts = [
      leftText(hidden, outcomes.filter(isOpen), modeOf(options), context),
      appliedText(context, current, outcomes, losses),
    ]
    for (const text of texts) if (text !== '') print(`\n${text}`)
  }
  process.exitCode = hasOpen ? 1 : 0
}
