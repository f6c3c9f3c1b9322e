/**
 * @module
 * `npm run test:deep`: every property that generates its cases, tried at length and with new seeds, in one table.
 * DEEP_RUNS is how many requests are generated in all, at least; 1,000,000 without it.
 */

import { globSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { relative } from 'node:path'
import { startVitest, type TestCase } from 'vitest/node'
import { tableOf } from './table.ts'

const LEAST_REQUESTS = Number(process.env.DEEP_RUNS ?? 1_000_000)
if (!Number.isSafeInteger(LEAST_REQUESTS) || LEAST_REQUESTS < 1) {
  console.error(`DEEP_RUNS is "${process.env.DEEP_RUNS}", and not a number of requests.`)
  process.exit(2)
}
/** Requests that all properties together generate for one run of the widest. */
const REQUESTS_PER_RUN = 4.5

/** What generates cases with fast-check; of these, what generates requests. */
const generating = globSync('test/{unit,model,fuzz,worker}/**/*.test.ts')
  .map(file => file.replaceAll('\\', '/'))
  .filter(file => readFileSync(file, 'utf8').includes("from 'fast-check'"))
const makesRequests = (file: string): boolean =>
  /import \{[^}]*\b(cases|requestsFor)\b[^}]*\} from '[^']*generators\.ts'/.test(readFileSync(file, 'utf8'))

interface Property {
  readonly file: string
  readonly name: string
  readonly runs: number
  readonly failed: boolean
  readonly seconds: number
}

const properties: Property[] = []
const failures: string[] = []

function note(test: TestCase): void {
  const runs = test.meta().runs ?? 0
  const result = test.result()
  const file = relative(process.cwd(), test.module.moduleId).replaceAll('\\', '/')
  const failed = result.state === 'failed'
  if (failed)
    failures.push(`${file} > ${test.fullName}\n${result.errors.map(error => error.message).join('\n')}`)
  if (runs === 0 && !failed) return
  const seconds = (test.diagnostic()?.duration ?? 0) / 1000
  properties.push({ file, name: test.fullName, runs, failed, seconds })
  console.error(`${failed ? 'failed' : 'held'} ${runs} times in ${seconds.toFixed(1)} s: ${test.fullName}`)
}

const started = performance.now()
console.error(`${generating.length} files of generated cases, ${LEAST_REQUESTS} requests at least …`)
const vitest = await startVitest(generating, {
  config: false,
  watch: false,
  maxWorkers: availableParallelism(),
  setupFiles: ['test/model/count-runs.ts'],
  env: { MODEL_RUNS: String(Math.ceil(LEAST_REQUESTS / REQUESTS_PER_RUN)) },
  testTimeout: 24 * 3_600_000,
  reporters: [{ onTestCaseResult: note }],
})
const unhandled = vitest.state.getUnhandledErrors().map(String)
await vitest.close()

const sum = (some: readonly Property[]): number => some.reduce((all, { runs }) => all + runs, 0)
const requests = sum(properties.filter(({ file }) => makesRequests(file)))
const number = (value: number): string => value.toLocaleString('en-US')
console.log(
  tableOf(
    ['property', 'runs', 'outcome', 'seconds'],
    properties
      .sort((a, b) => a.file.localeCompare(b.file))
      .map(({ file, name, runs, failed, seconds }) => [
        `${file.replace(/^test\/|\.test\.ts$/g, '')}: ${name}`,
        number(runs),
        failed ? 'FAILED' : 'held',
        seconds.toFixed(1),
      ]),
  ),
)
const elapsed = ((performance.now() - started) / 1000).toFixed(0)
console.log(
  `\n${number(requests)} generated requests and ${number(sum(properties) - requests)} other cases in ${elapsed} s.`,
)
for (const failure of [...failures, ...unhandled]) console.error(`\n${failure}`)
if (requests < LEAST_REQUESTS) console.error(`\nThese are fewer requests than ${number(LEAST_REQUESTS)}.`)
process.exit(failures.length > 0 || unhandled.length > 0 || requests < LEAST_REQUESTS ? 1 : 0)
