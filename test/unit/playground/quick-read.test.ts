import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quickReader } from '../../../playground/quick-read.ts'
import { readDocument } from '../../../src/formats/read.ts'

const RULE = (id: string) =>
  `\n  <CORSRule><ID>${id}</ID>\n<AllowedOrigin>https://${id}.example</AllowedOrigin><AllowedMethod>PUT</AllowedMethod></CORSRule>`
const DOCUMENT = `<?xml version="1.0"?>\n<CORSConfiguration>${['a', 'b', 'c'].map(RULE).join('\n<!-- and -->')}\n<ResponseVary>true</ResponseVary></CORSConfiguration>`

/** What makes a part mean something else within the whole. */
const SNIPPETS = [
  '<!--',
  '-->',
  '<!-- </CORSRule> -->',
  '<![CDATA[',
  ']]>',
  '<![CDATA[</CORSRule>]]>',
  '<CORSRule>',
  '</CORSRule>',
  '</CORSRule >',
  '</CORSConfiguration>',
  '<CORSConfiguration>',
  '<ResponseVary>false</ResponseVary>',
  '<Unknown/>',
  '<AllowedMethod>PATCH</AllowedMethod>',
  '<!DOCTYPE a>',
  '<?pi?>',
  '&amp;',
  '&',
  '<',
  '>',
  'text',
  RULE('d'),
  RULE('e').repeat(120),
  '.'.repeat(70_000),
  '\uFEFF',
]

/** Where a tag begins or ends: there an edit may well leave a document. */
const SEAMS = [...DOCUMENT.matchAll(/<|>/g)].map(({ 0: c, index }) => (c === '<' ? index : index + 1))

const edits = fc.array(
  fc.record({
    at: fc.oneof(fc.constantFrom(...SEAMS), fc.integer({ min: 0, max: DOCUMENT.length })),
    remove: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 40 })),
    insert: fc.constantFrom(...SNIPPETS),
  }),
  { minLength: 1, maxLength: 5 },
)

describe('quickReader()', () => {
  test('reads as readDocument() does after any edit', async () => {
    let readable = 0
    await fc.assert(
      fc.asyncProperty(edits, async list => {
        const read = quickReader()
        let text = DOCUMENT
        for (const { at, remove, insert } of list) {
          text = text.slice(0, at) + insert + text.slice(at + remove)
          const reading = await read(text)
          const whole = await readDocument(text)
          expect(reading).toEqual(whole)
          if (whole.configuration !== null) readable++
        }
      }),
      { numRuns: 500 },
    )
    expect(readable).toBeGreaterThan(40)
  })

  test('takes a rule that has not changed from memory', async () => {
    const read = quickReader()
    const first = await read(DOCUMENT)
    const second = await read(DOCUMENT.replace('<ID>c<', '<ID>changed<'))
    expect(second.configuration?.rules.map(rule => rule.id)).toEqual(['a', 'b', 'changed'])
    expect(second.configuration?.rules[0]).toBe(first.configuration?.rules[0])
    expect(second.configuration?.responseVary).toBe(true)
  })
})
