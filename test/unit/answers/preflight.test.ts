import { describe, expect, test } from 'vitest'
import { answerPreflight } from '../../../src/answers/preflight.ts'
import type { Rule } from '../../../src/cors/configuration.ts'
import { decide } from '../../../src/cors/decide.ts'
import { DIALECTS, type DialectName } from '../../../src/cors/dialect.ts'
import { compile, hydrate } from '../../../src/cors/policy.ts'

const rule = (fields: Partial<Rule>): Rule => ({
  id: null,
  allowedOrigins: ['https://a.example'],
  allowedMethods: ['GET'],
  allowedHeaders: [],
  exposeHeaders: [],
  maxAgeSeconds: null,
  ...fields,
})

interface Asked {
  origin?: string
  method?: string
  headers?: string | null
  debug?: boolean
}

/** Answers preflights of one policy, as the Worker does. */
function answering(dialect: DialectName, ...rules: Partial<Rule>[]) {
  const policy = hydrate(compile({ rules: rules.map(rule), responseVary: false }, dialect))
  return ({ origin = 'https://a.example', method = 'GET', headers = null, debug = false }: Asked = {}) => {
    const request = { url: 'https://b.example/k', origin, method, requestedHeaders: headers }
    return answerPreflight(policy.dialect, decide(policy, request), request, debug)
  }
}

describe('answerPreflight()', () => {
  test('COS answers with the whole list of a rule, when one of its names is requested or none', () => {
    const ask = answering('cos', { allowedHeaders: ['Range', 'X-Cos-Meta-A'] })
    for (const headers of [null, '', 'range', 'X-COS-META-A'])
      expect(ask({ headers }).headers.get('access-control-allow-headers')).toBe('range,x-cos-meta-a')
  })

  test('S3 answers with the requested names of a rule’s list, and with none when none is requested', () => {
    const ask = answering('s3', { allowedHeaders: ['Range', 'X-Cos-Meta-A', 'x-b'] })
    const allowed = (headers: string | null) => ask({ headers }).headers.get('access-control-allow-headers')
    expect([allowed('X-B,Range'), allowed(' range ,,'), allowed(''), allowed(null)]).toEqual([
      'x-b, range',
      'range',
      null,
      null,
    ])
  })

  test.each(DIALECTS)(
    '%s: * among the headers is never sent: with nothing requested there is no header',
    dialect => {
      const ask = answering(dialect, { allowedHeaders: ['*', 'x-a'] })
      for (const headers of [null, '', ' , ,'])
        expect(ask({ headers }).headers.has('access-control-allow-headers')).toBe(false)
      const echoed = ask({ headers: 'X-Cos-A,\tauthorization ,,x-a' }).headers.get(
        'access-control-allow-headers',
      )
      expect(echoed?.split(/, ?/)).toEqual(['x-cos-a', 'authorization', 'x-a'])
      expect(ask({ headers: '*' }).status).toBe(403)
    },
  )

  test.each(DIALECTS)('%s: a rule without AllowedHeader refuses any requested header', dialect => {
    const ask = answering(dialect, { allowedHeaders: [] })
    expect([ask().status, ask({ headers: 'range' }).status]).toEqual([200, 403])
  })

  test.each(DIALECTS)(
    '%s: a receiver that changes the headers of an answer does not change the next one',
    dialect => {
      const ask = answering(dialect, { exposeHeaders: ['ETag'] }, { allowedOrigins: ['*', 'null'] })
      for (const origin of ['https://a.example', 'https://any.example', 'null']) {
        const headersOf = (response: Response) =>
          [...response.headers].filter(([name]) => !name.endsWith('-request-id'))
        const first = ask({ origin })
        const before = headersOf(first)
        for (const name of [...first.headers.keys()]) first.headers.set(name, 'changed')
        first.headers.append('vary', 'changed')
        first.headers.set('x-added', 'changed')
        expect(headersOf(ask({ origin }))).toEqual(before)
      }
    },
  )

  test.each(DIALECTS)('%s: only debugging tells which check failed', async dialect => {
    const ask = answering(dialect, { allowedHeaders: ['x-a'] })
    expect(await ask({ headers: 'x-b' }).text()).not.toContain('<Reason>')
    expect(await ask({ headers: 'x-b', debug: true }).text()).toMatch(/<Reason>header: .*x-b/)
    expect(await answering('s3', {})({ method: 'PATCH', debug: true }).text()).toMatch(
      /<Reason>method: .*PATCH/,
    )
    expect(await ask({ origin: 'https://<b>', debug: true }).text()).toMatch(
      /<Reason>origin: .*https:\/\/&lt;b/,
    )
  })
})
