/**
 * @module
 * `npm run test:load`: the built Worker on bare workerd, under a load of mixed hosts and origins, while its rules are
 * replaced. Every answer is checked; figures in one table; it fails when one is beyond its bound.
 */

import { readFileSync } from 'node:fs'
import { residentBytes, type Subject, startWorkerd } from '../../bench/workerd.ts'
import { tableOf } from '../../scripts/table.ts'
import { type Request, run, type Totals } from './pipeline.ts'
import {
  ASKED_HEADER,
  allowedOrigin,
  faultOf,
  faultOfRefusal,
  refusedOrigin,
  revisionOf,
  valuesOf,
} from './revisions.ts'

const HOSTS = 10_000
/** Each request has an origin of its own. */
const ORIGINS = 1_000_000
const REPLACEMENTS = 200
/** Hosts that get nearly all requests; one of 40 goes to any. */
const BUSY_HOSTS = 100
/** Short, so that every host re-reads its rules many times. */
const TTL_SECONDS = 2
/** Wrong answers after which the load ends. */
const MAX_WRONG = 100
const CONNECTIONS = 16
const DEPTH = 32
/** What V8 is held to, as on Cloudflare: an isolate that needs more ends, and every answer after it is missing. */
const ISOLATE_MIB = 128
/** Resident memory may grow by as much while the second half of the origins comes, in bytes: a leak would not end. */
const MAX_GROWTH_BYTES = ISOLATE_MIB * 1024 * 1024
/** Longest run, in milliseconds: a machine that is slower than this is not tested but stuck. */
const DEADLINE_MS = 600_000
/** As long as the last revision may take to be everywhere, in milliseconds. */
const CONVERGENCE_MS = 20_000

/** KV for all hosts: each has one of the four kinds of value, and every other one its own dialect. */
const KV = `
let values = []
// Documents pasted by hand are one of ten: compiling them costs what a record saves.
const KINDS = [2, 0, 1, 0, 1, 0, 1, 0, 1, 0, 3, 1, 0, 1, 0, 1, 0, 1, 0, 1]
const numberOf = key => Number(/:h(\\d+)\\./.exec(key)?.[1] ?? -1)
function valueOf(key) {
  const host = numberOf(key)
  if (host < 0) return null
  if (key.startsWith('cors:')) return values[KINDS[(host >> 1) % KINDS.length]]
  return host % 2 === 1 ? '{"dialect":"s3"}' : null
}
export default {
  async fetch(request) {
    if (request.method === 'GET') return new Response('KV')
    const body = await request.json()
    if (request.method === 'POST') return Response.json(Object.fromEntries(body.keys.map(key => [key, valueOf(key)])))
    values = body
    return new Response('kept')
  },
}`

const BUCKET: Subject = {
  name: 'bucket',
  source: `export default { fetch() { return new Response('object', { headers: {
    'access-control-allow-origin': '*', 'access-control-expose-headers': 'x-rev-0', etag: '"e"' } }) } }`,
}

/** Numbers that look random and are the same in each run (mulberry32). */
let seed = 1
function random(below: number): number {
  seed = (seed + 0x6d2b79f5) | 0
  let bits = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
  return ((bits ^ (bits >>> 14)) >>> 0) % below
}

const bucket = await startWorkerd([BUCKET], '')
const edge: Subject = {
  name: 'edge',
  source: readFileSync('dist/index.js', 'utf8'),
  kv: true,
  vars: { ORIGIN: bucket.url('bucket'), POLICY_TTL_SECONDS: String(TTL_SECONDS) },
}
const workerd = await startWorkerd(
  [edge, { name: 'kv', source: KV }],
  '',
  ['kv'],
  [`--max-old-space-size=${ISOLATE_MIB}`],
)

const totals: Totals = { answers: 0, wrong: 0, samples: [] }
let revision = 0
async function publish(next: number): Promise<void> {
  const body = JSON.stringify(await valuesOf(next))
  // Counted as told before it is: an answer may have it before the writer hears that it is there.
  revision = next
  try {
    const kept = await fetch(workerd.url('kv'), { method: 'PUT', body })
    if (!kept.ok) throw new Error(`KV answered ${kept.status}`)
  } catch (error) {
    totals.wrong++
    totals.samples.push(String(error))
  }
}

const hosts = new Set<number>()
const revisions = new Set<number>()
let origins = 0

/** A request of one of the four kinds, with its check. */
function request(at: number, host: number): Request {
  const dialect = host % 2 === 1 ? 's3' : 'cos'
  const draw = random(100)
  const isPreflight = draw < 97
  const isAllowed = draw < 85 || draw >= 98
  const origin = isAllowed ? allowedOrigin(at) : refusedOrigin(at)
  const asks = isPreflight
    ? `Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: ${ASKED_HEADER}\r\n`
    : ''
  return {
    bytes: `${isPreflight ? 'OPTIONS' : 'GET'} /k${at} HTTP/1.1\r\nHost: h${host}.example\r\nOrigin: ${origin}\r\n${asks}\r\n`,
    check(answer) {
      if (!isAllowed) return faultOfRefusal(answer)
      revisions.add(revisionOf(answer))
      if (!isPreflight && answer.body !== 'object') return 'not the object'
      return faultOf(answer, dialect, origin, isPreflight ? 'preflight' : 'actual', revision)
    },
  }
}

const load = (next: () => Request | null) => run(workerd.url('edge'), CONNECTIONS, DEPTH, next, totals)
const TELLS_MEMORY = process.platform === 'linux'
/** 0: not told here, or workerd has ended, which every answer that is missing tells. */
function resident(): number {
  try {
    return TELLS_MEMORY ? residentBytes(workerd.pid) : 0
  } catch {
    return 0
  }
}

try {
  await publish(1)
  const base = resident()
  let half = 0
  let peak = base
  const sampling = setInterval(() => {
    peak = Math.max(peak, resident())
    if (origins <= ORIGINS / 2) half = peak
    if (process.stderr.isTTY) process.stderr.write(`\r${totals.answers} answers, revision ${revision} `)
  }, 250)
  const started = performance.now()
  let replacing: Promise<void> = Promise.resolve()
  await load(() => {
    const isOver = performance.now() - started > DEADLINE_MS
    if (origins === ORIGINS || isOver || totals.wrong > MAX_WRONG) return null
    origins++
    if (origins % (ORIGINS / REPLACEMENTS) === 0) replacing = replacing.then(() => publish(revision + 1))
    const host = random(40) > 0 ? random(BUSY_HOSTS) : random(HOSTS)
    hosts.add(host)
    return request(origins, host)
  })
  await replacing
  const seconds = (performance.now() - started) / 1000
  clearInterval(sampling)
  if (process.stderr.isTTY) process.stderr.write('\n')
  const late = await hostsWithoutLast()
  report(seconds, { base, half, peak: Math.max(peak, resident()) }, late)
} finally {
  await Promise.all([workerd.stop(), bucket.stop()])
}

/** Busy hosts that don't have the last revision when all had the time to. */
async function hostsWithoutLast(): Promise<number> {
  const behind = new Set(Array.from({ length: BUSY_HOSTS }, (_, host) => host))
  const end = performance.now() + CONVERGENCE_MS
  while (behind.size > 0 && performance.now() < end) {
    const asked = [...behind].values()
    await run(
      workerd.url('edge'),
      1,
      1,
      () => {
        const { value: host, done } = asked.next()
        if (done) return null
        const origin = allowedOrigin(0)
        return {
          bytes: `OPTIONS /k HTTP/1.1\r\nHost: h${host}.example\r\nOrigin: ${origin}\r\nAccess-Control-Request-Method: GET\r\n\r\n`,
          check(answer) {
            if (revisionOf(answer) === revision) behind.delete(host)
            return answer.status === 200 ? null : `status ${answer.status}`
          },
        }
      },
      totals,
    )
    await new Promise(resolve => setTimeout(resolve, 250))
  }
  return behind.size
}

interface Memory {
  /** Before the load. */
  readonly base: number
  /** The most until half of the origins had come. */
  readonly half: number
  readonly peak: number
}

function report(seconds: number, memory: Memory, late: number): void {
  const count = (value: number) => value.toLocaleString('en-US')
  const mib = (bytes: number) => (TELLS_MEMORY ? `${(bytes / 2 ** 20).toFixed(0)} MiB` : 'not told here')
  const bound = memory.half + MAX_GROWTH_BYTES
  const isWithin = !TELLS_MEMORY || memory.peak <= bound
  const rows: [what: string, figure: string, wanted: string, ok: boolean | null][] = [
    ['answers checked', count(totals.answers), '', null],
    ['errors, and answers that are not wholly of one revision', count(totals.wrong), '0', totals.wrong === 0],
    ['distinct origins', count(origins), count(ORIGINS), origins === ORIGINS],
    [`hosts, of ${count(HOSTS)}`, count(hosts.size), `over ${count(0.9 * HOSTS)}`, hosts.size > 0.9 * HOSTS],
    ['times that all rules were replaced', count(revision - 1), count(REPLACEMENTS), revision > REPLACEMENTS],
    [
      'revisions seen in answers',
      count(revisions.size),
      `over ${count(REPLACEMENTS / 2)}`,
      revisions.size > REPLACEMENTS / 2,
    ],
    ['busy hosts without the last revision in the end', count(late), '0', late === 0],
    ['requests per second', count(Math.round(origins / seconds)), '', null],
    ['seconds', count(Math.round(seconds)), '', null],
    [`heap of each isolate, as on Cloudflare`, `${ISOLATE_MIB} MiB`, 'not exceeded', totals.wrong === 0],
    ['workerd’s resident memory before the load', mib(memory.base), '', null],
    ['at its highest, after half of the origins', mib(memory.half), '', null],
    ['at its highest, after all', mib(memory.peak), `at most ${mib(bound)}`, isWithin],
  ]
  const cells = rows.map(([what, figure, wanted, ok]) => [
    what,
    figure,
    wanted,
    ok === null ? '' : ok ? 'yes' : 'NO',
  ])
  console.log(tableOf(['what', 'figure', 'wanted', 'ok'], cells))
  for (const sample of totals.samples) console.error(`\n${sample}`)
  if (rows.some(([, , , ok]) => ok === false)) process.exitCode = 1
}
