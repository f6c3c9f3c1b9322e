import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NO_CONFIGURATION } from '../../../src/cors/configuration.ts'
import type { CorsRequest } from '../../../src/cors/request.ts'
import { applyChange } from '../../../src/edit/apply.ts'
import { explain } from '../../../src/explain/explain.ts'
import { type Change, smallestChange } from '../../../src/explain/smallest-change.ts'
import { formatOf, type RulesFormat, readRules } from '../../../src/formats/rules.ts'
import { exportDocument } from '../../../src/formats/vendors.ts'
import { writeXml } from '../../../src/formats/xml.ts'
import { anyConfiguration } from '../formats/configurations.ts'

const facts = (origin: string, method: string, requestedHeaders: string | null): CorsRequest => ({
  origin,
  method,
  requestedHeaders,
})

async function changeOf(text: string, format: RulesFormat, request: CorsRequest): Promise<Change> {
  const { configuration } = text === '' ? { configuration: NO_CONFIGURATION } : await readRules(text, format)
  const change = configuration === null ? null : smallestChange(configuration, request)
  if (change === null || 'impossible' in change) throw new Error('There is no change.')
  return change
}

async function edit(text: string, request: CorsRequest, format = formatOf(text)) {
  const edited = await applyChange(text, format, await changeOf(text, format, request))
  if ('problem' in edited) throw new Error(edited.problem)
  const { configuration } = await readRules(edited.text, edited.format)
  expect(configuration).not.toBeNull()
  if (configuration !== null) expect(explain(configuration, request).answeredBy).not.toBeNull()
  return edited
}

const HEADER = facts('https://a.example', 'GET', 'x-new')
const STRANGER = facts('https://b.example', 'DELETE', 'range')

describe('applyChange()', () => {
  const xml = (eol: string) =>
    [
      '<CORSConfiguration>',
      '\t<!-- mine -->',
      '\t<CORSRule>',
      '\t\t<AllowedOrigin>https://a.example</AllowedOrigin> <!-- ours -->',
      '\t\t<AllowedMethod>GET</AllowedMethod>',
      '\t\t<AllowedHeader>range</AllowedHeader>',
      '\t</CORSRule>',
      '</CORSConfiguration>',
    ].join(eol)

  test.each(['\n', '\r\n'])(
    'puts an element behind its like, and leaves the rest as it is (%j)',
    async eol => {
      const { text, losses } = await edit(xml(eol), HEADER)
      expect(losses).toEqual([])
      expect(text).toBe(
        xml(eol).replace('range</AllowedHeader>', `$&${eol}\t\t<AllowedHeader>x-new</AllowedHeader>`),
      )
    },
  )

  test('puts a rule behind the last, indented as that one', async () => {
    const { text } = await edit(xml('\n'), STRANGER)
    expect(text).toContain(
      '\t</CORSRule>\n\t<CORSRule>\n\t\t<AllowedOrigin>https://b.example</AllowedOrigin>\n\t\t<AllowedMethod>DELETE',
    )
    expect(text.startsWith(xml('\n').slice(0, xml('\n').indexOf('</CORSRule>')))).toBe(true)
  })

  test('is not led astray by an element that only looks like one', async () => {
    const hidden = xml('\n')
      .replace('range<', '<![CDATA[range]]><')
      .replace('<!-- mine -->', '<!-- <CORSRule> -->')
    expect((await edit(hidden, HEADER)).losses).toEqual([])
    const inData = xml('\n').replace('>GET<', '><![CDATA[GET]]><')
    expect((await edit(inData, facts('https://a.example', 'HEAD', null))).losses).toEqual([])
  })

  test.each([
    [
      's3',
      '{"CORSRules": [{"AllowedOrigins": ["https://a.example"], "AllowedMethods": ["GET"]}]}',
      '"AllowedHeaders": ["x-new"]',
    ],
    [
      's3',
      '[\n  {\n    "AllowedOrigins": ["https://a.example"],\n    "AllowedMethods": ["GET"],\n    "AllowedHeaders": [\n      "range"\n    ]\n  }\n]',
      '      "range",\n      "x-new"\n',
    ],
    [
      'r2',
      '{"rules":[{"allowed":{"origins":["https://a.example"],"methods":["GET"],"headers":["range"]}}]}',
      '"headers":["range", "x-new"]',
    ],
  ])('puts an item into the JSON of %s', async (_format, text, expected) => {
    const edited = await edit(text, HEADER)
    expect(edited.text).toContain(expected)
    expect(edited.losses).toEqual([])
    expect((await edit(text, STRANGER)).losses).toEqual([])
  })

  test('rewrites a document where insertion is impossible, and says so', async () => {
    const sdk = '{"CORSRule": {"AllowedOrigin": "https://a.example", "AllowedMethod": ["GET"]}}'
      .replace('{"AllowedOrigin', '[{"AllowedOrigin')
      .replace('}}', '}]}')
    const { text, losses } = await edit(
      sdk.replace('["GET"]', '"GET"'),
      facts('https://a.example', 'PUT', null),
    )
    expect(text).toContain('"AllowedMethods": [\n        "GET",\n        "PUT"')
    expect(losses).toHaveLength(1)
  })

  test('gives XML where the vendor can not say it, with the reason', async () => {
    const gcs = '[{"origin":["https://a.example"],"method":["GET"],"responseHeader":["etag"]}]'
    const { format, losses } = await edit(gcs, HEADER)
    expect(format).toBe('rules')
    expect(losses.join(' ')).toContain('responseHeader')
  })

  test('begins a document where there is no text', async () => {
    const { text, losses } = await edit('', STRANGER, 'rules')
    expect(text).toContain('<AllowedOrigin>https://b.example</AllowedOrigin>')
    expect(losses).toEqual([])
  })

  test('allows the request, whatever the document and its format', { timeout: 60_000 }, async () => {
    const request = fc.record({
      origin: fc.constantFrom('https://a.example', 'https://new.example', 'null'),
      method: fc.constantFrom('GET', 'PUT', 'DELETE'),
      requestedHeaders: fc.constantFrom(null, 'x-new', 'content-type,x-a&b'),
    })
    let changed = 0
    await fc.assert(
      fc.asyncProperty(
        anyConfiguration,
        request,
        fc.constantFrom('xml', 's3', 'r2', 'azure'),
        async (configuration, asked, as) => {
          const text = as === 'xml' ? writeXml(configuration) : exportDocument(as as 's3', configuration).text
          if (text === null) return
          const format = as === 'xml' || as === 's3' ? 'rules' : (as as RulesFormat)
          const before = (await readRules(text, format)).configuration
          const change = before === null ? null : smallestChange(before, asked)
          if (change === null || 'impossible' in change) return
          const edited = await applyChange(text, format, change)
          if ('problem' in edited) return
          changed++
          expect((await readRules(edited.text, edited.format)).configuration).toEqual(change.configuration)
        },
      ),
      { numRuns: 150 },
    )
    expect(changed).toBeGreaterThan(20)
  })
})

describe('readRules()', () => {
  test('gives the line of a finding in JSON, of any vendor', async () => {
    const lines = async (text: string) =>
      (await readRules(text, formatOf(text))).findings.map(({ line, code }) => `${line} ${code}`)
    expect(
      await lines(
        '{\n"CORSRules": [{\n"AllowedOrigins": ["https://a.example"],\n"AllowedMethods": ["GET",\n"put"]}]}',
      ),
    ).toEqual(['5 method-unknown'])
    expect(
      await lines('{"rules": [\n{"allowed": {\n"origins": ["https://a.example"],\n"methods": ["get"]}}]}'),
    ).toContain('4 method-unknown')
    expect(
      await lines('[\n{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], "MaxAgeSeconds":\n-1}]'),
    ).toEqual(['3 max-age-negative'])
  })
})
