/**
 * @module
 * Runs what a first answer needs once while the module is evaluated, so that V8 has compiled it before the request is
 * there. Cloudflare starts an isolate during the TLS handshake.
 */

import { hasPlainHost } from '../bucket/url.ts'
import type { Rule } from '../cors/configuration.ts'
import { decide } from '../cors/decide.ts'
import { HostDecoder } from '../rules/host-decoder.ts'
import { makeRecord } from '../rules/record.ts'
import { readSettings } from '../settings/settings.ts'

const SAMPLE: Rule = {
  id: null,
  allowedOrigins: ['https://a.invalid', 'https://*.b.invalid'],
  allowedMethods: ['PUT'],
  allowedHeaders: ['content-type', 'x-*'],
  exposeHeaders: ['ETag'],
  maxAgeSeconds: 600,
}
/** So many that V8 counts the loops over rules as warm, and so few that the heap need not grow for them. */
const RULES = 6

/** Reads settings and a record, and decides one preflight. Nothing is kept, and nothing leaves the isolate. */
export async function warmUp(): Promise<void> {
  hasPlainHost(new Request('https://bucket.invalid/'))
  const { settings } = readSettings({ ORIGIN: 'https://bucket.invalid' })
  const configuration = { rules: new Array<Rule>(RULES).fill(SAMPLE), responseVary: false }
  const rules = JSON.stringify(await makeRecord(configuration, { publishedAt: '', source: '' }))
  const values = { rules, bucket: null, guardrail: null, isDefault: false, isDefaultBucket: true }
  const { state } = await new HostDecoder({ settings, readSettings: () => ({ settings }) }).decode(values, [])
  const ready = state.rules?.ready(settings.dialect)
  if (ready !== undefined)
    decide(ready, { origin: 'https://a.b.invalid', method: 'PUT', requestedHeaders: 'content-type, x-a' })
}
