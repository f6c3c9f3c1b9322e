/**
 * @module
 * What each optimisation is worth: the Worker as it is beside the same with that one undone, in one run, by the time
 * that workerd computes for a request: what else the machine does meanwhile changes that the least.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Edit, editedBundle } from './edited.ts'
import { type Load, requestsPerSecond, script } from './load.ts'
import { inRounds, launched, median, type Row, ratioOf } from './rows.ts'
import { FILL_SECONDS, KV_OF_HOSTS, LASTING, ONE_HOST } from './worker.ts'
import { cpuMicros, type Subject, startWorkerd } from './workerd.ts'

interface Optimisation {
  readonly name: string
  readonly of: keyof typeof LOADS | 'bundle'
  /** They bring back what stood there before. */
  readonly edits: readonly Edit[]
}

const LOADS = {
  preflight: ONE_HOST,
} as const satisfies Record<string, Load>

export const OPTIMISATIONS: readonly Optimisation[] = [
  {
    name: 'preflights do not go through the router',
    of: 'preflight',
    edits: [
      ['src/index.ts', "request.method === 'OPTIONS'", 'false'],
      ['src/worker/request.ts', /^import .+\n/m, "$&import { answerOptions } from './preflight.ts'\n"],
      [
        'src/worker/request.ts',
        "app.all('*', ",
        "app.options('*', c => answerOptions(c.req.raw, c.env, c.executionCtx))\napp.all('*', ",
      ],
    ],
  },
  {
    name: 'a Response copies the template of a rule, not its pairs',
    of: 'preflight',
    edits: [
      [
        'src/answers/preflight.ts',
        'headers: decision.sets.preflight',
        'headers: [...decision.sets.preflight]',
      ],
    ],
  },
  {
    name: 'the XML reader has nothing that never runs',
    of: 'bundle',
    edits: [['wrangler.toml', /\[alias\]\n(?:".+\n)+/, '']],
  },
  {
    name: 'advice is left to the command line',
    of: 'bundle',
    edits: [
      [
        'src/rules/decode.ts',
        "import { readDocument } from '../formats/read.ts'",
        "import { readAdvised as readDocument } from '../advice/read.ts'",
      ],
    ],
  },
]

/** Medians of the rounds of several launches. */
export async function undoneRows(launches = 7, rounds = 2): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'edge-preflight-undone-'))
  try {
    const now = readFileSync('dist/index.js', 'utf8')
    const rows: Row[] = []
    const gzip = (source: string) => gzipSync(source, { level: 9 }).length / 1024
    for (const of of Object.keys(LOADS) as (keyof typeof LOADS)[]) {
      const measured = OPTIMISATIONS.filter(one => one.of === of)
      const sources = [now, ...measured.map(one => editedBundle(one.edits, folder))]
      const costs = await launched(launches, () => costsOf(sources, LOADS[of], folder, rounds))
      for (const [at, { name }] of measured.entries())
        rows.push(rowOf(`${of}: ${name}`, costs.get(nameOf(at + 1)) ?? [], costs.get(nameOf(0)) ?? [], 'µs'))
    }
    for (const one of OPTIMISATIONS.filter(({ of }) => of === 'bundle'))
      rows.push(
        rowOf(`bundle, gzip: ${one.name}`, [gzip(editedBundle(one.edits, folder))], [gzip(now)], 'KiB'),
      )
    return rows
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Of the values of each round. */
function rowOf(name: string, before: readonly number[], after: readonly number[], unit: string): Row {
  const ratio = ratioOf(after, before)
  return {
    group: 'Before and after',
    name,
    figure: `${median(before).toFixed(1)} → ${median(after).toFixed(1)} ${unit}`,
    ratio,
    over: 'the same with this undone',
    goal: null,
    measured: ratio,
  }
}

/** Of the sources, the first is the Worker as it is. */
const nameOf = (at: number): string => `edge${at}`

/** Microseconds of workerd for a request: of each source, in each round. */
async function costsOf(
  sources: readonly string[],
  load: Load,
  folder: string,
  rounds: number,
): Promise<Map<string, number[]>> {
  const vars = { ORIGIN: 'http://127.0.0.1:9', ...LASTING }
  const subjects = sources.map((source, at): Subject => ({ name: nameOf(at), source, kv: true, vars }))
  const names = subjects.map(({ name }) => name)
  const workerd = await startWorkerd([...subjects, KV_OF_HOSTS], '', names)
  try {
    const lua = script(folder, 'undone', load)
    const run = (name: string, time: number) => requestsPerSecond(`${workerd.url(name)}/key`, lua, time)
    for (const name of names) await run(name, load.hosts > 1 ? FILL_SECONDS : 1)
    return await inRounds(names, rounds, async name => {
      const before = cpuMicros(workerd.pid)
      const rate = await run(name, 1)
      return (cpuMicros(workerd.pid) - before) / rate
    })
  } finally {
    await workerd.stop()
  }
}
