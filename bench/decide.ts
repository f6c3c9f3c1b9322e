/**
 * @module
 * What a decision costs, by kind of policy and of request, beside what others do for the same answer. Every
 * subject first shows that it answers as the naive model does; only then is it timed.
 */

import assert from 'node:assert/strict'
import cors from 'cors'
import { Context } from 'hono'
import { cors as honoCors } from 'hono/cors'
import { measure } from 'mitata'
import { answerPreflight } from '../src/answers/preflight.ts'
import type { Configuration, Rule } from '../src/cors/configuration.ts'
import { decide } from '../src/cors/decide.ts'
import { compile, hydrate } from '../src/cors/policy.ts'
import type { CorsRequest } from '../src/cors/request.ts'
import { modelRule } from '../tools/model.ts'
import { interleaved, type Row } from './rows.ts'

export interface Case {
  name: string
  configuration: Configuration
  ask: CorsRequest
}

const rule = (fields: Partial<Rule> = {}): Rule => ({
  id: null,
  allowedOrigins: ['https://app.example.com'],
  allowedMethods: ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'],
  allowedHeaders: ['content-type', 'content-md5', 'authorization', 'x-cos-meta-author'],
  exposeHeaders: ['ETag', 'Content-Length'],
  maxAgeSeconds: 600,
  ...fields,
})
const configurationOf = (...rules: Rule[]): Configuration => ({ rules, responseVary: false })
const numbers = (count: number) => Array.from({ length: count }, (_, at) => at)

const ASK: CorsRequest = {
  origin: 'https://app.example.com',
  method: 'PUT',
  requestedHeaders: 'authorization,content-md5,content-type',
}
const ONE = configurationOf(rule())
const ONE_STAR = configurationOf(rule({ allowedHeaders: ['*'] }))
const HUNDRED = configurationOf(
  ...numbers(99).map(at => rule({ allowedOrigins: [`https://app${at}.example.com`] })),
  rule(),
)
const SAME_ORIGIN = configurationOf(
  ...numbers(99).map(at => rule({ allowedHeaders: [`x-only-${at}`] })),
  rule(),
)
const ORIGINS = configurationOf(
  rule({ allowedOrigins: numbers(1000).map(at => `https://app${at}.example.com`) }),
)
const SUBDOMAINS = configurationOf(
  rule({ allowedOrigins: numbers(1000).map(at => `https://*.tenant${at}.example.com`) }),
)
const SHAPES = configurationOf(
  rule({
    allowedOrigins: numbers(100).map(at => {
      const shapes = [
        `https://app-${at}-*.example.com`,
        `http*://n${at}.example.com`,
        `https://h${at}.example.com:*`,
        `https://*x${at}.example.com`,
      ]
      return shapes[at % 4] ?? ''
    }),
  }),
)

/** Kinds of policy and request. The first is what the others are compared with. */
export const CASES: readonly Case[] = [
  { name: 'allowed, one rule', configuration: ONE, ask: ASK },
  { name: 'allowed, one rule that echoes', configuration: ONE_STAR, ask: ASK },
  { name: 'allowed by the last of 100 rules', configuration: HUNDRED, ask: ASK },
  { name: 'allowed by the last of 100 rules for one origin', configuration: SAME_ORIGIN, ask: ASK },
  {
    name: 'allowed, 1,000 exact origins',
    configuration: ORIGINS,
    ask: { ...ASK, origin: 'https://app777.example.com' },
  },
  {
    name: 'allowed, 1,000 wildcard subdomains',
    configuration: SUBDOMAINS,
    ask: { ...ASK, origin: 'https://www.tenant777.example.com' },
  },
  {
    name: 'allowed, 100 one-star patterns of other shapes',
    configuration: SHAPES,
    ask: { ...ASK, origin: 'https://app-48-blue.example.com' },
  },
  { name: 'refused by origin', configuration: HUNDRED, ask: { ...ASK, origin: 'https://evil.example.com' } },
  { name: 'refused by method', configuration: HUNDRED, ask: { ...ASK, method: 'PATCH' } },
  {
    name: 'refused by header',
    configuration: HUNDRED,
    ask: { ...ASK, requestedHeaders: 'authorization,content-md5,x-other' },
  },
  {
    name: '128 KB of commas',
    configuration: ONE_STAR,
    ask: { ...ASK, requestedHeaders: ','.repeat(128 * 1024) },
  },
  {
    name: '128 KB of spaces',
    configuration: ONE_STAR,
    ask: { ...ASK, requestedHeaders: ' '.repeat(128 * 1024) },
  },
  {
    name: '128 KB of one allowed name',
    configuration: ONE_STAR,
    ask: { ...ASK, requestedHeaders: 'content-type,'.repeat(10_082) },
  },
  {
    name: '10,000 names',
    configuration: ONE_STAR,
    ask: {
      ...ASK,
      requestedHeaders: numbers(10_000)
        .map(at => `x-${at}`)
        .join(),
    },
  },
]

/** A subject that first shows that it answers as the naive model does. */
function decider({ configuration, ask }: Case): () => unknown {
  const ready = hydrate(compile(configuration, 'cos'))
  const decision = decide(ready, ask)
  const expected = modelRule(configuration, ask)
  assert.equal(decision.outcome === 'allowed' ? decision.rule.position : null, expected)
  return () => decide(ready, ask)
}

/** hono/cors answers a preflight of one listed origin; its work alone, without Hono's routing. */
function honoSubject(): () => Promise<unknown> {
  const middleware = honoCors({
    origin: ['https://app.example.com'],
    allowMethods: ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'],
    allowHeaders: ['content-type', 'content-md5', 'authorization', 'x-cos-meta-author'],
    exposeHeaders: ['ETag', 'Content-Length'],
    credentials: true,
    maxAge: 600,
  })
  const request = new Request('https://edge.example/k', { method: 'OPTIONS', headers: preflightHeaders(ASK) })
  const run = async () => middleware(new Context(request), async () => {})
  return async () => {
    const response = await run()
    assert.equal(response?.headers.get('access-control-allow-origin'), ASK.origin)
    return response
  }
}

/** What of that is the Context and an empty Response. */
const bareSubject = (): (() => unknown) => {
  const request = new Request('https://edge.example/k', { method: 'OPTIONS', headers: preflightHeaders(ASK) })
  const run = async () => new Context(request).body(null, 204)
  return run
}

/** The `cors` package answers the same, into a response that only remembers its headers. */
function corsSubject(): () => unknown {
  const middleware = cors({
    origin: ['https://app.example.com'],
    methods: ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'],
    allowedHeaders: ['content-type', 'content-md5', 'authorization', 'x-cos-meta-author'],
    exposedHeaders: ['ETag', 'Content-Length'],
    credentials: true,
    maxAge: 600,
  })
  const request = { method: 'OPTIONS', headers: preflightHeaders(ASK) }
  return () => {
    const headers = new Map<string, unknown>()
    const response = {
      statusCode: 0,
      getHeader: (name: string) => headers.get(name.toLowerCase()),
      setHeader: (name: string, value: unknown) => headers.set(name.toLowerCase(), value),
      end: () => {},
    }
    middleware(request, response, () => {})
    assert.equal(headers.get('access-control-allow-origin'), ASK.origin)
    return headers
  }
}

const preflightHeaders = (ask: CorsRequest): Record<string, string> => ({
  origin: ask.origin ?? '',
  'access-control-request-method': ask.method ?? '',
  'access-control-request-headers': ask.requestedHeaders ?? '',
})

/** Our whole answer to a preflight, Response included: what hono/cors is compared with fairly. */
function answerSubject(): () => unknown {
  const ready = hydrate(compile(ONE, 'cos'))
  return () => {
    const decision = decide(ready, ASK)
    return answerPreflight(ready.dialect, decision, { ...ASK, url: 'https://edge.example/k' }, false)
  }
}

/** Goals by the case's name; every other allowed case may cost 1.5 times the first. */
const GOALS: Record<string, number> = { refused: 1, '128 KB': 3, '10,000': 3 }
const FIRST = 'allowed, one rule'
const HONO = 'hono/cors with its Context and Response'
const BARE = 'the same without hono/cors'
const CORS = 'cors (npm), its own work'
const NAIVE = 'a straightforward evaluator, 100 rules'
const ANSWER = 'decide and Response, one rule'

/** Costs of a decision: medians of interleaved rounds, in nanoseconds. */
export async function decideRows(rounds = 7): Promise<Row[]> {
  const subjects = new Map<string, () => unknown>(CASES.map(item => [item.name, decider(item)]))
  subjects.set(ANSWER, answerSubject())
  subjects.set(HONO, honoSubject())
  subjects.set(BARE, bareSubject())
  subjects.set(CORS, corsSubject())
  subjects.set(NAIVE, () => modelRule(HUNDRED, ASK))
  const costs = await interleaved([...subjects.keys()], rounds, async name => {
    const run = subjects.get(name) ?? (() => {})
    return (await measure(run, { min_cpu_time: 60e6 })).p50
  })
  const first = costs.get(FIRST) ?? Number.NaN
  const hono = (costs.get(HONO) ?? Number.NaN) - (costs.get(BARE) ?? Number.NaN)
  return [...costs].map(([name, nanoseconds]): Row => {
    const figure = `${nanoseconds.toFixed(0)} ns`
    if (name === FIRST || name === ANSWER) {
      const ratio = nanoseconds / hono
      return {
        group: 'decide',
        name,
        figure,
        ratio,
        over: 'hono/cors own work',
        goal: name === FIRST ? { most: 1 / 8 } : null,
        measured: ratio,
      }
    }
    const ratio = nanoseconds / first
    const isOther = [HONO, BARE, CORS, NAIVE].includes(name)
    const most = Object.entries(GOALS).find(([start]) => name.startsWith(start))?.[1] ?? 1.5
    return {
      group: 'decide',
      name,
      figure,
      ratio,
      over: FIRST,
      goal: isOther ? null : { most },
      measured: ratio,
    }
  })
}
