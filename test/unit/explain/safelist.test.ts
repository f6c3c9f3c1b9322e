import { describe, expect, test } from 'vitest'
import { askedNames } from '../../../src/explain/safelist.ts'
import { SAFELIST_ROWS } from './safelist-rows.ts'

describe('askedNames()', () => {
  // test/browser/preflights.test.ts asks Chromium about the same rows.
  test.each(SAFELIST_ROWS)('for $name: $value', ({ name, value, asked }) => {
    expect(askedNames([{ name, value }])).toMatchObject(
      asked ? { asked: [name], unasked: [] } : { asked: [], unasked: [name] },
    )
  })

  test('counts the bytes of all safelisted values together', () => {
    const header = (name: string) => ({ name, value: 'a'.repeat(127) })
    const few = [header('accept'), header('content-language')]
    expect(askedNames(few)).toMatchObject({ asked: [], unasked: ['accept', 'content-language'] })
    const many = Array.from({ length: 9 }, () => header('accept'))
    expect(askedNames(many)).toMatchObject({ asked: ['accept'], unasked: [] })
  })

  test('sorts by name where the value is unknown', () => {
    const names = ['Accept', 'content-type', 'range', 'if-range', 'cookie', 'X-A', 'x-a']
    expect(askedNames(names.map(name => ({ name, value: null })))).toEqual({
      asked: ['if-range', 'x-a'],
      maybe: ['content-type', 'range'],
      unlikely: ['accept'],
      unasked: ['cookie'],
    })
  })
})
