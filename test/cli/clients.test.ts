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
interface Finding {
  readonly severity: string
  readonly code: string
  readonly value: string
}

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

  /** The five commonest forms of public configurations, each with the entries that are usual in it. */
  const COMMON: [form: string, file: string, text: string, client: string, lacks: string[]][] = [
    [
      'the array of Google Cloud Storage',
      'cors.json',
      '[{"origin": ["https://example.app"], "method": ["GET"], "responseHeader": ["Content-Type"], "maxAgeSeconds": 3600}]',
      'pmtiles',
      ['warning client-expose-missing etag'],
    ],
    [
      'the XML of S3',
      'cors.xml',
      `<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>
      <AllowedHeader>Authorization</AllowedHeader><MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule></CORSConfiguration>`,
      'zarrita',
      ['error client-method-missing HEAD', 'error client-header-missing range'],
    ],
    [
      'the CORSRules of the AWS command line',
      's3-cors.json',
      `{"CORSRules": [{"AllowedOrigins": ["https://app.example.com"], "AllowedHeaders": ["*"],
      "AllowedMethods": ["GET", "PUT", "POST", "HEAD"], "MaxAgeSeconds": 3000}]}`,
      'uppy-aws-s3',
      ['error client-expose-missing etag'],
    ],
    [
      'the rules of wrangler for R2',
      'r2-cors.json',
      `{"rules": [{"allowed": {"origins": ["https://app.example.com"], "methods": ["GET", "PUT"],
      "headers": ["content-type"]}, "exposeHeaders": ["ETag"], "maxAgeSeconds": 3600}]}`,
      'aws-sdk-v3',
      [
        'error client-method-missing DELETE',
        'error client-method-missing HEAD',
        'error client-method-missing POST',
        'error client-header-missing amz-sdk-invocation-id',
        'error client-header-missing amz-sdk-request',
        'error client-header-missing authorization',
        'error client-header-missing cache-control',
        'error client-header-missing x-amz-checksum-algorithm',
        'error client-header-missing x-amz-checksum-crc32',
        'error client-header-missing x-amz-checksum-mode',
        'error client-header-missing x-amz-content-sha256',
        'error client-header-missing x-amz-date',
        'error client-header-missing x-amz-meta-author',
        'error client-header-missing x-amz-sdk-checksum-algorithm',
        'error client-header-missing x-amz-security-token',
        'error client-header-missing x-amz-user-agent',
        'warning client-expose-missing accept-ranges',
        'warning client-expose-missing content-encoding',
        'warning client-expose-missing content-range',
        'warning client-expose-missing x-amz-checksum-crc32',
        'warning client-expose-missing x-amz-id-2',
        'warning client-expose-missing x-amz-request-id',
        'warning client-expose-missing x-amz-version-id',
      ],
    ],
    [
      'the array of the R2 dashboard',
      'r2-dash.json',
      `[{"AllowedOrigins": ["http://localhost:3000", "https://app.example.com"], "AllowedMethods": ["GET", "HEAD"]}]`,
      'pdfjs-dist',
      ['error client-expose-missing accept-ranges'],
    ],
  ]

  test.each(COMMON)('names exactly what %s lacks', async (_, file, text, client, lacks) => {
    project.write(file, text)
    const { code, out } = await project.run(['check', '--for', client, '--json', file])
    const { files } = JSON.parse(out) as { files: { findings: Finding[] }[] }
    const found = files
      .flatMap(({ findings }) => findings)
      .filter(finding => finding.code.startsWith('client-'))
    expect(found.map(({ severity, code, value }) => `${severity} ${code} ${value}`)).toEqual(lacks)
    expect(code).toBe(lacks.some(lack => lack.startsWith('error')) ? 1 : 0)
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
