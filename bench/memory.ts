/**
 * @module
 * What policies take in memory: per host, per 1,000 origins, and at the limits of a configuration.
 */

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Configuration } from '../src/cors/configuration.ts'
import { compile, hydrate } from '../src/cors/policy.ts'
import { decodeValue } from '../src/rules/decode.ts'
import { makeRecord } from '../src/rules/record.ts'
import { Rules } from '../src/rules/rules.ts'
import type { Row } from './rows.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** What is outside the heap is let go of a turn after its object. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    collect()
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** Bytes of heap that stay for each of so many values. */
async function bytesEach(count: number, make: (at: number) => Promise<unknown>): Promise<number> {
  const kept: unknown[] = []
  await make(-1)
  await settle()
  const before = process.memoryUsage()
  for (let at = 0; at < count; at++) kept.push(await make(at))
  await settle()
  const after = process.memoryUsage()
  const grown = after.heapUsed - before.heapUsed + (after.external - before.external)
  return kept.length === 0 ? 0 : grown / kept.length
}

const configuration = (origins: readonly string[], rules = 1): Configuration => ({
  rules: Array.from({ length: rules }, () => ({
    id: null,
    allowedOrigins: origins,
    allowedMethods: ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'] as const,
    allowedHeaders: ['content-type', 'content-md5', 'x-cos-meta-author'],
    exposeHeaders: ['ETag', 'Content-Length'],
    maxAgeSeconds: 600,
  })),
  responseVary: false,
})

const facts = { publishedAt: '2026-01-01T00:00:00Z', source: 'bench' }

/** A host's state as the isolate holds it: the decoded record, hydrated. */
const stateOf = async (value: string): Promise<unknown> => {
  const rules = await decodeValue(value)
  if (!(rules instanceof Rules)) throw new Error(rules.reason)
  return [rules, rules.ready('cos')]
}

export async function memoryRows(): Promise<Row[]> {
  const row = (name: string, bytes: number, unit: string): Row => ({
    group: 'memory',
    name,
    figure: `${(bytes / 1024).toFixed(1)} KiB${unit}`,
    ratio: null,
    over: '',
    goal: null,
    measured: bytes,
  })
  const one = async (at: number) =>
    JSON.stringify(await makeRecord(configuration([`https://app${at}.example.com`]), facts))
  const host = await bytesEach(5000, async at => stateOf(await one(at)))
  const hostLength = (await one(1)).length
  const origins = (at: number, star: string) =>
    Array.from({ length: 1000 }, (_, n) => `https://${star}tenant${n}.host${at}.example.com`)
  const thousand = (star: string) =>
    bytesEach(50, async at => hydrate(compile(configuration(origins(at, star)), 'cos')))
  const full = JSON.stringify(
    await makeRecord(configuration([`https://${'a'.repeat(400)}.example`], 100), facts),
  )
  const limit = await bytesEach(50, () => stateOf(full))
  return [
    row(`a host with one rule (record of ${hostLength} characters)`, host, ' per host'),
    row('1,000 exact origins', await thousand(''), ' per 1,000'),
    row('1,000 wildcard subdomains', await thousand('*.'), ' per 1,000'),
    row(`a host with 100 rules (record of ${full.length} characters)`, limit, ' per host'),
  ]
}
