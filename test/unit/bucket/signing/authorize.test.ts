import { AwsV4Signer } from 'aws4fetch'
import { describe, expect, test } from 'vitest'
import { authorize, type Signing } from '../../../../src/bucket/signing/authorize.ts'
import { signCos } from '../../../../src/bucket/signing/sign-cos.ts'

const OFF: Signing = {
  signing: 'none',
  region: '',
  secretId: 'AKIDdemo',
  resign: false,
  dialect: 'cos',
  cacheParameters: [],
  upstream: { kind: 'url', base: 'https://bucket.example' },
}
const KEYS = { keys: new Map([['AKIDdemo', 'secret']]), sealKeys: new Map() }
const SIGNATURE =
  'q-sign-algorithm=sha1&q-ak=AKIDdemo&q-sign-time=1;2&q-key-time=1;2&q-header-list=host&q-url-param-list=' +
  `&q-signature=${'0'.repeat(40)}`
const anonymous = new Request('https://edge.example/k')
const signed = new Request('https://edge.example/k', { headers: { authorization: SIGNATURE } })

describe('authorize()', () => {
  test('returns null at once unless a setting asks for signatures', () => {
    expect(authorize(anonymous, OFF, KEYS)).toBeNull()
    expect(authorize(signed, OFF, KEYS)).toBeNull()
    expect(authorize(anonymous, { ...OFF, resign: true }, KEYS)).toBeNull()
    expect(authorize(signed, { ...OFF, signing: 'cos' }, KEYS)).toBeNull()
  })

  test('verifies a signature whatever ORIGIN is, if it knows the key', async () => {
    for (const upstream of [OFF.upstream, { kind: 'route' }, { kind: 'service' }] as Signing['upstream'][])
      expect(await authorize(signed, { ...OFF, upstream, resign: true }, KEYS)).toMatchObject({
        refusal: { status: 403, code: 'AccessDenied', message: 'Request has expired' },
      })
    const other = { ...KEYS, keys: new Map([['AKIDother', 'secret']]) }
    expect(await authorize(signed, { ...OFF, resign: true }, other)).toBeNull()
  })

  const URL_OF_EDGE = 'https://edge.example/k'
  const signers: [string, (headers: Record<string, string>) => Promise<Headers>][] = [
    [
      'COS',
      async headers => {
        const all = Object.entries({ ...headers, host: 'edge.example' })
        const authorization = await signCos(
          { method: 'GET', path: '/k', query: '', headers: all },
          { id: 'AKIDdemo', secret: 'secret' },
          { now: Date.now(), validSeconds: 60, signedHeaders: all.map(([name]) => name) },
        )
        return new Headers({ ...headers, authorization })
      },
    ],
    [
      'SigV4',
      async headers => {
        const key = { accessKeyId: 'AKIDdemo', secretAccessKey: 'secret' }
        const options = { ...key, url: URL_OF_EDGE, headers, service: 's3', region: 'auto', allHeaders: true }
        return (await new AwsV4Signer(options).sign()).headers
      },
    ],
  ]

  test.each(signers)('%s: refuses to re-sign when a covered header is removed', async (_, sign) => {
    const judge = async (signedHeaders: Record<string, string>, connection: string) => {
      const headers = await sign(signedHeaders)
      headers.set('connection', connection)
      return authorize(new Request(URL_OF_EDGE, { headers }), { ...OFF, resign: true }, KEYS)
    }
    expect(await judge({ 'x-hop': '1' }, 'close')).toHaveProperty('sign')
    expect(await judge({ 'x-hop': '1' }, 'x-other')).toHaveProperty('sign')
    expect(await judge({ 'if-match': '"e"' }, 'if-match')).toHaveProperty('sign')
    for (const [name, connection] of [
      ['x-hop', 'x-hop'],
      ['x-forwarded-for', 'close'],
    ] as const)
      expect(await judge({ [name]: '1' }, connection)).toMatchObject({
        refusal: { status: 403, code: 'AccessDenied', message: expect.stringContaining(`header ${name} is`) },
      })
  })

  test('does not sign a read that asks for more than the object', async () => {
    const settings: Signing = { ...OFF, signing: 's3' }
    const payer = { headers: { 'x-amz-request-payer': 'requester' } }
    expect(await authorize(new Request(URL_OF_EDGE, payer), settings, KEYS)).toBeNull()
    const checksum = { headers: { 'x-amz-checksum-mode': 'ENABLED' } }
    expect(await authorize(new Request(URL_OF_EDGE, checksum), settings, KEYS)).toHaveProperty('sign')
  })

  test('signs anonymous reads for the upstream URL, whatever the Host is', async () => {
    for (const upstream of [OFF.upstream, { kind: 'route' }] as Signing['upstream'][]) {
      const settings: Signing = { ...OFF, upstream, signing: 's3', region: 'auto' }
      const authorization = await authorize(anonymous, settings, KEYS)
      if (authorization === null || !('sign' in authorization)) throw new Error('not signed')
      const sent = await authorization.sign(new Request('https://bucket.example/k'))
      expect(sent.headers.get('authorization')).toContain('Credential=AKIDdemo/')
    }
  })
})
