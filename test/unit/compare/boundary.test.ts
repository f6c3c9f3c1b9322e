import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  boundariesOf,
  headerFillings,
  MAX_BOUNDARIES,
  originFillings,
} from '../../../src/compare/boundary.ts'
import { matchesPattern } from '../../../src/cors/pattern.ts'
import { headerEntries, nameOf, originPatterns, originsNear } from '../../model/generators.ts'

const RUNS = Number(process.env.MODEL_RUNS ?? 1000)

const matched = (patterns: readonly string[], text: string): string =>
  patterns.map(pattern => (matchesPattern(pattern, text) ? '1' : '0')).join('')

describe('boundariesOf()', () => {
  const kinds = [
    [
      'origins',
      originPatterns.chain(patterns => fc.tuple(fc.constant(patterns), originsNear(patterns))),
      originFillings,
    ],
    [
      'header names',
      fc
        .array(
          headerEntries.map(entry => entry.toLowerCase()),
          { minLength: 1, maxLength: 12 },
        )
        .chain(patterns => fc.tuple(fc.constant(patterns), fc.constantFrom(...patterns).chain(nameOf))),
      headerFillings,
    ],
  ] as const
  test.each(kinds)('has, for any text, one that the same patterns match: %s', (_kind, cases, fillings) => {
    fc.assert(
      fc.property(cases as fc.Arbitrary<[string[], string]>, ([patterns, text]) => {
        const { list, cut } = boundariesOf(patterns, fillings)
        expect(cut).toBe(false)
        const lower = fillings === headerFillings ? text.toLowerCase() : text
        expect(list.map(boundary => matched(patterns, boundary.text))).toContain(matched(patterns, lower))
      }),
      { numRuns: RUNS },
    )
  })

  test('has the texts in which a prefix and a suffix overlap: nothing else matches as they do', () => {
    const patterns = ['aa*', '*aa', 'aa*aa']
    const { list } = boundariesOf(patterns, originFillings)
    expect(list.filter(({ text }) => matched(patterns, text) === '110').map(({ text }) => text)).toEqual([
      'aa',
      'aaa',
    ])
  })

  test('stands for what is like it, with texts that a browser could send', () => {
    const patterns = ['https://*.a.example', 'http://localhost:*', 'https://b.example']
    const { list } = boundariesOf(patterns, originFillings)
    expect(list).toContainEqual({ text: 'https://b.example', standsFor: 'https://b.example' })
    expect(list).toContainEqual({ text: 'https://any.a.example', standsFor: 'https://*.a.example' })
    expect(list).toContainEqual({ text: 'http://localhost:5173', standsFor: 'http://localhost:*' })
    expect(list).toContainEqual({ text: 'https://stranger.example', standsFor: 'https://*' })
  })

  test('is cut, and says so, above its bound', () => {
    const patterns = Array.from({ length: 100 }, (_, i) => `https://${i}.*.example${i}`)
    const { list, cut } = boundariesOf(patterns, originFillings)
    expect({ cut, length: list.length }).toEqual({ cut: true, length: MAX_BOUNDARIES })
  })
})
