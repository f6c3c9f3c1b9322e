/**
 * @module
 * Configurations and requests aimed at the boundaries of the rules: small alphabets, so that hits are frequent,
 * and requests made from the configuration, so that most of the rest miss by little.
 */

import fc from 'fast-check'
import { type Configuration, METHODS, type Method, type Rule } from '../../src/cors/configuration.ts'
import type { CorsRequest } from '../../src/cors/request.ts'
import type { ModelDialect } from '../../tools/model.ts'

export interface Case {
  readonly configuration: Configuration
  readonly dialect: ModelDialect
  readonly request: CorsRequest
}

const pick = fc.constantFrom
const weighted = <T>(...choices: [weight: number, arbitrary: fc.Arbitrary<T>][]): fc.Arbitrary<T> =>
  fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })))

export const dialects: fc.Arbitrary<ModelDialect> = pick('cos', 's3')

// Origins and patterns

const SCHEMES = ['https://', 'http://', 'https://', 'HTTPS://', 'capacitor://', '']
const LABELS = ['example', 'a', 'b', 'evilexample', 'Example', 'xn--bcher-kva', '1']
const TAILS = ['.com', '.example.com', '.a.b', '.com.', '', '.co']
const PORTS = ['', '', '', ':80', ':443', ':8080', ':808', ':']

/** Where naive matchers go wrong: overlaps, anchors, metacharacters, keys of Object.prototype. */
const TRICKY_PATTERNS = [
  'https://example.*.example.com',
  'https://*example.com',
  'https://*.example.com',
  'https://*.',
  'https://*',
  'http*',
  '*://example.com',
  '*.example.com',
  '*.com',
  'https://example.com*',
  'https://example.com:*',
  'https://example.com:*0',
  'https://*.example.com:8080',
  'https://*.com',
  'aa*aa',
  'a*a',
  'aba*aba',
  'n*l',
  'nul*',
  '*ull',
  'null',
  '',
  'https://a.b+(c)[d]$^|?\\{1}*',
  'https://a.b+(c)[d]$^|?\\{1}',
  '.*example.com',
  'constructor',
  '__proto__',
  'toString',
] as const

const concreteOrigin = fc
  .tuple(pick(...SCHEMES), pick(...LABELS), pick(...TAILS), pick(...PORTS))
  .map(parts => parts.join(''))

/** A concrete origin with a star put in place of some part of it, often of nothing. */
const starredOrigin = fc
  .tuple(concreteOrigin, fc.nat(40), weighted([2, fc.constant(0)], [3, fc.nat(8)]))
  .map(([origin, at, length]) => {
    const start = at % (origin.length + 1)
    return `${origin.slice(0, start)}*${origin.slice(start + length)}`
  })

const originPattern: fc.Arbitrary<string> = weighted(
  [3, concreteOrigin],
  [4, starredOrigin],
  [4, pick<string[]>(...TRICKY_PATTERNS)],
  [1, fc.constant('*')],
)

/** Sets larger than a rule usually has: an index must treat them as a loop over their members would. */
export const originPatterns: fc.Arbitrary<string[]> = fc.array(originPattern, { minLength: 1, maxLength: 30 })

// Header names

const HEADER_NAMES = [
  'content-type',
  'Content-MD5',
  'authorization',
  'range',
  'x-cos-meta-author',
  'x-cos-acl',
  'X-Cos-Acl',
  'x-cos',
  'x-',
  'x-a',
  'x-ab',
  'x-b',
  '__proto__',
  'constructor',
  "!#$%&'+-.^_`|~9",
]
const HEADER_PATTERNS = ['x-cos-*', 'X-*', '*-acl', 'x-*-author', 'x-a*a', 'content-*', 'x-cos*']

export const headerEntries: fc.Arbitrary<string> = weighted(
  [8, pick(...HEADER_NAMES)],
  [2, pick(...HEADER_PATTERNS)],
)

const allowedHeaders: fc.Arbitrary<string[]> = weighted(
  [4, fc.constant(['*'])],
  [6, fc.array(headerEntries, { minLength: 1, maxLength: 6 })],
  [1, fc.array(headerEntries, { maxLength: 3 }).map(entries => [...entries, '*'])],
  [2, fc.constant<string[]>([])],
)

// Configurations

const methods: fc.Arbitrary<Method[]> = weighted(
  [4, fc.shuffledSubarray([...METHODS], { minLength: 1 })],
  [1, fc.array(pick(...METHODS), { minLength: 1, maxLength: 7 })],
)

export const rules: fc.Arbitrary<Rule> = fc.record({
  id: pick(null, 'one', 'two'),
  allowedOrigins: weighted(
    [6, fc.array(originPattern, { minLength: 1, maxLength: 3 })],
    [1, fc.array(originPattern, { minLength: 4, maxLength: 12 })],
  ),
  allowedMethods: methods,
  allowedHeaders,
  exposeHeaders: fc.array(pick('ETag', 'Content-Length', 'x-cos-request-id', 'etag'), { maxLength: 3 }),
  maxAgeSeconds: pick(null, 0, 1, 600, 2 ** 31 - 1),
})

/** A rule whose explicit list is longer than the usual bound of 64 names, or of 8192 characters. */
const longListRule: fc.Arbitrary<Rule> = fc
  .tuple(rules, pick(63, 64, 65, 100), pick(4, 100, 130))
  .map(([rule, count, length]) => ({
    ...rule,
    allowedHeaders: Array.from({ length: count }, (_, i) => `${'x'.repeat(length)}-${i}`),
  }))

const UNREACHED_RULE: Rule = {
  id: null,
  allowedOrigins: ['https://nobody.invalid'],
  allowedMethods: [...METHODS],
  allowedHeaders: ['*'],
  exposeHeaders: [],
  maxAgeSeconds: null,
}

/** Up to 100 rules, with those that matter about the 32nd, the 64th, the 96th or the last. */
const manyRules: fc.Arbitrary<Rule[]> = fc
  .tuple(pick(29, 30, 31, 32, 61, 63, 64, 93, 95, 96), fc.array(rules, { minLength: 1, maxLength: 4 }))
  .map(([before, last]) => [...Array<Rule>(before).fill(UNREACHED_RULE), ...last])

/** A configuration that `lint` finds no error in; one in fifty has no rules. */
export const configurations: fc.Arbitrary<Configuration> = fc.record({
  rules: weighted<Rule[]>(
    [2, fc.constant([])],
    [60, fc.array(rules, { minLength: 1, maxLength: 4 })],
    [12, fc.array(rules, { minLength: 5, maxLength: 12 })],
    [1, fc.array(rules, { minLength: 30, maxLength: 40 })],
    [4, manyRules],
    [2, fc.tuple(longListRule, rules).map(both => [...both])],
  ),
  responseVary: fc.boolean(),
})

// Requests

const fillings = weighted(
  [2, fc.constant('')],
  [4, pick('a', '.', 'example', 'a.b', '/', ':', '0', 'ba', '*', 'com', 'evil', '-', 'example.com')],
  [1, fc.string({ unit: pick('a', '.', 'e', ':', '/'), maxLength: 6 })],
)

/** What a pattern's two sides give when they share characters: `a.*.a` gives `a.a`. Never a member by that. */
function overlapped(pattern: string): string {
  const [before = '', after = ''] = pattern.split('*')
  for (let shared = Math.min(before.length, after.length); shared > 0; shared -= 1) {
    if (before.endsWith(after.slice(0, shared))) return before + after.slice(shared)
  }
  return before + after
}

const flipCase = (text: string) => (text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase())

/** One character away: dropped, doubled, replaced, in the other case, or one too many at either end. */
const nearMiss = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(text, fc.nat(60), fc.nat(5)).map(([origin, place, kind]) => {
    const at = origin === '' ? 0 : place % origin.length
    const [before, character, after] = [origin.slice(0, at), origin.charAt(at), origin.slice(at + 1)]
    if (kind === 0) return before + after
    if (kind === 1) return before + character + character + after
    if (kind === 2) return `${before}x${after}`
    if (kind === 3) return before + flipCase(character) + after
    return kind === 4 ? `${origin}.` : `x${origin}`
  })

const hostileOrigins = pick(
  'null',
  '',
  '*',
  'https://example.com, https://example.com',
  'https://a,b',
  ',',
  'constructor',
  '__proto__',
  `https://${'a'.repeat(2048 - 20)}.example.com`,
  `https://${'a'.repeat(2049 - 20)}.example.com`,
  'https://bücher.example.com',
  'https://example.com\u0001',
  'https://example.com\u007f',
)

/** Origins that some of the patterns accept, and origins that they should not. */
export function originsNear(patterns: readonly string[]): fc.Arbitrary<string> {
  const member = fc
    .tuple(pick(...patterns), fillings, concreteOrigin)
    .map(([pattern, filling, any]) => (pattern === '*' ? any : pattern.replace('*', () => filling)))
  return weighted(
    [20, member],
    [7, nearMiss(member)],
    [4, pick(...patterns).map(overlapped)],
    [1, pick(...patterns)],
    [1, concreteOrigin],
    [1, hostileOrigins],
  )
}

const methodFor = (rule: Rule): fc.Arbitrary<string | null> =>
  weighted<string | null>(
    [20, pick(...rule.allowedMethods)],
    [2, pick<string[]>(...METHODS)],
    [
      1,
      pick(
        null,
        '',
        'get',
        'PATCH',
        'OPTIONS',
        'GET, PUT',
        'GET,PUT',
        ' GET',
        'constructor',
        '__proto__',
        'A'.repeat(32),
        'A'.repeat(33),
        'GET\u00e9',
      ),
    ],
  )

const spaces = pick('', '', '', ' ', ' ', '\t', '  ', ' \t')
const anyCase = (name: string): fc.Arbitrary<string> =>
  weighted(
    [3, fc.constant(name.toLowerCase())],
    [1, fc.constant(name.toUpperCase())],
    [1, fc.constant(name)],
    [1, fc.nat(20).map(at => name.slice(0, at) + flipCase(name.slice(at)))],
  )

/** One name that an entry of AllowedHeader accepts, in any case. */
export const nameOf = (entry: string): fc.Arbitrary<string> =>
  fc
    .tuple(pick('', 'a', 'acl', 'meta-a', '-'), pick(...HEADER_NAMES))
    .chain(([filling, any]) => anyCase(entry === '*' ? any : entry.replace('*', () => filling)))

/** Names as one header line, with white space and empty items that the bounds allow. */
export const spaced = (names: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.array(fc.tuple(spaces, spaces), { minLength: names.length, maxLength: names.length }),
      fc.array(fc.tuple(fc.nat(names.length), spaces), { maxLength: 2 }),
    )
    .map(([around, empties]) => {
      const items = names.map((name, i) => `${around[i]?.[0] ?? ''}${name}${around[i]?.[1] ?? ''}`)
      for (const [at, space] of empties) items.splice(at, 0, space)
      return items.join(',')
    })

/** Names that a rule accepts: any of its entries, in any order, repeated now and then. */
const acceptedNames = (rule: Rule): fc.Arbitrary<string[]> =>
  rule.allowedHeaders.length === 0
    ? fc.constant([])
    : fc
        .array(pick(...rule.allowedHeaders), { maxLength: 5 })
        .chain(entries => fc.tuple(...entries.map(nameOf)))

const hostileLists = pick(
  '*',
  'x-a,*',
  'x a',
  'x-a\tx-b',
  'x-a   ',
  '   x-a',
  'x-a,  \t x-b',
  'content-type:',
  'content-type;range',
  'x-\u00e9',
  'x-\u212a',
  '"x-a"',
  'content-type,\u0000',
  ','.repeat(15),
  ','.repeat(16),
  `${','.repeat(16)}x-a`,
  `${','.repeat(17)}x-a`,
  `x-a${','.repeat(16)}`,
  `x-a${','.repeat(17)}`,
  ' , '.repeat(16),
  '     ',
  'x-a,    ,x-b',
  'x-a,     ,x-b',
  Array(64).fill('x-a').join(','),
  Array(65).fill('x-a').join(','),
  'x'.repeat(8192),
  'x'.repeat(8193),
  'x'.repeat(70_000),
  ','.repeat(70_000),
  ' '.repeat(70_000),
)

/** All of a rule's own list at once, and just over it: the bounds grow with the configuration. */
const wholeList = (rule: Rule): fc.Arbitrary<string> => {
  const names = rule.allowedHeaders.filter(entry => !entry.includes('*'))
  return pick(
    names.join(','),
    names.map(name => `  ${name}  `).join(','),
    [...names, ...names].join(','),
    [...names, ...names.slice(0, 1)].join(','),
  )
}

const requestedHeadersFor = (rule: Rule): fc.Arbitrary<string | null> => {
  const accepted = acceptedNames(rule).chain(spaced)
  const oneMore = fc
    .tuple(acceptedNames(rule), pick(...HEADER_NAMES, 'x-other'), fc.nat(5))
    .map(([names, other, at]) => names.toSpliced(at, 0, other))
    .chain(spaced)
  return weighted<string | null>(
    [5, fc.constant(null)],
    [14, accepted],
    [2, oneMore],
    [1, nearMiss(accepted)],
    [1, wholeList(rule)],
    [2, hostileLists],
  )
}

const NO_RULE: Rule = {
  id: null,
  allowedOrigins: ['*'],
  allowedMethods: ['GET'],
  allowedHeaders: ['*'],
  exposeHeaders: [],
  maxAgeSeconds: null,
}

/** Requests aimed at one of the configuration's rules, most of them to hit it. */
export const requestsFor = (configuration: Configuration): fc.Arbitrary<CorsRequest> =>
  pick(...(configuration.rules.length === 0 ? [NO_RULE] : configuration.rules)).chain(rule =>
    fc.record({
      origin: weighted<string | null>([30, originsNear(rule.allowedOrigins)], [1, fc.constant(null)]),
      method: methodFor(rule),
      requestedHeaders: requestedHeadersFor(rule),
    }),
  )

export const cases: fc.Arbitrary<Case> = fc
  .tuple(configurations, dialects)
  .chain(([configuration, dialect]) =>
    requestsFor(configuration).map(request => ({ configuration, dialect, request })),
  )
