/**
 * @module
 * Records of schema 1, as earlier versions have written them: with the policy compiled for a dialect, and a digest of both.
 */

import type { Configuration } from '../src/cors/configuration.ts'
import type { DialectName } from '../src/cors/dialect.ts'
import { compile } from '../src/cors/policy.ts'
import { revisionOf, sha256 } from '../src/rules/record.ts'

export async function makeSchema1(
  configuration: Configuration,
  dialect: DialectName,
  facts: { publishedAt: string; source: string },
) {
  const policy = compile(configuration, dialect)
  const digest = await sha256(JSON.stringify([configuration, policy]))
  const revision = await revisionOf(configuration)
  return { schema: 1, revision, ...facts, configuration, policy, sha256: digest }
}
