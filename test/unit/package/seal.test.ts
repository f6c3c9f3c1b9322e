import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openSeal } from '../../../src/bucket/signing/open-seal.ts'
import {
  fromBase64Url,
  packSeal,
  type SealContent,
  sealAad,
  toBase64Url,
  unpackSeal,
} from '../../../src/bucket/signing/seal-format.ts'
import { type SealOptions, seal, type TemporaryCredentials } from '../../../src/package/seal.ts'

const BYTES = Uint8Array.from({ length: 32 }, (_, at) => at)
const KEY = { k1: Buffer.from(BYTES).toString('base64') }
const KEYS = new Map([['k1', BYTES]])
const HOST = 'files.example.com'
const URL_OF_EDGE = `https://${HOST}:8443/key`
const HOUR = 3_600_000
const base64Token = Buffer.alloc(750, 0xfb).toString('base64')

const credentials = (more: Partial<TemporaryCredentials> = {}): TemporaryCredentials => ({
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'secret/+=',
  sessionToken: base64Token,
  expiration: new Date(Date.now() + HOUR),
  ...more,
})
const sealed = async (more: Partial<TemporaryCredentials> = {}, options: Partial<SealOptions> = {}) =>
  (await seal(credentials(more), KEY, { hosts: [HOST], ...options })).sessionToken
const open = (text: string, id = 'ASIAEXAMPLE', url = URL_OF_EDGE, keys = KEYS, now = Date.now()) =>
  openSeal(text, id, url, keys, now)
const reasonOf = async (...args: Parameters<typeof open>) => {
  const result = await open(...args)
  return 'reason' in result ? result.reason : 'opened'
}

describe('seal()', () => {
  test('returns what the edge opens: the same secret and token, for these hosts, until the expiry', async () => {
    const expiration = new Date(Date.now() + HOUR)
    const result = await seal(credentials({ expiration }), JSON.stringify(KEY), {
      hosts: ['a.example', HOST],
    })
    expect(result).toEqual({
      accessKeyId: 'ASIAEXAMPLE',
      secretAccessKey: 'secret/+=',
      sessionToken: expect.stringMatching(/^ep1\.k1\.[A-Za-z0-9_-]+$/),
      expiration: new Date(Math.floor(expiration.getTime() / 1000) * 1000),
    })
    expect(await open(result.sessionToken)).toEqual({
      secret: 'secret/+=',
      token: base64Token,
      hosts: ['a.example', HOST],
      expires: result.expiration.getTime() / 1000,
    })
  })

  test('opens to the same token, whatever the token is', async () => {
    const alphabet = fc.constantFrom(...'ABYZabyz0189+/-_.=~%&<"!')
    const token = fc.oneof(
      fc.string({ unit: alphabet, minLength: 1, maxLength: 300 }),
      fc.uint8Array({ minLength: 1, maxLength: 300 }).map(bytes => Buffer.from(bytes).toString('base64')),
      fc.uint8Array({ minLength: 1, maxLength: 300 }).map(bytes => Buffer.from(bytes).toString('base64url')),
    )
    await fc.assert(
      fc.asyncProperty(token, async sessionToken => {
        expect(await open(await sealed({ sessionToken }))).toMatchObject({ token: sessionToken })
      }),
    )
  })

  test('never returns the same text twice', async () => {
    expect(await sealed()).not.toBe(await sealed())
  })

  test.each([
    [1000, 1190],
    [2000, 2190],
    [4096, 4290],
  ])('packs a base64 token of %i characters into about %i', async (length, expected) => {
    const sessionToken = Buffer.alloc(4096, 7).toString('base64').slice(0, length)
    const text = await sealed({ sessionToken, secretAccessKey: 's'.repeat(40) })
    expect(Math.abs(text.length - expected)).toBeLessThan(30)
  })

  test('expires with the credentials, or after maxSeconds, whichever is first', async () => {
    const now = Math.floor(Date.now() / 1000)
    const at = async (expiration: TemporaryCredentials['expiration'], maxSeconds?: number) =>
      (await seal(credentials({ expiration }), KEY, { hosts: [HOST], ...(maxSeconds && { maxSeconds }) }))
        .expiration
    expect(await at(now + 600)).toEqual(new Date((now + 600) * 1000))
    expect(await at(new Date((now + 600) * 1000).toISOString(), 900)).toEqual(new Date((now + 600) * 1000))
    const limited = (await at(new Date((now + 9000) * 1000), 60)).getTime() / 1000 - now
    expect(limited === 60 || limited === 61).toBe(true)
  })

  test('refuses what the edge would not open', async () => {
    const wrong: [Partial<TemporaryCredentials>, object, RegExp][] = [
      [{}, { hosts: [] }, /1 to 8 host names/],
      [{}, { hosts: undefined }, /1 to 8 host names/],
      [{}, { hosts: Array(9).fill(HOST) }, /1 to 8 host names/],
      ...['Files.example', 'a.example:8443', 'https://a.example', 'a.example.', '', 'a b'].map(
        (host): [object, object, RegExp] => [{}, { hosts: [host] }, /not a host name/],
      ),
      [{ accessKeyId: '' }, {}, /accessKeyId/],
      [{ secretAccessKey: 'a b' }, {}, /secretAccessKey/],
      [{ sessionToken: '' }, {}, /sessionToken/],
      [{ sessionToken: 'ep1.k1.AAAA' }, {}, /not a sealed text/],
      [{ sessionToken: 'a\n' }, {}, /sessionToken/],
      [{ sessionToken: '%'.repeat(7000) }, {}, /at most 8192/],
      [{ expiration: 'tomorrow' }, {}, /expiration must be/],
      [{ expiration: new Date(Date.now() - 1000) }, {}, /have expired/],
      [{ expiration: Date.now() + HOUR }, {}, /in seconds/],
      [{}, { maxSeconds: 0 }, /maxSeconds/],
    ]
    for (const [more, options, message] of wrong)
      await expect(sealed(more, options), String(message)).rejects.toThrow(message)
    for (const key of ['', '{}', 'null', { ...KEY, k2: KEY.k1 }, { 'a.b': KEY.k1 }, { k1: 'AAAA' }])
      await expect(seal(credentials(), key, { hosts: [HOST] })).rejects.toThrow(/seal-key/)
  })
})

test('the server of docs/temporary-credentials.md answers with credentials that the edge opens', async () => {
  const text = readFileSync(new URL('../../../docs/temporary-credentials.md', import.meta.url), 'utf8')
  const [, code = ''] = /```js\n( +import \{ seal \}[\s\S]*?)```/.exec(text) ?? []
  const run = new Function('seal', code.replace(/^ *import .*$/m, '').replace('export default', 'return'))
  const server = run(seal) as { fetch(request: Request, env: object): Promise<Response> }
  const env = {
    SEAL_KEY: JSON.stringify(KEY),
    isSignedIn: async () => true,
    assumeRole: async () => credentials(),
  }
  const response = await server.fetch(new Request('https://app.example/credentials'), env)
  const { sessionToken, expiredTime } = await response.json()
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await open(sessionToken)).toMatchObject({ token: base64Token, expires: expiredTime })
  expect(
    (await server.fetch(new Request('https://a.example'), { ...env, isSignedIn: async () => false })).status,
  ).toBe(401)
})

describe('openSeal()', () => {
  test('refuses a text in which any one character is changed, added or removed', async () => {
    const text = await sealed({ sessionToken: 'short.token' })
    expect(await reasonOf(text)).toBe('opened')
    for (let at = 0; at < text.length; at++) {
      const changed = text[at] === 'A' ? 'B' : 'A'
      for (const replacement of [changed, '', `${text[at]}A`, '.', '=', '%'].filter(
        other => other !== text[at],
      ))
        expect(await reasonOf(text.slice(0, at) + replacement + text.slice(at + 1)), `${at}`).not.toBe(
          'opened',
        )
    }
  })

  test('refuses texts of every other form', async () => {
    for (const text of [
      '',
      'ep1.',
      'ep1.k1',
      'ep1.k1.',
      'ep1..AAAA',
      'ep1.k1.AAAA',
      'ep2.k1.AAAA',
      `ep1.k1.${'A'.repeat(8186)}`,
    ])
      expect(await reasonOf(text), text.slice(0, 20)).toMatch(/malformed|too long/)
    const text = await sealed()
    for (const other of [`${text}=`, `${text}.a`, ` ${text}`, text.replace('ep1', 'EP1')])
      expect(await reasonOf(other)).toMatch(/malformed/)
  })

  test('refuses another access key ID, another key of the same ID, another host, and an unknown key ID', async () => {
    const text = await sealed()
    expect(await reasonOf(text, 'ASIAOTHER')).toMatch(/does not open/)
    expect(await reasonOf(text, 'ASIAEXAMPLE', URL_OF_EDGE, new Map([['k1', new Uint8Array(32)]]))).toMatch(
      /open/,
    )
    expect(await reasonOf(text, 'ASIAEXAMPLE', 'https://other.example/key')).toMatch(/another host/)
    expect(await reasonOf(text, 'ASIAEXAMPLE', URL_OF_EDGE, new Map([['k2', BYTES]]))).toMatch(
      /no key of this ID/,
    )
  })

  test('opens with each key of a rotation', async () => {
    const next = Uint8Array.from({ length: 32 }, (_, at) => 255 - at)
    const both = new Map([...KEYS, ['k2', next] as const])
    const key = { k2: Buffer.from(next).toString('base64') }
    const { sessionToken } = await seal(credentials(), key, { hosts: [HOST] })
    expect(await reasonOf(sessionToken, 'ASIAEXAMPLE', URL_OF_EDGE, both)).toBe('opened')
    expect(await reasonOf(await sealed(), 'ASIAEXAMPLE', URL_OF_EDGE, both)).toBe('opened')
  })

  test('refuses from the very second of the expiry', async () => {
    const expiration = Math.floor(Date.now() / 1000) + 100
    const text = await sealed({ expiration })
    const at = (now: number) => reasonOf(text, 'ASIAEXAMPLE', URL_OF_EDGE, KEYS, now)
    expect(await at(expiration * 1000 - 1)).toBe('opened')
    expect(await at(expiration * 1000)).toBe('the seal has expired')
  })

  /** Seals any plaintext with the right key: only the edge's own checks can refuse it. */
  async function sealBytes(plaintext: Uint8Array<ArrayBuffer>): Promise<string> {
    const key = await crypto.subtle.importKey('raw', BYTES, 'AES-GCM', false, ['encrypt'])
    const iv = new Uint8Array(12)
    const additionalData = sealAad('k1', 'ASIAEXAMPLE')
    const bytes = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, plaintext)
    return `ep1.k1.${toBase64Url(Buffer.concat([iv, new Uint8Array(bytes)]))}`
  }
  const sealJson = (json: unknown, bytes: number[] = []) => {
    const text = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json))
    return sealBytes(Uint8Array.from([text.length >> 8, text.length & 255, ...text, ...bytes]))
  }

  test('refuses an unknown, missing or mistyped member', async () => {
    const members = { s: 'secret', x: Math.floor(Date.now() / 1000) + 60, h: [HOST], b: 0, t: 'token' }
    expect(await reasonOf(await sealJson(members))).toBe('opened')
    expect(await reasonOf(await sealJson({ ...members, b: 1 }, [1, 2, 3]))).toBe('opened')
    const { s: _, ...missing } = members
    for (const json of [
      ...[missing, { ...members, p: 'prefix/' }, [members], 'null', '"a"', '{', ''],
      ...[
        { ...members, s: 1 },
        { ...members, s: '' },
        { ...members, x: '1' },
        { ...members, x: 1.5 },
        { ...members, x: -1 },
      ],
      ...[
        { ...members, h: [] },
        { ...members, h: HOST },
        { ...members, h: Array(9).fill(HOST) },
        { ...members, h: ['A.b'] },
      ],
      ...[
        { ...members, b: 3 },
        { ...members, b: '0' },
        { ...members, t: 1 },
        { ...members, t: '' },
        { ...members, t: 'ep1.a.b' },
      ],
      { ...members, t: 'a b' },
    ])
      expect(await reasonOf(await sealJson(json)), JSON.stringify(json)).toMatch(/member/)
    expect(await reasonOf(await sealJson(members, [1])), 'bytes with b = 0').toMatch(/member/)
    expect(await reasonOf(await sealJson({ ...members, b: 1 }, [1, 2])), 'not a whole group').toMatch(
      /member/,
    )
    for (const bytes of [[], [0], [0, 200, 1], [255, 255, 123]])
      expect(await reasonOf(await sealBytes(Uint8Array.from(bytes)))).toMatch(/member|malformed/)
  })
})

describe('the format', () => {
  test('fixed: this plaintext and this AAD, byte for byte', () => {
    const content: SealContent = {
      secret: 's',
      expires: 1764103000,
      hosts: ['e.example'],
      token: 'AAECAwQF-.x',
    }
    const json = '{"s":"s","x":1764103000,"h":["e.example"],"b":1,"t":"-.x"}'
    const expected = [0, json.length, ...Buffer.from(json), 0, 1, 2, 3, 4, 5]
    expect([...packSeal(content)]).toEqual(expected)
    expect(unpackSeal(Uint8Array.from(expected))).toEqual(content)
    expect(Buffer.from(sealAad('k1', 'ASIA')).toString()).toBe('ep1.k1\nASIA')
    const byHead = (token: string) =>
      /"b":(\d),"t":"(.*)"/.exec(Buffer.from(packSeal({ ...content, token })).toString())?.slice(1)
    expect(byHead('abc')).toEqual(['0', 'abc'])
    expect(byHead('abcd+/==')).toEqual(['1', '+/=='])
    expect(byHead('abcd-_-_')).toEqual(['2', ''])
  })

  test('base64url is canonical: every text decodes to null, or to bytes that encode to it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ABQgw09-_+/=. '), maxLength: 12 }), text => {
        const bytes = fromBase64Url(text)
        if (bytes !== null) expect(toBase64Url(bytes)).toBe(text)
        else expect(Buffer.from(text, 'base64url').toString('base64url') !== text).toBe(true)
      }),
    )
  })
})
