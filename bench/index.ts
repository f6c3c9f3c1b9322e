/**
 * @module
 * `npm run bench`: all benchmarks in one table, printed, written to bench/results.json and into
 * docs/performance.md. Figures are of this machine; ratios are within this run. `waterfall` is measured only where it is
 * chosen, and has a table of its own.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { CHROMIUM } from '../tools/chromium.ts'
import { coldRows } from './cold.ts'
import { decideRows } from './decide.ts'
import { hasWrk } from './load.ts'
import { memoryRows } from './memory.ts'
import { playgroundRows } from './playground.ts'
import { proofRows } from './proofs.ts'
import { type Row, reached } from './rows.ts'
import { streamingRow } from './streaming.ts'
import { undoneRows } from './undone.ts'
import { measureWaterfall, waterfallTable } from './waterfall.ts'
import { workerRows } from './worker.ts'

const RESULTS = 'bench/results.json'
const DOCUMENT = 'docs/performance.md'
const WATERFALL = 'waterfall'

/** By the name that the command line takes: the group of its rows, and what measures them. */
const SECTIONS: Readonly<Record<string, readonly [group: string, measure: () => Promise<Row[]>]>> = {
  decide: ['decide', decideRows],
  cold: ['cold', coldRows],
  memory: ['memory', memoryRows],
  proofs: ['proofs', proofRows],
  worker: ['Worker under load', workerRows],
  undone: ['Before and after', undoneRows],
  streaming: ['Streaming', async () => [await streamingRow()]],
  playground: ['playground', playgroundRows],
}
const NEED_WRK: ReadonlySet<string> = new Set(['worker', 'undone'])

const chosen = process.argv.slice(2)
const unknown = chosen.find(name => !Object.hasOwn(SECTIONS, name) && name !== WATERFALL)
if (unknown !== undefined) {
  const names = Object.keys(SECTIONS).join(', ')
  console.error(
    `There is no ${unknown}: choose of ${names}, ${WATERFALL}, or nothing for all but ${WATERFALL}.`,
  )
  process.exit(2)
}
const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, Node ${process.version}`
const date = new Date().toISOString().slice(0, 10)
const earlier = JSON.parse(readFileSync(RESULTS, 'utf8')) as { rows: Row[]; waterfall?: object }
if (chosen.includes(WATERFALL)) {
  await measureUsersFigure()
  if (chosen.length === 1) process.exit(0)
}
const canLoad = hasWrk()
if (!canLoad)
  console.error('The Worker under load is left out: wrk is not installed (Debian: apt-get install wrk).')
if (CHROMIUM === undefined)
  console.error('The playground is measured in size alone: there is no Chromium (CHROMIUM).')

const rows: Row[] = []
for (const [name, [group, measure]] of Object.entries(SECTIONS)) {
  const isMeasured = chosen.length === 0 || chosen.includes(name)
  if (NEED_WRK.has(name) && !canLoad) continue
  if (isMeasured) {
    console.error(`measuring ${group} …`)
    rows.push(...(await measure()))
  } else rows.push(...earlier.rows.filter(row => row.group === group))
}

const table = tableOf(rows)
console.log(table)
writeResults({ ...earlier, date, machine, rows })
writeDocument('bench', `Measured on ${date} by \`npm run bench\` on ${machine}.\n\n${table}`)

function tableOf(all: readonly Row[]): string {
  const cells = all.map(row => {
    const ok = reached(row)
    return [
      row.group,
      row.name,
      row.figure,
      row.ratio === null ? '' : row.ratio.toFixed(row.ratio < 0.1 ? 3 : 2),
      row.over,
      goalOf(row),
      ok === null ? '' : ok ? 'yes' : 'no',
    ]
  })
  const head = ['part', 'what', 'figure', 'ratio', 'over', 'goal', 'reached']
  const widths = head.map((title, at) => Math.max(title.length, ...cells.map(line => line[at]?.length ?? 0)))
  const line = (texts: readonly string[]) =>
    `| ${texts.map((text, at) => text.padEnd(widths[at] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map(width => '-'.repeat(width))), ...cells.map(line)].join('\n')
}

function goalOf({ goal }: Row): string {
  if (goal === null) return ''
  const unit = goal.unit === undefined ? '' : ` ${goal.unit}`
  return goal.most === undefined ? `at least ${goal.least}${unit}` : `at most ${goal.most}${unit}`
}

/** What a user waits for: minutes of delays in Chromium. */
async function measureUsersFigure(): Promise<void> {
  if (CHROMIUM === undefined) {
    console.error(`${WATERFALL} needs Chromium: install it, or name one with CHROMIUM.`)
    process.exit(2)
  }
  console.error(`measuring ${WATERFALL} …`)
  const results = await measureWaterfall()
  const measured = waterfallTable(results)
  console.log(measured)
  earlier.waterfall = { date, machine, results }
  writeResults(earlier)
  const heading = `Measured on ${date} by \`npm run bench -- ${WATERFALL}\` on ${machine}.`
  writeDocument(WATERFALL, `${heading}\n\n${measured}`)
}

function writeResults(results: object): void {
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`)
}

/** Puts a table between its marks in docs/performance.md; the words around it are people's. */
function writeDocument(name: string, text: string): void {
  const [beginMark, endMark] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`]
  const document = readFileSync(DOCUMENT, 'utf8')
  const begin = document.indexOf(beginMark)
  const end = document.indexOf(endMark)
  if (begin === -1 || end < begin) throw new Error(`${DOCUMENT} lacks its marks ${beginMark} and ${endMark}`)
  writeFileSync(
    DOCUMENT,
    `${document.slice(0, begin + beginMark.length)}\n\n${text}\n\n${document.slice(end)}`,
  )
}
