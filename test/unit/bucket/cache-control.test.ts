import { describe, expect, test } from 'vitest'
import { allowsSharedStoring, TARGETED_FIELDS } from '../../../src/bucket/cache-control.ts'

const allows = (headers: Record<string, string>) => allowsSharedStoring(new Headers(headers))

const ALLOWED = [
  ...['public', 'max-age=60', 'max-age=05, privately, immutable', 's-maxage=60, max-age=0', 'max-age="60"'],
  ...['a="no-store, private", max-age=1', ', max-age=1 , ', 'no-transform', 'ext="a\\"b"'],
]
const FORBIDDEN = [
  ...['private', 'public, No-Store', 'max-age=60,no-cache', 'no-cache="set-cookie, x", max-age=60'],
  ...['private="x", s-maxage=60', 'max-age=0', 's-maxage="0", max-age=60', 'max-age=00', 'max-age=-1'],
  ...['max-age=1.5', 'max-age', 'max-age=', 'max-age=60, max-age=0', 'must-understand, no-store'],
  ...['max-age=60 private', 'a="b', 'max-age=60; private', '(', `a${'b'.repeat(2048)}`],
]

describe('allowsSharedStoring()', () => {
  test.each(ALLOWED)('is true of Cache-Control: %s', value => {
    expect(allows({ 'cache-control': value })).toBe(true)
  })

  test.each(FORBIDDEN)('is false of Cache-Control: %s', value => {
    expect(allows({ 'cache-control': value })).toBe(false)
  })

  test('is false of a response with a cookie, whatever its Cache-Control', () => {
    expect(allows({ 'cache-control': 'public, max-age=60', 'set-cookie': 'a=b' })).toBe(false)
  })

  test.each(TARGETED_FIELDS)('reads %s as Cache-Control, and then nothing else', name => {
    for (const value of ALLOWED) {
      const others = { 'cache-control': 'no-store', expires: '0', pragma: 'no-cache' }
      expect(allows({ ...others, [name]: value }), value).toBe(true)
    }
    for (const value of FORBIDDEN)
      expect(allows({ 'cache-control': 'max-age=60', [name]: value }), value).toBe(false)
    expect(allows({ 'cache-control': 'no-store', [name]: '' }), 'empty: ignored').toBe(false)
  })

  test('the most specific targeted field decides', () => {
    expect(allows({ 'cloudflare-cdn-cache-control': 'no-store', 'cdn-cache-control': 'max-age=60' })).toBe(
      false,
    )
    expect(allows({ 'cloudflare-cdn-cache-control': 'max-age=60', 'cdn-cache-control': 'no-store' })).toBe(
      true,
    )
    expect(allows({ 'cdn-cache-control': 'no-store', 'surrogate-control': 'max-age=60' })).toBe(false)
  })

  test.each([
    [{ pragma: 'no-cache' }, false],
    [{ pragma: 'no-cache', 'cache-control': 'max-age=60' }, true],
    [{ expires: '0' }, false],
    [{ expires: '9999' }, false],
    [{ expires: 'Thu, 01 Jan 1970 00:00:00 GMT' }, false],
    [{ expires: '-1', 'cache-control': 'public' }, false],
    [{ expires: '-1', 'cache-control': 'max-age=60' }, true],
    [{ expires: 'Fri, 31 Dec 2999 23:59:59 GMT' }, true],
    [{}, true],
  ])('of %j is %s', (headers, expected) => {
    expect(allows(headers as Record<string, string>)).toBe(expected)
  })

  test('takes time in proportion to the size of the field', () => {
    const started = performance.now()
    for (const unit of [',', ' ', 'a=', '"', '\\', 'a,', 'a="'])
      allows({ 'cache-control': unit.repeat(60_000) })
    expect(performance.now() - started).toBeLessThan(2000)
  })
})
