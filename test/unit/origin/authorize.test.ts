import { describe, expect, test } from 'vitest'
import { authorize, type Signing } from '../../../src/origin/authorize.ts'

const OFF: Signing = { signing: 'none', region: '', secretId: 'AKIDdemo', resign: false }
const KEYS = new Map([['AKIDdemo', 'secret']])
const SIGNATURE =
  'q-sign-algorithm=sha1&q-ak=AKIDdemo&q-sign-time=1;2&q-key-time=1;2&q-header-list=host&q-url-param-list=' +
  `&q-signature=${'0'.repeat(40)}`
const anonymous = new Request('https://edge.example/k')
const signed = new Request('https://edge.example/k', { headers: { authorization: SIGNATURE } })

describe('authorize()', () => {
  test('has nothing to do, at once, unless a setting asks for it', () => {
    expect(authorize(anonymous, OFF, KEYS, false)).toBeNull()
    expect(authorize(signed, OFF, KEYS, false)).toBeNull()
    expect(authorize(anonymous, { ...OFF, resign: true }, KEYS, false)).toBeNull()
    expect(authorize(signed, { ...OFF, signing: 'cos' }, KEYS, false)).toBeNull()
  })

  test('judges a signature only where the bucket gets another Host (an ORIGIN that is a URL)', async () => {
    expect(authorize(signed, { ...OFF, resign: true }, KEYS, true)).toBeNull()
    expect(await authorize(signed, { ...OFF, resign: true }, KEYS, false)).toMatchObject({
      refusal: { status: 403, code: 'AccessDenied', message: 'Request has expired' },
    })
  })

  test('signs reads whatever the Host is, for the URL that is fetched', async () => {
    for (const keepsHost of [true, false]) {
      const authorization = await authorize(
        anonymous,
        { ...OFF, signing: 's3', region: 'auto' },
        KEYS,
        keepsHost,
      )
      if (authorization === null || !('sign' in authorization)) throw new Error('not signed')
      const upstream = await authorization.sign(new Request('https://bucket.example/k'))
      expect(upstream.headers.get('authorization')).toContain('Credential=AKIDdemo/')
    }
  })
})
