/**
 * @module
 * Formats the result of `verify`, as text and as JSON.
 */

import type { Configuration } from '../../cors/configuration.ts'
import type { Server } from '../http/send.ts'
import { count, print, printError, printJson, shellWord, style, table, visible } from '../print/terminal.ts'
import { curlLine } from './ask.ts'
import type { AnswerDifference, VerifyResult } from './compare-answers.ts'
import { coverageOf, coverageWarnings, type VerifyCoverage } from './coverage.ts'
import { CLASS_HEADINGS, CLASSES, type DifferenceClass } from './difference-class.ts'
import type { Probe } from './probes.ts'

export interface VerifyVerdict {
  /** The rules that the probes come from. */
  readonly configuration: Configuration
  readonly edge: Server
  readonly bucket: Server
  readonly probes: readonly Probe[]
  /** Index of the probe → its result. */
  readonly results: ReadonlyMap<number, VerifyResult>
  readonly leftOut: number
  /** Why the run ended early. null if it was complete. */
  readonly stopped: string | null
}

/** Differing probes that are printed of a class. --json has all of them. */
const MAX_PRINTED = 50
/** Characters printed of a request. Its curl command has all of it. */
const MAX_TITLE = 160
/** Characters printed of a header value. */
const MAX_SHOWN = 200

interface Found {
  readonly probe: Probe
  readonly differences: readonly AnswerDifference[]
  readonly class: DifferenceClass
}

/** Prints the verdict and sets the exit code. */
export function report(
  verdict: VerifyVerdict,
  options: { strict?: true; json?: true; resume?: string },
): void {
  const { probes, results, stopped, leftOut } = verdict
  const found: Found[] = []
  const designs: Found[] = []
  const failures: { probe: Probe; reason: string }[] = []
  for (const [index, probe] of probes.entries()) {
    const result = results.get(index)
    if (result === undefined) continue
    if ('failed' in result) failures.push({ probe, reason: result.failed })
    else if (result.class !== null) {
      const isDesign = result.byDesign !== null && options.strict !== true
      const { differences, class: of } = result
      ;(isDesign ? designs : found).push({ probe, differences, class: of })
    }
  }
  found.sort((a, b) => CLASSES.indexOf(a.class) - CLASSES.indexOf(b.class))
  const serious = found.filter(each => each.class === 'decision')
  const compared = results.size - failures.length
  const coverage = coverageOf(verdict.configuration, probes, results)
  // An interrupted run has not tested everything yet.
  const warnings = [
    ...(stopped !== null && compared > 0 ? [] : coverageWarnings(coverage, compared)),
    ...(options.strict ? [] : readableWarnings(inClass(found, 'readable').length)),
  ]
  // A gate must not pass if nothing was compared, or nothing was allowed that should be.
  const isUntested =
    compared === 0 || (coverage.hasPositiveCase && coverage.positive === 0 && serious.length === 0)
  const unfinished = stopped !== null || failures.length > 0 || isUntested
  const isDifferent = (options.strict ? found : serious).length > 0
  process.exitCode = unfinished ? 2 : isDifferent ? 1 : 0

  if (options.json) {
    printJson({
      edge: verdict.edge.base,
      bucket: verdict.bucket.base,
      probes: probes.length,
      leftOut,
      compared,
      differences: found.map(each => differenceJson(each, verdict)),
      classes: Object.fromEntries(CLASSES.map(name => [name, inClass(found, name).length])),
      byDesign: designs.map(each => differenceJson(each, verdict)),
      failures: failures.map(({ probe, reason }) => ({ ...probeJson(probe), reason })),
      stopped,
      positive: coverage.positive,
      negative: coverage.negative,
      rules: { tested: coverage.testedRules, untested: coverage.untestedRules },
      warnings,
      equal: !unfinished && found.length === 0,
    })
    return
  }
  for (const name of CLASSES) {
    const text = classText(name, inClass(found, name), verdict)
    if (text !== '') print(`${text}\n`)
  }
  const [failure] = failures
  if (stopped !== null) printError(stoppedText(verdict, compared, options.resume))
  else if (failure !== undefined)
    printError(`${count(failures.length, 'request')} failed. ${failure.reason}.`)
  for (const text of warnings) printError(`Warning: ${text}`)
  print(summary(verdict, compared, found, designs.length, coverage))
}

/** The exit code does not count these differences. */
const readableWarnings = (readable: number): string[] =>
  readable === 0
    ? []
    : [
        `Credentials or readable headers differ in ${count(readable, 'probe')}. If your pages send credentials to the bucket or read its headers, pass --strict: then these differences count.`,
      ]

const inClass = (found: readonly Found[], name: DifferenceClass) => found.filter(each => each.class === name)

/** A class under its heading. Only the first class is printed probe by probe: in the others, many are alike. */
function classText(name: DifferenceClass, found: readonly Found[], verdict: VerifyVerdict): string {
  if (found.length === 0) return ''
  const heading = `${style('bold', `${CLASS_HEADINGS[name]}: ${count(found.length, 'probe')}`)}\n`
  const alike = [...Map.groupBy(found, each => (name === 'decision' ? each : fieldsOf(each))).values()]
  const shown = alike.slice(0, MAX_PRINTED).map(group => {
    const [first] = group
    if (first === undefined) return ''
    const more =
      group.length === 1 ? '' : `\n  and ${group.length - 1} more that differ in ${fieldsOf(first)}`
    return foundText(first, verdict) + more
  })
  const left = alike.length - shown.length
  return [
    heading,
    ...shown,
    ...(left > 0 ? [`… and ${left} more. Pass --json to see all of them.`] : []),
  ].join('\n')
}

const fieldsOf = ({ differences }: Found): string => differences.map(({ field }) => field).join(', ')

function stoppedText(
  { stopped, probes }: VerifyVerdict,
  compared: number,
  resume: string | undefined,
): string {
  const left = probes.length - compared
  const goOn =
    resume === undefined
      ? 'Pass --resume FILE to continue an interrupted run.'
      : 'Run the same command again to continue.'
  return `${stopped} ${left} of ${count(probes.length, 'probe')} were not compared. ${goOn}`
}

function summary(
  { probes, leftOut, configuration }: VerifyVerdict,
  compared: number,
  found: readonly Found[],
  byDesign: number,
  { positive, negative, testedRules }: VerifyCoverage,
): string {
  const parts = [
    `${compared} of ${probes.length} compared`,
    found.length > 0 ? differText(found) : compared === 0 ? 'nothing to judge' : 'no difference',
  ]
  if (byDesign > 0) parts.push(`${byDesign} differ by design (docs/parity.md; --strict counts them)`)
  if (leftOut > 0) parts.push(`${leftOut} not sent (--max)`)
  const rules = `${testedRules.length} of ${count(configuration.rules.length, 'rule')}`
  return `${parts.join(', ')}.\n${positive} positive and ${negative} negative answers agree; ${rules} with a positive answer.`
}

function differText(found: readonly Found[]): string {
  const [decisions, readable] = [inClass(found, 'decision').length, inClass(found, 'readable').length]
  return `${found.length} differ: a browser decides otherwise in ${decisions}, credentials or readable headers differ in ${readable}`
}

function foundText({ probe, differences }: Found, { edge, bucket }: VerifyVerdict): string {
  const status = differences.find(({ field }) => field === 'status')
  // Where one side refuses, every header differs.
  const isRefusal = Number(status?.edge) >= 400 !== Number(status?.bucket) >= 400
  const rows = differences
    .filter(({ field }) => !isRefusal || field === 'status' || field === 'code')
    .map(({ field, edge, bucket }) => [`  ${field}`, `edge ${shown(edge)}`, `bucket ${shown(bucket)}`])
  return [
    `${style('bold', visible(`${probe.kind} ${titleOf(probe)}`))}  ${visible(probe.about)}`,
    table(rows),
    ...curlLines(edge, bucket, probe).map(line => `  ${style('dim', line)}`),
  ].join('\n')
}

/** One command that asks both, unless a Host header differs. */
const curlLines = (edge: Server, bucket: Server, probe: Probe): string[] =>
  edge.host === bucket.host
    ? [`${curlLine(edge, probe)} ${shellWord(bucket.base + probe.path)}`]
    : [curlLine(edge, probe), curlLine(bucket, probe)]

const titleOf = ({ kind, method, path, headers }: Probe): string => {
  const sent = headers.map(([name, value]) => `${name.replace('Access-Control-Request-', '')} ${value}`)
  return `${kind === 'actual' ? `${method} ` : ''}${path}: ${sent.join(', ') || 'no headers'}`.slice(
    0,
    MAX_TITLE,
  )
}

const shown = (value: string | null): string =>
  value === null ? '-' : JSON.stringify(value.slice(0, MAX_SHOWN)).slice(1, -1)

const probeJson = ({ kind, method, path, headers, about }: Probe) => ({ kind, method, path, headers, about })

const differenceJson = ({ probe, differences, class: of }: Found, { edge, bucket }: VerifyVerdict) => ({
  ...probeJson(probe),
  class: of,
  differences,
  curl: { edge: curlLine(edge, probe), bucket: curlLine(bucket, probe) },
})
