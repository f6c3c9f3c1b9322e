import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { adviseDocument } from '../../../src/advice/advise.ts'
import type { Configuration, Rule } from '../../../src/cors/configuration.ts'
import { type Finding, hasErrors } from '../../../src/cors/findings.ts'
import {
  IMPORT_VENDORS,
  type ImportVendor,
  importDocument as importPlain,
} from '../../../src/formats/import.ts'
import { exportDocument, VENDORS, type Vendor } from '../../../src/formats/vendors.ts'
import { anyConfiguration } from './configurations.ts'

const codesOf = (findings: readonly Finding[]) =>
  findings.map(f => `${f.severity} ${f.code} ${f.path}`.trim())
const SAMPLE: Rule = {
  id: 'uploads',
  allowedOrigins: ['https://a.example', 'https://*.b.example'],
  allowedMethods: ['GET', 'PUT'],
  allowedHeaders: ['content-type', 'x-meta-*'],
  exposeHeaders: ['ETag'],
  maxAgeSeconds: 600,
}
const ONE: Configuration = { rules: [SAMPLE], responseVary: true }
const rules = (count: number): Configuration => ({
  rules: Array.from({ length: count }, (_, i) => ({
    ...SAMPLE,
    id: null,
    allowedOrigins: [`https://${i}.x`],
  })),
  responseVary: false,
})

describe('exportDocument()', () => {
  test('writes the format of each vendor and reports every loss', () => {
    const s3 = exportDocument('s3', ONE)
    expect(JSON.parse(s3.text ?? '')).toEqual({
      CORSRules: [
        {
          ID: 'uploads',
          AllowedOrigins: SAMPLE.allowedOrigins,
          AllowedMethods: ['GET', 'PUT'],
          AllowedHeaders: SAMPLE.allowedHeaders,
          ExposeHeaders: ['ETag'],
          MaxAgeSeconds: 600,
        },
      ],
    })
    expect(codesOf(s3.findings)).toEqual(['warning response-vary-lost ResponseVary[1]'])

    const r2 = exportDocument('r2', ONE)
    expect(JSON.parse(r2.text ?? '')).toEqual({
      rules: [
        {
          id: 'uploads',
          allowed: {
            origins: SAMPLE.allowedOrigins,
            methods: ['GET', 'PUT'],
            headers: SAMPLE.allowedHeaders,
          },
          exposeHeaders: ['ETag'],
          maxAgeSeconds: 600,
        },
      ],
    })

    const gcs = exportDocument('gcs', ONE)
    expect(JSON.parse(gcs.text ?? '')).toEqual([
      {
        origin: SAMPLE.allowedOrigins,
        method: ['GET', 'PUT'],
        responseHeader: ['content-type', 'x-meta-*', 'ETag'],
        maxAgeSeconds: 600,
      },
    ])
    expect(codesOf(gcs.findings)).toEqual([
      'warning response-vary-lost ResponseVary[1]',
      'warning id-lost CORSRule[1]/ID[1]',
      'warning one-header-list CORSRule[1]/ExposeHeader[1]',
      'warning header-pattern-undocumented CORSRule[1]/AllowedHeader[2]',
      'warning origin-pattern-undocumented CORSRule[1]/AllowedOrigin[2]',
    ])

    const oss = exportDocument('oss', ONE)
    expect(oss.text).toContain('<ResponseVary>true</ResponseVary>')
    expect(oss.text).not.toContain('<ID>')
    expect(codesOf(oss.findings)).toEqual(['warning id-lost CORSRule[1]/ID[1]'])

    const obs = exportDocument('obs', ONE)
    expect(obs.text).toContain('<ID>uploads</ID>')
    expect(obs.text).not.toContain('ResponseVary')

    expect(exportDocument('azure', ONE).text).toBe(`<?xml version="1.0" encoding="utf-8"?>
<Cors>
  <CorsRule>
    <AllowedOrigins>https://a.example,https://*.b.example</AllowedOrigins>
    <AllowedMethods>GET,PUT</AllowedMethods>
    <AllowedHeaders>content-type,x-meta-*</AllowedHeaders>
    <ExposedHeaders>ETag</ExposedHeaders>
    <MaxAgeInSeconds>600</MaxAgeInSeconds>
  </CorsRule>
</Cors>
`)
  })

  test.each([
    ['oss', 20],
    ['azure', 5],
  ] as const)('refuses for %s more than %i rules', (vendor, most) => {
    expect(exportDocument(vendor, rules(most)).text).not.toBeNull()
    const over = exportDocument(vendor, rules(most + 1))
    expect(over.text).toBeNull()
    expect(codesOf(over.findings)).toEqual([`error too-many-rules CORSRule[${most + 1}]`])
  })

  test.each([
    ['origin-pattern', { allowedOrigins: ['https://a*.example'] }],
    ['origin-pattern', { allowedOrigins: ['http*'] }],
    ['value-unlistable', { allowedOrigins: ['https://a.example,https://b.example'] }],
    ['value-unlistable', { allowedOrigins: [' https://a.example'] }],
    ['value-too-long', { allowedOrigins: [`https://${'a'.repeat(249)}`] }],
    ['header-pattern', { allowedHeaders: ['*-id'] }],
    ['too-many-values', { allowedHeaders: ['a*', 'b*', 'c*'] }],
    ['too-many-values', { exposeHeaders: Array.from({ length: 65 }, (_, i) => `h${i}`) }],
    ['too-many-values', { allowedOrigins: Array.from({ length: 65 }, (_, i) => `https://${i}`) }],
    ['too-large', { allowedOrigins: Array.from({ length: 9 }, (_, i) => `https://${'a'.repeat(240)}${i}`) }],
  ])('refuses for Azure what it can not hold: %s', (code, change) => {
    const { text, findings } = exportDocument('azure', {
      rules: [{ ...SAMPLE, id: null, ...change }],
      responseVary: false,
    })
    expect(text).toBeNull()
    expect(findings.map(f => f.code)).toContain(code)
  })

  test('caps a max-age at what the vendor takes', () => {
    const long: Configuration = {
      rules: [{ ...SAMPLE, id: null, maxAgeSeconds: 2 ** 31 - 1 }],
      responseVary: false,
    }
    expect(JSON.parse(exportDocument('r2', long).text ?? '').rules[0].maxAgeSeconds).toBe(86_400)
    expect(exportDocument('oss', long).text).toContain('<MaxAgeSeconds>999999999<')
    expect(exportDocument('r2', long).findings.map(f => f.code)).toEqual(['max-age-capped'])
  })
})

const importDocument = (vendor: ImportVendor, text: string) => importPlain(vendor, text, adviseDocument)

describe('importDocument()', () => {
  test("reads R2's own shape as the dashboard's", async () => {
    const own = await importDocument('r2', exportDocument('r2', { ...ONE, responseVary: false }).text ?? '')
    const dashboard = await importDocument(
      'r2',
      JSON.stringify(JSON.parse(exportDocument('s3', ONE).text ?? '').CORSRules),
    )
    expect(own.configuration).toEqual({ ...ONE, responseVary: false })
    expect(dashboard.configuration).toEqual(own.configuration)
  })

  test("reads GCS's array and bucket, and fills both header lists from its one list", async () => {
    const cors = [
      {
        origin: ['https://a.example'],
        method: ['*', 'OPTIONS'],
        responseHeader: ['Content-Type', 'x-goog-*'],
        maxAgeSeconds: 60,
      },
      { origin: ['*'], method: ['GET', 'PATCH'] },
    ]
    const reading = await importDocument('gcs', JSON.stringify(cors))
    expect(reading.configuration?.rules).toEqual([
      {
        id: null,
        allowedOrigins: ['https://a.example'],
        allowedMethods: ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'],
        allowedHeaders: ['Content-Type', 'x-goog-*'],
        exposeHeaders: ['Content-Type'],
        maxAgeSeconds: 60,
      },
      {
        id: null,
        allowedOrigins: ['*'],
        allowedMethods: ['GET'],
        allowedHeaders: [],
        exposeHeaders: [],
        maxAgeSeconds: null,
      },
    ])
    expect(codesOf(reading.findings)).toEqual([
      'warning expose-star-lost CORSRule[1]/AllowedHeader[2]',
      'warning method-lost CORSRule[2]/AllowedMethod[2]',
    ])
    const bucket = await importDocument('gcs', JSON.stringify({ cors, name: 'photos' }))
    expect(bucket.configuration).toEqual(reading.configuration)
  })

  const AZURE_RULE = `<CorsRule><AllowedOrigins> https://a.example, https://*.B.example</AllowedOrigins>
    <AllowedMethods>GET,MERGE,OPTIONS</AllowedMethods><AllowedHeaders>x-ms-meta-*,content-type</AllowedHeaders>
    <ExposedHeaders>x-ms-meta-*,etag</ExposedHeaders><MaxAgeInSeconds>200</MaxAgeInSeconds></CorsRule>`

  test("reads Azure's XML, alone or in the service's properties, and both spellings of its JSON", async () => {
    const xml = await importDocument('azure', `<Cors>${AZURE_RULE}</Cors>`)
    expect(xml.configuration?.rules).toEqual([
      {
        id: null,
        allowedOrigins: ['https://a.example', 'https://*.B.example'],
        allowedMethods: ['GET'],
        allowedHeaders: ['x-ms-meta-*', 'content-type'],
        exposeHeaders: ['etag'],
        maxAgeSeconds: 200,
      },
    ])
    expect(codesOf(xml.findings)).toEqual(
      expect.arrayContaining([
        'warning origin-case CORSRule[1]/AllowedOrigin[2]',
        'warning method-lost CORSRule[1]/AllowedMethod[2]',
        'warning expose-star-lost CORSRule[1]/ExposeHeader[1]',
      ]),
    )
    const rule = {
      allowedOrigins: ['https://a.example', 'https://*.B.example'],
      allowedMethods: ['GET'],
      allowedHeaders: ['x-ms-meta-*', 'content-type'],
      exposedHeaders: ['etag'],
      maxAgeInSeconds: 200,
    }
    const command = {
      Service: 'blob',
      AllowedOrigins: 'https://a.example, https://*.B.example',
      AllowedMethods: 'GET',
      AllowedHeaders: 'x-ms-meta-*,content-type',
      ExposedHeaders: 'etag',
      MaxAgeInSeconds: 200,
    }
    for (const text of [
      `<StorageServiceProperties><Logging/><Cors>${AZURE_RULE}</Cors></StorageServiceProperties>`,
      JSON.stringify({ properties: { cors: { corsRules: [rule] } } }),
      JSON.stringify([command]),
    ]) {
      const reading = await importDocument('azure', text)
      expect(reading.configuration, text).toEqual(xml.configuration)
      expect(reading.findings.map(f => f.code)).not.toContain('unknown-element')
    }
  })

  test.each([
    ['r2', '{"rules":{}}', 'wrong-type '],
    ['r2', '{"rules":[{"allowed":[]}]}', 'wrong-type CORSRule[1]'],
    [
      'r2',
      '{"rules":[{"allowed":{"origins":"*","methods":["GET"]}}]}',
      'wrong-type CORSRule[1]/AllowedOrigin',
    ],
    ['gcs', '[{"origin":["*"],"method":"GET"}]', 'wrong-type CORSRule[1]/AllowedMethod'],
    [
      'gcs',
      '[{"origin":["*"],"method":["GET"],"responseHeader":"*"}]',
      'wrong-type CORSRule[1]/AllowedHeader',
    ],
    ['gcs', '<CorsConfig/>', 'no-rules '],
    [
      'azure',
      '{"corsRules":[{"allowedOrigins":["*"],"allowedMethods":[{}]}]}',
      'wrong-type CORSRule[1]/AllowedMethod[1]',
    ],
    [
      'azure',
      '<Cors><CorsRule><AllowedOrigins><a/></AllowedOrigins></CorsRule></Cors>',
      'nested-element CORSRule[1]/AllowedOrigin[1]',
    ],
    ['azure', '<CORSConfiguration/>', 'root-wrong '],
    ['azure', '<StorageServiceProperties/>', 'root-wrong '],
    ['azure', '<!DOCTYPE a><Cors/>', 'doctype '],
    ['azure', '<Cors/>', 'no-rules '],
    ['azure', '"x"', 'unknown-format '],
    ['oss', `<CORSConfiguration>${' '.repeat(65_536)}</CORSConfiguration>`, 'too-large '],
    ['gcs', `[${' '.repeat(65_536)}]`, 'too-large '],
  ] as const)('reports the errors of a document of %s: %s', async (vendor, text, finding) => {
    const { configuration, findings } = await importDocument(vendor, text)
    expect(configuration).toBeNull()
    expect(findings.map(f => `${f.code} ${f.path}`)).toContain(finding)
  })

  test('never throws, whatever the document', async () => {
    const anyText = fc.oneof(
      fc.json(),
      fc.string(),
      fc.constantFrom('{"__proto__":[]}', '[{"constructor":1}]', '<Cors', '\uFEFF<Cors/>'),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...IMPORT_VENDORS), anyText, async (vendor, text) => {
        const { configuration, findings } = await importDocument(vendor, text)
        expect(configuration === null).toBe(hasErrors(findings))
      }),
    )
  })
})

describe('importDocument() of exportDocument()', () => {
  test.each(VENDORS)('gives the configuration up to the reported losses: %s', async vendor => {
    let exported = 0
    await fc.assert(
      fc.asyncProperty(configurationsFor(vendor), async configuration => {
        const { text, findings } = exportDocument(vendor, configuration)
        expect(text === null).toBe(hasErrors(findings))
        if (text === null) return
        exported++
        const reading = await importDocument(vendor, text)
        expect(reading.configuration).toEqual(withLosses(configuration, findings))
      }),
      { numRuns: 300 },
    )
    expect(exported).toBeGreaterThan(50)
  })
})

/** Any configuration; for Azure and R2 with origins that these accept. */
function configurationsFor(vendor: Vendor): fc.Arbitrary<Configuration> {
  if (vendor !== 'azure' && vendor !== 'r2') return anyConfiguration
  const takes = (value: string) =>
    vendor === 'azure' && value !== '' && value === value.trim() && !value.includes(',')
  return anyConfiguration.map(configuration => ({
    ...configuration,
    rules: configuration.rules.map(rule => ({
      ...rule,
      allowedOrigins: rule.allowedOrigins.map(origin =>
        takes(origin) && !origin.includes('*') ? origin : 'https://*.example.com',
      ),
    })),
  }))
}

/** What is left of a configuration, by the findings of its export alone. */
function withLosses(configuration: Configuration, findings: readonly Finding[]): Configuration {
  const lost = (code: string, path: string) => findings.some(f => f.code === code && f.path === path)
  return {
    responseVary: configuration.responseVary && !lost('response-vary-lost', 'ResponseVary[1]'),
    rules: configuration.rules.map((rule, i) => {
      const path = `CORSRule[${i + 1}]`
      const capped = findings.find(f => f.code === 'max-age-capped' && f.path === `${path}/MaxAgeSeconds[1]`)
      const most = /at most (\d+) seconds/.exec(capped?.reason ?? '')?.[1]
      const merged = lost('one-header-list', `${path}/ExposeHeader[1]`)
      const known = new Set(rule.allowedHeaders.map(name => name.toLowerCase()))
      const all = [
        ...rule.allowedHeaders,
        ...rule.exposeHeaders.filter(name => !known.has(name.toLowerCase())),
      ]
      return {
        ...rule,
        id: lost('id-lost', `${path}/ID[1]`) ? null : rule.id,
        maxAgeSeconds: lost('max-age-added', path)
          ? 0
          : most === undefined
            ? rule.maxAgeSeconds
            : Number(most),
        allowedHeaders: merged ? all : rule.allowedHeaders,
        exposeHeaders: merged ? all.filter(name => !name.includes('*')) : rule.exposeHeaders,
      }
    }),
  }
}
