import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { adviseDocument } from '../../../src/advice/advise.ts'
import { MAX_DOCUMENT_BYTES } from '../../../src/cors/configuration.ts'
import { readXml as read, writeXml } from '../../../src/formats/xml.ts'
import { anyConfiguration } from './configurations.ts'

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/rules/${name}`, import.meta.url), 'utf8')
const root = (content: string) => `<CORSConfiguration>${content}</CORSConfiguration>`
const GOOD = '<AllowedOrigin>https://a.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod>'
const ruleWith = (content: string) => root(`<CORSRule>${GOOD}${content}</CORSRule>`)
const readXml = (xml: string) => read(xml, adviseDocument)
const codesOf = (xml: string) => readXml(xml).findings.map(f => `${f.code} ${f.path}`)
const idOf = (xml: string) => readXml(xml).configuration?.rules[0]?.id

describe('readXml()', () => {
  test('reads the documented elements', () => {
    expect(readXml(fixture('cos-sample.xml'))).toEqual({
      configuration: {
        rules: [
          {
            id: 'uploads',
            allowedOrigins: ['https://example.com', 'https://bar.com'],
            allowedMethods: ['PUT', 'GET', 'POST', 'DELETE', 'HEAD'],
            allowedHeaders: ['*'],
            exposeHeaders: ['ETag', 'x-cos-meta-author'],
            maxAgeSeconds: 600,
          },
        ],
        responseVary: true,
      },
      findings: [],
    })
  })

  test.each(['\n', '\r\n', '\r'])('gives every error at once with its line, when lines end with %j', end => {
    const xml = fixture('every-error.xml').replaceAll('\n', end)
    const { configuration, findings } = readXml(xml)
    expect(configuration).toBeNull()
    expect(findings.map(f => `${f.line} ${f.code} ${f.path}`)).toEqual([
      '5 id-repeated CORSRule[1]/ID[2]',
      '6 origin-two-stars CORSRule[1]/AllowedOrigin[1]',
      '7 control-character CORSRule[1]/AllowedOrigin[2]',
      '8 method-unknown CORSRule[1]/AllowedMethod[1]',
      '9 method-unknown CORSRule[1]/AllowedMethod[2]',
      '10 header-two-stars CORSRule[1]/AllowedHeader[1]',
      '11 header-not-token CORSRule[1]/AllowedHeader[2]',
      '12 expose-star CORSRule[1]/ExposeHeader[1]',
      '13 expose-not-token CORSRule[1]/ExposeHeader[2]',
      '14 max-age-empty CORSRule[1]/MaxAgeSeconds[1]',
      '15 max-age-repeated CORSRule[1]/MaxAgeSeconds[2]',
      '17 origin-missing CORSRule[2]',
      '17 method-missing CORSRule[2]',
      '18 max-age-negative CORSRule[2]/MaxAgeSeconds[1]',
      '21 nested-element CORSRule[3]/AllowedOrigin[1]',
      '23 max-age-not-integer CORSRule[3]/MaxAgeSeconds[1]',
      '28 max-age-too-large CORSRule[4]/MaxAgeSeconds[1]',
      '30 response-vary-not-boolean ResponseVary[1]',
      '31 response-vary-repeated ResponseVary[2]',
    ])
  })

  test('accepts a byte order mark, a declaration, comments and a default namespace', () => {
    const xml = ruleWith('').replace('<CORSConfiguration>', '<CORSConfiguration xmlns="urn:x">')
    expect(codesOf(`\uFEFF<?xml version="1.0" encoding="UTF-8"?>\r\n<!-- a -->${xml}<!-- b -->\n`)).toEqual(
      [],
    )
  })

  test('decodes text once, keeps CDATA as it is, leaves comments out and trims nothing', () => {
    const id = ' a&amp;lt;&#66;&#x43;<![CDATA[&lt;<d>]]><!-- e -->f&apos; '
    expect(idOf(ruleWith(`<ID>${id}</ID>`))).toBe(" a&lt;BC&lt;<d>f' ")
    expect(idOf(ruleWith('<ID></ID>'))).toBeNull()
    expect(idOf(ruleWith('<ID/>'))).toBeNull()
  })

  test.each([
    '&foo;',
    '&',
    '&;',
    '&#0;',
    '&#xD800;',
    '&#x110000;',
    '&#X41;',
    '&amp',
    '&__proto__;',
    '&#99999999999;',
  ])('refuses the reference %s with its line', reference => {
    const xml = ruleWith(`\n<ID>a${reference}</ID>`)
    expect(readXml(xml)).toMatchObject({
      configuration: null,
      findings: [{ code: 'bad-reference', line: 2 }],
    })
    expect(codesOf(root(`<Unknown a="${reference}"/>`))).toEqual(['bad-reference '])
  })

  test.each([
    ['<!DOCTYPE a [<!ENTITY b "c">]>', 'doctype'],
    ['<!doctype a>', 'doctype'],
    ['<!ENTITY b "c">', 'doctype'],
    ['<?php echo ?>', 'processing-instruction'],
    ['<?xml-stylesheet href="a"?>', 'processing-instruction'],
    ['\n<?xml version="1.0"?>', 'processing-instruction'],
  ])('refuses %s before and inside the root', (declaration, code) => {
    expect(codesOf(declaration + ruleWith(''))).toEqual([`${code} `])
    expect(codesOf(ruleWith(declaration))).toEqual([`${code} `])
  })

  test('reads over a declaration inside a comment or CDATA', () => {
    expect(idOf(ruleWith('<!-- <!DOCTYPE a> <?b?> --><ID><![CDATA[<!DOCTYPE a>]]></ID>'))).toBe(
      '<!DOCTYPE a>',
    )
  })

  test.each([
    ['<CORSConfiguration>\n<CORSRule>\n<AllowedOrigin>*</AllowedOrigin>\n', 'CORSRule', 2],
    ['<CORSConfiguration>\n<CORSRule a="b">\n<ID>x', 'ID', 3],
    ['\n<CORSConfiguration ><CORSRule></CORSRule>', 'CORSConfiguration', 2],
  ])('names the element that a truncated document %j leaves open', (xml, name, line) => {
    expect(readXml(xml).findings).toMatchObject([
      {
        code: 'not-well-formed',
        reason: `The document is not well-formed XML: ${name} is not closed.`,
        line,
      },
    ])
  })

  test.each([
    ['<a', 'not-well-formed'],
    ['<CORSConfiguration>', 'not-well-formed'],
    ['<CORSConfiguration></CORSRule>', 'not-well-formed'],
    [root('</CORSConfiguration>'), 'not-well-formed'],
    [`${root('')}text`, 'not-well-formed'],
    ['<CORSConfiguration/>text', 'not-well-formed'],
    ['<![CDATA[a]]><CORSConfiguration/>', 'not-well-formed'],
    [root('<a b=c></a>'), 'not-well-formed'],
    [root('<a b="<"></a>'), 'not-well-formed'],
    [root('<a></a/>'), 'not-well-formed'],
    [root('< a></a>'), 'not-well-formed'],
    [root('<CORSRule\uFEFF></CORSRule>'), 'not-well-formed'],
    [root('<!-- <!-- a --> -->'), 'not-well-formed'],
    [root('<![CDATA[a'), 'not-well-formed'],
    [root(']]>'), 'not-well-formed'],
    [root('\u0001'), 'control-character'],
    ['<!-- nothing -->', 'root-missing'],
    ['<Configuration/>', 'root-wrong'],
    ['<c:CORSConfiguration xmlns:c="urn:x"/>', 'root-wrong'],
    [root('') + root(''), 'root-repeated'],
    ['<CORSConfiguration/><CORSConfiguration/>', 'root-repeated'],
    ['<CORSConfiguration/>', 'no-rules'],
  ])('refuses %j as %s', (xml, code) => {
    const { configuration, findings } = readXml(xml)
    expect(configuration).toBeNull()
    expect(findings).toMatchObject([{ code, severity: 'error', line: 1 }])
  })

  test('refuses a value with an element inside, and reports stray text and unknown elements', () => {
    expect(codesOf(ruleWith('<ID>a<b/></ID>'))).toEqual(['nested-element CORSRule[1]/ID[1]'])
    expect(codesOf(ruleWith('a<x:ID xmlns:x="urn:x">b</x:ID><id/><id/>'))).toEqual([
      'stray-text CORSRule[1]',
      'unknown-element CORSRule[1]/x:ID[1]',
      'unknown-element CORSRule[1]/id[1]',
    ])
  })

  test('names that JavaScript or the parser reserves are unknown elements like others', () => {
    const names = ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'valueOf']
    const elements = names.map(name => `<${name}><polluted>1</polluted></${name}><${name}/>`).join('')
    expect(codesOf(ruleWith(elements))).toEqual(names.map(name => `unknown-element CORSRule[1]/${name}[1]`))
    expect(codesOf('<__proto__/>')).toEqual(['root-wrong '])
    expect('polluted' in {}).toBe(false)
  })

  test('accepts elements 8 deep and refuses 9', () => {
    const deep = (depth: number) => ruleWith(`${'<a>'.repeat(depth - 2)}${'</a>'.repeat(depth - 2)}`)
    expect(codesOf(deep(8))).toEqual(['unknown-element CORSRule[1]/a[1]'])
    expect(codesOf(deep(9))).toEqual(['too-deep '])
  })

  test('accepts 65536 bytes of UTF-8 and refuses one more', () => {
    const comment = (bytes: number) => `<!--é${' '.repeat(bytes - 9)}-->`
    const xml = (bytes: number) => comment(bytes - ruleWith('').length) + ruleWith('')
    expect(new TextEncoder().encode(xml(MAX_DOCUMENT_BYTES)).length).toBe(65536)
    expect(codesOf(xml(MAX_DOCUMENT_BYTES))).toEqual([])
    expect(codesOf(xml(MAX_DOCUMENT_BYTES + 1))).toEqual(['too-large '])
  })

  test('accepts 100 rules and refuses 101', () => {
    const rules = (count: number) => readXml(root(`<CORSRule>${GOOD}</CORSRule>`.repeat(count)))
    expect(rules(100).configuration?.rules).toHaveLength(100)
    const { configuration, findings } = rules(101)
    expect(configuration).toBeNull()
    expect(findings[0]).toMatchObject({ code: 'too-many-rules', path: 'CORSRule[101]' })
  })

  test('puts errors before warnings', () => {
    const codes = readXml(ruleWith('<Foo/><MaxAgeSeconds/>')).findings.map(f => f.severity)
    expect(codes).toEqual(['error', 'warning'])
  })

  test('never throws and limits its findings on any mark-up', () => {
    const piece = fc.constantFrom(
      ...[
        '<CORSConfiguration>',
        '</CORSConfiguration>',
        '<CORSRule>',
        '</CORSRule>',
        '<ID>',
        '</ID>',
        '<a/>',
        '<a b="',
      ],
      ...[
        '<',
        '>',
        '/',
        '"',
        "'",
        '&',
        ';',
        '&lt;',
        '<!--',
        '-->',
        '<![CDATA[',
        ']]>',
        '<?',
        '?>',
        '<!',
        '=',
        ' ',
      ],
      ...['\n', '\uFEFF', '\ud800', '\u1680', 'x', '__proto__', '#text', '.'],
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), pieces => {
        const { configuration, findings } = readXml(pieces.join(''))
        expect(configuration === null).toBe(findings.some(f => f.severity === 'error'))
        for (const finding of findings) expect(JSON.stringify(finding).length).toBeLessThan(2000)
      }),
      { numRuns: 500 },
    )
  })
})

describe('writeXml()', () => {
  test('writes a document that reads back to an equal configuration', () => {
    fc.assert(
      fc.property(anyConfiguration, configuration => {
        expect(readXml(writeXml(configuration)).configuration).toEqual(configuration)
      }),
      { numRuns: 300 },
    )
  })

  test('indents the document and leaves out empty fields', () => {
    const { configuration } = readXml(ruleWith('<ID>a &amp; b</ID>'))
    expect(configuration && writeXml(configuration)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<CORSConfiguration>
  <CORSRule>
    <ID>a &amp; b</ID>
    <AllowedOrigin>https://a.example</AllowedOrigin>
    <AllowedMethod>GET</AllowedMethod>
  </CORSRule>
</CORSConfiguration>
`)
  })
})
