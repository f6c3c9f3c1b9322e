/**
 * @module
 * What a decision costs, by kind of policy and of request, beside what others do for the same answer. Every
 * subject first shows that it answers as the naive model does; only then is it timed.
 */

import assert from 'node:assert/strict'
import { Context } from 'hono'
import { cors as honoCors } from 'hono/cors'
import { measure } from 'mitata'
import type { Configuration, Rule } from '../src/cors/configuration.ts'
import { decide } from '../src/cors/decide.ts'
import { compile, hydrate } from '../src/cors/policy.ts'
import { modelRule } from '../test/model/model.ts'

export interface Ask {
  origin: string
  method: string
  headers: string | null
}

export interface Case {
  name: string
  configuration: Configuration
  ask: Ask
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

const ASK: Ask = {
  origin: 'https://app.example.com',
  method: 'PUT',
  headers: 'authorization,content-md5,content-type',
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
    ask: { ...ASK, headers: 'authorization,content-md5,x-other' },
  },
  { name: '128 KB of commas', configuration: ONE_STAR, ask: { ...ASK, headers: ','.repeat(128 * 1024) } },
  { name: '128 KB of spaces', configuration: ONE_STAR, ask: { ...ASK, headers: ' '.repeat(128 * 1024) } },
  {
    name: '128 KB of one allowed name',
    configuration: ONE_STAR,
    ask: { ...ASK, headers: 'content-type,'.repeat(10_082) },
  },
  {
    name: '10,000 names',
    configuration: ONE_STAR,
    ask: {
      ...ASK,
      headers: numbers(10_000)
        .map(at => `x-${at}`)
        .join(),
    },
  },
]

function subject({ configuration, ask }: Case): () => unknown {
  const ready = hydrate(compile(configuration, 'cos'))
  const { origin, method, headers } = ask
  const decision = decide(ready, origin, method, headers)
  const expected = modelRule(configuration, { origin, method, requestedHeaders: headers })
  assert.equal(decision.outcome === 'allowed' ? decision.rule.position : null, expected)
  return () => decide(ready, origin, method, headers)
}

if (import.meta.main) {
  for (const item of CASES) {
    const run = subject(item)
    const { p50, avg } = await measure(run, { min_cpu_time: 200e6 })
    console.log(item.name.padEnd(50), p50.toFixed(1), avg.toFixed(1))
  }
  const middleware = honoCors({
    origin: 'https://app.example.com',
    allowMethods: ['GET', 'PUT'],
    allowHeaders: ['content-type'],
    credentials: true,
    maxAge: 600,
  })
  const request = new Request('https://e.example/k', {
    method: 'OPTIONS',
    headers: {
      origin: ASK.origin,
      'access-control-request-method': 'PUT',
      'access-control-request-headers': ASK.headers ?? '',
    },
  })
  const { p50 } = await measure(async () => middleware(new Context(request) as never, async () => {}), {
    min_cpu_time: 200e6,
  })
  console.log('hono/cors', p50)
}
