import { describe, expect, test } from 'vitest'
import type { Rule } from '../../../src/cors/configuration.ts'
import { givesCredentials, sideOf } from '../../../src/cors/side.ts'
import { within } from '../../../src/cors/within.ts'
import { configurationOf } from '../../model/small-scope.ts'

const rule = (allowedOrigins: string[], fields: Partial<Rule> = {}): Rule => ({
  id: null,
  allowedOrigins,
  allowedMethods: ['GET'],
  allowedHeaders: [],
  exposeHeaders: [],
  maxAgeSeconds: null,
  ...fields,
})
const prove = (file: Rule[], upper: Rule[]) => within(configurationOf(...file), configurationOf(...upper))
const many = (count: number, name: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => name(at))

describe('within()', () => {
  test('holds for a rule that several rules cover only together', () => {
    const file = [rule(['https://a.example', 'https://*.b.example'], { allowedMethods: ['GET', 'PUT'] })]
    const upper = [
      rule(['https://*'], { allowedMethods: ['PUT'] }),
      rule(['https://a.example', 'https://*.example']),
    ]
    expect(prove(file, upper)).toMatchObject({ holds: true, widenings: [] })
  })

  test('names the origin that a moved star lets in, as a browser would send it', () => {
    expect(prove([rule(['https://*example.com'])], [rule(['https://*.example.com'])])).toMatchObject({
      holds: false,
      access: false,
      widenings: [
        { claim: 'access', request: { origin: 'https://anyexample.com' } },
        { claim: 'credentials' },
      ],
    })
  })

  test('finds the header name that a list of every next letter does not cover', () => {
    const letters = [..."!#$%&'+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"].map(letter => `x-${letter}*`)
    const [file, upper] = [{ allowedHeaders: ['x-*'] }, { allowedHeaders: ['x-', ...letters] }]
    expect(prove([rule(['*'], file)], [rule(['*'], upper)]).widenings).toMatchObject([
      { claim: 'access', request: { requestedHeaders: 'x-*' } },
    ])
  })

  test('finds credentials that only the order of two rules gives', () => {
    const [open, own] = [rule(['*']), rule(['https://a.example'])]
    expect(prove([own, open], [open, own])).toMatchObject({
      access: true,
      credentials: false,
      widenings: [{ claim: 'credentials', rule: 0, request: { origin: 'https://a.example', method: 'GET' } }],
    })
    expect(prove([open, own], [own, open]).holds).toBe(true)
  })

  test('asks for the header name with which an earlier rule does not answer', () => {
    const own = rule(['https://a.example'], { allowedHeaders: ['x-a', 'x-b'] })
    const upper = [
      rule(['https://a.example'], { allowedHeaders: ['x-a'] }),
      rule(['*'], { allowedHeaders: ['*'] }),
    ]
    expect(prove([own], upper).widenings).toMatchObject([
      { claim: 'credentials', request: { requestedHeaders: 'x-b' } },
    ])
  })

  test('counts null as an origin of its own, which never gets credentials', () => {
    expect(prove([rule(['null'])], [rule(['n*', 'https://*'])]).access).toBe(false)
    expect(prove([rule(['null'])], [rule(['*'])]).holds).toBe(true)
    expect(prove([rule(['*'])], [rule(['null', 'https://*'])]).access).toBe(false)
  })

  test('gives null no credentials, whichever rule lists it', () => {
    const side = sideOf(configurationOf(rule(['null', 'https://a.example'])))
    const asked = (origin: string) =>
      givesCredentials(side, { origin, method: 'GET', requestedHeaders: null })
    expect([asked('null'), asked('https://a.example')]).toEqual([false, true])
  })

  test('knows the names in which two ends of patterns overlap, and those too short for both', () => {
    const own = (...allowedHeaders: string[]) => rule(['https://a.example'], { allowedHeaders })
    const open = (...allowedHeaders: string[]) => rule(['*'], { allowedHeaders })
    expect(prove([own('ab*')], [own('ab*ba'), open('*ba'), own('ab*')])).toMatchObject({
      access: true,
      credentials: false,
      widenings: [{ claim: 'credentials', request: { requestedHeaders: 'aba' } }],
    })
    expect(prove([own('aba')], [own(), open('ab*ba'), own('aba')]).holds).toBe(true)
  })

  test('knows that some patterns match nothing, or one text only', () => {
    const long = (letters: number) => 'h'.padEnd(letters, 'a')
    const nothing = ['', 'https://a.example,https://b.example', long(2049), `${long(2049)}*`]
    expect(prove([rule(nothing)], [rule(['https://x.example'])]).holds).toBe(true)
    expect(prove([rule([`${long(2048)}*`])], [rule([long(2048)])]).holds).toBe(true)
    expect(prove([rule([`${long(2047)}*`])], [rule([long(2047)])]).holds).toBe(false)
  })

  test('is undecided about credentials over its bound of pairs, never about access', () => {
    const prefixes = many(30, at => `x${at}-*`)
    const suffixes = many(30, at => `*-${at}y`)
    const file = configurationOf(rule(['https://a.example'], { allowedHeaders: prefixes }))
    const upper = configurationOf(
      rule(['https://*'], { allowedHeaders: ['x*y'] }),
      rule(['*'], { allowedHeaders: suffixes }),
      rule(['https://a.example'], { allowedHeaders: ['*'] }),
    )
    expect(within(file, upper)).toMatchObject({ holds: true, undecided: null })
    expect(within(file, upper, { maxPairs: 100 })).toMatchObject({
      holds: null,
      access: true,
      credentials: null,
      undecided: 'More than 100 pairs of header patterns would have to be compared.',
    })
  })

  test('decides 716 crossing header patterns on each side', () => {
    const prefixes = many(716, at => `x${at}-*`)
    const suffixes = many(716, at => `*-${at}y`)
    const upper = [
      rule(['https://*'], { allowedHeaders: ['x*y'] }),
      rule(['*'], { allowedHeaders: suffixes }),
      rule(['https://a.example'], { allowedHeaders: ['*'] }),
    ]
    const file = [rule(['https://a.example'], { allowedHeaders: prefixes })]
    expect(prove(file, upper).holds).toBe(true)
  })
})
