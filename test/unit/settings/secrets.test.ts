import { describe, expect, test } from 'vitest'
import {
  MAX_KEYS,
  MAX_KEYS_LENGTH,
  MAX_SEAL_KEYS,
  MAX_SEAL_KEYS_LENGTH,
  readKeys,
  readSealKeys,
} from '../../../src/settings/secrets.ts'

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

describe('readSealKeys()', () => {
  const key = Buffer.alloc(32, 0xfb).toString('base64')
  const longest = (count: number) =>
    JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}`.padEnd(16, 'k'), key])))

  test('reads IDs and their 32 bytes', () => {
    expect([...(readSealKeys(`{"k_1-A":"${key}"}`) ?? [])]).toEqual([
      ['k_1-A', new Uint8Array(32).fill(0xfb)],
    ])
  })

  test.each([
    '',
    '{}',
    '[]',
    'null',
    `"${key}"`,
    '{"k":1}',
    '{"k":""}',
    `{"":"${key}"}`,
    `{"k.1":"${key}"}`,
    `{"${'k'.repeat(17)}":"${key}"}`,
    `{"k":"${key.slice(0, -1)}"}`,
    `{"k":"${key.replaceAll('+', '-')}"}`,
    `{"k":"${key.replace(/.=$/, 't=')}"}`,
    `{"k":"${Buffer.alloc(31).toString('base64')}"}`,
    `{"k":"${Buffer.alloc(33).toString('base64')}"}`,
  ])('does not read %s', text => {
    expect(readSealKeys(text)).toBeUndefined()
  })

  test('is bounded', () => {
    expect(readSealKeys(longest(MAX_SEAL_KEYS))?.size).toBe(MAX_SEAL_KEYS)
    expect(readSealKeys(longest(MAX_SEAL_KEYS + 1))).toBeUndefined()
    expect(readSealKeys(longest(1).padEnd(MAX_SEAL_KEYS_LENGTH))?.size).toBe(1)
    expect(readSealKeys(longest(1).padEnd(MAX_SEAL_KEYS_LENGTH + 1))).toBeUndefined()
  })
})
