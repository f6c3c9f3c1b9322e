/**
 * @module
 * `npm run bench`: all benchmarks in one table, printed, written to bench/results.json and into
 * docs/performance.md. Figures are of this machine; ratios are within this run.
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
import { workerRows } from './worker.ts'

const RESULTS = 'bench/results.json'
const DOCUMENT = 'docs/performance.md'
const BEGIN = '<!-- bench: begin -->'
const END = '<!-- bench: end -->'

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
const unknown = chosen.find(name => !Object.hasOwn(SECTIONS, name))
if (unknown !== undefined) {
  console.error(`There is no ${unknown}: choose of ${Object.keys(SECTIONS).join(', ')}, or nothing for all.`)
  process.exit(2)
}
const canLoad = hasWrk()
if (!canLoad)
  console.error('The Worker under load is left out: wrk is not installed (Debian: apt-get install wrk).')
if (CHROMIUM === undefined)
  console.error('The playground is measured in size alone: there is no Chromium (CHROMIUM).')

const earlier = JSON.parse(readFileSync(RESULTS, 'utf8')) as { rows: Row[] }
const rows: Row[] = []
for (const [name, [group, measure]] of Object.entries(SECTIONS)) {
  const isMeasured = chosen.length === 0 || chosen.includes(name)
  if (NEED_WRK.has(name) && !canLoad) continue
  if (isMeasured) {
    console.error(`measuring ${group} …`)
    rows.push(...(await measure()))
  } else rows.push(...earlier.rows.filter(row => row.group === group))
}

const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, Node ${process.version}`
const date = new Date().toISOString().slice(0, 10)
const table = tableOf(rows)
console.log(table)
writeFileSync(RESULTS, `${JSON.stringify({ date, machine, rows }, null, 2)}\n`)
writeDocument(`Measured on ${date} by \`npm run bench\` on ${machine}.\n\n${table}`)

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

/** Puts the table between the marks of docs/performance.md; the words around it are people's. */
function writeDocument(text: string): void {
  const document = readFileSync(DOCUMENT, 'utf8')
  const begin = document.indexOf(BEGIN)
  const end = document.indexOf(END)
  if (begin === -1 || end < begin) throw new Error(`${DOCUMENT} lacks its marks ${BEGIN} and ${END}`)
  writeFileSync(DOCUMENT, `${document.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${document.slice(end)}`)
}
