/**
 * @module
 * Pairs of configurations at the limits of a document (64 KB of XML, 100 rules), and what is asked of each.
 */

import { compare } from '../src/compare/compare.ts'
import type { Configuration, Method, Rule } from '../src/cors/configuration.ts'
import { within } from '../src/cors/within.ts'

export interface ProofCase {
  readonly pair: () => readonly [Configuration, Configuration]
  /** Returns true if the answer is known, and the right one. */
  readonly ask: (file: Configuration, upper: Configuration) => boolean
  /** Milliseconds of CPU, the reading of the documents not among them. */
  readonly mostMs: number
}

const rule = (origins: string[], headers: string[], fields: Partial<Rule> = {}): Rule => ({
  ...{ id: null, allowedOrigins: origins, allowedMethods: ['GET'], allowedHeaders: headers },
  ...{ exposeHeaders: [], maxAgeSeconds: null, ...fields },
})
const of = (...rules: Rule[]): Configuration => ({ rules, responseVary: false })
const many = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at))
const APP = ['https://a.example']
const ALL: Method[] = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD']

const proves = (file: Configuration, upper: Configuration) => within(file, upper).holds === true
const refutes = (file: Configuration, upper: Configuration) => {
  const { access, widenings } = within(file, upper, { most: 100 })
  return !access && widenings.length > 0
}
const isComplete = (before: Configuration, after: Configuration) => {
  const { cut, differences } = compare(before, after, 'cos')
  return !cut && differences.length > 0
}

/** Header patterns of which each on one side meets each on the other. */
const crossing = (count: number) =>
  [
    of(
      rule(
        APP,
        many(count, at => `x${at}-*`),
      ),
    ),
    of(
      rule(['https://*'], ['x*y']),
      rule(
        ['*'],
        many(count, at => `*-${at}y`),
      ),
      rule(APP, ['*']),
    ),
  ] as const
const nested = (count: number, letter: string) => many(count, at => `${letter.repeat(at)}*`)

export const PROOF_CASES: Readonly<Record<string, ProofCase>> = {
  'ordinary rules: 20, within one with a wildcard subdomain': {
    pair: () => [
      of(
        ...many(20, at =>
          rule([`https://app${at}.example.com`], ['content-type', 'x-cos-*'], { allowedMethods: ALL }),
        ),
      ),
      of(rule(['https://*.example.com'], ['*'], { allowedMethods: ALL })),
    ],
    ask: proves,
    mostMs: 100,
  },
  'access, 290 nested origin patterns on each side': {
    pair: () => {
      const patterns = nested(290, 'a').map(text => `https://${text}`)
      return [of(rule(patterns, [])), of(rule(patterns, ['*']))]
    },
    ask: proves,
    mostMs: 1000,
  },
  'access, 100 rules, each refuted by 64 KB of nested header patterns': {
    pair: () => {
      const names = nested(260, 'a')
      // Each rule above misses another name.
      const upper = many(100, at =>
        rule(APP, [`${'a'.repeat(at + 1)}*`, ...names.slice(0, 1).map(() => `b${at}*`)]),
      )
      return [
        of(...many(99, () => rule(APP, ['b1*'])), rule(APP, [...names, ...many(100, at => `b${at}x*`)])),
        of(...upper),
      ]
    },
    ask: refutes,
    mostMs: 1000,
  },
  'credentials, 716 crossing header patterns on each side': {
    pair: () => crossing(716),
    ask: proves,
    mostMs: 10_000,
  },
  'credentials, 1,700 crossing header patterns on each side': {
    pair: () => crossing(1700),
    ask: proves,
    mostMs: 10_000,
  },
  'credentials, 120 periodic header patterns on each side, which overlap in many ways': {
    pair: () => {
      const a = (letters: number) => 'a'.repeat(letters)
      const long = many(120, at => a(120 + at))
      const texts = rule(APP, [`${a(120)}*${a(120)}`, ...long])
      return [
        of(
          rule(
            APP,
            long.map(text => `${text}*`),
          ),
        ),
        of(
          texts,
          rule(
            ['*'],
            long.map(text => `*${text}`),
          ),
          rule(APP, ['*']),
        ),
      ]
    },
    ask: proves,
    mostMs: 10_000,
  },
  'diff, 716 crossing header patterns on each side': {
    pair: () => {
      const [{ rules: file }, { rules: upper }] = crossing(716)
      const last = rule(APP, ['*'])
      return [of(...file, last), of(rule(APP, ['x*y']), ...upper.slice(1, 2), last)]
    },
    ask: isComplete,
    mostMs: 10_000,
  },
  'diff, 700 crossing origin patterns on each side, in 100 rules': {
    pair: () => [
      of(
        ...many(100, at =>
          rule(
            many(7, i => `https://a${at}x${i}*`),
            [`x-${at}`],
            { allowedMethods: ['GET', 'PUT'] },
          ),
        ),
      ),
      of(
        ...many(100, at =>
          rule(
            many(7, i => `https://*${at}x${i}.b`),
            [`x-${at}`, 'x-a'],
          ),
        ),
      ),
    ],
    ask: isComplete,
    mostMs: 10_000,
  },
  'diff, 100 rules with two one-star patterns each': {
    pair: () => {
      const ninety = (step: number) =>
        of(
          ...many(100, at =>
            rule([`https://a${at}*b${at * step}`, `https://${at}-*c${at}`], ['x-a'], {
              maxAgeSeconds: at * step,
            }),
          ),
        )
      return [ninety(1), ninety(2)]
    },
    ask: isComplete,
    mostMs: 10_000,
  },
}
