/** The corpus of public configurations, where the folder is present: `../shared/field`. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { adviseDocument } from '../../../src/advice/advise.ts'
import type { Configuration } from '../../../src/cors/configuration.ts'
import { explain } from '../../../src/explain/explain.ts'
import { type RulesReading, readRules } from '../../../src/formats/rules.ts'

const FOLDER = '../shared/field'

interface Expected {
  readonly origin: string
  readonly method: string
  readonly headers: string
  readonly expect: 'allowed' | 'refused'
  readonly rule: number | null
}
interface Case {
  readonly file: string
  readonly vendor_verdict: 'accepts' | 'refuses' | 'not-a-bucket' | 'not-a-file' | 'unknown'
  readonly expected: readonly Expected[] | string
}

const SOURCE = 'Source code or a template: it is named, with the command that gives readable rules.'
const EXPOSE_STAR = 'S3 and COS refuse * in ExposeHeader, and semantics.md makes it an error.'

/** File → what becomes of it in place of its verdict, and why. */
const OTHERWISE: Readonly<Record<string, readonly [outcome: string, why: string]>> = {
  'x10-minio-comments-exposestar.xml': ['expose-star', EXPOSE_STAR],
  'r14-dash-expose-star.json': ['expose-star', EXPOSE_STAR],
  'g07-no-method.json': ['method-missing', 'A rule that allows nothing cannot be written as a CORSRule.'],
  'g17-empty.json': ['no-rules', 'An empty list removes CORS: the error says to delete the configuration.'],
  'b04-https-word.json': [
    'https GET : refused',
    'The evaluator sends the Origin "https", which no browser does. Every https origin is allowed.',
  ],
  'a11-bicep.bicep': ['named Bicep', SOURCE],
  ...Object.fromEntries(
    ['t01-aws-cors-config', 't02-aws-inline', 't03-aws-var', 't04-tencent', 't05-alicloud', 't06-cloudflare']
      .concat(['t07-google', 't08-b2', 't09-module'])
      .map(name => [`${name}.tf`, ['named Terraform', SOURCE] as const]),
  ),
  'c01-serverless.yml': ['named CloudFormation in YAML', SOURCE],
  'c02-cfn-flow.yaml': ['named CloudFormation in YAML', SOURCE],
  'd01-cdk.ts': ['named AWS CDK', SOURCE],
  'd02-pulumi.ts': ['named JavaScript or TypeScript', SOURCE],
  'd03-boto3.py': ['named Python', SOURCE],
  'd04-jsv3.ts': ['named JavaScript', SOURCE],
  'd05-cli-shorthand.txt': ['named the shorthand of the AWS command line', SOURCE],
}

/** Warnings per accepted configuration, on average. */
const MOST_WARNINGS = 0.7
/** Share of the accepted configurations that one warning may concern. */
const LARGEST_SHARE = 0.1

const cases: readonly Case[] = existsSync(FOLDER)
  ? JSON.parse(readFileSync(`${FOLDER}/configs.json`, 'utf8'))
  : []
const read = (file: string): Promise<RulesReading> =>
  readRules(readFileSync(`${FOLDER}/configs/${file}`, 'utf8'), undefined, adviseDocument)

/** Returns the preflights that are decided otherwise than expected. */
function differences(configuration: Configuration, expected: readonly Expected[]): string[] {
  return expected.flatMap(({ origin, method, headers, expect: wanted, rule }) => {
    const requestedHeaders = headers === '' ? null : headers
    const { answeredBy } = explain(configuration, { origin, method, requestedHeaders })
    const got = answeredBy === null ? 'refused' : `allowed by ${answeredBy + 1}`
    return got === (wanted === 'refused' ? wanted : `allowed by ${rule}`)
      ? []
      : [`${origin} ${method} ${headers}: ${got}`]
  })
}

/** Returns `as its verdict says`, or what becomes of the document instead. */
async function outcomeOf({ file, vendor_verdict: verdict, expected }: Case): Promise<string> {
  const { configuration, findings, label, format } = await read(file)
  const errors = findings.filter(({ severity }) => severity === 'error')
  const named = format === null ? errors[0] : undefined
  if (configuration === null) {
    expect(errors.length, file).toBeGreaterThan(0)
    if (verdict === 'refuses' && named === undefined) return 'as its verdict says'
    if (verdict.startsWith('not-a-') && named !== undefined) return 'as its verdict says'
    return named === undefined ? errors.map(({ code }) => code).join() : `named ${label}`
  }
  if (verdict !== 'accepts' || typeof expected === 'string') return 'accepted'
  return differences(configuration, expected).join('; ') || 'as its verdict says'
}

describe.skipIf(cases.length === 0)(`configurations of public repositories (${FOLDER})`, () => {
  test('are read as their vendor reads them, or are in the table with the reason', async () => {
    const others: Record<string, string> = {}
    for (const one of cases) {
      const outcome = await outcomeOf(one)
      if (outcome !== 'as its verdict says') others[one.file] = outcome
    }
    expect(others).toEqual(
      Object.fromEntries(Object.entries(OTHERWISE).map(([file, [outcome]]) => [file, outcome])),
    )
    expect(cases.length).toBeGreaterThan(100)
  })

  test('get few warnings, and no kind of warning on many', async () => {
    const files = new Map<string, Set<string>>()
    let accepted = 0
    let warnings = 0
    for (const { file } of cases) {
      const { configuration, findings } = await read(file)
      if (configuration === null) continue
      accepted++
      warnings += findings.length
      for (const { code } of findings) files.set(code, (files.get(code) ?? new Set()).add(file))
    }
    expect(accepted).toBeGreaterThan(55)
    expect(warnings / accepted).toBeLessThanOrEqual(MOST_WARNINGS)
    for (const [code, { size }] of files) expect(size / accepted, code).toBeLessThanOrEqual(LARGEST_SHARE)
  })
})
