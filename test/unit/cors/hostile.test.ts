/**
 * What a stranger may cost: no memory that grows with what is sent. What a scan may cost is counted in
 * request-headers.test.ts.
 */

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import type { Rule } from '../../../src/cors/configuration.ts'
import { decide } from '../../../src/cors/decide.ts'
import { compile, hydrate } from '../../../src/cors/policy.ts'

const policy = (fields: Partial<Rule>) => {
  const rule: Rule = {
    id: null,
    allowedOrigins: ['https://a.example', 'https://*.a.example'],
    allowedMethods: ['PUT'],
    allowedHeaders: ['authorization', 'content-md5', 'content-type', 'x-cos-meta-author'],
    exposeHeaders: [],
    maxAgeSeconds: null,
    ...fields,
  }
  return hydrate(compile({ rules: [rule], responseVary: false }, 'cos'))
}

describe('memory', () => {
  test('100,000 different requests leave no more than the first 10,000', () => {
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    const ready = policy({ allowedOrigins: ['https://*.example'], allowedHeaders: ['x-*'] })
    const ask = (origin: string, requestedHeaders: string | null) =>
      decide(ready, { origin, method: 'PUT', requestedHeaders })
    const decideMany = (from: number, to: number) => {
      for (let at = from; at < to; at++) {
        const pad = 'x'.repeat(200)
        const allowed = ask(`https://host-${at}-${pad}.example`, `x-${at}-${pad},x-meta-${at}`)
        if (allowed.outcome !== 'allowed') throw new Error('the request was refused')
        ask(`https://host-${at}-${pad}.evil`, null)
        ask('https://host.example', `y-${at}-${pad}`)
      }
      collect()
      return process.memoryUsage().heapUsed
    }
    const before = decideMany(0, 10_000)
    // Had each left its texts, they would be more than 50 MB.
    expect(decideMany(10_000, 110_000) - before).toBeLessThan(8 * 1024 * 1024)
  })
})
