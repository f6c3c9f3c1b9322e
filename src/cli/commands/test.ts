/**
 * @module
 * `rules test`: checks rules against their expectations, and how much of the rules these touch.
 */

import { existsSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { DIALECTS, type DialectName } from '../../cors/dialect.ts'
import type { Asked } from '../../explain/outcome.ts'
import { type CaseCoverage, coverageOf, coverageText } from '../cases/coverage.ts'
import { failureAnnotation, failureJson, failureText } from '../cases/report.ts'
import { casesFileOf, isFailure, readCasesFile, runCases } from '../cases/run.ts'
import { CASES_SUFFIX } from '../files/files.ts'
import { readFileSource } from '../files/source.ts'
import { annotation } from '../print/findings.ts'
import { count, print, printJson, visible } from '../print/terminal.ts'
import { UserError } from '../user-error.ts'

interface TestOptions {
  cases?: string
  dialect: DialectName
  strict?: number | true
  format: 'text' | 'github'
  json?: true
}

export function addTest(program: Command): void {
  program
    .command('test')
    .summary('check rules against expectations')
    .description(
      'Asks a rules file about requests and compares the outcome with expectations. These are kept beside the rules, ' +
        'in <name>.cases.json: [{"name", "origin", "method", "headers", "actual", "credentials", "expect", "rule"}, …], ' +
        'where expect is "allowed" or "refused", and all but origin, method and expect can be left out. ' +
        'Coverage counts the rules that answer a case, and their origins, methods and headers that a case matches.',
    )
    .argument('<file>', 'a rules file')
    .option('--cases <file>', `the expectations (default: beside the rules, <name>${CASES_SUFFIX})`)
    .option('--strict [percent]', 'fail below this coverage (default: 100)', percentOf)
    .addOption(
      new Option('--dialect <dialect>', 'the vendor whose answers are expected')
        .choices(DIALECTS)
        .default('cos'),
    )
    .addOption(
      new Option('--format <format>', 'github prints workflow annotations')
        .choices(['text', 'github'])
        .default('text'),
    )
    .addOption(new Option('--json', 'one JSON document').conflicts('format'))
    .addHelpText(
      'after',
      '\nExample: npm run rules -- test rules/files.example.com.xml --strict 80\n' +
        '\nExit code: 0 all is as expected, 1 something is not (with --strict: or coverage is too low), 2 a problem with a file.',
    )
    .action(test)
}

function percentOf(text: string): number {
  const percent = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN
  if (percent <= 100) return percent
  throw new InvalidArgumentError('Accepted: a whole number from 0 to 100.')
}

async function test(file: string, options: TestOptions): Promise<void> {
  const source = await readFileSource(file)
  const casesFile = options.cases ?? casesFileOf(file)
  if (options.cases === undefined && !existsSync(casesFile)) {
    throw new UserError(
      `${visible(casesFile)}: the file does not exist. Write the expectations there, or name the file with --cases.`,
    )
  }
  const cases = await readCasesFile(casesFile)
  const asked: Asked = {
    configuration: source.configuration,
    dialect: options.dialect,
    unmatched: 'refuse',
    url: 'https://files.example.com/exampleobject',
  }
  const results = await runCases(asked, cases)
  const failures = results.filter(isFailure)
  const coverage = coverageOf(source.configuration, results)
  const tooLow = whyTooLow(coverage, options)
  const failed = failures.length > 0 || tooLow !== null
  if (options.json) {
    printJson({
      ...{ rules: file, cases: casesFile, total: cases.length },
      failures: failures.map(failureJson),
      coverage,
      failed,
    })
  } else if (options.format === 'github') {
    for (const failure of failures) print(failureAnnotation(casesFile, failure))
    if (tooLow !== null)
      print(annotation('error', { file, title: 'coverage' }, `${tooLow}\n${coverageText(coverage)}`))
  } else for (const failure of failures) print(`${failureText(casesFile, failure, asked, source.name)}\n`)
  if (!options.json) {
    print(`${visible(file)}: ${count(cases.length, 'case')}, ${failures.length} failed.`)
    print(coverageText(coverage))
    if (tooLow !== null) print(tooLow)
  }
  process.exitCode = failed ? 1 : 0
}

function whyTooLow({ percent }: CaseCoverage, { strict }: TestOptions): string | null {
  if (strict === undefined) return null
  const least = strict === true ? 100 : strict
  return percent >= least ? null : `The coverage of ${percent} % is below ${least} %.`
}
