/**
 * @module
 * The first answer of an isolate: a preflight to the built Worker, over a Worker that reads the same KV keys and answers a
 * constant.
 */

import { readFileSync } from 'node:fs'
import type { Configuration } from '../src/cors/configuration.ts'
import { writeS3Json } from '../src/formats/s3-json.ts'
import { makeRecord } from '../src/rules/record.ts'
import { median, type Row } from './rows.ts'
import { type Subject, startWorkerd } from './workerd.ts'

const ORIGIN = 'https://www.tenant0.example.com'
const FACTS = { publishedAt: '2026-01-01T00:00:00Z', source: 'bench' }
const empty: Subject = { name: 'empty', source: 'export default { fetch() { return new Response(null) } }' }
/** Reads what the edge reads, and answers a constant. */
const reader: Subject = {
  name: 'reader',
  kv: true,
  source: `export default { async fetch(request, env) {
    const { hostname } = new URL(request.url)
    const keys = ['cors:' + hostname, 'bucket:' + hostname, 'cors:default', 'bucket:default']
    await env.RULES.get(keys, { type: 'text', cacheTtl: 30 })
    return new Response(null, { headers: { 'access-control-allow-origin': '*' } })
  } }`,
}
const edge: Subject = {
  name: 'edge',
  kv: true,
  source: readFileSync('dist/index.js', 'utf8'),
  vars: { ORIGIN: 'http://127.0.0.1:9' },
}

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

/** Milliseconds of the first answer of a subject in a new workerd. */
async function firstAnswer(subject: Subject, value: string): Promise<number> {
  const workerd = await startWorkerd([empty, subject], value, ['empty'])
  try {
    const started = performance.now()
    const response = await fetch(`${workerd.url(subject.name)}/key`, {
      method: 'OPTIONS',
      headers: { Origin: ORIGIN, 'Access-Control-Request-Method': 'PUT' },
    })
    const ms = performance.now() - started
    if (!response.headers.has('access-control-allow-origin')) throw new Error(`${subject.name} refuses`)
    return ms
  } finally {
    await workerd.stop()
  }
}

/** Rows of the first answers: medians, and ratios within one run. */
export async function firstAnswerRows(rounds = 7): Promise<Row[]> {
  const many = configurationOf(100)
  const values: [name: string, value: string, most: number][] = [
    ['one rule', JSON.stringify(await makeRecord(configurationOf(1), FACTS)), 2],
    ['a record of 100 rules', JSON.stringify(await makeRecord(many, FACTS)), 2],
    ['100 rules pasted as JSON', JSON.stringify(JSON.parse(writeS3Json(many))), 3],
  ]
  const times = values.map(() => ({ edge: [] as number[], reader: [] as number[] }))
  for (let round = 0; round < rounds; round++)
    for (const [at, [, value]] of values.entries()) {
      times[at]?.reader.push(await firstAnswer(reader, value))
      times[at]?.edge.push(await firstAnswer(edge, value))
    }
  return values.map(([name, value, most], at) => {
    const [ours, theirs] = [median(times[at]?.edge ?? []), median(times[at]?.reader ?? [])]
    return {
      group: 'cold',
      name: `first preflight of an isolate, ${name} (${value.length} characters)`,
      figure: `${ours.toFixed(1)} ms`,
      ratio: ours / theirs,
      over: `a Worker that reads the same keys: ${theirs.toFixed(1)} ms`,
      goal: { most },
      measured: ours / theirs,
    }
  })
}
