import { describe, expect, test } from 'vitest'
import type { WrittenConfiguration, WrittenRule } from '../../../src/cors/configuration.ts'
import { MAX_FINDINGS, quote } from '../../../src/cors/findings.ts'
import { lint, toConfiguration } from '../../../src/cors/lint.ts'

const rule = (fields: Partial<WrittenRule> = {}): WrittenRule => ({
  ID: [],
  AllowedOrigin: ['https://www.example.com'],
  AllowedMethod: ['GET'],
  AllowedHeader: [],
  ExposeHeader: [],
  MaxAgeSeconds: [],
  ...fields,
})
const configuration = (...rules: WrittenRule[]): WrittenConfiguration => ({
  CORSRule: rules,
  ResponseVary: [],
  unknown: [],
})
const codesAndPaths = (written: WrittenConfiguration) => lint(written).map(({ code, path }) => [code, path])

describe('lint()', () => {
  test('finds nothing in a rule that uses every element as documented', () => {
    const written = configuration(
      rule({
        ID: ['a'],
        AllowedOrigin: ['*', 'https://*.example.com', 'null', ''],
        AllowedMethod: ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'],
        AllowedHeader: ['*', 'x-cos-*', "!#$%&'*+-.^_`|~"],
        ExposeHeader: ['ETag'],
        MaxAgeSeconds: ['0'],
      }),
    )
    written.ResponseVary = ['false']
    expect(lint(written)).toEqual([])
  })

  test('names a missing rule, and a rule without its two needed elements', () => {
    expect(codesAndPaths(configuration())).toEqual([['no-rules', '']])
    expect(codesAndPaths(configuration(rule(), rule({ AllowedOrigin: [], AllowedMethod: [] })))).toEqual([
      ['origin-missing', 'CORSRule[2]'],
      ['method-missing', 'CORSRule[2]'],
    ])
  })

  test('accepts 100 rules and refuses 101', () => {
    expect(lint(configuration(...Array(100).fill(rule())))).toEqual([])
    expect(codesAndPaths(configuration(...Array(101).fill(rule())))).toEqual([
      ['too-many-rules', 'CORSRule[101]'],
    ])
  })

  test.each([
    ['AllowedOrigin', 'https://*.*.com', 'origin-two-stars'],
    ['AllowedMethod', 'PATCH', 'method-unknown'],
    ['AllowedMethod', '', 'method-unknown'],
    ['AllowedHeader', 'x-*-*', 'header-two-stars'],
    ['AllowedHeader', '', 'header-not-token'],
    ['AllowedHeader', 'x-a\u00a0', 'header-not-token'],
    ['AllowedHeader', 'x:a', 'header-not-token'],
    ['ExposeHeader', 'x-*', 'expose-star'],
    ['ExposeHeader', 'x a', 'expose-not-token'],
    ['MaxAgeSeconds', '', 'max-age-empty'],
    ['MaxAgeSeconds', '-100', 'max-age-negative'],
    ['MaxAgeSeconds', '1.5', 'max-age-not-integer'],
    ['MaxAgeSeconds', '1e3', 'max-age-not-integer'],
    ['MaxAgeSeconds', ' 60', 'max-age-not-integer'],
    ['MaxAgeSeconds', '0x10', 'max-age-not-integer'],
    ['MaxAgeSeconds', '2147483648', 'max-age-too-large'],
    ['MaxAgeSeconds', '9'.repeat(5000), 'max-age-too-large'],
    ['ID', 'a\nb', 'control-character'],
    ['AllowedOrigin', 'https://a.com\t', 'control-character'],
    ['AllowedHeader', 'x-a\x7f', 'control-character'],
    ['MaxAgeSeconds', '60\r', 'control-character'],
    ['ID', 'half \ud800 of a pair', 'control-character'],
  ] as const)('refuses %s %j as %s', (name, value, code) => {
    const [finding, ...others] = lint(configuration(rule({ [name]: [value] })))
    expect(others).toEqual([])
    expect(finding).toMatchObject({
      code,
      severity: 'error',
      path: `CORSRule[1]/${name}[1]`,
      value: quote(value),
    })
  })

  test.each(['0', '2147483647', '007'])('accepts MaxAgeSeconds %s', seconds => {
    expect(lint(configuration(rule({ MaxAgeSeconds: [seconds] })))).toEqual([])
  })

  test('says how to write a method in lower case, and why OPTIONS is not needed', () => {
    const [get, options] = lint(configuration(rule({ AllowedMethod: [' get', 'OPTIONS'] })))
    expect(get?.hint).toContain('Write GET')
    expect(options?.hint).toContain('Leave it out')
  })

  test('refuses what may be written only once, at its second place', () => {
    const written = configuration(rule({ ID: ['a', 'b'], MaxAgeSeconds: ['1', '2'] }))
    written.ResponseVary = ['true', 'true']
    expect(codesAndPaths(written)).toEqual([
      ['id-repeated', 'CORSRule[1]/ID[2]'],
      ['max-age-repeated', 'CORSRule[1]/MaxAgeSeconds[2]'],
      ['response-vary-repeated', 'ResponseVary[2]'],
    ])
  })

  test.each(['', 'TRUE', '1', ' true'])('refuses ResponseVary %j', text => {
    const written = { ...configuration(rule()), ResponseVary: [text] }
    expect(codesAndPaths(written)).toEqual([['response-vary-not-boolean', 'ResponseVary[1]']])
  })

  test('bounds how many findings there are and how long each is', () => {
    const long = 'é'.repeat(60_000)
    const findings = lint(configuration(rule({ AllowedHeader: [long, ...Array(1000).fill('a b')] })))
    expect(findings).toHaveLength(MAX_FINDINGS + 1)
    expect(findings[0]?.value).toBe(`${'é'.repeat(100)}…`)
    expect(findings.at(-1)).toMatchObject({ code: 'more-findings', severity: 'error', value: '801' })
  })
})

describe('quote()', () => {
  test('shows what can not be seen', () => {
    expect(quote('a\u200b\u00a0\x1b[31m b')).toBe('a\\u200b\\u00a0\\u001b[31m b')
  })
})

describe('toConfiguration()', () => {
  test('gives the values in their order, and null for a missing one', () => {
    const written = configuration(
      rule({ ID: [''], AllowedMethod: ['PUT', 'GET'] }),
      rule({ ID: ['b'], AllowedHeader: ['X-A'], ExposeHeader: ['ETag'], MaxAgeSeconds: ['0'] }),
    )
    written.ResponseVary = ['true']
    expect(toConfiguration(written)).toEqual({
      responseVary: true,
      rules: [
        {
          id: null,
          allowedOrigins: ['https://www.example.com'],
          allowedMethods: ['PUT', 'GET'],
          allowedHeaders: [],
          exposeHeaders: [],
          maxAgeSeconds: null,
        },
        {
          id: 'b',
          allowedOrigins: ['https://www.example.com'],
          allowedMethods: ['GET'],
          allowedHeaders: ['X-A'],
          exposeHeaders: ['ETag'],
          maxAgeSeconds: 0,
        },
      ],
    })
  })
})
