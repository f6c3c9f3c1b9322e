/**
 * @module
 * The request cases restated from other systems' suites (`../shared/conformance`), against the built Worker with
 * `DIALECT=s3` and `UNMATCHED=forward`. The cases that it answers otherwise are those of docs/parity.md, no more
 * and no fewer.
 */

import { existsSync, readFileSync } from 'node:fs'
import { XMLParser } from 'fast-xml-parser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, Edge, RecordingBucket } from '../worker/harness.ts'

type HeaderExpectation =
  | string
  | null
  | { contains: string }
  | { contains_ci: string }
  | { not_contains: string }
  | { present: true }
  | { set: string[] }
  | { count: number }

interface S3Rule {
  AllowedOrigins: string[]
  AllowedMethods: string[]
  AllowedHeaders?: string[]
  ExposeHeaders?: string[]
  MaxAgeSeconds?: number
  ID?: string
}

interface Case {
  id: string
  /** null: the bucket has no CORS configuration. */
  rules: S3Rule[] | null
  scope?: string
  request: {
    method: string
    path: string
    query?: string
    origin: string | null
    /** Access-Control-Request-Method. */
    acrm: string | null
    /** Access-Control-Request-Headers; a list: several header lines. */
    acrh: string | string[] | null
    headers?: Record<string, string>
  }
  expect: {
    /** null: not asserted. */
    status: number | null
    headers: Record<string, HeaderExpectation>
    code?: string
    /** Elements of the error document. */
    body?: Record<string, string>
    matched?: boolean
    /** Which rule answers, counted from 0. */
    rule_index?: number
  }
  s3_model: { verdict: 'agree' | 'disagree' | 'unsettled' | 'not-applicable' }
}

const CASES = new URL('../../../shared/conformance/requests.json', import.meta.url)
const PARITY = new URL('../../docs/parity.md', import.meta.url)

const available = existsSync(CASES)
if (!available) console.log('conformance: skipped, ../shared/conformance is not there')

const hostOf = (id: string): string => `${id}.example`

/** What KV holds for a case. A configuration that could not be read is one that is no JSON. */
function storedRules({ rules, scope, expect: { rule_index } }: Case): string | null {
  if (scope === 'config-error') return '{'
  if (rules === null) return null
  const stored = rules.map((rule, index) => ({
    ...rule,
    // S3 refuses `*` there, as the edge does: the cases of a store that accepts it are run without it.
    ExposeHeaders: rule.ExposeHeaders?.filter(name => name !== '*'),
    // Which rule has answered is seen by a header of its own.
    ...(rule_index !== undefined && { ExposeHeaders: [ruleMark(index)] }),
  }))
  return JSON.stringify({ CORSRules: stored })
}

const ruleMark = (index: number): string => `x-rule-${index}`

/** Node writes header values as latin1; the cases mean UTF-8. */
const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

function requestHeaders({ origin, acrm, acrh, headers }: Case['request']): Record<string, string | string[]> {
  return {
    ...headers,
    ...(origin !== null && { origin: bytes(origin) }),
    ...(acrm !== null && { 'access-control-request-method': bytes(acrm) }),
    ...(acrh !== null && {
      'access-control-request-headers': Array.isArray(acrh) ? acrh.map(bytes) : bytes(acrh),
    }),
  }
}

function meets(name: string, value: string | string[] | undefined, expected: HeaderExpectation): boolean {
  if (expected === null) return value === undefined
  if (typeof expected === 'string')
    return value === expected || (name === 'vary' && isSameList(value, expected))
  const lines = [value ?? []].flat()
  const text = lines.join(', ')
  if ('contains' in expected) return text.includes(expected.contains)
  if ('contains_ci' in expected) return text.toLowerCase().includes(expected.contains_ci.toLowerCase())
  if ('not_contains' in expected) return !text.includes(expected.not_contains)
  if ('present' in expected) return lines.length > 0
  if ('count' in expected) return lines.length === expected.count
  return isSameList(text, expected.set.join())
}

/** The order of a list's names says nothing, in `Vary` (RFC 9110, 12.5.5) as in a set. */
function isSameList(one: string | string[] | undefined, other: string): boolean {
  const names = (list: string) => list.split(',').map(name => name.trim().toLowerCase())
  return typeof one === 'string' && names(one).toSorted().join() === names(other).toSorted().join()
}

const xml = new XMLParser({ parseTagValue: false })

/** What the answer has otherwise than the case expects. Empty: it passes. */
function differences({ request, expect: expected }: Case, answer: Answer): string[] {
  const found: string[] = []
  const compare = (what: string, value: unknown, wanted: unknown) => {
    if (value !== wanted) found.push(`${what} ${JSON.stringify(value)}, expected ${JSON.stringify(wanted)}`)
  }
  const allowed = answer.headers['access-control-allow-origin'] !== undefined
  if (expected.status !== null) compare('status', answer.status, expected.status)
  if (expected.matched !== undefined)
    compare('matched', allowed && (request.method !== 'OPTIONS' || answer.status === 200), expected.matched)
  if (expected.rule_index !== undefined)
    compare('rule', answer.headers['access-control-expose-headers'], ruleMark(expected.rule_index))
  for (const [name, wanted] of Object.entries(expected.headers)) {
    const value = answer.headers[name]
    if (!meets(name, value, wanted))
      found.push(`${name} ${JSON.stringify(value ?? null)}, expected ${JSON.stringify(wanted)}`)
  }
  const error = answer.text.includes('<Error>') ? xml.parse(answer.text).Error : {}
  if (expected.code !== undefined) compare('Code', error.Code, expected.code)
  for (const [name, wanted] of Object.entries(expected.body ?? {})) compare(name, error[name], wanted)
  return found
}

describe.skipIf(!available)('the request cases', () => {
  const cases: Case[] = available ? JSON.parse(readFileSync(CASES, 'utf8')) : []
  const differing = new Map<string, string[]>()
  let bucket: RecordingBucket
  let edge: Edge

  beforeAll(async () => {
    bucket = await RecordingBucket.start()
    const rules = cases.flatMap(one => {
      const stored = storedRules(one)
      return stored === null ? [] : [[`cors:${hostOf(one.id)}`, stored] as const]
    })
    edge = await Edge.start({
      vars: { ORIGIN: bucket.origin, DIALECT: 's3', UNMATCHED: 'forward', POLICY_TTL_SECONDS: '0' },
      rules: Object.fromEntries(rules),
    })
    for (const one of cases) {
      const found = differences(one, await answerOf(one))
      if (found.length > 0) differing.set(one.id, found)
    }
  })
  afterAll(async () => {
    await edge?.stop()
    await bucket?.stop()
  })

  /** The bucket answers with what the case says of it, and with CORS headers of its own: the edge's must replace them. */
  function answerOf({ id, request, expect: { status, code } }: Case): Promise<Answer> {
    bucket.answer = (_request, response) => {
      response.writeHead(status ?? 200, { 'access-control-allow-origin': 'https://bucket.example' })
      response.end(code === undefined ? '' : `<Error><Code>${code}</Code></Error>`)
    }
    const { method, path, query } = request
    return edge.send(encodeURI(query === undefined ? path : `${path}?${query}`), {
      method,
      host: hostOf(id),
      headers: requestHeaders(request),
      ...(method === 'PUT' || method === 'POST' ? { body: '' } : {}),
    })
  }

  test('are all there', () => {
    expect(cases).toHaveLength(301)
  })

  test('are answered differently exactly where docs/parity.md says so', () => {
    const lines = Object.entries(Object.groupBy(cases, one => one.s3_model.verdict)).map(
      ([verdict, those]) => {
        const other = those.filter(({ id }) => differing.has(id)).length
        return `  ${verdict}: ${those.length - other} as the case, ${other} otherwise`
      },
    )
    console.log(['conformance, by verdict:', ...lines].join('\n'))

    const documented =
      readFileSync(PARITY, 'utf8')
        .match(/\bpc-\d{4}\b/g)
        ?.map(String) ?? []
    const undocumented = [...differing].filter(([id]) => !documented.includes(id))
    expect(Object.fromEntries(undocumented), 'differ, but are not in docs/parity.md').toEqual({})
    const passing = documented.filter(id => !differing.has(id))
    expect(passing, 'are in docs/parity.md, but do not differ').toEqual([])
    expect(documented, 'are in docs/parity.md more than once').toEqual([...new Set(documented)])
  })
})
