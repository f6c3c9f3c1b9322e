import { afterAll, describe, expect, test } from 'vitest'
import { Project } from './rules.ts'

const RULES = `<CORSConfiguration>
  <CORSRule>
    <AllowedOrigin>https://app.example.com</AllowedOrigin>
    <AllowedMethod>PUT</AllowedMethod>
    <AllowedHeader>content-type</AllowedHeader>
  </CORSRule>
</CORSConfiguration>
`
const project = new Project({ 'rules/files.example.com.xml': RULES })
afterAll(() => project.remove())

describe('rules check --for', () => {
  test('names what a client needs and the rules lack, and fails', async () => {
    const { code, out, err } = await project.run([
      'check',
      '--for',
      'dropzone',
      'rules/files.example.com.xml',
    ])
    expect({ code, err }).toEqual({ code: 1, err: '' })
    expect(out).toMatch(/error {2}client-header-missing {2}CORSRule\[1\]\n {2}value {3}x-requested-with\n/)
    expect(out).toMatch(/error {2}client-header-missing {2}CORSRule\[1\]\n {2}value {3}cache-control\n/)
    expect(out).toContain('1 file: 2 errors, 0 warnings.')
  })

  test('refuses an unknown client with the list of known ones', async () => {
    const { code, out, err } = await project.run([
      'check',
      '--for',
      'dropzone,nobody',
      'rules/files.example.com.xml',
    ])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/^--for: "nobody" is not a recorded client\. Recorded: .*pmtiles.*\n$/)
  })
})

describe('rules starter', () => {
  test('writes rules by which check finds nothing missing', async () => {
    const args = [
      'starter',
      '--for',
      'dropzone,pmtiles',
      '--origin',
      'https://app.example.com',
      '--out',
      'rules/new.example.com.xml',
    ]
    const written = await project.run(args)
    expect(written).toEqual({
      code: 0,
      out: 'rules/new.example.com.xml: 1 rule for dropzone, pmtiles.\n',
      err: `Not exposed, because every operation works without it (--optional exposes it):
  etag: PMTiles loses etag of the result
`,
    })
    const { code, out } = await project.run([
      'check',
      '--for',
      'dropzone,pmtiles',
      'rules/new.example.com.xml',
    ])
    expect(code).toBe(0)
    expect(out).toContain('1 file: 0 errors, 1 warning.')
  })

  test('refuses an origin that no browser sends', async () => {
    const { code, out, err } = await project.run([
      'starter',
      '--for',
      'pmtiles',
      '--origin',
      'https://app.example.com/',
    ])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain('https://app.example.com/')
  })
})

describe('rules clients', () => {
  test('lists the clients with the versions that were recorded', async () => {
    const { code, out } = await project.run(['clients'])
    expect(code).toBe(0)
    expect(out).toMatch(/^pmtiles +pmtiles \d+\.\d+\.\d+ +PMTiles +read$/m)
  })

  test('prints everything recorded with --json', async () => {
    const { out } = await project.run(['clients', '--json'])
    expect(JSON.parse(out).clients.map(({ id }: { id: string }) => id)).toContain('aws-sdk-v3')
  })
})
