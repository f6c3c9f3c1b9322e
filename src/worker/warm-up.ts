/**
 * @module
 * Runs what a first answer needs once while the module is evaluated, so that V8 has compiled it before the request is
 * there. Cloudflare starts an isolate during the TLS handshake.
 */

import type { Configuration } from '../cors/configuration.ts'
import { decide } from '../cors/decide.ts'
import { decodeValue } from '../rules/decode.ts'
import { makeRecord } from '../rules/record.ts'
import { Rules } from '../rules/rules.ts'
import { readSettings } from '../settings/settings.ts'

const SAMPLE: Configuration = {
  rules: [
    {
      id: null,
      allowedOrigins: ['https://a.invalid', 'https://*.b.invalid'],
      allowedMethods: ['PUT'],
      allowedHeaders: ['content-type', 'x-*'],
      exposeHeaders: ['ETag'],
      maxAgeSeconds: 600,
    },
  ],
  responseVary: false,
}

/** Reads settings and a record, and decides one preflight. Nothing is kept, and nothing leaves the isolate. */
export async function warmUp(): Promise<void> {
  readSettings({ ORIGIN: 'https://bucket.invalid' })
  const record = await makeRecord(SAMPLE, { publishedAt: '', source: '' })
  const rules = await decodeValue(JSON.stringify(record))
  if (rules instanceof Rules)
    decide(rules.ready('cos'), {
      origin: 'https://a.b.invalid',
      method: 'PUT',
      requestedHeaders: 'content-type, x-a',
    })
}
