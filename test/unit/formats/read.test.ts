import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readAdvised } from '../../../src/advice/read.ts'
import { readDocument } from '../../../src/formats/read.ts'

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/rules/${name}`, import.meta.url), 'utf8')

describe('readDocument()', () => {
  test('distinguishes XML and JSON by the first character', async () => {
    const xml = await readDocument(fixture('cos-sample.xml'))
    expect(xml.configuration?.rules).toHaveLength(1)
    expect(await readDocument(fixture('cos-sample.json'))).toEqual(xml)
    expect(await readDocument(` \n${fixture('cos-sample.xml')}`)).toEqual(xml)
    expect(await readDocument(`\uFEFF ${fixture('cos-sample.json')}`)).toEqual(xml)
    expect((await readDocument('[]')).findings).toMatchObject([{ code: 'no-rules' }])
  })

  test.each(['', ' \n', '\uFEFF', 'hello', 'null', '"<"'])('refuses %j as of unknown format', async text => {
    expect(await readDocument(text)).toMatchObject({
      configuration: null,
      findings: [{ code: 'unknown-format', severity: 'error' }],
    })
  })

  test.each([
    ['UTF-16', Buffer.from(fixture('cos-sample.xml'), 'utf16le').toString()],
    ['binary', Buffer.from([0x3c, 0, 1, 2, 0xff, 0xfe, 0]).toString()],
  ])('gives one finding for %s', async (_, text) => {
    expect(await readDocument(text)).toMatchObject({ configuration: null, findings: [{ code: 'not-text' }] })
  })

  test('refuses 25 MB without reading it', async () => {
    expect(await readDocument('<'.repeat(25 * 2 ** 20))).toMatchObject({
      configuration: null,
      findings: [{ code: 'too-large' }],
    })
  })

  test('advises on a configuration that it accepts only where a person reads it', async () => {
    const json = '[{"AllowedOrigins":["null"],"AllowedMethods":["GET"],"Comment":""}]'
    const { configuration, findings } = await readAdvised(json)
    expect(configuration).not.toBeNull()
    expect(await readDocument(json)).toEqual({ configuration, findings: [] })
    expect(findings.map(f => f.code)).toEqual(['origin-null', 'unknown-element'])
  })
})
