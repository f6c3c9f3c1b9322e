/**
 * Wrong variables and missing bindings: a 500 that names them, a log line that says what is accepted.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Edge } from './harness.ts'

const ORIGIN = 'http://127.0.0.1:9'
const WRONG = { ORIGIN: 'ftp://x.example', DIALECT: 'azure', POLICY_TTL_SECONDS: '-1', UNMATCHED: 'allow' }

const start = () =>
  Edge.startAll({
    wrong: { vars: WRONG },
    wrongBinding: { vars: { ORIGIN, EVENTS: 'edge_preflight' } },
    withoutRules: { vars: { ORIGIN }, withoutKv: true },
    withoutBucket: { vars: { ORIGIN: 'service' } },
    withoutOrigin: { rules: { 'cors:default': '[{"AllowedOrigins":["*"],"AllowedMethods":["GET"]}]' } },
  })
let edges: Awaited<ReturnType<typeof start>>
beforeAll(async () => {
  edges = await start()
})
afterAll(() => edges.wrong.stop())

describe('a wrong variable', () => {
  test('is a 500 for preflights and actual requests alike; the log has every wrong one', async () => {
    const edge = edges.wrong
    for (const answer of [await edge.preflight('/k', 'https://a.example', 'GET'), await edge.send('/k')]) {
      expect(answer.status).toBe(500)
      expect(answer.text).toContain('<Code>InvalidVariable</Code>')
      expect(answer.text).toContain('ORIGIN')
      expect(answer.text).not.toContain('ftp:')
      expect(Object.keys(answer.headers).filter(name => name.startsWith('access-control-'))).toEqual([])
    }
    const log = (await edge.wholeLog()).join('\n')
    for (const [name, value] of Object.entries(WRONG))
      expect(log).toContain(`"name":"${name}","value":"${value}"`)
    expect(log).toContain('"accepted":"cos or s3"')
    expect(log).toContain('a whole number from 0 to 86400')
  })
})

describe('a wrong binding', () => {
  test('EVENTS is a 500 that names it', async () => {
    const edge = edges.wrongBinding
    const answer = await edge.preflight('/k', 'https://a.example', 'GET')
    expect([answer.status, answer.text.includes('<Code>InvalidBinding</Code>')]).toEqual([500, true])
    expect(answer.text).toContain('EVENTS')
    expect((await edge.wholeLog()).join('\n')).toContain(
      '"name":"EVENTS","value":"","accepted":"an Analytics Engine dataset',
    )
  })
})

describe('a missing binding', () => {
  test('RULES is a 500 that names it', async () => {
    const answer = await edges.withoutRules.preflight('/k', 'https://a.example', 'GET')
    expect([answer.status, answer.text.includes('<Code>MissingBinding</Code>')]).toEqual([500, true])
    expect(answer.text).toContain('RULES')
  })

  test('BUCKET is a 500 when ORIGIN is service', async () => {
    expect((await edges.withoutBucket.send('/k')).text).toContain('BUCKET')
  })

  test('ORIGIN fails only actual requests: preflights do not need it', async () => {
    const edge = edges.withoutOrigin
    expect((await edge.preflight('/k', 'https://a.example', 'GET')).status).toBe(200)
    const answer = await edge.send('/k')
    expect([answer.status, answer.text.includes('<Code>MissingVariable</Code>')]).toEqual([500, true])
    expect((await edge.wholeLog()).join()).toContain(
      '"name":"ORIGIN","value":"","accepted":"https://host[:port]',
    )
  })
})
