import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CertifiedRule, unproven } from '../../../scripts/check-certificate.ts'
import { canonicalText, certificateOf } from '../../../src/compare/certificate.ts'
import type { Configuration, Method } from '../../../src/cors/configuration.ts'
import { within } from '../../../src/cors/within.ts'
import { configurationOf, patternsOf, ruleOf } from '../../model/small-scope.ts'

const pattern = fc.constantFrom(...patternsOf(2), '*', '*', 'null')
const name = fc.constantFrom(...patternsOf(2), '*')
const methods = fc.constantFrom<Method[]>(['GET'], ['GET', 'PUT'], ['DELETE', 'HEAD', 'POST'])
const rule = fc
  .tuple(fc.array(pattern, { minLength: 1, maxLength: 2 }), methods, fc.array(name, { maxLength: 3 }))
  .map(([origins, allowed, headers]) => ruleOf(origins, allowed, headers))
const rules = fc.array(rule, { minLength: 1, maxLength: 3 })
/** Most of these stay within: the upper configuration has the rules of the file among its own. */
const pairs = fc
  .tuple(rules, rules, fc.boolean())
  .map(([file, more, isFirst]) => [
    configurationOf(...file),
    configurationOf(...(isFirst ? [...more, ...file] : [...file, ...more])),
  ])

const parsed = (configuration: Configuration): CertifiedRule[] => JSON.parse(canonicalText(configuration))

describe('certificateOf()', () => {
  test('gives a certificate that the checker accepts, exactly if the proof holds', async () => {
    let held = 0
    await fc.assert(
      fc.asyncProperty(pairs, async ([file = configurationOf(), upper = configurationOf()]) => {
        const certificate = await certificateOf(file, upper)
        expect(certificate !== null).toBe(within(file, upper).holds)
        if (certificate === null) return
        held++
        expect(unproven(parsed(file), parsed(upper), JSON.parse(JSON.stringify(certificate)))).toBeNull()
      }),
      { numRuns: 300, seed: 17 },
    )
    expect(held).toBeGreaterThan(50)
  })

  test('needs each of its rows, and fits no other files', async () => {
    const file = configurationOf(
      ruleOf(['https://*.example'], ['GET', 'PUT'], ['x-a']),
      ruleOf(['*'], ['GET'], []),
    )
    const upper = configurationOf(
      ruleOf(['https://*'], ['GET'], ['x-*']),
      ruleOf(['https://*.example'], ['PUT'], ['*']),
      ruleOf(['*'], ['GET'], []),
    )
    const certificate = JSON.parse(JSON.stringify(await certificateOf(file, upper)))
    const check = (other: object) => unproven(parsed(file), parsed(upper), { ...certificate, ...other })
    expect(check({})).toBeNull()
    for (const part of ['access', 'credentials'] as const) {
      for (const at of certificate[part].keys()) {
        const rows = certificate[part]
        expect(check({ [part]: rows.filter((_: unknown, index: number) => index !== at) })).toMatch(part)
        const wrong = rows.map((row: unknown[], index: number) =>
          index === at ? [...row.slice(0, -1), 9] : row,
        )
        expect(check({ [part]: wrong })).toMatch(part)
      }
    }
    expect(unproven(parsed(upper), parsed(upper), certificate)).toBe('it is about another FILE')
    expect(unproven(parsed(file), parsed(file), certificate)).toBe('it is about another UPPER')
  })
})
