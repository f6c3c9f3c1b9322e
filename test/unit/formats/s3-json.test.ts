import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { adviseDocument } from '../../../src/advice/advise.ts'
import { readS3Json as read, writeS3Json } from '../../../src/formats/s3-json.ts'
import { readXml } from '../../../src/formats/xml.ts'
import { anyConfiguration } from './configurations.ts'

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/rules/${name}`, import.meta.url), 'utf8')
const GOOD = { AllowedOrigins: ['https://a.example'], AllowedMethods: ['GET'] }
const readS3Json = (text: string) => read(text, adviseDocument)
const codesOf = (value: unknown) => readS3Json(JSON.stringify(value)).findings.map(f => `${f.code} ${f.path}`)

describe('readS3Json()', () => {
  test('reads the same configuration as the XML of the same rules, bare array included', () => {
    const json = fixture('cos-sample.json')
    const reading = readS3Json(json)
    expect(reading).toEqual(readXml(fixture('cos-sample.xml'), adviseDocument))
    expect(readS3Json(JSON.stringify(JSON.parse(json).CORSRules)).configuration?.rules).toEqual(
      reading.configuration?.rules,
    )
  })

  test('accepts the names and single texts that the COS SDKs take', () => {
    const rule = {
      AllowedOrigin: 'https://a.example',
      AllowedMethod: ['GET'],
      AllowedHeader: 'x-cos-acl',
      ExposeHeader: ['ETag'],
      MaxAgeSeconds: '600',
    }
    expect(readS3Json(JSON.stringify({ CORSRules: [rule], ResponseVary: 'true' }))).toEqual({
      configuration: {
        rules: [
          {
            id: null,
            allowedOrigins: ['https://a.example'],
            allowedMethods: ['GET'],
            allowedHeaders: ['x-cos-acl'],
            exposeHeaders: ['ETag'],
            maxAgeSeconds: 600,
          },
        ],
        responseVary: true,
      },
      findings: [],
    })
  })

  test.each([
    [1, 'wrong-type CORSRule'],
    [{ CORSRules: {} }, 'wrong-type CORSRule'],
    [[GOOD, null], 'wrong-type CORSRule[2]'],
    [[{ ...GOOD, AllowedOrigins: 'https://a.example' }], 'wrong-type CORSRule[1]/AllowedOrigin'],
    [[{ ...GOOD, AllowedMethods: null }], 'wrong-type CORSRule[1]/AllowedMethod'],
    [[{ ...GOOD, AllowedMethods: ['GET', 1] }], 'wrong-type CORSRule[1]/AllowedMethod[2]'],
    [[{ ...GOOD, AllowedHeader: {} }], 'wrong-type CORSRule[1]/AllowedHeader'],
    [[{ ...GOOD, ID: 1 }], 'wrong-type CORSRule[1]/ID[1]'],
    [[{ ...GOOD, MaxAgeSeconds: null }], 'wrong-type CORSRule[1]/MaxAgeSeconds[1]'],
    [{ CORSRules: [GOOD], ResponseVary: 1 }, 'wrong-type ResponseVary[1]'],
    [[{ ...GOOD, MaxAgeSeconds: 1.5 }], 'max-age-not-integer CORSRule[1]/MaxAgeSeconds[1]'],
    [[{ ...GOOD, MaxAgeSeconds: -1 }], 'max-age-negative CORSRule[1]/MaxAgeSeconds[1]'],
    [[{ ...GOOD, ID: 'a\nb' }], 'control-character CORSRule[1]/ID[1]'],
    [
      [{ ...GOOD, AllowedOrigin: ['https://*.*.a'] }],
      'key-two-names CORSRule[1]/AllowedOrigin,origin-two-stars CORSRule[1]/AllowedOrigin[2]',
    ],
    [
      [{ ...GOOD, AllowedMethods: ['put'], MaxAgeSeconds: 99999 }],
      'method-unknown CORSRule[1]/AllowedMethod[1],max-age-above-cap CORSRule[1]/MaxAgeSeconds[1]',
    ],
    [{}, 'no-rules '],
    [[], 'no-rules '],
    [[{}], 'origin-missing CORSRule[1],method-missing CORSRule[1]'],
  ])('refuses %j with %s', (value, codes) => {
    expect(codesOf(value).join()).toBe(codes)
    expect(readS3Json(JSON.stringify(value)).configuration).toBeNull()
  })

  test('reports unknown keys and never reads inherited keys', () => {
    const json = `{"CORSRules":[{"AllowedOrigins":["*"],"AllowedMethods":["GET"],
      "__proto__":{"AllowedOrigins":["null"]},"allowedHeaders":["*"],"constructor":1}],"__proto__":{"ResponseVary":true}}`
    const { configuration, findings } = readS3Json(json)
    expect(configuration?.responseVary).toBe(false)
    expect(configuration?.rules[0]?.allowedOrigins).toEqual(['*'])
    expect(findings.map(f => `${f.code} ${f.path}`)).toEqual([
      'unknown-element __proto__[1]',
      'unknown-element CORSRule[1]/__proto__[1]',
      'unknown-element CORSRule[1]/allowedHeaders[1]',
      'unknown-element CORSRule[1]/constructor[1]',
    ])
  })

  test.each([
    ['{\n"CORSRules": [\n{} x]}', 3],
    ['{\n\n', 3],
    ['[x]', undefined],
  ])('refuses %j as not JSON, with the line where it can be known', (text, line) => {
    const [finding, ...others] = readS3Json(text).findings
    expect(others).toEqual([])
    expect(finding).toMatchObject({ code: 'not-json', severity: 'error' })
    expect(finding?.line).toBe(line)
  })

  test('accepts 65536 bytes and 100 rules, and refuses one more', () => {
    const sized = (bytes: number) => JSON.stringify([GOOD]).padEnd(bytes)
    expect(readS3Json(sized(65536)).findings).toEqual([])
    expect(readS3Json(sized(65537)).findings).toMatchObject([{ code: 'too-large' }])
    expect(readS3Json(JSON.stringify(Array(100).fill(GOOD))).configuration?.rules).toHaveLength(100)
    expect(codesOf(Array(101).fill(GOOD))[0]).toBe('too-many-rules CORSRule[101]')
    expect(readS3Json(JSON.stringify(Array(101).fill(GOOD))).configuration).toBeNull()
  })

  test('survives any nesting', () => {
    expect(readS3Json('['.repeat(65536)).findings).toMatchObject([{ code: 'not-json' }])
    const nested = `${'['.repeat(30_000)}${']'.repeat(30_000)}`
    expect(readS3Json(nested).findings).toMatchObject([{ code: 'wrong-type', path: 'CORSRule[1]' }])
  })

  test('never throws, whatever the JSON', () => {
    const key = fc.constantFrom(
      'CORSRules',
      'AllowedOrigins',
      'AllowedMethod',
      'ID',
      'MaxAgeSeconds',
      'ResponseVary',
    )
    fc.assert(
      fc.property(fc.json(), fc.dictionary(key, fc.jsonValue({ maxDepth: 3 })), (any, shaped) => {
        for (const text of [any, JSON.stringify(shaped), JSON.stringify([shaped])]) {
          const { configuration, findings } = readS3Json(text)
          expect(configuration === null).toBe(findings.some(f => f.severity === 'error'))
        }
      }),
    )
  })
})

describe('writeS3Json()', () => {
  test('writes a document that reads back to an equal configuration', () => {
    fc.assert(
      fc.property(anyConfiguration, configuration => {
        expect(readS3Json(writeS3Json(configuration)).configuration).toEqual(configuration)
      }),
    )
  })
})
