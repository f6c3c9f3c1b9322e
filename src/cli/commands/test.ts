/**
 * @module
 * `rules test`: checks rules against their expectations.
 */

import { existsSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { requestText } from '../../compare/difference-text.ts'
import { DIALECTS, type DialectName } from '../../cors/dialect.ts'
import { hasErrors } from '../../cors/findings.ts'
import { type Asked, type Outcome, outcomeOf } from '../../explain/outcome.ts'
import { smallestChange } from '../../explain/smallest-change.ts'
import { NOT_DEPLOYED } from '../files/buckets-json.ts'
import type { Case } from '../files/cases.ts'
import { CASES_SUFFIX } from '../files/files.ts'
import { readFiles } from '../files/read.ts'
import { readFileSource } from '../files/source.ts'
import { browserText, changeText, rulesText } from '../print/explanation.ts'
import { findingsText } from '../print/findings.ts'
import { indented } from '../print/layout.ts'
import { count, print, printJson, style, visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'

interface TestOptions {
  cases?: string
  dialect: DialectName
  json?: true
}

/** A case that came out otherwise than expected. */
interface CaseFailure {
  readonly expected: Case
  readonly outcome: Outcome
  /** What differs, as a sentence. */
  readonly reason: string
}

export function addTest(program: Command): void {
  program
    .command('test')
    .summary('check rules against expectations')
    .description(
      'Asks a rules file about requests and compares the outcome with expectations. These are kept beside the rules, ' +
        'in <name>.cases.json: [{"name", "origin", "method", "headers", "actual", "credentials", "expect", "rule"}, …], ' +
        'where expect is "allowed" or "refused", and all but origin, method and expect can be left out.',
    )
    .argument('<file>', 'a rules file')
    .option('--cases <file>', `the expectations (default: beside the rules, <name>${CASES_SUFFIX})`)
    .addOption(
      new Option('--dialect <dialect>', 'the vendor whose answers are expected')
        .choices(DIALECTS)
        .default('cos'),
    )
    .option('--json', 'one JSON document')
    .addHelpText(
      'after',
      '\nExample: npm run rules -- test rules/files.example.com.xml\n' +
        '\nExit code: 0 all is as expected, 1 something is not, 2 a problem with a file.',
    )
    .action(test)
}

async function test(file: string, options: TestOptions): Promise<void> {
  const source = await readFileSource(file)
  const casesFile = options.cases ?? file.replace(/\.[^./\\]*$/, '') + CASES_SUFFIX
  if (options.cases === undefined && !existsSync(casesFile)) {
    throw new UserError(
      `${visible(casesFile)}: the file does not exist. Write the expectations there, or name the file with --cases.`,
    )
  }
  const cases = await casesIn(casesFile)
  const asked: Asked = {
    configuration: source.configuration,
    dialect: options.dialect,
    unmatched: 'refuse',
    url: 'https://files.example.com/exampleobject',
  }
  const failures: CaseFailure[] = []
  for (const expected of cases) {
    const outcome = await outcomeOf(asked, expected)
    const reason = whyFailed(expected, outcome)
    if (reason !== null) failures.push({ expected, outcome, reason })
  }
  if (options.json) {
    printJson({
      rules: file,
      cases: casesFile,
      total: cases.length,
      failures: failures.map(({ expected, outcome, reason }) => ({
        case: expected.position,
        name: expected.name,
        reason,
        allowed: outcome.allowed,
        answeredBy: outcome.explanation.answeredBy === null ? null : outcome.explanation.answeredBy + 1,
      })),
      failed: failures.length > 0,
    })
  } else {
    for (const failure of failures) print(`${failureText(casesFile, failure, asked, source.name)}\n`)
    print(`${visible(file)}: ${count(cases.length, 'case')}, ${failures.length} failed.`)
  }
  process.exitCode = failures.length > 0 ? 1 : 0
}

/** @throws {UserError} when the file can't be read, or has errors */
async function casesIn(file: string): Promise<readonly Case[]> {
  const [reading] = await readFiles([file], NOT_DEPLOYED, 'cases')
  if (reading?.kind === 'unreadable') throw new UserError(reading.problem)
  if (reading?.kind !== 'cases') return []
  if (hasErrors(reading.findings)) {
    throw new UserError(
      `${findingsText(reading)}\n\n${visible(file)} has errors, so nothing was tested: correct them first.`,
    )
  }
  return reading.cases
}

/** Returns null if the case came out as expected. */
function whyFailed({ expect, rule }: Case, { allowed, explanation }: Outcome): string | null {
  if (allowed !== (expect === 'allowed'))
    return `It is expected to be ${expect}, and is ${allowed ? 'allowed' : 'refused'}.`
  if (rule === null) return null
  const answering = explanation.answeredBy === null ? undefined : explanation.rules[explanation.answeredBy]
  if (answering !== undefined && (rule === answering.position + 1 || rule === answering.rule.id)) return null
  const by = answering === undefined ? 'no rule' : `rule ${answering.position + 1}`
  return `It is expected to be answered by rule ${rule}, and is by ${by}.`
}

function failureText(
  file: string,
  { expected, outcome, reason }: CaseFailure,
  asked: Asked,
  name: string,
): string {
  const title = expected.name ?? requestText(outcome.facts)
  const head = [
    style('bold', `${visible(file)}[${expected.position}]`),
    style('red', 'failed'),
    visible(title),
  ]
  const change = smallestChange(asked.configuration, outcome.facts, outcome.question)
  const explanation = [
    rulesText(outcome, `${name} (${asked.dialect})`),
    browserText(outcome),
    ...(change === null ? [] : [changeText(change)]),
  ]
  return `${head.join('  ')}\n  ${reason}\n\n${indented(explanation.join('\n\n'), '  ')}`
}
