import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { withoutMount } from '../../../../src/bucket/mount/path.ts'

describe('withoutMount()', () => {
  test.each([
    ['/files/a.txt', '/a.txt'],
    ['/files/', '/'],
    ['/files', '/'],
    ['/files?cors', '/?cors'],
    ['/files/?cors', '/?cors'],
    ['/files//a', '//a'],
    ['/files/%2Fa?x=/files/', '/%2Fa?x=/files/'],
    ['/files/files/a', '/files/a'],
  ])('takes the mount off %s', (target, rest) => {
    expect(withoutMount('/files', `https://app.example${target}`)).toBe(`https://app.example${rest}`)
  })

  test.each(['/filesx', '/Files/a', '/%66iles/a', '/', '', '/x/files/a', '/?/files/', '//files/a'])(
    'returns null for %j, which is not below the mount',
    target => {
      expect(withoutMount('/files', `https://app.example${target}`)).toBeNull()
    },
  )

  test('gives any path and query below the mount back, byte for byte', () => {
    const target = fc.string({ unit: 'grapheme-ascii' }).map(text => `/${text.replace(/\s/g, '')}`)
    fc.assert(
      fc.property(target, rest => {
        expect(withoutMount('/a/b', `https://app.example:8443/a/b${rest}`)).toBe(
          `https://app.example:8443${rest}`,
        )
      }),
    )
  })
})
