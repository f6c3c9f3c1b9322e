/**
 * @module
 * `npm run test:mutation`: breaks the source in each way that mutations.ts names, in a copy of this checkout, and asks
 * the tests. A mutation that no test notices fails the run, and so does one whose text no longer stands in the source.
 */

import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { MUTATIONS, type Mutation, type Share } from './mutations.ts'
import { tableOf } from './table.ts'

/** What the tests need of the checkout. */
const COPIED = [
  'src',
  'test',
  'scripts',
  'tools',
  'demo',
  'docs',
  'package.json',
  'tsconfig.json',
  'tsconfig.node.json',
  'wrangler.toml',
]
const CONFIG = 'mutation.config.mjs'
/** A mutated scan may never end. In milliseconds. */
const TIMEOUT_MS = 180_000
const LANES = Math.min(2, availableParallelism())

type Verdict =
  | { readonly kind: 'noticed'; readonly by: string }
  | { readonly kind: 'survived' }
  /** The tests could not be run, which shows nothing. */
  | { readonly kind: 'invalid'; readonly why: string }

interface Lane {
  readonly directory: string
  readonly mark: string
}

/** A copy of the checkout with what is installed linked, so that nothing here is ever changed. */
function laneOf(directory: string, index: number): Lane {
  const lane = join(directory, `lane-${index}`)
  const isInstalled = (path: string) => path.includes('node_modules')
  for (const path of COPIED) cpSync(path, join(lane, path), { recursive: true, filter: p => !isInstalled(p) })
  symlinkSync(resolve('node_modules'), join(lane, 'node_modules'), 'dir')
  // test/setup.ts builds the demo bucket for the other test runs.
  const outdir = join(lane, '.wrangler/demo-bucket')
  execFileSync('wrangler', ['deploy', '--dry-run', '-c', 'demo/wrangler.toml', '--outdir', outdir], {
    cwd: lane,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const cacheDir = JSON.stringify(join(directory, `cache-${index}`))
  writeFileSync(
    join(lane, CONFIG),
    `export default { cacheDir: ${cacheDir}, test: { include: ['test/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 } }\n`,
  )
  return { directory: lane, mark: `${index + 1}` }
}

/** Groups of processes that are under way. */
const running = new Set<number>()
const kill = (group: number): void => {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {
    // It has just ended.
  }
}

/** Runs a script of Node.js in a lane; the end of its output where it fails, or does not end in time. */
function run(lane: Lane, args: readonly string[]): Promise<{ ok: boolean; output: string; ended: boolean }> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, {
      cwd: lane.directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that what it has started ends with it.
      detached: true,
    })
    const group = child.pid ?? 0
    if (group > 0) running.add(group)
    let output = ''
    let ended = true
    const keep = (text: Buffer) => {
      output = (output + text.toString()).slice(-2000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const timer = setTimeout(() => {
      ended = false
      if (group > 0) kill(group)
    }, TIMEOUT_MS)
    child.on('error', fail)
    child.on('close', code => {
      clearTimeout(timer)
      running.delete(group)
      done({ ok: code === 0, output, ended })
    })
  })
}

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

/** Whether the tests notice what the lane holds. */
async function ask(lane: Lane, share: Share): Promise<Verdict> {
  if (share.built) {
    const built = await run(lane, ['scripts/build.ts'])
    if (!built.ok) return { kind: 'invalid', why: `it does not build: ${built.output}` }
  }
  const report = join(lane.directory, 'report.json')
  rmSync(report, { force: true })
  const vitest = resolve('node_modules/vitest/vitest.mjs')
  const options = ['--bail=1', '--maxWorkers=1', '--no-isolate', '--reporter=json', `--outputFile=${report}`]
  const { ok, output, ended } = await run(lane, [vitest, 'run', '-c', CONFIG, ...options, ...share.files])
  if (ok) return { kind: 'survived' }
  if (!ended) return { kind: 'noticed', by: `did not end within ${TIMEOUT_MS / 1000} s` }
  if (!existsSync(report)) return { kind: 'invalid', why: output }
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report
  for (const { name, assertionResults } of testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed')
    const file = name.slice(name.lastIndexOf('/test/') + '/test/'.length).replace('.test.ts', '')
    if (failed !== undefined) return { kind: 'noticed', by: `${file}: ${failed.fullName}` }
  }
  return { kind: 'invalid', why: testResults.map(({ message }) => message).join('\n') || output }
}

async function judge(lane: Lane, { file, find, replace, share }: Mutation): Promise<Verdict> {
  const path = join(lane.directory, file)
  const source = readFileSync(path, 'utf8')
  writeFileSync(
    path,
    source.replace(find, () => replace),
  )
  try {
    return await ask(lane, share)
  } finally {
    writeFileSync(path, source)
  }
}

/** The mutations whose text does not stand in their file exactly once. */
const misplaced = MUTATIONS.flatMap(({ name, file, find }) => {
  const times = readFileSync(file, 'utf8').split(find).length - 1
  return times === 1 ? [] : [`${name}: ${file} holds its text ${times} times, and not once.`]
})
if (misplaced.length > 0) {
  console.error(`scripts/mutations.ts does not fit the source:\n${misplaced.join('\n')}`)
  process.exit(1)
}

const [only] = process.argv.slice(2)
const chosen = MUTATIONS.filter(({ name, file }) => only === undefined || `${file} ${name}`.includes(only))
const directory = mkdtempSync(join(tmpdir(), 'edge-preflight-mutation-'))
process.on('exit', () => {
  for (const group of running) kill(group)
  rmSync(directory, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

const started = performance.now()
const lanes = Array.from({ length: LANES }, (_, index) => laneOf(directory, index))

/** Gives each lane the next piece of work as soon as it is free; the longest should come first. */
async function spread<T>(work: readonly T[], each: (lane: Lane, item: T) => Promise<void>): Promise<void> {
  const queue = [...work]
  await Promise.all(
    lanes.map(async lane => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await each(lane, item)
    }),
  )
}
const builtFirst = (a: { share: Share }, b: { share: Share }): number =>
  Number(b.share.built) - Number(a.share.built)

// A test that fails on the source as it is would notice anything.
const shares = [...new Set(chosen.map(({ share }) => share))].map(share => ({ share }))
const red: string[] = []
await spread(shares.sort(builtFirst), async (lane, { share }) => {
  const verdict = await ask(lane, share)
  if (verdict.kind === 'noticed') red.push(verdict.by)
  if (verdict.kind === 'invalid') red.push(verdict.why)
})
if (red.length > 0) {
  console.error(`The tests fail on the source as it is:\n${red.join('\n')}`)
  process.exit(1)
}

const verdicts = new Map<Mutation, Verdict>()
await spread([...chosen].sort(builtFirst), async (lane, mutation) => {
  const verdict = await judge(lane, mutation)
  verdicts.set(mutation, verdict)
  console.error(`${verdicts.size}/${chosen.length} ${verdict.kind}: ${mutation.name}`)
})

const rows = chosen.map(mutation => {
  const verdict = verdicts.get(mutation)
  const outcome = verdict?.kind === 'noticed' ? verdict.by : (verdict?.kind ?? 'invalid').toUpperCase()
  return [mutation.file.replace('src/', ''), mutation.name, outcome]
})
console.log(tableOf(['source', 'mutation', 'noticed by'], rows))
const count = (kind: Verdict['kind']): number => [...verdicts.values()].filter(v => v.kind === kind).length
const seconds = ((performance.now() - started) / 1000).toFixed(0)
console.log(
  `\n${chosen.length} mutations: ${count('noticed')} noticed, ${count('survived')} survived, ${count('invalid')} invalid, in ${seconds} s.`,
)
for (const [{ name }, verdict] of verdicts)
  if (verdict.kind === 'invalid') console.error(`\n${name}: ${verdict.why}`)
process.exitCode = count('noticed') === chosen.length ? 0 : 1
