import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { advise, adviseDocument } from '../../../src/advice/advise.ts'
import { covers, MAX_COMPARISONS, unreachableRules } from '../../../src/advice/coverage.ts'
import { adviseUnknown } from '../../../src/advice/unknown.ts'
import type { Rule } from '../../../src/cors/configuration.ts'
import { MAX_FINDINGS } from '../../../src/cors/findings.ts'
import { readXml } from '../../../src/formats/xml.ts'

const rule = (fields: Partial<Rule> = {}): Rule => ({
  id: null,
  allowedOrigins: ['https://www.example.com'],
  allowedMethods: ['GET'],
  allowedHeaders: [],
  exposeHeaders: [],
  maxAgeSeconds: null,
  ...fields,
})
const found = (...rules: Rule[]) =>
  advise({ rules, responseVary: false }).map(({ code, path }) => `${code} ${path}`)
const originCodes = (origin: string) =>
  advise({ rules: [rule({ allowedOrigins: [origin] })], responseVary: false }).map(f => f.code)

describe('advise() on origins', () => {
  test.each([
    'https://www.example.com',
    'https://www.example.com:8443',
    'https://xn--bcher-kva.example',
    'https://*.example.com',
    'https://app-*.example.com',
    'https://example.com:*',
    'http://localhost:3000',
    'http://localhost:*',
    'http://127.0.0.1:8080',
    'http://[::1]:8080',
    'http://*.localhost',
    'https://*.internal',
    'chrome-extension://abcdefgh',
    'capacitor://localhost',
    '*',
  ])('says nothing about %s', origin => {
    expect(originCodes(origin)).toEqual([])
  })

  test.each([
    ['', 'origin-empty', 'https://www.example.com'],
    ['null', 'origin-null', 'List the origins'],
    ['www.example.com/', 'origin-no-scheme', 'https://www.example.com.'],
    ['www.*', 'origin-no-scheme', 'https://www.*'],
    ['https://a.com/b', 'origin-with-path', 'Write https://a.com.'],
    ['https://a.com/*', 'origin-with-path', 'Write https://a.com.'],
    ['https://a.com?x=/b', 'origin-with-query', 'Write https://a.com.'],
    ['https://a.com#b', 'origin-with-query', 'Write https://a.com.'],
    ['https://me:pw@a.com:81', 'origin-with-userinfo', 'Write https://a.com:81.'],
    ['https://a.com/', 'origin-trailing-slash', 'Write https://a.com.'],
    [' https://a.com', 'origin-white-space', 'Write https://a.com.'],
    ['https://a.com\u200b', 'origin-white-space', 'Write https://a.com.'],
    ['https://a.com,https://b.com', 'origin-comma', 'one AllowedOrigin for each'],
    ['https://A.com', 'origin-upper-case', 'Write https://a.com.'],
    ['https://bücher.example', 'origin-not-ascii', 'Write https://xn--bcher-kva.example.'],
    ['https://*.bücher.example', 'origin-not-ascii', 'Write https://*.xn--bcher-kva.example.'],
    ['https://a.com:443', 'origin-default-port', 'Write https://a.com.'],
    ['http://[::1]:80', 'origin-default-port', 'Write http://[::1].'],
    ['https://a.com:65536', 'origin-bad-port', 'https://a.com.'],
    ['https://a.com:0', 'origin-bad-port', 'https://a.com.'],
    ['https://a.com:', 'origin-bad-port', 'https://a.com.'],
    ['https://a.com:080', 'origin-bad-port', 'https://a.com.'],
    ['https://1.1', 'origin-not-canonical', 'Write https://1.0.0.1.'],
    ['https://', 'origin-not-canonical', 'https://www.example.com'],
  ])('warns of %j with %s', (origin, code, hint) => {
    const findings = advise({ rules: [rule({ allowedOrigins: [origin] })], responseVary: false })
    expect(findings.map(f => [f.code, f.severity, f.path])).toEqual([
      [code, 'warning', 'CORSRule[1]/AllowedOrigin[1]'],
    ])
    expect(findings[0]?.hint).toContain(hint)
  })

  test.each([
    ['https://*example.com', 'origin-off-label', 'https://evilexample.com.'],
    ['https://*-app.example.com', 'origin-off-label', 'https://evil-app.example.com.'],
    ['https://*', 'origin-any-host', 'https://evil.example'],
    ['https*', 'origin-any-host', 'https://evil.example'],
    ['https://*:8443', 'origin-any-host', 'https://evil.example:8443'],
    ['https://example.com*', 'origin-any-host', 'https://example.com.evil.example'],
    ['https://*.com', 'origin-public-suffix', 'under com'],
    ['https://*.com.cn', 'origin-public-suffix', 'under com.cn'],
    ['https://*.github.io', 'origin-public-suffix', 'under github.io'],
    ['https://*.co.nz', 'origin-public-suffix', 'under co.nz'],
    ['https://*.cos-website.ap-beijing.myqcloud.com', 'origin-public-suffix', 'under cos-website.ap-beijing'],
    ['https://*.s3-website-us-east-1.amazonaws.com', 'origin-public-suffix', 'under s3-website-us-east-1'],
    ['https://*.s3.us-east-1.amazonaws.com', 'origin-public-suffix', 'under s3.us-east-1'],
    ['https://*.z6.web.core.windows.net', 'origin-public-suffix', 'under z6.web.core'],
    ['http://www.example.com', 'origin-plain-http', 'plain http'],
    ['http*://www.example.com', 'origin-plain-http', 'plain http'],
    ['*.example.com', 'origin-plain-http', 'plain http'],
  ])('warns whom %s lets in with %s', (origin, code, reason) => {
    const findings = advise({ rules: [rule({ allowedOrigins: [origin] })], responseVary: false })
    expect(findings.map(f => f.code)).toEqual([code])
    expect(findings[0]?.reason).toContain(reason)
  })

  test('warns of http* in both ways', () => {
    expect(originCodes('http*')).toEqual(['origin-any-host', 'origin-plain-http'])
  })

  test('asks the public suffix list it is given', () => {
    const asked: string[] = []
    const configuration = {
      rules: [rule({ allowedOrigins: ['https://*.Shop.example', 'https://*.shop.example'] })],
      responseVary: false,
    }
    const findings = advise(configuration, tail => asked.push(tail) > 0)
    expect(asked).toEqual(['shop.example'])
    expect(findings.map(f => f.code)).toEqual(['origin-upper-case', 'origin-public-suffix'])
  })

  test('warns of * beside other origins, and not of credentials that such a rule never gives', () => {
    expect(found(rule({ allowedOrigins: ['http://a.com', '*', 'https://*'] }))).toEqual([
      'star-beside-origins CORSRule[1]/AllowedOrigin[2]',
    ])
  })

  test('bounds its findings and their length, whatever the origin', () => {
    const long = `${'É'.repeat(30_000)},`
    const findings = advise({
      rules: [rule({ allowedOrigins: [long, long.replace(',', '/'), ...Array(500).fill('A')] })],
      responseVary: false,
    })
    expect(findings).toHaveLength(MAX_FINDINGS + 1)
    expect(Math.max(...findings.map(f => JSON.stringify(f).length))).toBeLessThan(1000)
  })
})

describe('advise() on rules', () => {
  test('warns of an ID used twice and of one over 255 characters', () => {
    const rules = [rule({ id: 'a' }), rule({ id: 'a', allowedOrigins: ['https://b.com'] })]
    expect(found(...rules)).toEqual(['id-duplicate CORSRule[2]/ID[1]'])
    expect(found(rule({ id: 'x'.repeat(255) }))).toEqual([])
    expect(found(rule({ id: 'x'.repeat(256) }))).toEqual(['id-too-long CORSRule[1]/ID[1]'])
  })

  test('warns of a rule that an earlier one covers in origins, methods and headers', () => {
    const wide = rule({
      allowedOrigins: ['https://*.example.com'],
      allowedMethods: ['GET', 'HEAD'],
      allowedHeaders: ['x-cos-*', 'if-match'],
    })
    const covered = rule({ allowedHeaders: ['X-Cos-Meta', 'if-match'] })
    expect(found(wide, covered)).toEqual(['rule-unreachable CORSRule[2]'])
    expect(found(wide, { ...covered, allowedHeaders: ['x-other'] })).toEqual([])
    expect(found(wide, { ...covered, allowedMethods: ['DELETE'] })).toEqual([])
    expect(found(wide, { ...covered, allowedOrigins: ['https://example.com'] })).toEqual([])
  })

  test('a pattern does not cover null, and * does', () => {
    const opaque = rule({ allowedOrigins: ['null'] })
    expect(unreachableRules([rule({ allowedOrigins: ['n*'] }), opaque])).toEqual([null, null])
    expect(unreachableRules([rule({ allowedOrigins: ['*'] }), opaque])).toEqual([null, 0])
  })

  test('warns of credentials that an earlier * rule takes away, where they share a method', () => {
    const star = rule({ allowedOrigins: ['*'], allowedMethods: ['GET', 'HEAD'] })
    const upload = rule({ allowedMethods: ['GET', 'PUT'], exposeHeaders: ['ETag'] })
    expect(found(star, upload)).toEqual(['credentials-lost CORSRule[2]/AllowedOrigin[1]'])
    expect(found(upload, star)).toEqual([])
    expect(found(star, { ...upload, allowedMethods: ['PUT'] })).toEqual([])
  })

  test.each(['Cookie', 'host', 'Proxy-Authorization', 'sec-fetch-mode', 'Sec-*', 'Content-Length'])(
    'warns of the forbidden request header %s',
    name => {
      expect(found(rule({ allowedHeaders: ['*', name] }))).toEqual([
        'header-forbidden CORSRule[1]/AllowedHeader[2]',
      ])
    },
  )

  test('warns of a list that exposes only headers that every script reads', () => {
    expect(found(rule({ exposeHeaders: ['Content-Type', 'Last-Modified'] }))).toEqual([
      'expose-safelisted CORSRule[1]/ExposeHeader[1]',
    ])
    expect(found(rule({ exposeHeaders: ['ETag', 'Last-Modified'] }))).toEqual([])
  })

  test('warns of the headers of CORS itself, allowed or exposed', () => {
    const rules = rule({
      allowedHeaders: ['range', 'Access-Control-Allow-Origin'],
      exposeHeaders: ['access-control-max-age', 'content-range'],
    })
    expect(found(rules)).toEqual([
      'header-access-control CORSRule[1]/AllowedHeader[2]',
      'header-access-control CORSRule[1]/ExposeHeader[1]',
    ])
  })

  test('warns once of rules that allow ranges and hide Content-Range', () => {
    const ranges = { allowedHeaders: ['Range'], exposeHeaders: ['ETag'] }
    expect(found(rule(ranges), rule({ ...ranges, allowedOrigins: ['https://other.example'] }))).toEqual([
      'range-not-exposed CORSRule[1]/AllowedHeader[1]',
    ])
    expect(found(rule({ ...ranges, exposeHeaders: ['ETag', 'content-range'] }))).toEqual([])
    expect(found(rule({ ...ranges, exposeHeaders: [] }))).toEqual([])
    expect(found(rule({ ...ranges, allowedHeaders: ['*'] }))).toEqual([])
    expect(found(rule({ ...ranges, allowedMethods: ['PUT'] }))).toEqual([])
  })

  const upload = (
    allowedHeaders: string[],
    exposeHeaders: string[] = [],
    allowedOrigins = ['https://a.example'],
  ) => rule({ allowedMethods: ['PUT', 'POST'], allowedHeaders, exposeHeaders, allowedOrigins })

  test('advises on the COS SDK once a document, if a rule names a header of COS', () => {
    const signed = upload(['Authorization', 'x-cos-acl'])
    expect(found(signed, upload(['authorization'], [], ['https://b.example']))).toEqual([
      'cache-control-missing CORSRule[1]/AllowedHeader[1]',
      'retry-header-missing CORSRule[1]/AllowedHeader[1]',
      'etag-not-exposed CORSRule[1]',
    ])
    expect(found(upload(['authorization', 'content-type']))).toEqual([])
    expect(found(upload(['*'], ['x-cos-request-id']))).toEqual(['etag-not-exposed CORSRule[1]'])
    expect(found(upload(['authorization', 'x-cos-*', 'c*'], ['etag']))).toEqual([])
    expect(found({ ...upload(['*'], ['x-cos-request-id']), allowedMethods: ['PUT'] })).toEqual([])
  })

  test('warns of a max-age above a day only', () => {
    expect(found(rule({ maxAgeSeconds: 86_400 }))).toEqual([])
    expect(found(rule({ maxAgeSeconds: 86_401 }))).toEqual(['max-age-above-cap CORSRule[1]/MaxAgeSeconds[1]'])
  })
})

describe('adviseDocument()', () => {
  const warnings = (xml: string) =>
    readXml(`<CORSConfiguration>${xml}</CORSConfiguration>`, adviseDocument)
      .findings.filter(({ severity }) => severity === 'warning')
      .map(({ code, path }) => `${code} ${path}`)
  const origin = (text: string) => `<AllowedOrigin>${text}</AllowedOrigin>`
  const put = '<AllowedMethod>PUT</AllowedMethod>'

  test('warns of values beside an error, but of no consequence of the error', () => {
    const wrong = `<CORSRule>${origin('https://*.*.a')}${origin('https://A.b')}${put}<MaxAgeSeconds>99999</MaxAgeSeconds></CORSRule>`
    const good = `<CORSRule>${origin('https://a.b')}${put}</CORSRule>`
    expect(warnings(good + wrong + good)).toEqual([
      'origin-upper-case CORSRule[2]/AllowedOrigin[2]',
      'max-age-above-cap CORSRule[2]/MaxAgeSeconds[1]',
    ])
  })

  test('says nothing more of a value that is wrong', () => {
    const values = '<ExposeHeader>e*</ExposeHeader><MaxAgeSeconds>99999999999</MaxAgeSeconds>'
    expect(warnings(`<CORSRule>${origin('http://*.*')}${put}${values}</CORSRule>`)).toEqual([])
  })
})

describe('adviseUnknown()', () => {
  test('names each unknown element and what may be meant', () => {
    const unknown = ['CORSRule[1]/AllowOrigin[1]', 'CORSRule[1]/ExposedHeaders[2]', 'Comment[1]']
    const findings = adviseUnknown({ CORSRule: [], ResponseVary: [], unknown })
    expect(findings.map(f => [f.code, f.path, f.value])).toEqual([
      ['unknown-element', unknown[0], 'AllowOrigin'],
      ['unknown-element', unknown[1], 'ExposedHeaders'],
      ['unknown-element', unknown[2], 'Comment'],
    ])
    expect(findings[0]?.hint).toContain('AllowedOrigin')
    expect(findings[1]?.hint).toContain('ExposeHeader')
  })
})

describe('covers()', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 4 })
  const pattern = fc.oneof(
    text,
    fc.tuple(text, text).map(([before, after]) => `${before}*${after}`),
  )
  const matches = (oneStar: string, candidate: string) =>
    new RegExp(`^${oneStar.replace('*', '.*')}$`).test(candidate)
  /** `c` stands in no pattern here: what covers the star as `c` covers it as anything. */
  const samples = (oneStar: string) => ['', 'c', 'a', 'b', 'cc'].map(x => oneStar.replace('*', x))

  test('holds exactly when every text of the narrow pattern is one of the wide', () => {
    fc.assert(
      fc.property(pattern, pattern, (wide, narrow) => {
        expect(covers(wide, narrow)).toBe(samples(narrow).every(candidate => matches(wide, candidate)))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('unreachableRules()', () => {
  test('stops comparing patterns at its bound', () => {
    const origins = Array.from({ length: 1500 }, (_, i) => `a${i}*`)
    const rules = [rule({ allowedOrigins: origins }), rule({ allowedOrigins: origins.map(o => `${o}b`) })]
    expect(origins.length ** 2).toBeGreaterThan(MAX_COMPARISONS)
    expect(unreachableRules(rules)).toEqual([null, null])
    expect(
      unreachableRules(rules.map(r => rule({ allowedOrigins: r.allowedOrigins.slice(0, 100) }))),
    ).toEqual([null, 0])
  })
})
