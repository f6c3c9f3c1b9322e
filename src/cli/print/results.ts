/**
 * @module
 * The results of `publish` and `rollback`, as text and as JSON.
 */

import { compare } from '../../compare/compare.ts'
import type { Comparison } from '../../compare/difference.ts'
import type { FileReading } from '../files/read.ts'
import { type Deployment, describePlace } from '../kv/deployment.ts'
import type { PlannedChange, RulesChange } from '../kv/plan.ts'
import { comparisonJson, comparisonText } from './comparison.ts'
import { fileJson } from './findings.ts'
import { count, print, printError, printJson, style, table } from './terminal.ts'

/** Most differences of one host that are shown. `diff` shows all. */
const MAX_DIFFERENCES = 20

/** Result of a change. `pending`: written, but KV does not show it yet. */
export type Status = 'planned' | 'unchanged' | 'published' | 'pending'
export type PublishResult = PlannedChange & { readonly status: Status }

export const resultOf = (change: PlannedChange, status: Status): PublishResult => ({
  ...change,
  status: change.changes ? status : 'unchanged',
})

/**
 * Prints the results of a run, and on standard error the keys that KV does not show yet.
 *
 * @param withDifferences false if they have been shown before the confirmation
 */
export function show(
  deployment: Deployment,
  readings: readonly FileReading[],
  results: readonly PublishResult[],
  options: { dryRun?: true; json?: true },
  withDifferences = true,
): void {
  const { where, env } = deployment.place
  const dryRun = options.dryRun === true
  if (options.json) {
    const files = readings.map(fileJson)
    printJson({ where, env, dryRun, files, changes: results.map(resultJson), failed: false })
  } else {
    if (results.length > 0) print(resultsText(results, withDifferences))
    const changed = results.filter(({ changes }) => changes).length
    const done = `${changed} ${dryRun ? 'to be published' : 'published'}, ${results.length - changed} unchanged`
    print(`${capitalized(describePlace(deployment.place))}: ${done}.`)
  }
  const pending = results.filter(({ status }) => status === 'pending').map(({ key }) => key)
  if (pending.length > 0) {
    printError(
      `KV does not show ${pending.join(', ')} yet. It can take a minute. Publish again then: the result is "unchanged" if all is well.`,
    )
  }
}

const STATUS_TEXTS: Record<Status, string> = {
  planned: 'to be published',
  unchanged: 'unchanged',
  published: 'published',
  pending: 'written',
}

/** Returns one line for each change and, below, its differences for requests. */
export function resultsText(results: readonly PublishResult[], withDifferences: boolean): string {
  const lines = table(
    results.map(result => {
      const head = [result.host, result.kind, STATUS_TEXTS[result.status]]
      if (result.kind === 'settings')
        return result.changes ? [...head, result.live === null ? 'new' : 'replaces other settings'] : head
      const { revision, configuration } = result.record
      const what = [...head, `revision ${revision}`, count(configuration.rules.length, 'rule')]
      return result.changes ? [...what, replacedText(result)] : what
    }),
  )
  if (!withDifferences) return lines
  const differences = results.flatMap(result => {
    const comparison = comparisonOf(result)
    if (comparison === null) return []
    return [`\n${style('bold', result.host)}\n${comparisonText(comparison, MAX_DIFFERENCES)}\n`]
  })
  return [lines, ...differences].join('\n')
}

/** Returns the differences for requests; null if nothing answered before, or nothing changes. */
function comparisonOf(result: PublishResult): Comparison | null {
  if (result.kind !== 'rules' || !result.changes || result.answering === null) return null
  return compare(result.answering, result.record.configuration, result.dialect)
}

function replacedText({ live, written, answering, record }: RulesChange): string {
  const { revision, settings } = record
  if (live.kind === 'nothing') return answering === null ? 'new' : 'new, replaces the default rules'
  if (live.kind === 'unusable') return `replaces a value that can't be used (${live.reason})`
  if (!live.isRecord) return 'replaces a pasted document'
  if (live.rules.revision === revision) {
    if (written.isPending) return `same rules as KV shows, after ${written.revision}`
    const before = live.rules.publication.settings
    if (before === undefined) return 'same rules, new record schema'
    return before === settings ? 'same rules, written again' : 'same rules, for other settings'
  }
  return `replaces ${live.rules.revision}`
}

function resultJson(result: PublishResult) {
  const { host, key, kind, status } = result
  if (kind === 'settings') return { host, key, kind, status }
  const { revision, source, configuration } = result.record
  return {
    host,
    key,
    kind,
    status,
    revision,
    rules: configuration.rules.length,
    dialect: result.dialect,
    source,
    previous: result.live.kind === 'rules' ? result.live.rules.revision : null,
    ...comparisonJson(comparisonOf(result)),
  }
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
