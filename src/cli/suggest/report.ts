/**
 * @module
 * The refusals of a log and the proposals, as people and scripts read them.
 */

import { compare } from '../../compare/compare.ts'
import { requestText } from '../../compare/difference-text.ts'
import type { NamedConfiguration } from '../../compare/widening-text.ts'
import type { Configuration } from '../../cors/configuration.ts'
import type { DialectName } from '../../cors/dialect.ts'
import { quote } from '../../cors/findings.ts'
import { hostOfFile } from '../files/files.ts'
import type { RulesSource } from '../files/source.ts'
import { clientText } from '../print/client.ts'
import { comparisonText } from '../print/comparison.ts'
import { changeText } from '../print/explanation.ts'
import { wrap } from '../print/layout.ts'
import { count, style, visible } from '../print/terminal.ts'
import type { Held } from './log.ts'
import { type RefusalGroup, type Summary, summarize } from './proposals.ts'
import type { Proposal } from './propose.ts'
import type { Refusals } from './refusals.ts'

/** What the proposals are about. */
export interface Context {
  readonly source: RulesSource
  /** null: the rules are those that are live. */
  readonly file: string | undefined
  readonly revision: string
  readonly dialect: DialectName
  /** The guardrail of the file's host, or null. */
  readonly guardrail: NamedConfiguration | null
}

export interface ProposalOutcome {
  readonly group: RefusalGroup
  readonly proposal: Proposal
  /** It is a change applied before it that allows the request. */
  readonly isByChange: boolean
  /** Why the guardrail forbids the change; null if it does not. Such a change is never applied. */
  readonly refusal: string | null
  readonly isApplied: boolean
}

/** Differences that are shown of what was applied: `diff` shows them all. */
const MAX_DIFFERENCES = 20

/** What the log held. */
export function headText(
  { source, revision }: Context,
  refusals: Refusals,
  { requests, otherLines }: Held,
  groups: number,
): string {
  const { allowed, refused, withoutPolicy, earlier, withoutTime, unlogged, forgotten, otherHosts } = refusals
  const hosts = [...otherHosts].map(([host, weight]) => `${visible(host)} ${rounded(weight)}`).join(', ')
  const note = (number: number, sentence: (n: string) => string) =>
    number > 0 ? [wrap(sentence(rounded(number)))] : []
  return [
    style('bold', `${source.name}, revision ${revision}`),
    wrap(
      requests === 0
        ? 'The log has no request that the edge logged.'
        : `The log has ${times(refused, 'refused request')}, in ${count(groups, 'group')}${allowed > 0 ? `, and ${rounded(allowed)} allowed` : ''}.`,
    ),
    ...note(
      requests === 0 ? otherLines : 0,
      () => `All it has is other text, ${count(otherLines, 'line')}: is it the log of this Worker, in JSON?`,
    ),
    ...note(hosts === '' ? 0 : 1, () => `Refused for other hosts: ${hosts}. --all-hosts takes them in.`),
    ...note(
      withoutPolicy,
      n =>
        `Passed to the bucket, because no rules could be read: ${n}. No rule would change that: docs/reliability.md.`,
    ),
    ...note(earlier, n => `Earlier than --since: ${n}.`),
    ...note(withoutTime, n => `Left out with --since, because the log has no times: ${n}.`),
    ...note(unlogged, n => `Refused, and over the lines that an isolate writes in a minute: ${n} more.`),
    ...note(forgotten, n => `Of too many different requests, the least frequent were not kept: ${n}.`),
    ...note(requests > 0 ? otherLines : 0, n => `Lines of other text: ${n}.`),
  ].join('\n')
}

/** A group: how often, who, what, since when, why, and what to do. */
export function groupText(
  { group, proposal, isByChange, refusal }: ProposalOutcome,
  context: Context,
): string {
  const summary = summarize(group)
  const { origin, method, names } = summary
  const request = requestText({ origin, method, requestedHeaders: names.join(',') || null })
  const why = whyText(summary)
  const client = clientText(method ?? '', names)
  return [
    style('bold', wrap(`${summary.count} × ${request}`, `${group.number}. `)),
    wrap(`${kindsText(summary)}${whenText(summary)}`, '   '),
    ...(context.source.host === null && summary.hosts.some(host => host !== hostOf(context))
      ? [wrap(`Hosts: ${summary.hosts.map(quote).join(', ')}.`, '   ')]
      : []),
    ...(why === '' ? [] : [wrap(why, '   ')]),
    ...(summary.isCut ? [wrap('The log cuts the list of header names: there are more.', '   ')] : []),
    proposalText(proposal, summary, isByChange, context),
    ...(refusal === null ? [] : [wrap(`The guardrail forbids this change. ${refusal}`, '  ')]),
    ...(proposal.kind !== 'change' || client === '' ? [] : [client]),
  ].join('\n')
}

const hostOf = ({ file }: Context): string | null => {
  const read = file === undefined ? null : hostOfFile(file)
  return read !== null && 'host' in read ? read.host : null
}

function proposalText(
  proposal: Proposal,
  { revisions }: Summary,
  isByChange: boolean,
  { source, file, revision }: Context,
): string {
  switch (proposal.kind) {
    case 'change':
      return changeText(proposal.change)
    case 'impossible':
      return changeText({ impossible: proposal.reason })
    case 'allowed': {
      const rule = `rule ${proposal.rule}`
      if (isByChange) return wrap(`Allowed by ${rule}, with the changes applied above.`, '   ')
      const other = revisions.filter(one => one !== revision)
      const since =
        other.length === 0
          ? ''
          : ` The log is of revision ${other.map(quote).join(', ')}; these rules are ${revision}${source.publishedAt === null ? '' : `, published ${source.publishedAt}`}.`
      const check = file === undefined ? '' : ' `rules status` shows whether the edge has them.'
      return wrap(`Allowed by now: ${rule}.${since}${check}`, '   ')
    }
  }
}

/** Returns the reason, as the edge logged it. */
function whyText({ check, header, method }: Summary): string {
  switch (check) {
    case 'origin':
      return 'Refused: no rule allows the origin.'
    case 'method':
      return `Refused: no rule that allows the origin allows ${quote(method ?? 'no method')}.`
    case 'header':
      return `Refused: no rule that allows origin and method allows ${quote(header ?? 'its headers')}.`
    case 'header-list':
      return `Refused for its list of header names: ${quote(header ?? 'none')}.`
    case 'no-rules':
      return 'Refused: the host had no rules.'
    default:
      return ''
  }
}

const kindsText = ({ preflights, actual, forwarded }: Summary): string =>
  [
    ...(preflights > 0 ? [times(preflights, 'preflight')] : []),
    ...(actual > 0 ? [times(actual, 'actual request')] : []),
    ...(forwarded > 0
      ? [`${forwarded === actual ? '' : `${forwarded} of them `}passed on without CORS headers`]
      : []),
  ].join(', ')

function whenText({ first, last }: Summary): string {
  if (first === null || last === null) return ''
  return first === last ? `, ${timeText(first)}` : `, ${timeText(first)} to ${timeText(last)}`
}

const timeText = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`
const rounded = (number: number): string => String(Math.round(number))
const times = (number: number, noun: string): string => count(Math.round(number), noun)

/**
 * Returns what is left to do.
 *
 * @param mode whether anything was to be applied, and whether a person was asked
 */
export function leftText(
  hidden: readonly RefusalGroup[],
  open: readonly ProposalOutcome[],
  mode: 'look' | 'apply' | 'ask',
  { file }: Context,
): string {
  const lines: string[] = []
  if (hidden.length > 0) {
    const requests = hidden.reduce((total, group) => total + summarize(group).count, 0)
    lines.push(`${count(hidden.length, 'more group')}, ${times(requests, 'request')}: --top shows more.`)
  }
  const forbidden = open.filter(({ refusal }) => refusal !== null).map(({ group }) => group.number)
  if (forbidden.length > 0) lines.push(`Forbidden by the guardrail: ${forbidden.join(', ')}.`)
  const numbers = open
    .filter(({ refusal }) => refusal === null)
    .map(({ group }) => group.number)
    .join(', ')
  if (numbers === '') return lines.map(line => wrap(line)).join('\n')
  if (mode === 'ask') lines.push(`Not applied: ${numbers}.`)
  else if (mode === 'apply')
    lines.push(
      `Not applied because of their warnings: ${numbers}. \`--apply --only N --accept-warnings\` applies one that you know to be right.`,
    )
  else if (file !== undefined)
    lines.push(
      `Each is for the rules as they are. --apply writes them into ${visible(file)}, --only picks some; nothing is published.`,
    )
  return lines.map(line => wrap(line)).join('\n')
}

/** Returns what was applied, what it changes, and what comes next; empty if nothing was applied. */
export function appliedText(
  context: Context,
  after: Configuration,
  outcomes: readonly ProposalOutcome[],
  losses: readonly string[],
): string {
  const { file = '', source, dialect } = context
  const applied = outcomes.filter(({ isApplied }) => isApplied).map(({ group }) => group.number)
  if (applied.length === 0) return ''
  const host = hostOf(context)
  const command = (text: string) => `  npm run rules -- ${text}`
  return [
    style('green', `Applied ${applied.join(', ')} to ${visible(file)}.`),
    ...losses.map(loss => wrap(loss)),
    comparisonText(compare(source.configuration, after, dialect), MAX_DIFFERENCES),
    '',
    style('bold', 'Next'),
    command(`check ${visible(file)}`),
    ...(host === null ? [] : [command(`diff live:${host} ${visible(file)} --remote`)]),
    command(`publish ${visible(file)} --remote`),
  ].join('\n')
}

/** All of it as one document. */
export function suggestionsJson(
  { source, revision, dialect, file }: Context,
  refusals: Refusals,
  { requests, otherLines }: Held,
  outcomes: readonly ProposalOutcome[],
  hidden: readonly RefusalGroup[],
  losses: readonly string[],
) {
  const { refused, allowed, withoutPolicy, earlier, withoutTime, unlogged, forgotten, otherHosts } = refusals
  const log = {
    otherLines,
    told: requests,
    refused,
    allowed,
    withoutPolicy,
    earlier,
    withoutTime,
    unlogged,
    forgotten,
  }
  return {
    rules: source.name,
    revision,
    dialect,
    log: { ...log, otherHosts: Object.fromEntries(otherHosts) },
    groups: outcomes.map(outcomeJson),
    moreGroups: hidden.length,
    applied: file !== undefined && outcomes.some(({ isApplied }) => isApplied) ? { file, losses } : null,
  }
}

function outcomeJson({ group, proposal, isByChange, refusal, isApplied }: ProposalOutcome) {
  const { names, isCut, check, first, last, ...summary } = summarize(group)
  const isoOf = (time: number | null) => (time === null ? null : new Date(time).toISOString())
  return {
    number: group.number,
    ...summary,
    headers: names,
    headersCut: isCut,
    check,
    first: isoOf(first),
    last: isoOf(last),
    verdict: proposal.kind,
    ...(proposal.kind === 'allowed' ? { rule: proposal.rule, byAppliedChange: isByChange } : {}),
    ...(proposal.kind === 'impossible' ? { reason: proposal.reason } : {}),
    ...(proposal.kind === 'change' ? { change: changeJson(proposal.change), applied: isApplied } : {}),
    ...(refusal === null ? {} : { guardrail: refusal }),
  }
}

const changeJson = ({ steps, alsoAllows, warnings }: Extract<Proposal, { kind: 'change' }>['change']) => ({
  steps,
  alsoAllows,
  warnings,
})
