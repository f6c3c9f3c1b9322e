/**
 * The readers of XML and JSON under hostile texts: nothing thrown, findings and steps within their bounds, and what
 * is accepted is what the writers write.
 */

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readRulesAdvised } from '../../src/advice/read.ts'
import { type Configuration, MAX_DOCUMENT_BYTES } from '../../src/cors/configuration.ts'
import { DIALECTS } from '../../src/cors/dialect.ts'
import { MAX_FINDINGS } from '../../src/cors/findings.ts'
import { compile, hydrate } from '../../src/cors/policy.ts'
import { readDocument } from '../../src/formats/read.ts'
import { writeS3Json } from '../../src/formats/s3-json.ts'
import { writeXml } from '../../src/formats/xml.ts'
import { runs } from '../model/runs.ts'
import { builtReader } from './built-reader.ts'
import { stepCounter } from './steps.ts'
import { fixtures, hostile, type Language, nearly, repetitive } from './texts.ts'

const rules = (name: string) => readFileSync(new URL(`../fixtures/rules/${name}`, import.meta.url), 'utf8')
const FOUND = { XML: fixtures('xml'), JSON: fixtures('json') }

const VALUES = [
  '*',
  'null',
  '',
  'https://a.example',
  'https://*.a.example',
  'GET',
  'x-a',
  'x-*',
  '600',
  '\u0085',
]

const XML: Language = {
  seeds: [rules('cos-sample.xml'), rules('every-error.xml'), ...Object.values(FOUND.XML)],
  pieces: [
    /\s*<(\w+)>[^<]*<\/\1>|\s*<[^<>]*>|[^<]+|</g,
    /<!--|-->|<!\[CDATA\[|\]\]>|<[^<>]*>|[^<>\]-]+|[\]>-]/g,
  ],
  words: [
    ...VALUES,
    ...VALUES.map(value => `<AllowedOrigin>${value}</AllowedOrigin>`),
    '<AllowedHeader>x-*</AllowedHeader>',
    '<ExposeHeader>ETag</ExposeHeader>',
    '<MaxAgeSeconds>0</MaxAgeSeconds>',
    '<Unknown>&#x41;<![CDATA[]]></Unknown>',
    '<!-- a -->',
    '<CORSConfiguration>',
    '</CORSConfiguration>',
    '<CORSRule>',
    '</CORSRule>',
    '<AllowedOrigin>',
    '</AllowedOrigin>',
    '<AllowedMethod>GET</AllowedMethod>',
    '<ID/>',
    '<__proto__>',
    '</__proto__>',
    '<constructor/>',
    '<.#text/>',
    '<a b="',
    "' c='",
    '<!DOCTYPE a [<!ENTITY b "c">]>',
    '<?xml version="1.0"?>',
    '<?b?>',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '&lt;',
    '&#x41;',
    '&#0;',
    '&b;',
    '&',
    '<',
    '>',
    '/>',
    '-',
    ' ',
    '\t',
    '\r\n',
    '\u0000',
    '\uFEFF',
    '\ud83d',
  ],
}

const JSON_RULES: Language = {
  seeds: [rules('cos-sample.json'), ...Object.values(FOUND.JSON)],
  pieces: [
    /,?\s*"\w+":\s*(?:"[^"]*"|\d+|true|\[[^[\]{}]*\])|[[\]{},:]|[^"[\]{},:]+|"/g,
    /,\s*"(?:[^"\\]|\\.)*"(?!:)|"(?:[^"\\]|\\.)*"|[[\]{},:]|[^"[\]{},:]+|"/g,
  ],
  words: [
    ...VALUES.map(value => `,${JSON.stringify(value)}`),
    ',"MaxAgeSeconds":0',
    ',"AllowedOrigins":["https://b.example"]',
    ',"Unknown":{"a":[null]}',
    ...VALUES.map(value => JSON.stringify(value)),
    '{"AllowedOrigins":["*"],"AllowedMethods":["GET"]}',
    '"AllowedOrigins"',
    '"CORSRules"',
    '"__proto__"',
    '"constructor"',
    '"ResponseVary":true',
    '"MaxAgeSeconds":1e3',
    '[',
    ']',
    '{',
    '}',
    '{}',
    ',',
    ':',
    'null',
    'true',
    '0',
    '-0',
    '1e999',
    '1.5',
    '"',
    '\\',
    '"\\ud800"',
    '"\\u0000"',
    '//',
    ' ',
    '\n',
    '\u0000',
    '\uFEFF',
  ],
}

const LANGUAGES = [
  ['XML', XML],
  ['JSON', JSON_RULES],
] as const

/** The syntax, the values, the advice and repeated keys each have a list, and each list a line for what it left out. */
const MAX_ERRORS = 2 * (MAX_FINDINGS + 1)
const MAX_WARNINGS = 4 * (MAX_FINDINGS + 1)
/** Characters of all texts of one finding. */
const MAX_FINDING_LENGTH = 3000

const readAsBuilt = await builtReader()

/** Reads a text and holds the reading to everything that is true of any; the Worker's is the same, but for advice. */
async function read(text: string): Promise<Configuration | null> {
  const { configuration, findings } = await readRulesAdvised(text, 'rules')
  expect(await readAsBuilt(text)).toEqual(await readDocument(text))
  const errors = findings.filter(finding => finding.severity === 'error').length
  expect(configuration === null).toBe(errors > 0)
  expect(errors).toBeLessThanOrEqual(MAX_ERRORS)
  expect(findings.length - errors).toBeLessThanOrEqual(MAX_WARNINGS)
  const longest = findings.reduce((length, finding) => Math.max(length, JSON.stringify(finding).length), 0)
  expect(longest).toBeLessThanOrEqual(MAX_FINDING_LENGTH)
  return configuration
}

/** What was accepted is served in either dialect, and is itself once more when it is written and read. */
async function isCoherent(configuration: Configuration): Promise<void> {
  for (const dialect of DIALECTS)
    for (const { sets, setsForNull } of hydrate(compile(configuration, dialect)).rules)
      for (const { preflight, actual } of [sets, setsForNull])
        for (const [name] of [...preflight, ...actual]) expect(name).toMatch(/^(access-control-|vary$)/)
  for (const written of [writeXml(configuration), writeS3Json(configuration)]) {
    const again = await readDocument(written)
    if (new TextEncoder().encode(written).length > MAX_DOCUMENT_BYTES)
      expect(again.findings.map(({ code }) => code)).toEqual(['too-large'])
    else expect(again.configuration).toEqual(configuration)
  }
}

describe.each(LANGUAGES)('readDocument() of %s', (name, language) => {
  test.each(Object.keys(FOUND[name]))('reads %s or reports why not', async file => {
    const configuration = await read(FOUND[name][file] ?? '')
    if (configuration !== null) await isCoherent(configuration)
  })

  test('never throws, stays within its bounds, and accepts only what it would write', async () => {
    await fc.assert(
      fc.asyncProperty(hostile(language), async text => {
        const configuration = await read(text)
        if (configuration !== null) await isCoherent(configuration)
      }),
      runs(500),
    )
  })

  test('takes steps in proportion to the length, however a text repeats itself', async () => {
    await readRulesAdvised('<a/>', 'rules')
    const steps = await stepCounter(/\/src\/|\/fast-xml-parser\//)
    await fc.assert(
      fc.asyncProperty(fc.oneof(repetitive(language, 64_000), nearly(language)), async text => {
        expect(await steps.of(() => readRulesAdvised(text, 'rules'))).toBeLessThan(50_000 + 200 * text.length)
      }),
      runs(40, 1000),
    )
    await steps.stop()
  })

  test('is given texts that it accepts and texts that it refuses', async () => {
    const accepted: boolean[] = []
    for (const text of fc.sample(hostile(language), { numRuns: 300, seed: 1 }))
      accepted.push((await readDocument(text)).configuration !== null)
    const share = accepted.filter(Boolean).length / accepted.length
    expect(share).toBeGreaterThan(0.05)
    expect(share).toBeLessThan(0.6)
  })
})
