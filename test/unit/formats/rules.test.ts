import { describe, expect, test } from 'vitest'
import { adviseDocument } from '../../../src/advice/advise.ts'
import type { Rule } from '../../../src/cors/configuration.ts'
import { readDocument } from '../../../src/formats/read.ts'
import { type RulesFormat, readRules } from '../../../src/formats/rules.ts'

const read = (text: string, format?: RulesFormat) => readRules(text, format, adviseDocument)
const json = (value: unknown) => JSON.stringify(value, null, 1)
const codes = (findings: readonly { code: string; line?: number }[]) =>
  findings.map(({ code, line }) => `${line ?? '-'} ${code}`)

const RULE: Rule = {
  id: null,
  allowedOrigins: ['https://a.example'],
  allowedMethods: ['GET', 'PUT'],
  allowedHeaders: ['x-a'],
  exposeHeaders: ['ETag'],
  maxAgeSeconds: 600,
}
const S3 = {
  AllowedOrigins: ['https://a.example'],
  AllowedMethods: ['GET', 'PUT'],
  AllowedHeaders: ['x-a'],
  ExposeHeaders: ['ETag'],
  MaxAgeSeconds: 600,
}
const R2 = {
  allowed: { origins: ['https://a.example'], methods: ['GET', 'PUT'], headers: ['x-a'] },
  exposeHeaders: ['ETag'],
  maxAgeSeconds: 600,
}
const CFN = {
  AllowedOrigins: ['https://a.example'],
  AllowedMethods: ['GET', 'PUT'],
  AllowedHeaders: ['x-a'],
  ExposedHeaders: ['ETag'],
  MaxAge: 600,
}
const ARM = {
  allowedOrigins: ['https://a.example'],
  allowedMethods: ['GET', 'PUT', 'OPTIONS'],
  allowedHeaders: ['x-a'],
  exposedHeaders: ['ETag'],
  maxAgeInSeconds: 600,
}
const AZ = {
  AllowedOrigins: 'https://a.example',
  AllowedMethods: 'GET, PUT',
  AllowedHeaders: 'x-a',
  ExposedHeaders: 'ETag',
  MaxAgeInSeconds: 600,
}
const B2 = {
  corsRuleName: 'up',
  allowedOrigins: ['https://a.example'],
  allowedOperations: ['b2_download_file_by_id', 's3_get', 's3_put'],
  allowedHeaders: ['x-a'],
  exposeHeaders: ['ETag'],
  maxAgeSeconds: 600,
}
const TERRAFORM = {
  allowed_origins: ['https://a.example'],
  allowed_methods: ['GET', 'PUT'],
  allowed_headers: ['x-a'],
  expose_headers: ['ETag'],
  max_age_seconds: 600,
}
const OSS = {
  allowedOrigin: 'https://a.example',
  allowedMethod: ['GET', 'PUT'],
  allowedHeader: 'x-a',
  exposeHeader: 'ETag',
  maxAgeSeconds: '600',
}

describe('readRules() of a detected format', () => {
  test.each<[label: string, document: unknown, rule?: Partial<Rule>]>([
    ['S3 JSON', [S3]],
    ['S3 JSON', { Bucket: 'b', CORSConfiguration: { CORSRules: [S3] } }],
    ['S3 JSON', { CORSRule: S3 }],
    ['S3 JSON', S3],
    ['Cloudflare R2 JSON', { rules: [R2] }],
    ['Cloudflare R2 JSON', { success: true, errors: [], result: { rules: [R2] } }],
    ['CloudFormation JSON', { CorsRules: [CFN] }],
    ['CloudFormation JSON', [CFN]],
    [
      'CloudFormation JSON',
      {
        Resources: {
          B: { Type: 'AWS::S3::Bucket', Properties: { CorsConfiguration: { CorsRules: [CFN] } } },
        },
      },
    ],
    ['Azure Storage JSON', { properties: { cors: { corsRules: [ARM] } } }],
    [
      'Azure Storage JSON',
      {
        resources: [
          {
            type: 'Microsoft.Storage/storageAccounts/queueServices',
            properties: { cors: { corsRules: [{}] } },
          },
          {
            type: 'Microsoft.Storage/storageAccounts/blobServices',
            properties: { cors: { corsRules: [ARM] } },
          },
        ],
      },
    ],
    [
      'Azure Storage JSON',
      [
        { ...AZ, Service: 'table', AllowedMethods: 'DELETE' },
        { ...AZ, Service: 'blob', Rule: 1 },
      ],
    ],
    ['Backblaze B2 JSON', [B2], { id: 'up', allowedMethods: ['GET', 'HEAD', 'PUT'] }],
    [
      'Backblaze B2 JSON',
      { bucketName: 'b', corsRules: [B2] },
      { id: 'up', allowedMethods: ['GET', 'HEAD', 'PUT'] },
    ],
    ['Terraform JSON', { resource: { aws_s3_bucket_cors_configuration: { c: { cors_rule: [TERRAFORM] } } } }],
    ['Alibaba Cloud OSS SDK JSON', { rules: [OSS] }],
    [
      'Google Cloud Storage JSON',
      {
        cors_config: [
          { origin: ['https://a.example'], method: ['GET', 'OPTIONS'], responseHeader: ['ETag'] },
        ],
      },
      { allowedMethods: ['GET'], allowedHeaders: ['ETag'], maxAgeSeconds: null },
    ],
  ])('reads %s without a finding: %j', async (label, document, rule) => {
    const reading = await read(json(document))
    expect(reading.label).toBe(label)
    expect(reading.findings).toEqual([])
    expect(reading.configuration?.rules).toEqual([{ ...RULE, ...rule }])
  })

  test('reads the XML of Google Cloud Storage, with lines and its own names', async () => {
    const cors = (method: string) => `<?xml version="1.0"?><CorsConfig>
<Cors><Origins><Origin>https://a.example</Origin></Origins>
<Methods><Method>${method}</Method><Method>OPTIONS</Method></Methods>
<ResponseHeaders><ResponseHeader>ETag</ResponseHeader></ResponseHeaders><MaxAgeSec>600</MaxAgeSec></Cors></CorsConfig>`
    const good = await read(cors('GET'))
    expect([good.label, good.findings]).toEqual(['Google Cloud Storage XML', []])
    expect(good.configuration?.rules).toEqual([
      { ...RULE, allowedMethods: ['GET'], allowedHeaders: ['ETag'] },
    ])
    const [finding] = (await read(cors('get'))).findings
    expect(finding).toMatchObject({ code: 'method-unknown', line: 3, where: 'rule[1]/Method[1]' })
  })

  test('reads XML in the namespace of S3 with a prefix, and no other namespace', async () => {
    const xml = (namespace: string) =>
      `<s3:CORSConfiguration xmlns:s3="${namespace}"><s3:CORSRule><s3:AllowedOrigin>*</s3:AllowedOrigin>` +
      '<s3:AllowedMethod>GET</s3:AllowedMethod></s3:CORSRule></s3:CORSConfiguration>'
    expect((await read(xml('http://s3.amazonaws.com/doc/2006-03-01/'))).configuration?.rules).toHaveLength(1)
    expect(codes((await read(xml('urn:x'))).findings)).toEqual(['1 root-wrong'])
  })

  test.each([
    ['an R2 rule with the keys of S3', { rules: [S3] }, '4 r2-shape'],
    ['an R2 rule with the keys of Terraform', { rules: [TERRAFORM] }, '4 r2-shape'],
    ['R2 rules without "rules"', [R2], '1 rules-missing'],
    ['a GCS rule without a list', { origin: ['*'], method: ['GET'] }, '1 wrong-type'],
    ['an Azure list without blob rules', [{ ...AZ, Service: 'queue' }], '2 no-rules'],
    [
      'a template with two buckets',
      { a: { CorsRules: [CFN] }, b: { CorsRules: [] } },
      '23 several-configurations',
    ],
    ['an unknown operation', [{ ...B2, allowedOperations: ['b2_delete'] }], '8 operation-unknown'],
  ])('refuses %s', async (_, document, expected) => {
    const { configuration, findings } = await read(json(document))
    expect(configuration).toBeNull()
    expect(codes(findings)[0]).toBe(expected)
  })

  test('refuses one list under two names, and a key twice, in every format', async () => {
    const two = await read(json([{ ...OSS, allowedOrigins: ['https://b.example'] }]))
    expect(two.configuration).toBeNull()
    expect(two.findings[0]).toMatchObject({ code: 'key-two-names', line: 11 })
    for (const s3 of [[{ ...S3, AllowedMethod: ['DELETE'] }], { CORSRules: [S3], CORSRule: [S3] }]) {
      const reading = await readDocument(json(s3))
      expect(reading.findings.map(({ code }) => code)).toContain('key-two-names')
    }
    const twice = await read('[{"origin": ["*"],\n"origin": ["https://a.example"], "method": ["GET"]}]')
    expect(codes(twice.findings)).toEqual(['2 key-repeated'])
  })

  test('speaks in the names of the document', async () => {
    const [origin, method] = (await read('[{"responseHeader": []}]')).findings
    expect(origin?.hint).toBe('Add a value in "origin" such as https://www.example.com.')
    expect([method?.path, method?.where]).toEqual(['CORSRule[1]', 'rule[1]'])
    const names = JSON.stringify((await read(json([{ ...R2, exposed: [] }, { allowed: {} }]), 'r2')).findings)
    expect(names).not.toMatch(/AllowedOrigin[^[]/)
  })

  test('warns of patterns and of CORS headers in a GCS list, and not of what the reader adds', async () => {
    const rule = {
      origin: ['https://*.a.example'],
      method: ['GET'],
      responseHeader: ['Content-Length', 'Access-Control-Allow-Origin'],
    }
    expect(codes((await read(json([rule]))).findings)).toEqual([
      '4 origin-pattern-undocumented',
      '11 header-access-control',
    ])
  })

  test('reads the B2 word https as every https origin, and warns of it', async () => {
    const { configuration, findings } = await read(json([{ ...B2, allowedOrigins: ['https'] }]))
    expect(configuration?.rules[0]?.allowedOrigins).toEqual(['https://*'])
    expect(findings).toMatchObject([{ code: 'origin-any-host', value: 'https' }])
  })

  test.each([
    ['resource "aws_s3_bucket_cors_configuration" "a" {\n}', 'Terraform', 'aws s3api get-bucket-cors'],
    ['resource "google_storage_bucket" "a" {\n}', 'Terraform', 'gcloud storage buckets describe'],
    ["resource a 'Microsoft.Storage/storageAccounts@2023-01-01' = {\n}", 'Bicep', 'az bicep build'],
    ['Resources:\n  B:\n    Type: AWS::S3::Bucket\n', 'CloudFormation in YAML', 'aws s3api'],
    ['- origin: ["*"]\n  method: [GET]\n', 'YAML', 'yq'],
    ["import boto3\ncors = {\n 'CORSRules': []}", 'Python', 'aws s3api'],
    ['package main\nvar a = types.CORSRule{}', 'Go', 'aws s3api'],
    ['cors: [{ allowedMethods: [s3.HttpMethods.GET] }]', 'AWS CDK', 'cdk synth'],
    ['const cors = {}', 'JavaScript or TypeScript', 'aws s3api'],
    ['{ CORSRules: [ { AllowedOrigins: ["*"] } ] }', 'JavaScript', 'aws s3api'],
    ['CORSRules=[{AllowedOrigins=["*"]}]', 'the shorthand of the AWS command line', 'aws s3api'],
    ['{"AllowOrigins": ["*"], "MaxAge": 1}', 'the CORS of a Lambda function URL or an API Gateway', ''],
    ['{"ResponseHeadersPolicyConfig": {}}', 'a CloudFront response headers policy', ''],
    ['{"origin": "*", "methods": ["GET"]}', 'options of the cors package for Express', ''],
    ['{"name": "a", "dependencies": {}}', 'a package file', ''],
    ['<mvc:cors><mvc:mapping/></mvc:cors>', "Spring MVC's CORS configuration", ''],
    ['<Error><Code>AccessDenied</Code></Error>', "a bucket's error answer", ''],
    ['<!DOCTYPE html><html></html>', 'a web page', ''],
  ])('names what is not read: %j', async (text, label, command) => {
    const { configuration, findings, ...reading } = await read(text)
    expect([configuration, reading.format, reading.label]).toEqual([null, null, label])
    expect(findings).toMatchObject([{ severity: 'error', reason: expect.stringContaining(label) }])
    expect(findings[0]?.code).toMatch(/^(?:other-format|unknown-format|root-wrong|doctype|not-json)$/)
    expect(findings[0]?.hint).toContain(command)
  })

  test('refuses a document of another format than the one that is chosen', async () => {
    const gcs = json([{ origin: ['*'], method: ['GET'] }])
    expect(codes((await read(gcs, 'rules')).findings)).toEqual(['- other-format'])
    expect(codes((await read(gcs, 'azure')).findings)).toEqual(['- other-format'])
    expect((await read(json([S3]), 'r2')).configuration).not.toBeNull()
  })
})

describe('readDocument()', () => {
  test.each([
    ['[{"origin": ["*"], "method": ["GET"]}]', 'Google Cloud Storage JSON'],
    ['{"rules": [{"allowed": {"origins": ["*"], "methods": ["GET"]}}]}', 'Cloudflare R2 JSON'],
    ['<CorsConfig/>', 'Google Cloud Storage XML'],
    ['<Cors/>', 'Azure Storage XML'],
  ])('names the format of a value in KV that the edge does not read: %s', async (text, label) => {
    const { configuration, findings } = await readDocument(text)
    expect(configuration).toBeNull()
    const code = text.startsWith('<') ? 'root-wrong' : 'other-format'
    expect(findings).toMatchObject([{ code, reason: expect.stringContaining(label) }])
    expect(findings[0]?.hint).toContain('edge-preflight import')
  })
})
