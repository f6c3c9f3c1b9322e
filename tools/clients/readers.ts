/**
 * @module
 * Shows what real readers make of 304, 412, 416, If-Range, suffix ranges and missing objects, through the edge and by
 * rules that are written for readers. `docs/clients.md` has the table. Part of `npm run test:deep`.
 */

import { existsSync } from 'node:fs'
import type { Configuration } from '../../src/cors/configuration.ts'
import { CHROMIUM, WHY_SKIPPED } from '../chromium.ts'
import { READER_ANSWERS } from './reader-answers.ts'
import { at } from './stage.ts'

if (CHROMIUM === undefined || !existsSync(at('node_modules'))) {
  console.log(
    CHROMIUM === undefined
      ? WHY_SKIPPED
      : 'The clients are skipped: they are not installed. `npm run clients:record` installs them.',
  )
  process.exit(0)
}

const { putFixtures } = await import('./fixtures.js')
const { startStage } = await import('./stage.ts')

const stage = await startStage()
const rules: Configuration = {
  rules: [
    {
      id: null,
      allowedOrigins: [stage.origin],
      allowedMethods: ['GET', 'HEAD'],
      allowedHeaders: ['*'],
      exposeHeaders: ['etag', 'content-range', 'accept-ranges'],
      maxAgeSeconds: 600,
    },
  ],
  responseVary: false,
}
let failures = 0
try {
  for (const { operation, answers } of READER_ANSWERS) {
    for (const [index, expected] of answers.entries()) {
      putFixtures(stage.bucket)
      // The second answer is the one to a key that may not list the bucket.
      stage.bucket.hideMissing(index === 1)
      const { value, error } = await stage.run('answers', operation, rules, null)
      const found = error ?? (typeof value === 'string' ? value : JSON.stringify(value))
      const isRight = found === expected
      if (!isRight) failures++
      console.log(`${operation}: ${found}${isRight ? '' : `, not ${expected}`}`)
    }
  }
} finally {
  await stage.close()
}
process.exitCode = failures === 0 ? 0 : 1
