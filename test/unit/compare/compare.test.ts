import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compare } from '../../../src/compare/compare.ts'
import type { Comparison } from '../../../src/compare/difference.ts'
import { differenceText, exampleText } from '../../../src/compare/difference-text.ts'
import type { Configuration, Method, Rule } from '../../../src/cors/configuration.ts'
import { decide } from '../../../src/cors/decide.ts'
import type { DialectName } from '../../../src/cors/dialect.ts'
import { matchesPattern } from '../../../src/cors/pattern.ts'
import { compile, hydrate } from '../../../src/cors/policy.ts'
import type { CorsRequest } from '../../../src/cors/request.ts'
import { configurations, dialects, requestsFor, rules } from '../../model/generators.ts'

/** A comparison costs as much as a thousand decisions. */
const RUNS = process.env.MODEL_RUNS === undefined ? 60 : 4 * Math.ceil(Number(process.env.MODEL_RUNS) / 200)

/** What the engine answers, without what means nothing: the order of lists, repetitions, the case of names. */
function answerOf(configuration: Configuration, dialect: DialectName, request: CorsRequest) {
  const policy = hydrate(compile(configuration, dialect))
  const decision = decide(policy, request)
  if (decision.outcome !== 'allowed') return { outcome: decision.outcome }
  const headers = new Map(decision.sets.preflight)
  const set = (text: string | undefined) => [...new Set((text ?? '').toLowerCase().split(/, */))].sort()
  return {
    outcome: 'allowed',
    origin: headers.get('access-control-allow-origin'),
    credentials: headers.get('access-control-allow-credentials'),
    methods: set(headers.get('access-control-allow-methods')),
    headers: set(decision.allowHeaders ?? headers.get('access-control-allow-headers')),
    expose: set(headers.get('access-control-expose-headers')),
    maxAge: headers.get('access-control-max-age'),
    vary: headers.get('vary'),
  }
}

/** Another configuration that differs from the first one in little, or not at all. */
const variantOf = ({ rules: all, responseVary }: Configuration): fc.Arbitrary<Configuration> => {
  const at = fc.nat(Math.max(0, all.length - 1))
  const edited = fc
    .tuple(at, rules, fc.subarray(['origins', 'methods', 'headers', 'expose', 'age']))
    .map(([position, other, fields]) => {
      const rule = all[position]
      if (rule === undefined) return [other]
      const has = (field: string) => fields.includes(field)
      return all.with(position, {
        id: rule.id,
        allowedOrigins: has('origins') ? other.allowedOrigins : rule.allowedOrigins,
        allowedMethods: has('methods') ? other.allowedMethods : rule.allowedMethods,
        allowedHeaders: has('headers') ? other.allowedHeaders : rule.allowedHeaders,
        exposeHeaders: has('expose') ? other.exposeHeaders : rule.exposeHeaders,
        maxAgeSeconds: has('age') ? other.maxAgeSeconds : rule.maxAgeSeconds,
      })
    })
  return fc.record({
    rules: fc.oneof(
      edited,
      at.map(position => all.toSpliced(position, 1)),
      fc.shuffledSubarray([...all], { minLength: all.length }),
      fc.tuple(at, rules).map(([position, rule]) => all.toSpliced(position, 0, rule).slice(0, 100)),
    ),
    responseVary: fc.oneof(
      { weight: 9, arbitrary: fc.constant(responseVary) },
      { weight: 1, arbitrary: fc.boolean() },
    ),
  })
}

const pairs = fc.tuple(configurations, dialects).chain(([before, dialect]) =>
  fc.record({
    before: fc.constant(before),
    after: fc.oneof({ weight: 4, arbitrary: variantOf(before) }, { weight: 1, arbitrary: configurations }),
    dialect: fc.constant(dialect),
  }),
)

type Answer = ReturnType<typeof answerOf>

/** The kinds of difference of which one must be reported for these two answers to a request. */
function kindsFor(before: Answer, after: Answer): string[][] {
  if (before.outcome !== after.outcome) {
    return [
      before.outcome === 'allowed' ? ['method-lost', 'header-lost'] : ['method-gained', 'header-gained'],
    ]
  }
  const kinds: string[][] = []
  const differs = (part: keyof Answer) => JSON.stringify(before[part]) !== JSON.stringify(after[part])
  if (differs('credentials')) kinds.push(['credentials'])
  if (differs('expose')) kinds.push(['expose'])
  if (differs('maxAge')) kinds.push(['max-age'])
  if (differs('vary')) kinds.push(['vary'])
  return kinds
}

/** Whether one of the differences of these kinds is reported for the request's origin and method. */
const tells = (
  { differences }: Comparison,
  kinds: readonly string[],
  { origin, method }: CorsRequest,
): boolean =>
  differences.some(
    difference =>
      kinds.includes(difference.kind) &&
      (difference.methods as readonly (string | null)[]).includes(method) &&
      difference.origins.some(label => matchesPattern(label, origin ?? '')),
  )

describe('compare()', () => {
  test('tells what differs, for its origin and method, whenever a request gets another answer', () => {
    const asked = pairs.chain(pair =>
      fc.tuple(
        fc.constant(pair),
        fc.array(fc.oneof(requestsFor(pair.before), requestsFor(pair.after)), {
          minLength: 10,
          maxLength: 20,
        }),
      ),
    )
    let differing = 0
    fc.assert(
      fc.property(asked, ([{ before, after, dialect }, requests]) => {
        const comparison = compare(before, after, dialect)
        if (comparison.cut) return
        for (const request of requests) {
          // The bounds of a list grow with the configuration's own names: a documented limit.
          if ((request.requestedHeaders ?? '').split(',').length > 60) continue
          if ((request.requestedHeaders ?? '').length > 2000) continue
          const [was, is] = [answerOf(before, dialect, request), answerOf(after, dialect, request)]
          if (isDeepStrictEqual(was, is)) continue
          differing++
          expect(comparison.differences).not.toEqual([])
          if (was.outcome === 'no-rules' || is.outcome === 'no-rules') continue
          for (const kinds of kindsFor(was, is))
            expect([kinds, tells(comparison, kinds, request)]).toEqual([kinds, true])
        }
      }),
      { numRuns: RUNS },
    )
    expect(differing).toBeGreaterThan(RUNS)
  })

  test('reports nothing that is not so', () => {
    fc.assert(
      fc.property(pairs, ({ before, after, dialect }) => {
        for (const { example } of compare(before, after, dialect).differences) {
          expect(answerOf(after, dialect, example.request)).not.toEqual(
            answerOf(before, dialect, example.request),
          )
        }
      }),
      { numRuns: RUNS },
    )
  })

  test('reports nothing where only the order within lists, repetitions and the case of names differ', () => {
    const rewritten = (rule: Rule): fc.Arbitrary<Rule> => {
      const shuffled = <T>(list: readonly T[]) =>
        fc.shuffledSubarray([...list], { minLength: list.length }).map(some => [...some, ...some.slice(0, 1)])
      return fc.record({
        id: fc.constant('renamed'),
        allowedOrigins: shuffled(rule.allowedOrigins),
        allowedMethods: shuffled(rule.allowedMethods),
        allowedHeaders: shuffled(rule.allowedHeaders.map(name => name.toUpperCase())),
        exposeHeaders: shuffled(rule.exposeHeaders),
        maxAgeSeconds: fc.constant(rule.maxAgeSeconds),
      })
    }
    fc.assert(
      fc.property(
        configurations.chain(before =>
          fc
            .tuple(...before.rules.map(rewritten))
            .map(after => ({ before, after: { ...before, rules: after } })),
        ),
        dialects,
        ({ before, after }, dialect) => {
          expect(compare(before, after, dialect).differences).toEqual([])
        },
      ),
      { numRuns: RUNS / 4 },
    )
  })

  const rule = (origins: string[], methods: Method[], rest: Partial<Rule> = {}): Rule => ({
    id: null,
    allowedOrigins: origins,
    allowedMethods: methods,
    allowedHeaders: [],
    exposeHeaders: [],
    maxAgeSeconds: null,
    ...rest,
  })
  const told = (before: Rule[], after: Rule[], dialect: DialectName = 'cos') =>
    compare(
      { rules: before, responseVary: false },
      { rules: after, responseVary: false },
      dialect,
    ).differences.map(difference => [differenceText(difference), exampleText(difference)])
  const app = ['https://app.example']

  test('groups origins, methods and header names into sentences', () => {
    const before = [
      rule(['https://a.example', 'https://*.b.example'], ['GET', 'PUT'], { allowedHeaders: ['x-a', 'x-b'] }),
    ]
    const after = [
      rule(['https://a.example', 'https://*.b.example'], ['GET'], { allowedHeaders: ['x-b', 'x-cos-*'] }),
    ]
    expect(told(before, after)).toEqual([
      [
        '`https://a.example` and every origin like `https://*.b.example` lose PUT.',
        'e.g. PUT from https://a.example: allowed by rule 1 → refused',
      ],
      [
        '`https://a.example` and every origin like `https://*.b.example` may no longer send `x-a` with GET.',
        'e.g. GET from https://a.example with x-a: allowed by rule 1 → refused',
      ],
      [
        '`https://a.example` and every origin like `https://*.b.example` may now send headers like `x-cos-*` with GET.',
        'e.g. GET from https://a.example with x-cos-any: refused → allowed by rule 1',
      ],
    ])
  })

  test('finds the order of rules, where it matters, and the parts of an answer that it changes', () => {
    const open = rule(['*'], ['GET'], { maxAgeSeconds: 600, allowedHeaders: ['*'] })
    const own = rule(app, ['GET'], { exposeHeaders: ['ETag'] })
    expect(told([open, own], [own, open]).map(([text]) => text)).toEqual([
      'Answers to GET from `https://app.example`: credentials are allowed now (Access-Control-Allow-Origin * → the origin).',
      'Answers to GET from `https://app.example`: exposed headers none → ETag.',
      'Answers to GET from `https://app.example`: max-age 600 → none.',
    ])
    expect(told([open, rule(app, ['PUT'])], [rule(app, ['PUT']), open])).toEqual([])
    expect(told([open], [{ ...open, maxAgeSeconds: 60 }])).toEqual([
      [
        'Answers to GET from every origin: max-age 600 → 60.',
        'e.g. GET from https://stranger.example: allowed by rule 1, before and after',
      ],
    ])
  })

  test('finds header names that are refused only together', () => {
    const allowed = (...names: string[]) => rule(app, ['PUT'], { allowedHeaders: names })
    expect(told([allowed('x-a', 'x-b')], [allowed('x-a'), allowed('x-b')], 's3')).toEqual([
      [
        '`https://app.example` may no longer send `x-a` together with `x-b` with PUT.',
        'e.g. PUT from https://app.example with x-a, x-b: allowed by rule 1 → refused',
      ],
    ])
  })

  test('finds the one origin that a pattern loses when its sides overlap', () => {
    const [wide, narrow] = [rule(['https://*.a.example'], ['GET']), rule(['https://a.*.a.example'], ['GET'])]
    expect(told([wide], [wide, narrow])).toEqual([])
    expect(told([narrow], [wide]).map(([text]) => text)).toEqual([
      'Every other origin like `https://*.a.example` gains GET.',
    ])
  })

  test('tells that a listed null never has credentials', () => {
    expect(told([rule(['null'], ['GET'])], [rule(['*'], ['GET'])]).map(([text]) => text)).toEqual([
      'Every other origin gains GET.',
      'Answers to GET from `null`: Access-Control-Allow-Origin the origin → *.',
    ])
  })

  test('tells what it means to have no rules', () => {
    expect(told([], [rule(app, ['GET'])]).map(([text]) => text)).toEqual([
      'The bucket gets CORS rules: pages that none of them allows are refused, which without rules only their preflights are.',
      '`https://app.example` gains GET.',
    ])
    expect(told([rule(['*'], ['GET'])], []).map(([text]) => text)).toEqual([
      'The bucket loses its CORS rules: every preflight is refused, and no response has CORS headers.',
      'Every origin loses GET.',
    ])
    expect(told([], [])).toEqual([])
  })

  /** As many header patterns as a document holds, where each of the one crosses each of the other. */
  const crossing = (count: number) => {
    const names = (of: (at: number) => string) => Array.from({ length: count }, (_, at) => of(at))
    const answering = { rules: [rule(app, ['GET'], { allowedHeaders: ['*'] })], responseVary: false }
    const { rules: last } = answering
    return {
      before: {
        ...answering,
        rules: [
          rule(app, ['GET'], { allowedHeaders: ['x*y'], maxAgeSeconds: 5 }),
          rule(app, ['GET'], { allowedHeaders: names(at => `x${at}-*`), maxAgeSeconds: 5 }),
          ...last,
        ],
      },
      after: {
        ...answering,
        rules: [
          rule(app, ['GET'], { allowedHeaders: ['x*y'], maxAgeSeconds: 5 }),
          rule(app, ['GET'], { allowedHeaders: names(at => `*-${at}y`) }),
          ...last,
        ],
      },
    }
  }

  test('is complete for header patterns that cross, and says which bound ends it', () => {
    const { before, after } = crossing(80)
    const whole = compare(before, after, 'cos')
    expect(whole.undecided).toEqual([])
    expect(whole.differences.map(differenceText)).toEqual([
      expect.stringMatching(
        /^Answers to GET from `https:\/\/app\.example` that asks for .*max-age 5 → none\.$/,
      ),
    ])
    expect(compare(before, after, 'cos', { maxPairs: 100 })).toMatchObject({
      cut: true,
      undecided: ['More than 100 pairs of header patterns would have to be compared.'],
    })
  })

  test('is complete for many crossing origin patterns', () => {
    const of = (pattern: (at: number) => string, methods: Method[]) => ({
      rules: Array.from({ length: 80 }, (_, at) => rule([pattern(at)], methods)),
      responseVary: false,
    })
    const before = of(at => `https://a${at}*`, ['GET', 'PUT'])
    expect(compare(before, before, 'cos')).toMatchObject({ differences: [], cut: false })
    const { differences, cut } = compare(
      before,
      of(at => `https://*${at}.example`, ['GET']),
      'cos',
    )
    expect(cut).toBe(false)
    expect(differenceText(differences[0] ?? expect.fail())).toMatch(
      /^Every other origin like `https:\/\/a0\*`, .* or 2 more loses GET, PUT\.$/,
    )
    expect(differences.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['method-lost', 'method-gained']),
    )
  })

  test('tells the origin in which two patterns overlap', () => {
    const wide = rule(['https://example.com*'], ['GET'])
    const first = rule(['https://*example.com'], ['GET'], { maxAgeSeconds: 9 })
    expect(told([wide], [first, wide]).at(-1)).toEqual([
      expect.stringContaining('`https://example.com`'),
      'e.g. GET from https://example.com: allowed by rule 1, before and after',
    ])
  })
})
