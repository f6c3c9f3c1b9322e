import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readDocument } from '../../src/formats/read.ts'

// Cases restated from the CORS suites of other object stores; they stand beside the project, not in it.
const CASES = new URL('../../../shared/conformance/configurations.json', import.meta.url)

interface Case {
  id: string
  rules: unknown[] | { repeat: number; rule: unknown } | null
  xml?: string
  expect: { accept: boolean }
  note: string
}

/** Where another suite decides differently, and why the edge doesn't follow it. */
const DISAGREEMENTS = new Map([
  ['pcc-023', 'an empty MaxAgeSeconds is an error: nobody means to write it'],
  ['pcc-034', 'an empty AllowedOrigin is a warning, as S3 accepts it (recorded: pcc-003)'],
  ['pcc-039', 'a pattern without scheme is a warning, as COS and S3 accept it'],
  ['pcc-071', 'a negative MaxAgeSeconds is an error, as most stores and pcc-033 have it'],
])

function documentOf({ rules, xml, note }: Case): string {
  if (xml !== undefined) return xml
  if (Array.isArray(rules)) return JSON.stringify(rules)
  if (rules) return JSON.stringify(Array(rules.repeat).fill(rules.rule))
  const bytes = Number(/^(\d+) bytes$/.exec(note)?.[1])
  return JSON.stringify([{ AllowedOrigins: ['*'], AllowedMethods: ['GET'] }]).padEnd(bytes)
}

const cases: Case[] = existsSync(CASES) ? JSON.parse(readFileSync(CASES, 'utf8')) : []
if (cases.length === 0)
  console.log('skipped: no ../shared/conformance/configurations.json beside the project')

test.skipIf(cases.length === 0)('configurations are accepted and refused as other stores do', async () => {
  const differing: string[] = []
  for (const one of cases) {
    const { configuration, findings } = await readDocument(documentOf(one))
    expect(findings.length > 0 || configuration !== null).toBe(true)
    if ((configuration !== null) !== one.expect.accept) differing.push(one.id)
  }
  console.log(`${cases.length - differing.length} of ${cases.length} configurations agree`)
  expect(differing.sort()).toEqual([...DISAGREEMENTS.keys()])
})
