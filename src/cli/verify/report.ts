/**
 * @module
 * Formats the result of `verify`, as text and as JSON.
 */

import type { Configuration } from '../../cors/configuration.ts'
import type { Server } from '../http/send.ts'
import { count, print, printError, printJson, style, table, visible } from '../print/terminal.ts'
import { curlLine } from './ask.ts'
import type { AnswerDifference, VerifyResult } from './compare-answers.ts'
import { coverageOf, coverageWarnings, type VerifyCoverage } from './coverage.ts'
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

/** Differing probes that are printed. --json has all of them. */
const MAX_PRINTED = 50
/** Characters printed of a header value. */
const MAX_SHOWN = 200

interface Found {
  readonly probe: Probe
  readonly differences: readonly AnswerDifference[]
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
    else if (result.differences.length > 0) {
      const isDesign = result.byDesign !== null && options.strict !== true
      ;(isDesign ? designs : found).push({ probe, differences: result.differences })
    }
  }
  const compared = results.size - failures.length
  const coverage = coverageOf(verdict.configuration, probes, results)
  // An interrupted run has not tested everything yet.
  const warnings = stopped !== null && compared > 0 ? [] : coverageWarnings(coverage, compared)
  // A gate must not pass if nothing was compared, or nothing was allowed that should be.
  const isUntested =
    compared === 0 || (coverage.hasPositiveCase && coverage.positive === 0 && found.length === 0)
  const unfinished = stopped !== null || failures.length > 0 || isUntested
  process.exitCode = unfinished ? 2 : found.length > 0 ? 1 : 0

  if (options.json) {
    printJson({
      edge: verdict.edge.base,
      bucket: verdict.bucket.base,
      probes: probes.length,
      leftOut,
      compared,
      differences: found.map(each => differenceJson(each, verdict)),
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
  for (const each of found.slice(0, MAX_PRINTED)) print(`${foundText(each, verdict)}\n`)
  if (found.length > MAX_PRINTED)
    print(`… and ${found.length - MAX_PRINTED} more. Pass --json to see all of them.\n`)
  const [failure] = failures
  if (stopped !== null) printError(stoppedText(verdict, compared, options.resume))
  else if (failure !== undefined)
    printError(`${count(failures.length, 'request')} failed. ${failure.reason}.`)
  for (const text of warnings) printError(`Warning: ${text}`)
  print(summary(verdict, compared, found.length, designs.length, coverage))
}

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
  different: number,
  byDesign: number,
  { positive, negative, testedRules }: VerifyCoverage,
): string {
  const parts = [
    `${compared} of ${probes.length} compared`,
    different > 0 ? `${different} differ` : compared === 0 ? 'nothing to judge' : 'no difference',
  ]
  if (byDesign > 0) parts.push(`${byDesign} differ by design (docs/parity.md; --strict counts them)`)
  if (leftOut > 0) parts.push(`${leftOut} not sent (--max)`)
  const rules = `${testedRules.length} of ${count(configuration.rules.length, 'rule')}`
  return `${parts.join(', ')}.\n${positive} positive and ${negative} negative answers agree; ${rules} with a positive answer.`
}

function foundText({ probe, differences }: Found, { edge, bucket }: VerifyVerdict): string {
  const rows = differences.map(difference => [
    `  ${difference.field}`,
    `edge ${shown(difference.edge)}`,
    `bucket ${shown(difference.bucket)}`,
  ])
  return [
    `${style('bold', visible(`${probe.kind} ${titleOf(probe)}`))}  ${visible(probe.about)}`,
    table(rows),
    `  ${style('dim', curlLine(edge, probe))}`,
    `  ${style('dim', curlLine(bucket, probe))}`,
  ].join('\n')
}

const titleOf = ({ kind, method, path, headers }: Probe): string => {
  const sent = headers.map(([name, value]) => `${name.replace('Access-Control-Request-', '')} ${value}`)
  return `${kind === 'actual' ? `${method} ` : ''}${path}: ${sent.join(', ') || 'no headers'}`.slice(0, 400)
}

const shown = (value: string | null): string =>
  value === null ? '-' : JSON.stringify(value.slice(0, MAX_SHOWN)).slice(1, -1)

const probeJson = ({ kind, method, path, headers, about }: Probe) => ({ kind, method, path, headers, about })

const differenceJson = ({ probe, differences }: Found, { edge, bucket }: VerifyVerdict) => ({
  ...probeJson(probe),
  differences,
  curl: { edge: curlLine(edge, probe), bucket: curlLine(bucket, probe) },
})
