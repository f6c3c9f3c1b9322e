/**
 * @module
 * The first answer of an isolate: a preflight to the built Worker, over a Worker that reads the same KV keys and answers a
 * constant.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Configuration } from '../src/cors/configuration.ts'
import { writeS3Json } from '../src/formats/s3-json.ts'
import { makeRecord } from '../src/rules/record.ts'
import { type Edit, editedBundle } from './edited.ts'
import { median, type Row } from './rows.ts'
import { pagesTouched, type Subject, startWorkerd } from './workerd.ts'

const ORIGIN = 'https://www.tenant0.example.com'
const FACTS = { publishedAt: '2026-01-01T00:00:00Z', source: 'bench' }
const empty: Subject = { name: 'empty', source: 'export default { fetch() { return new Response(null) } }' }
/** Reads what the edge reads, and answers a constant. */
const reader: Subject = {
  name: 'reader',
  kv: true,
  source: `export default { async fetch(request, env) {
    const { hostname } = new URL(request.url)
    const keys = [hostname, 'default'].flatMap(name => ['cors:' + name, 'bucket:' + name, 'guardrail:' + name])
    await env.RULES.get(keys, { type: 'text', cacheTtl: 30 })
    return new Response(null, { headers: { 'access-control-allow-origin': '*' } })
  } }`,
}
const edgeOf = (source: string): Subject => ({
  name: 'edge',
  kv: true,
  source,
  vars: { ORIGIN: 'http://127.0.0.1:9' },
})

const ANSWER = "new Response(null, { headers: { 'access-control-allow-origin': '*' } })"
const PREFLIGHT = 'src/worker/preflight.ts'
/** The steps of the way. Each is measured by a Worker that answers a constant after it. */
export const CUTS: readonly [name: string, edit: Edit][] = [
  ['entered', ['src/index.ts', 'try {\n', `try {\nif (request.method === 'OPTIONS') return ${ANSWER}\n`]],
  ['settings read', [PREFLIGHT, 'const host = ', `if (wrong === null) return ${ANSWER}\nconst host = `]],
  [
    'host checked',
    [PREFLIGHT, 'const arrived = ', `if (invalid === null) return ${ANSWER}\nconst arrived = `],
  ],
  ['policy loaded', [PREFLIGHT, '.then(found =>', `.then(found => found.rules !== null ? ${ANSWER} : `]],
]
export const WITHOUT_WARM_UP: Edit = ['src/index.ts', 'void warmUp()', '']

/** A configuration of so many rules, each with two origins: an exact one, and all subdomains of another. */
export function configurationOf(rules: number): Configuration {
  return {
    rules: Array.from({ length: rules }, (_, at) => ({
      id: `r${at}`,
      allowedOrigins: [`https://app${at}.example.com`, `https://*.tenant${at}.example.com`],
      allowedMethods: ['GET', 'PUT'] as const,
      allowedHeaders: ['content-type', 'x-cos-*'],
      exposeHeaders: ['ETag'],
      maxAgeSeconds: 600,
    })),
    responseVary: false,
  }
}

interface FirstAnswer {
  readonly ms: number
  /** Pages of memory that workerd touched for the first time. */
  readonly pages: number
}

/** The first answer of a subject in a new workerd. */
async function firstAnswer(subject: Subject, value: string): Promise<FirstAnswer> {
  const workerd = await startWorkerd([empty, subject], value, ['empty'])
  try {
    const before = pagesTouched(workerd.pid)
    const started = performance.now()
    const response = await fetch(`${workerd.url(subject.name)}/key`, {
      method: 'OPTIONS',
      headers: { Origin: ORIGIN, 'Access-Control-Request-Method': 'PUT' },
    })
    const ms = performance.now() - started
    if (!response.headers.has('access-control-allow-origin')) throw new Error(`${subject.name} refuses`)
    return { ms, pages: pagesTouched(workerd.pid) - before }
  } finally {
    await workerd.stop()
  }
}

/** Rows of the first answers and of the steps to them: medians, and ratios within one run. */
export async function firstAnswerRows(rounds = 7): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'edge-preflight-cold-'))
  try {
    const built = edgeOf(readFileSync('dist/index.js', 'utf8'))
    return [...(await wholeRows(built, rounds)), ...(await stepRows(built, folder, rounds))]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function stepRows(built: Subject, folder: string, rounds: number): Promise<Row[]> {
  const value = JSON.stringify(await makeRecord(configurationOf(100), FACTS))
  const steps: [name: string, subject: Subject][] = [
    ...CUTS.map(([name, edit]): [string, Subject] => [name, edgeOf(editedBundle([edit], folder))]),
    ['answered', built],
    ['answered, without the warm-up', edgeOf(editedBundle([WITHOUT_WARM_UP], folder))],
  ]
  const times = steps.map((): number[] => [])
  for (let round = 0; round < rounds; round++)
    for (const [at, [, subject]] of steps.entries()) times[at]?.push((await firstAnswer(subject, value)).ms)
  const whole = median(times[CUTS.length] ?? [])
  return steps.map(([name], at) => {
    const ms = median(times[at] ?? [])
    return {
      group: 'cold',
      name: `the same way, 100 rules: ${name}`,
      figure: `${ms.toFixed(1)} ms`,
      ratio: ms / whole,
      over: 'the whole first preflight',
      goal: null,
      measured: ms / whole,
    }
  })
}

async function wholeRows(edge: Subject, rounds: number): Promise<Row[]> {
  const many = configurationOf(100)
  const values: [name: string, value: string, most: number][] = [
    ['one rule', JSON.stringify(await makeRecord(configurationOf(1), FACTS)), 2],
    ['a record of 100 rules', JSON.stringify(await makeRecord(many, FACTS)), 2],
    ['100 rules pasted as JSON', JSON.stringify(JSON.parse(writeS3Json(many))), 3],
  ]
  const firsts = values.map(() => ({ edge: [] as FirstAnswer[], reader: [] as FirstAnswer[] }))
  for (let round = 0; round < rounds; round++)
    for (const [at, [, value]] of values.entries()) {
      firsts[at]?.reader.push(await firstAnswer(reader, value))
      firsts[at]?.edge.push(await firstAnswer(edge, value))
    }
  return values.map(([name, value, most], at) => {
    const [ours, theirs] = [medians(firsts[at]?.edge ?? []), medians(firsts[at]?.reader ?? [])]
    return {
      group: 'cold',
      name: `first preflight of an isolate, ${name} (${value.length} characters)`,
      figure: textOf(ours),
      ratio: ours.ms / theirs.ms,
      over: `a Worker that reads the same keys: ${textOf(theirs)}`,
      goal: { most },
      measured: ours.ms / theirs.ms,
    }
  })
}

const medians = (all: readonly FirstAnswer[]): FirstAnswer => ({
  ms: median(all.map(({ ms }) => ms)),
  pages: median(all.map(({ pages }) => pages)),
})

const textOf = ({ ms, pages }: FirstAnswer): string => `${ms.toFixed(1)} ms, ${pages} pages`
