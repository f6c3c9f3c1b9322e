import { describe, expect, test } from 'vitest'
import { type CorsOutcome, decorate } from '../../../src/answers/actual.ts'
import { decide } from '../../../src/cors/decide.ts'
import { dialectOf } from '../../../src/cors/dialect.ts'
import { compile, hydrate } from '../../../src/cors/policy.ts'

const ORIGIN = 'https://app.example'

function outcome(name: 'cos' | 's3', origin: string | null = ORIGIN): CorsOutcome {
  const rule = {
    id: null,
    allowedOrigins: [ORIGIN],
    allowedMethods: ['GET' as const],
    allowedHeaders: [],
    exposeHeaders: ['ETag'],
    maxAgeSeconds: 600,
  }
  const policy = hydrate(compile({ rules: [rule], responseVary: false }, name))
  const decision = decide(policy, { origin, method: 'GET', requestedHeaders: null })
  return { dialect: dialectOf(name), decision, origin }
}
const varyOf = (vary: string | null, cors: CorsOutcome) =>
  decorate(new Response(null, { headers: vary === null ? {} : { vary } }), cors).headers.get('vary')

describe('decorate()', () => {
  const S3 = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method'
  test.each([
    [null, 'Origin', S3],
    ['', 'Origin', S3],
    [' ', 'Origin', S3],
    ['Accept', 'Accept, Origin', `Accept, ${S3}`],
    ['ORIGIN', 'ORIGIN', 'ORIGIN, Access-Control-Request-Headers, Access-Control-Request-Method'],
    [
      'a,origin ,b',
      'a,origin ,b',
      'a, origin, b, Access-Control-Request-Headers, Access-Control-Request-Method',
    ],
    ['Origin, Accept, origin', 'Origin, Accept', `Origin, Accept, ${S3.replace('Origin, ', '')}`],
    ['Accept, Accept,', 'Accept, Origin', `Accept, ${S3}`],
    ['x-origin', 'x-origin, Origin', `x-origin, ${S3}`],
    ['*', '*', '*'],
    ['Accept, *', 'Accept, *', 'Accept, *'],
  ])('merges Vary %j once, in cos to %j', (vary, cos, s3) => {
    expect(varyOf(vary, outcome('cos'))).toBe(cos)
    expect(varyOf(vary, outcome('cos', null))).toBe(cos)
    expect(varyOf(vary, outcome('s3'))).toBe(s3)
  })

  test('splits a Vary of 4096 characters, and replaces a longer one by *', () => {
    expect(varyOf('a'.repeat(4096), outcome('cos'))).toBe(`${'a'.repeat(4096)}, Origin`)
    expect(varyOf('a'.repeat(4097), outcome('cos'))).toBe('*')
  })

  test.each(['cos', 's3'] as const)(
    '%s: puts the header set of the rule on, with the origin itself',
    name => {
      const upstream = new Response(null, { headers: { 'access-control-allow-origin': '*', etag: '"e"' } })
      expect(Object.fromEntries(decorate(upstream, outcome(name)).headers)).toEqual({
        'access-control-allow-origin': ORIGIN,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': 'ETag',
        etag: '"e"',
        ...(name === 'cos'
          ? { vary: 'Origin' }
          : { 'access-control-allow-methods': 'GET', 'access-control-max-age': '600', vary: S3 }),
      })
    },
  )

  test('changes no answer but its own', () => {
    const cors = outcome('cos')
    decorate(new Response(), cors).headers.set('access-control-expose-headers', '*')
    expect(decorate(new Response(), cors).headers.get('access-control-expose-headers')).toBe('ETag')
  })

  test.each([
    [null, 'Accept, Origin'],
    [{ outcome: 'no-rules' as const }, 'Accept'],
  ])('takes CORS headers off and puts none on: %j, with Vary %s', (decision, vary) => {
    const headers = { 'access-control-allow-origin': '*', 'Access-Control-New': 'x', vary: 'Accept' }
    const { dialect } = outcome('cos')
    const decorated = decorate(new Response(null, { headers }), { dialect, decision, origin: ORIGIN })
    expect([...decorated.headers]).toEqual([['vary', vary]])
  })
})
