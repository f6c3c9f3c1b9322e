import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matchesPattern, PatternIndex } from '../../../src/cors/pattern.ts'
import { addPositionOf, emptySet, firstPosition, type RuleSet } from '../../../src/cors/rule-set.ts'
import { runs } from '../../model/runs.ts'

/** Some text put for the one star gives the text: tried, not computed. */
function matchesByTrying(pattern: string, text: string): boolean {
  const [prefix = '', suffix] = pattern.split('*')
  if (suffix === undefined) return pattern === text
  for (let from = 0; from <= text.length; from++)
    for (let to = from; to <= text.length; to++)
      if (prefix + text.slice(from, to) + suffix === text) return true
  return false
}

const positions = (set: RuleSet): number[] => {
  const found: number[] = []
  const words = [set.a, set.b, set.c, set.d]
  for (let position = 0; position < 128; position++)
    if (((words[position >> 5] ?? 0) >>> (position & 31)) & 1) found.push(position)
  return found
}

/** Few letters, so that prefixes and suffixes meet; and what would mean something in a regular expression. */
const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '+', '(', '\\', '[', '$'), maxLength: 6 })
const pattern = fc.oneof(
  text,
  fc.tuple(text, text).map(([prefix, suffix]) => `${prefix}*${suffix}`),
)

describe('matchesPattern()', () => {
  test('holds exactly when some text put for the star gives the text', () => {
    fc.assert(
      fc.property(pattern, text, (p, t) => {
        expect(matchesPattern(p, t)).toBe(matchesByTrying(p, t))
      }),
      runs(2000),
    )
  })

  test('does not let prefix and suffix overlap', () => {
    expect(matchesPattern('https://example.*.example.com', 'https://example.example.com')).toBe(false)
    expect(matchesPattern('https://example.*.example.com', 'https://example..example.com')).toBe(true)
    expect(matchesPattern('https://*.example.com', 'https://.example.com')).toBe(true)
    expect(matchesPattern('https://*.example.com', 'https://example.com')).toBe(false)
  })
})

/** The index of patterns, each for the rule at a position. */
function indexOf(...patterns: [pattern: string, position: number][]): PatternIndex {
  const rules = new Map<string, RuleSet>()
  for (const [pattern, position] of patterns) addPositionOf(rules, pattern, position)
  return new PatternIndex(rules)
}

describe('PatternIndex', () => {
  test('match() gives the rules of which any pattern matches, for random sets', () => {
    const patterns = fc.array(fc.tuple(pattern, fc.integer({ min: 0, max: 127 })), { maxLength: 30 })
    fc.assert(
      fc.property(patterns, text, (set, t) => {
        const index = indexOf(...set)
        const expected = set.filter(([p]) => matchesByTrying(p, t)).map(([, position]) => position)
        expect(positions(index.match(t))).toEqual([...new Set(expected)].sort((a, b) => a - b))
      }),
      runs(2000),
    )
  })

  test('match() does not join one pattern with another', () => {
    const index = indexOf(
      ['https://foo.com', 0],
      ['https://bar.com', 1],
      ['https://*.foo.com', 2],
      ['https://*.bar.com', 3],
    )
    expect(positions(index.match('https://barfoo.com'))).toEqual([])
    expect(positions(index.match('https://bar.com.foo.com'))).toEqual([2])
  })

  test('literal() knows exact patterns and * alone', () => {
    const index = indexOf(['n*l', 0], ['null', 1], ['*', 2])
    expect(positions(index.literal('null'))).toEqual([1, 2])
    expect(positions(index.match('null'))).toEqual([0, 1, 2])
  })

  test('a found set can be narrowed without changing the index', () => {
    const index = indexOf(['a', 7])
    Object.assign(index.match('a'), emptySet())
    expect(positions(index.match('a'))).toEqual([7])
  })
})

test('firstPosition() is the lowest one in any word', () => {
  for (let position = 0; position < 128; position++) {
    const index = indexOf(['x', 127], ['x', position])
    expect(firstPosition(index.match('x'))).toBe(position)
  }
  expect(firstPosition(emptySet())).toBe(-1)
})
