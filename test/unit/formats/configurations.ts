import fc from 'fast-check'
import type { Configuration, Rule } from '../../../src/cors/configuration.ts'
import { METHODS } from '../../../src/cors/configuration.ts'

/** Any text that a value may hold: XML's own characters, spaces, other scripts; no controls, no lone surrogates. */
const text = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(
        '&',
        '<',
        '>',
        "'",
        '"',
        ' ',
        ']',
        '-',
        ';',
        '#',
        '&lt;',
        '&#65;',
        ']]>',
        '<!--',
        'é',
        '\u{1f600}',
      ),
      fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 1 }),
    ),
    maxLength: 12,
  })
  .map(value => value.replaceAll('*', ''))

const token = fc.stringMatching(/^[!#$%&'+.^_`|~0-9A-Za-z-]{1,12}$/)

const rule: fc.Arbitrary<Rule> = fc.record({
  id: fc.option(text.filter(id => id !== '')),
  allowedOrigins: fc.array(
    fc.oneof(
      text,
      fc.constant('*'),
      fc.tuple(text, text).map(parts => parts.join('*')),
    ),
    { minLength: 1, maxLength: 4 },
  ),
  allowedMethods: fc.uniqueArray(fc.constantFrom(...METHODS), { minLength: 1 }),
  allowedHeaders: fc.array(
    fc.oneof(
      token,
      fc.constant('*'),
      token.map(name => `${name}*`),
    ),
    { maxLength: 4 },
  ),
  exposeHeaders: fc.array(token, { maxLength: 4 }),
  maxAgeSeconds: fc.option(fc.integer({ min: 0, max: 2 ** 31 - 1 })),
})

/** Any configuration without errors. */
export const anyConfiguration: fc.Arbitrary<Configuration> = fc.record({
  rules: fc.array(rule, { minLength: 1, maxLength: 4 }),
  responseVary: fc.boolean(),
})
