/**
 * @module
 * What comes before the first answer: the bundle, its evaluation, a KV read, hydrating and compiling at the limits.
 */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { measure } from 'mitata'
import { MAX_DOCUMENT_BYTES } from '../src/cors/configuration.ts'
import { compile, hydrate } from '../src/cors/policy.ts'
import { readDocument } from '../src/formats/read.ts'
import { makeRecord } from '../src/rules/record.ts'
import { firstAnswerRows } from './cold-first.ts'
import type { Row } from './rows.ts'

/** A document at both limits: 100 rules and 64 KB. */
function documentAtLimits(): string {
  const rule = (at: number, origins: string) =>
    `<CORSRule><ID>r${at}</ID>${origins}<AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>` +
    '<AllowedHeader>content-type</AllowedHeader><AllowedHeader>x-cos-*</AllowedHeader>' +
    '<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>600</MaxAgeSeconds></CORSRule>'
  const origin = (at: number, n: number) =>
    `<AllowedOrigin>https://*.t${n}.r${at}.example.com</AllowedOrigin>`
  const write = (each: number) =>
    `<CORSConfiguration>${Array.from({ length: 100 }, (_, at) =>
      rule(at, Array.from({ length: each }, (_, n) => origin(at, n)).join('')),
    ).join('')}</CORSConfiguration>`
  let each = 1
  while (write(each + 1).length <= MAX_DOCUMENT_BYTES) each++
  // White space between elements fills it up to the byte.
  return write(each).replace(
    '</CORSConfiguration>',
    `${' '.repeat(MAX_DOCUMENT_BYTES - write(each).length)}</CORSConfiguration>`,
  )
}

const row = (name: string, measured: number, unit: string, most: number | null, digits = 1): Row => ({
  group: 'cold',
  name,
  figure: `${measured.toFixed(digits)} ${unit}`,
  ratio: null,
  over: '',
  goal: most === null ? null : { most, unit },
  measured,
})

const milliseconds = async (run: () => unknown): Promise<number> =>
  (await measure(run, { min_cpu_time: 400e6 })).p50 / 1e6

export async function coldRows(rounds = 7): Promise<Row[]> {
  const bundle = readFileSync('dist/index.js')
  const document = documentAtLimits()
  assert.equal(Buffer.byteLength(document), MAX_DOCUMENT_BYTES)
  const { configuration } = await readDocument(document)
  assert.ok(configuration?.rules.length === 100)
  const record = await makeRecord(configuration, {
    publishedAt: '2026-01-01T00:00:00Z',
    source: 'bench',
  })
  const text = JSON.stringify(record)
  const compileDocument = async () => {
    const read = await readDocument(document)
    if (read.configuration !== null) hydrate(compile(read.configuration, 'cos'))
  }
  return [
    row('bundle', bundle.length / 1024, 'KiB', null),
    row('bundle, gzip', gzipSync(bundle, { level: 9 }).length / 1024, 'KiB', 40),
    row('module evaluation (wrangler check startup, active)', evaluation(), 'ms', null),
    ...(await firstAnswerRows(rounds)),
    row(
      `compile and hydrate at the limits (record of ${text.length} characters)`,
      await milliseconds(() => hydrate(compile(JSON.parse(text).configuration, 'cos'))),
      'ms',
      1,
      2,
    ),
    row('compile raw XML at the limits', await milliseconds(compileDocument), 'ms', 20),
    row('a page of memory (4 KiB), touched for the first time', firstTouch(), 'µs', null),
  ]
}

/** Microseconds that this machine takes for a page that a process has not touched before. */
function firstTouch(): number {
  const [PAGE, PAGES] = [4096, 16_384]
  const memory = new Uint8Array(PAGE * PAGES)
  const touchAll = () => {
    const started = performance.now()
    for (let at = 0; at < memory.length; at += PAGE) memory[at] = 1
    return performance.now() - started
  }
  const first = touchAll()
  return ((first - touchAll()) * 1000) / PAGES
}

function evaluation(): number {
  const folder = mkdtempSync(join(tmpdir(), 'edge-preflight-startup-'))
  try {
    const profile = join(folder, 'startup.cpuprofile')
    const printed = execFileSync('wrangler', ['check', 'startup', '--args', '--env=', '--outfile', profile], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return Number(/Active: ([\d.]+) ms/.exec(printed)?.[1])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
