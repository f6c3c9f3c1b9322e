import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readDocument } from '../../src/formats/read.ts'
import { Project } from './rules.ts'

const RULES = readFileSync('test/fixtures/rules/cos-sample.xml', 'utf8')
const GCS = JSON.stringify([
  { origin: ['https://a.example'], method: ['GET', 'OPTIONS'], responseHeader: ['ETag'], maxAgeSeconds: 60 },
])

const here = new Project({ 'gcs.json': GCS, 'rules.xml': RULES, 'bad.json': '[{"origin":[]}]' })
afterAll(() => here.remove())
const contentOf = (name: string) => readFileSync(join(here.folder, name), 'utf8')

describe('rules import', { timeout: 60_000 }, () => {
  test('prints rules that other commands read, and reports losses on standard error', async () => {
    expect(await here.run(['import', 'gcs.json'])).toEqual({
      code: 0,
      out: `<?xml version="1.0" encoding="UTF-8"?>
<CORSConfiguration>
  <CORSRule>
    <AllowedOrigin>https://a.example</AllowedOrigin>
    <AllowedMethod>GET</AllowedMethod>
    <AllowedHeader>ETag</AllowedHeader>
    <ExposeHeader>ETag</ExposeHeader>
    <MaxAgeSeconds>60</MaxAgeSeconds>
  </CORSRule>
</CORSConfiguration>
`,
      err: 'gcs.json: read as Google Cloud Storage JSON.\n',
    })
  })

  test('writes the file that is named, whole, in the format of its name, and only once', async () => {
    const args = ['import', '--from', 'gcs', 'gcs.json', '--out', 'out.json']
    expect(await here.run(args)).toMatchObject({ code: 0, out: '' })
    expect(JSON.parse(contentOf('out.json')).CORSRules[0].AllowedOrigins).toEqual(['https://a.example'])
    expect(await here.run(args)).toMatchObject({ code: 2, err: expect.stringContaining('--force') })
    const nowhere = await here.run(['import', '--from', 'gcs', 'gcs.json', '--out', 'no/where.xml'])
    expect(nowhere).toMatchObject({ code: 2, err: expect.stringContaining('its folder does not exist') })
  })

  test('writes nothing if the document has errors', async () => {
    const args = ['import', '--from', 'gcs', 'bad.json', '--out', 'bad.xml']
    const { code, out, err } = await here.run(args)
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/error {2}method-missing {2}rule\[1\]\n.*\n {2}hint {4}Add a value in "method"/)
    expect(err).toMatch(/\nNothing was written\.\n$/)
    expect(readdirSync(here.folder)).not.toContain('bad.xml')
    const json = await here.run(['import', '--from', 'gcs', 'bad.json', '--json'])
    expect(json.code).toBe(1)
    expect(JSON.parse(json.out)).toMatchObject({ source: 'bad.json', rules: null, text: null, failed: true })
  })

  test('lists the vendors when --from names another', async () => {
    const { code, err } = await here.run(['import', '--from', 'ftp', 'gcs.json'])
    expect([code, err]).toEqual([2, expect.stringContaining('cos, s3, r2, gcs, oss, obs, azure')])
    expect((await here.run(['import', '--from', 'gcs', 'none.json'])).code).toBe(2)
  })
})

describe('rules export', { timeout: 60_000 }, () => {
  test('writes what import reads back', async () => {
    const exported = await here.run(['export', '--to', 'r2', 'rules.xml', '--out', 'r2.json'])
    expect(exported.code).toBe(0)
    expect(JSON.parse(contentOf('r2.json')).rules).toHaveLength(1)
    const { out } = await here.run(['import', '--from', 'r2', 'r2.json'])
    expect(exported.err).toContain('warning  response-vary-lost')
    const { configuration } = await readDocument(RULES)
    expect((await readDocument(out)).configuration).toEqual({ ...configuration, responseVary: false })
  })

  test('writes nothing that the vendor would refuse', async () => {
    const rule = '<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>'
    here.write('many.xml', `<CORSConfiguration>${rule.repeat(6)}</CORSConfiguration>`)
    const { code, out, err } = await here.run(['export', '--to', 'azure', 'many.xml'])
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('error  too-many-rules  CORSRule[6]')
  })

  test('reports errors of the rules themselves', async () => {
    here.write('broken.xml', '<CORSConfiguration/>')
    const { code, err } = await here.run(['export', '--to', 's3', 'broken.xml'])
    expect([code, err]).toEqual([1, expect.stringContaining('error  no-rules')])
  })
})
