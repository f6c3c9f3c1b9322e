import { describe, expect, test } from 'vitest'
import { MAX_KEYS, MAX_KEYS_LENGTH, readKeys } from '../../../src/settings/secrets.ts'

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`id${i}`, 's']))

describe('readKeys()', () => {
  test('reads IDs and their secrets, whatever their names', () => {
    const keys = readKeys('{"AKIDa":"secret-a","a/b":"x+/=","__proto__":"s"}')
    expect([...(keys ?? [])]).toEqual([
      ['AKIDa', 'secret-a'],
      ['a/b', 'x+/='],
      ['__proto__', 's'],
    ])
  })

  test.each([
    '',
    '{',
    '[]',
    'null',
    '"AKIDa"',
    '{"AKIDa":1}',
    '{"AKIDa":""}',
    '{"":"s"}',
    '{"AKIDa":"secret\\n"}',
    '{" AKIDa":"s"}',
    '{"AKIDa":"geheim-ü"}',
    `{"AKIDa":"${'s'.repeat(257)}"}`,
  ])('does not read %s', text => {
    expect(readKeys(text)).toBeUndefined()
  })

  test('is bounded', () => {
    expect(readKeys(JSON.stringify(many(MAX_KEYS)))?.size).toBe(MAX_KEYS)
    expect(readKeys(JSON.stringify(many(MAX_KEYS + 1)))).toBeUndefined()
    expect(readKeys('{"a":"b"}'.padEnd(MAX_KEYS_LENGTH))?.size).toBe(1)
    expect(readKeys('{"a":"b"}'.padEnd(MAX_KEYS_LENGTH + 1))).toBeUndefined()
  })
})
