import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type JsonNode, parseJson, plainValue } from '../../../src/formats/json-tree.ts'

const parses = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('parseJson()', () => {
  test('gives the value that JSON.parse gives, with places that hold it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        const { root, problems } = parseJson(text)
        expect(problems).toEqual([])
        expect(root && plainValue(root)).toEqual(JSON.parse(text))
        const visit = (node: JsonNode): void => {
          expect(JSON.parse(text.slice(node.start, node.end))).toEqual(plainValue(node))
          for (const child of [...node.items, ...node.entries.map(entry => entry.value)]) visit(child)
        }
        if (root) visit(root)
      }),
    )
  })

  test('finds a problem exactly where JSON.parse does, and never throws', () => {
    const piece = fc.constantFrom(
      ...['{', '}', '[', ']', ',', ':', '"a"', '"', "'b'", '“c”', 'key', '1', '-0.5e3', '01', 'null', 'True'],
      ...[' ', '\n', '//x\n', '/*', '*/', '#', '\\', '\u00a0', '\u200b', '\t', '="', ';', '\u0001'],
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), pieces => {
        const text = pieces.join('')
        const { root, problems } = parseJson(text)
        expect(root !== null && problems.length === 0, text).toBe(parses(text))
        for (const { at, reason, hint } of problems) {
          expect(at).toBeLessThanOrEqual(text.length)
          expect(reason.length * hint.length).toBeGreaterThan(0)
        }
      }),
      { numRuns: 3000 },
    )
  })

  test.each([
    ['[1,\n2,\n]', 2, 'trailing comma'],
    ['{"a": 1,}', 1, 'trailing comma'],
    ['{\nkey: 1}', 2, 'key is unquoted'],
    ['[\n\nGET]', 3, 'GET is unquoted'],
    ['[{"a": ["x”], "b": ["y"]}]', 1, 'smart quote ”'],
    ['[“x”]', 1, 'smart quote “'],
    ["['x']", 1, 'single quotes'],
    ['[1\n2]', 2, 'no comma'],
    ['[1,,2]', 1, 'comma without a value'],
    ['// mine\n[1]', 1, 'comment'],
    ['[1, # mine\n2]', 1, 'comment'],
    ['{"a" 1}', 1, 'no : after "a"'],
    ['{"a" = 1}', 1, '= after "a"'],
    ['[1]\n;', 2, 'text after the end'],
    ['[[1]', 1, 'ends before the ] that closes line 1'],
    ['{"a":\n[1}', 2, '} where ] belongs'],
    ['["a\nb"]', 1, 'not closed on its line'],
    ['["a\tb"]', 1, 'control character'],
    ['["\\x"]', 1, 'invalid escape'],
    ['[\u00a01]', 1, 'invisible character (U+00A0)'],
    ['[None]', 1, 'Python'],
    ['['.repeat(40), 1, 'nested more than 32 deep'],
  ])('names the mistake in %j', (text, line, reason) => {
    const { problems } = parseJson(text)
    const [first] = problems
    expect(first?.reason).toContain(reason)
    expect(text.slice(0, first?.at).split('\n').length).toBe(line)
  })

  test('reads on after each mistake, and stays linear', () => {
    const { root, problems } = parseJson("{a: ['x', “y”,], 'b': 1}")
    expect(root && plainValue(root)).toEqual({ a: ['x', 'y'], b: 1 })
    expect(problems.length).toBe(5)
    for (const text of ['['.repeat(65_536), '"'.repeat(65_536), '[“'.repeat(20_000), '/*'.repeat(20_000)])
      expect(parseJson(text).problems.length).toBeLessThanOrEqual(10)
  })
})
