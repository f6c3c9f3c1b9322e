/**
 * @module
 * R2's own JSON, of `wrangler r2 bucket cors set --file` and Cloudflare's API:
 * `{"rules":[{"allowed":{"origins":[…],"methods":[…],"headers":[…]},"exposeHeaders":[…],"maxAgeSeconds":600}]}`.
 */

import { type Configuration, MAX_ID_LENGTH } from '../cors/configuration.ts'
import type { Reading } from '../cors/findings.ts'
import { type Advise, conclude } from './document.ts'
import { isObject, readJson, renamed } from './json.ts'
import { type Export, Losses } from './losses.ts'
import { rulesOf } from './s3-json.ts'

/** Cloudflare API, "Put Bucket CORS Policy": the maximum of maxAgeSeconds. */
const MAX_AGE_SECONDS = 86_400

const RULE_NAMES = { id: 'ID', exposeHeaders: 'ExposeHeaders', maxAgeSeconds: 'MaxAgeSeconds' } as const
const ALLOWED_NAMES = {
  origins: 'AllowedOrigins',
  methods: 'AllowedMethods',
  headers: 'AllowedHeaders',
} as const

/** Reads R2's own shape, or the S3 JSON that its dashboard shows. Every mistake is a finding; nothing is thrown. */
export function readR2(text: string, advise?: Advise): Reading {
  const document = readJson(text, value =>
    rulesOf(isObject(value) && Object.hasOwn(value, 'rules') ? toS3(value) : value),
  )
  return conclude(document, advise)
}

function toS3({ rules, ...others }: Record<string, unknown>): Record<string, unknown> {
  return { ...others, CORSRules: Array.isArray(rules) ? rules.map(ruleToS3) : rules }
}

function ruleToS3(rule: unknown): unknown {
  if (!isObject(rule)) return rule
  const { allowed, ...others } = rule
  const conditions = isObject(allowed) ? renamed(allowed, ALLOWED_NAMES) : { allowed }
  return { ...renamed(others, RULE_NAMES), ...conditions }
}

/** Writes R2's own shape. */
export function writeR2(configuration: Configuration): Export {
  const losses = new Losses('R2')
  const { rules } = losses.cappedMaxAge(
    losses.withoutIds(losses.withoutResponseVary(configuration), MAX_ID_LENGTH),
    MAX_AGE_SECONDS,
  )
  const document = {
    rules: rules.map(rule => ({
      ...(rule.id === null ? {} : { id: rule.id }),
      allowed: {
        origins: rule.allowedOrigins,
        methods: rule.allowedMethods,
        ...(rule.allowedHeaders.length === 0 ? {} : { headers: rule.allowedHeaders }),
      },
      ...(rule.exposeHeaders.length === 0 ? {} : { exposeHeaders: rule.exposeHeaders }),
      ...(rule.maxAgeSeconds === null ? {} : { maxAgeSeconds: rule.maxAgeSeconds }),
    })),
  }
  return losses.conclude(() => `${JSON.stringify(document, null, 2)}\n`)
}
