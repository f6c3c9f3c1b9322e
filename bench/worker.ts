/**
 * @module
 * The built Worker under load on bare workerd, beside an empty Worker, a constant answer, hono/cors and a bare
 * proxy, in interleaved rounds.
 */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeRecord } from '../src/rules/record.ts'
import { type Load, requestsPerSecond, script } from './load.ts'
import { inRounds, launched, median, type Row, ratioOf } from './rows.ts'
import { type Subject, startWorkerd } from './workerd.ts'

const ORIGIN = 'https://app.example.com'
const METHODS = ['PUT', 'GET', 'POST', 'DELETE', 'HEAD'] as const
const HEADERS = ['content-type', 'content-md5', 'x-cos-meta-author']
const EXPOSED = ['ETag', 'Content-Length']
const MAX_AGE = 600
const HOSTS = 10_000
/** Long enough for a preflight of each of them. */
export const FILL_SECONDS = 6
/** Long enough for V8 to have compiled what runs. */
const WARM_SECONDS = 3

const rule = {
  id: null,
  allowedOrigins: [ORIGIN],
  allowedMethods: METHODS,
  allowedHeaders: HEADERS,
  exposeHeaders: EXPOSED,
  maxAgeSeconds: MAX_AGE,
}
/** The rule that answers is the last of a hundred. */
const FACTS = { publishedAt: '2026-01-01T00:00:00Z', source: 'bench' }
/** KV with rules for many hosts, which all fit into memory: each allows an origin of its own besides. */
export const KV_OF_HOSTS: Subject = {
  name: 'kv',
  source: `const rulesOf = key => key.startsWith('cors:') && key !== 'cors:default' ? JSON.stringify([{
  AllowedOrigins: [${JSON.stringify(ORIGIN)}, 'https://' + key.slice(5)],
  AllowedMethods: ${JSON.stringify(METHODS)},
  AllowedHeaders: ${JSON.stringify(HEADERS)},
  ExposeHeaders: ${JSON.stringify(EXPOSED)},
  MaxAgeSeconds: ${MAX_AGE},
}]) : null
export default {
  async fetch(request) {
    const { keys } = await request.json()
    return Response.json(Object.fromEntries(keys.map(key => [key, rulesOf(key)])))
  },
}`,
}
const RECORD = await makeRecord(
  {
    rules: [
      ...Array.from({ length: 99 }, (_, at) => ({
        ...rule,
        allowedOrigins: [`https://app${at}.example.com`],
      })),
      rule,
    ],
    responseVary: false,
  },
  FACTS,
)

const ANSWER = {
  'access-control-allow-origin': ORIGIN,
  'access-control-allow-credentials': 'true',
  'access-control-allow-methods': METHODS.join(),
  'access-control-allow-headers': HEADERS.join(),
  'access-control-expose-headers': EXPOSED.join(),
  'access-control-max-age': String(MAX_AGE),
  'x-cos-request-id': 'NmIwMmIxM2ZfNDE2N2Q3NTFfMmFlOWRfZWIzOWUzNzc5',
}

const honoSource = (): string =>
  execFileSync('esbuild', ['--bundle', '--format=esm', '--minify'], {
    input: `import { Hono } from 'hono'
import { cors } from 'hono/cors'
const app = new Hono()
app.use(cors(${JSON.stringify({ origin: [ORIGIN], allowMethods: METHODS, allowHeaders: HEADERS, exposeHeaders: EXPOSED, credentials: true, maxAge: MAX_AGE })}))
app.get('*', c => c.text('x'))
export default app`,
    encoding: 'utf8',
  })

const OBJECT = 'x'.repeat(2048)

function subjects(upstream: string): Subject[] {
  const edge = readFileSync('dist/index.js', 'utf8')
  return [
    { name: 'empty', source: 'export default { fetch() { return new Response(null) } }' },
    {
      name: 'constant',
      source: `const headers = ${JSON.stringify(ANSWER)}\nexport default { fetch() { return new Response(null, { headers }) } }`,
    },
    { name: 'hono', source: honoSource() },
    { name: 'edge', source: edge, kv: true, vars: { ORIGIN: upstream } },
    {
      name: 'proxy',
      source: `const ORIGIN = ${JSON.stringify(upstream)}
export default {
  fetch(request) {
    const url = new URL(request.url)
    return fetch(new Request(ORIGIN + url.pathname + url.search, request))
  },
}`,
    },
    {
      name: 'least',
      // Without any rules, settings or checks: a timeout, Origin kept from the bucket, its CORS headers replaced.
      source: `const ORIGIN = ${JSON.stringify(upstream)}
const headers = ${JSON.stringify({ ...ANSWER, 'access-control-allow-headers': undefined, 'x-cos-request-id': undefined, vary: 'Origin' })}
const pairs = Object.entries(headers)
export default {
  async fetch(request) {
    const url = new URL(request.url)
    const upstream = new Request(ORIGIN + url.pathname + url.search, request)
    upstream.headers.delete('origin')
    const sent = await Promise.race([fetch(upstream), scheduler.wait(30000)])
    const response = new Response(sent.body, sent)
    for (const name of [...response.headers.keys()])
      if (name.startsWith('access-control-')) response.headers.delete(name)
    for (const [name, value] of pairs) response.headers.set(name, value)
    return response
  },
}`,
    },
  ]
}

const BUCKET: Subject = {
  name: 'bucket',
  source: `const body = ${JSON.stringify(OBJECT)}
export default { fetch() { return new Response(body, { headers: { etag: '"e"', 'cache-control': 'no-store' } }) } }`,
}

const asked = {
  Origin: ORIGIN,
  'Access-Control-Request-Method': 'PUT',
  'Access-Control-Request-Headers': 'content-type,x-cos-meta-author',
}
/** No policy goes stale while it is measured what one in memory costs. */
export const LASTING = { POLICY_TTL_SECONDS: '86400' }

const PREFLIGHT: Load = { method: 'OPTIONS', headers: asked, hosts: 1, ready: 1 }
const REFUSED: Load = {
  method: 'OPTIONS',
  headers: { ...asked, Origin: 'https://evil.example.com' },
  hosts: 1,
  ready: 1,
}
export const ONE_HOST: Load = { ...PREFLIGHT, ready: HOSTS }
export const MANY_HOSTS: Load = { ...ONE_HOST, hosts: HOSTS }
const GET: Load = { method: 'GET', headers: { Origin: ORIGIN }, hosts: 1, ready: 1 }

/** One thing to load: a subject and a load. */
const RUNS = {
  'an empty Worker': ['empty', PREFLIGHT],
  'a constant answer with the same headers': ['constant', PREFLIGHT],
  'hono/cors, one origin': ['hono', PREFLIGHT],
  'preflight allowed by the last of 100 rules': ['edge', PREFLIGHT],
  'preflight refused': ['edge', REFUSED],
  'preflight, one rule, one host': ['hosts', ONE_HOST],
  'preflight, one rule, 10,000 hosts in turn': ['hosts', MANY_HOSTS],
  'a bare fetch(request) Worker, GET of 2 KiB': ['proxy', GET],
  'the least that a CORS proxy does, GET of 2 KiB': ['least', GET],
  'GET of 2 KiB': ['edge', GET],
} as const satisfies Record<string, readonly [string, Load]>
type Name = keyof typeof RUNS

/** What each is compared with, and what it is to reach. */
const COMPARED: Partial<Record<Name, readonly { over: Name; least: number | null }[]>> = {
  'preflight allowed by the last of 100 rules': [
    { over: 'an empty Worker', least: null },
    { over: 'a constant answer with the same headers', least: 0.95 },
    { over: 'hono/cors, one origin', least: 1.2 },
  ],
  'preflight refused': [{ over: 'a constant answer with the same headers', least: null }],
  'preflight, one rule, 10,000 hosts in turn': [{ over: 'preflight, one rule, one host', least: 0.9 }],
  'the least that a CORS proxy does, GET of 2 KiB': [
    { over: 'a bare fetch(request) Worker, GET of 2 KiB', least: null },
  ],
  'GET of 2 KiB': [
    { over: 'a bare fetch(request) Worker, GET of 2 KiB', least: 0.9 },
    { over: 'the least that a CORS proxy does, GET of 2 KiB', least: null },
  ],
}

/** Requests per second of each subject: medians of interleaved rounds in several launches. */
export async function workerRows(launches = 5, rounds = 3): Promise<Row[]> {
  const rates = await launched(launches, () => launch(rounds))
  return [...rates].flatMap(([name, own]): Row[] => {
    const rate = median(own)
    const row = { group: 'Worker under load', name, figure: `${rate.toFixed(0)} requests/s` }
    return (COMPARED[name] ?? [{ over: null, least: null }]).map(({ over, least }) => {
      const ratio = over === null ? null : ratioOf(own, rates.get(over) ?? [])
      return {
        ...row,
        ratio,
        over: over ?? '',
        goal: least === null ? null : { least },
        measured: ratio ?? rate,
      }
    })
  })
}

/** Restarts every process, and returns the rates of each round. */
async function launch(rounds: number): Promise<Map<Name, number[]>> {
  const folder = mkdtempSync(join(tmpdir(), 'edge-preflight-load-'))
  const bucket = await startWorkerd([BUCKET], '')
  const all = subjects(bucket.url('bucket'))
  const workerd = await startWorkerd(all, JSON.stringify(RECORD))
  const edge = all
    .filter(({ name }) => name === 'edge')
    .map(one => ({ ...one, vars: { ...one.vars, ...LASTING } }))
  const ofHosts = await startWorkerd([...edge, KV_OF_HOSTS], '', ['edge'])
  const urlOf = (name: string) => (name === 'hosts' ? ofHosts.url('edge') : workerd.url(name))
  try {
    await assertSameAnswers(workerd.url('edge'), workerd.url('hono'))
    await assertSameAnswers(ofHosts.url('edge'), workerd.url('hono'))
    const names = Object.keys(RUNS) as Name[]
    const scripts = new Map(names.map((name, at) => [name, script(folder, String(at), RUNS[name][1])]))
    const load = (name: Name, seconds: number) =>
      requestsPerSecond(
        `${urlOf(RUNS[name][0])}/key`,
        scripts.get(name) ?? '',
        seconds,
        name === 'preflight refused',
      )
    // Every host's policy comes into memory before anything is timed.
    for (const name of names) await load(name, name.includes('hosts in turn') ? FILL_SECONDS : WARM_SECONDS)
    return await inRounds(names, rounds, name => load(name, 1))
  } finally {
    await Promise.all([workerd.stop(), ofHosts.stop(), bucket.stop()])
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What is compared must be equal: the edge's answer has the constant's headers, and hono/cors allows the same. */
async function assertSameAnswers(edge: string, hono: string): Promise<void> {
  const ask = (url: string) => fetch(`${url}/key`, { method: 'OPTIONS', headers: asked })
  const [ours, theirs] = await Promise.all([ask(edge), ask(hono)])
  for (const [name, value] of Object.entries(ANSWER))
    if (name !== 'x-cos-request-id') assert.equal(ours.headers.get(name), value)
  assert.ok(theirs.ok)
  assert.equal(theirs.headers.get('access-control-allow-origin'), ORIGIN)
}
