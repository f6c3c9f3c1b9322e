import { describe, expect, test } from 'vitest'
import { PatternIndex } from '../../../src/cors/pattern.ts'
import {
  joinNames,
  listLimits,
  MAX_EMPTY_ITEMS,
  MAX_LIST_LENGTH,
  MAX_NAMES,
  narrowByNames,
  readNames,
} from '../../../src/cors/request-headers.ts'
import { positionsBelow } from '../../../src/cors/rule-set.ts'
import { looks } from '../../fuzz/looks.ts'

/** Judges a list by one rule with these AllowedHeaders. */
function judge(list: string, allowed: string[]): { check: 'header' | 'header-list'; value: string } | null {
  const index = new PatternIndex(new Map(allowed.map(name => [name, positionsBelow(1)])))
  const limits = listLimits(allowed)
  const { names, problem } = readNames(list, limits)
  if (problem !== null) return { check: 'header-list', value: problem }
  const offending = narrowByNames(names, index, positionsBelow(1))
  return offending === null ? null : { check: 'header', value: offending }
}

describe('a requested list', () => {
  test.each([
    '',
    'x-a',
    'X-A',
    ' x-a ',
    '\tx-a\t',
    'x-a,x-b',
    'x-b, x-a',
    'x-a,,x-b',
    ',x-a,',
    ', ,\t, x-a',
    'x-a,x-a',
    `${','.repeat(MAX_EMPTY_ITEMS)}x-a`,
  ])('accepts %j', list => {
    expect(judge(list, ['x-a', 'x-b'])).toBeNull()
  })

  test.each([
    ['x-c', 'x-c'],
    ['x-a,X-C,x-d', 'x-c'],
    ['x-', 'x-'],
    ['x-aa', 'x-aa'],
    ['x-a,x-much-longer-than-any-allowed-name', 'x-much-longer-than-any-allowed-name'],
  ])('refuses %j, naming %j', (list, value) => {
    expect(judge(list, ['x-a', 'x-b'])).toEqual({ check: 'header', value })
  })

  test.each(['x-a x-b', 'x-a;x-b', 'x-a:', '"x-a"', 'x-ä', 'x-a,\u0000', 'x-a\u00a0', '(x-a)'])(
    'refuses %j, which is no list of header names',
    list => {
      expect(judge(list, ['*'])).toEqual({ check: 'header-list', value: 'not a list of header names' })
    },
  )

  test('stops at each bound', () => {
    expect(judge(`x-a,${'b'.repeat(128)}`, ['x-a'])).toEqual({ check: 'header', value: 'b'.repeat(128) })
    expect(judge(`x-a,${'b'.repeat(129)}`, ['x-a'])?.value).toBe('a name longer than 128 characters')
    const refused = (list: string, allowed = ['*']) => judge(list, allowed)?.value
    expect(refused(`${','.repeat(MAX_EMPTY_ITEMS + 1)}x-a`)).toBe('more than 16 empty items')
    expect(refused('x-a,   x-b')).toBe('more than 2 white-space characters in a row')
    expect(refused('x-a   ,x-b')).toBe('more than 2 white-space characters in a row')
    expect(refused(Array(MAX_NAMES).fill('a').join())).toBeUndefined()
    expect(
      refused(
        Array(MAX_NAMES + 1)
          .fill('a')
          .join(),
      ),
    ).toBe('more than 64 names')
    expect(refused('a'.repeat(MAX_LIST_LENGTH))).toBeUndefined()
    expect(refused('a'.repeat(MAX_LIST_LENGTH + 1))).toBe('longer than 8192 characters')
    expect(refused(' '.repeat(100_000))).toBe('longer than 8192 characters')
  })

  test('lets through all the names of a rule, however many', () => {
    const names = Array.from({ length: 900 }, (_, at) => `x-a-rather-long-name-of-a-header-${at}`)
    expect(judge(names.join(' , '), names)).toBeNull()
    expect(judge(`${names.join()},x-a`, names)).toEqual({
      check: 'header-list',
      value: 'more than 900 names',
    })
  })

  test('a literal * is no name that could be answered', () => {
    expect(judge('x-a,*', ['*'])).toEqual({ check: 'header', value: '*' })
  })

  test('a star in a name stands for zero or more characters', () => {
    expect(judge('x-cos-meta-a,x-cos-', ['x-cos-*'])).toBeNull()
    expect(judge('x-co', ['x-cos-*'])).toEqual({ check: 'header', value: 'x-co' })
    expect(judge(`x-cos-${'a'.repeat(1000)}`, ['x-cos-*'])).toBeNull()
  })
})

describe('a hostile list', () => {
  const limits = listLimits(['authorization', 'content-md5', 'content-type', 'x-cos-meta-author'])
  const usual = 'authorization,content-md5,content-type,x-cos-meta-author'

  test.each([',', ' ', '\t', ', ', '\t,', 'a', 'a,', 'content-type,', 'content-type  ,,', '\u00e4', '"'])(
    'of %j again and again is read to its bound alone',
    piece => {
      const many = MAX_NAMES * ('content-type,'.length + 4)
      for (const length of [8 * 1024, 128 * 1024])
        expect(looks(piece.repeat(length / piece.length), limits)).toBeLessThanOrEqual(many)
      if (!piece.includes('content-type'))
        expect(looks(piece.repeat(8192), limits)).toBeLessThan(3 * looks(usual, limits))
    },
  )
})

describe('joinNames()', () => {
  test.each([
    ['a,b', 'a,b'],
    ['B, a', 'b,a'],
    [' ,a,,\tB ,', 'a,b'],
    ['', null],
    [' , ,', null],
  ])('of %j is %j', (list, expected) => {
    const requested = readNames(list, listLimits([]))
    for (let times = 0; times < 2; times++) {
      expect(joinNames(requested, ',')).toBe(expected)
      expect(joinNames(requested, ', ')).toBe(expected?.replaceAll(',', ', ') ?? null)
    }
  })
})
