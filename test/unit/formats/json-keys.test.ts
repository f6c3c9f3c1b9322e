import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { importDocument } from '../../../src/formats/import.ts'
import { repeatedKeys } from '../../../src/formats/json-keys.ts'
import { readDocument } from '../../../src/formats/read.ts'

const codesOf = (json: string) =>
  repeatedKeys(json, JSON.parse(json)).map(({ line, path }) => `${line} ${path}`)

describe('repeatedKeys()', () => {
  test.each([
    ['{"a":1,\n"a":2}', ['2 a']],
    ['{"\\u0061":1,"a":2}', ['1 a']],
    ['{"a":1,"a":2,"a":3}', ['1 a', '1 a']],
    ['{"CORSRules":[{"ID":"x"},\n{"ID":"a","b":{"ID":"c"},\n"ID":"d"}]}', ['3 CORSRule[2]/ID']],
    ['[{},{"allowed":{"origins":[],"origins":["*"]}}]', ['1 CORSRule[2]/origins']],
    ['{"a":{"b":1},"c":{"b":1}}', []],
    ['["a","a",{"a":"a"},{"a":"a"}]', []],
    ['{"a":"\\",\\"a\\":{","b":"\\\\","c":"a"}', []],
    ['"a"', []],
  ])('of %s', (json, expected) => {
    expect(codesOf(json)).toEqual(expected)
  })

  test('finds nothing in generated JSON, and every key that is repeated on purpose', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), fc.string(), (object, key) => {
        const json = JSON.stringify(object, null, 1)
        expect(repeatedKeys(json, JSON.parse(json))).toEqual([])
        const name = JSON.stringify(key)
        const twice = json.replace('{', () => `{${name}:0,${name}:1${json === '{}' ? '' : ','}`)
        expect(repeatedKeys(twice, JSON.parse(twice)).length).toBe(Object.hasOwn(object, key) ? 2 : 1)
      }),
    )
  })
})

describe('a repeated key', () => {
  const twice = (json: string, name: string) => json.replace(`"${name}"`, `"${name}":0,"${name}"`)

  test('is an error in every JSON format', async () => {
    const s3 = '{"CORSRules":[{"AllowedOrigins":["https://a"],"AllowedMethods":["GET"]}]}'
    for (const name of ['CORSRules', 'AllowedOrigins']) {
      const { configuration, findings } = await readDocument(twice(s3, name))
      expect(configuration).toBeNull()
      expect(findings).toMatchObject([{ code: 'key-repeated', severity: 'error', value: name }])
    }
    const vendors = [
      ['r2', '{"rules":[{"allowed":{"origins":["https://a"],"methods":["GET"]}}]}', 'methods'],
      ['gcs', '[{"origin":["https://a"],"method":["GET"]}]', 'origin'],
      ['azure', '[{"allowedOrigins":["https://a"],"allowedMethods":["GET"]}]', 'allowedOrigins'],
    ] as const
    for (const [vendor, json, name] of vendors) {
      expect((await importDocument(vendor, json)).configuration).not.toBeNull()
      const { configuration, findings } = await importDocument(vendor, twice(json, name))
      expect([configuration, findings[0]?.code, findings[0]?.path]).toEqual([
        null,
        'key-repeated',
        `CORSRule[1]/${name}`,
      ])
    }
  })
})
