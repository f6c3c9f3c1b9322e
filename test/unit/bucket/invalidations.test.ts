import { expect, test } from 'vitest'
import { Invalidations, MAX_KEY, MAX_KEYS } from '../../../src/bucket/invalidations.ts'

test('hasSince() is true if a key changed after a moment', () => {
  const invalidations = new Invalidations()
  const before = invalidations.moment()
  expect(invalidations.hasSince('a', before)).toBe(false)
  invalidations.add('a')
  const after = invalidations.moment()
  expect(invalidations.hasSince('a', before)).toBe(true)
  expect(invalidations.hasSince('a', after)).toBe(false)
  expect(invalidations.hasSince('b', before)).toBe(false)
  invalidations.add('a')
  expect(invalidations.hasSince('a', after)).toBe(true)
})

test('hasSince() is true of every key once the bounds are exceeded', () => {
  const invalidations = new Invalidations()
  const before = invalidations.moment()
  invalidations.add('first')
  const after = invalidations.moment()
  for (let each = 1; each < MAX_KEYS; each++) invalidations.add(`${each}`)
  expect(invalidations.hasSince('other', before)).toBe(false)
  invalidations.add('one more')
  expect(invalidations.hasSince('other', before)).toBe(true)
  expect(invalidations.hasSince('first', before)).toBe(true)
  expect(invalidations.hasSince('other', after)).toBe(false)

  const room = new Invalidations()
  const then = room.moment()
  room.add('x'.repeat(MAX_KEY))
  expect(room.hasSince('other', then)).toBe(false)
  room.add('x'.repeat(MAX_KEY + 1))
  expect(room.hasSince('other', then)).toBe(true)
})

test('hasSince() is true of every key after addAll()', () => {
  const invalidations = new Invalidations()
  const before = invalidations.moment()
  invalidations.addAll()
  expect(invalidations.hasSince('any', before)).toBe(true)
  expect(invalidations.hasSince('any', invalidations.moment())).toBe(false)
})
