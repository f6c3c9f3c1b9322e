/**
 * What a stranger may cost: time in proportion to a usual request, and no memory that grows with what is sent.
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

describe('time', () => {
  const ready = policy({})
  const usual = 'authorization,content-md5,content-type,x-cos-meta-author'

  /** Of one decision, in ms: the quickest of several rounds, so that what else the machine does counts little. */
  function cost(origin: string, list: string): number {
    let best = Number.POSITIVE_INFINITY
    for (let round = 0; round < 20; round++) {
      const started = performance.now()
      for (let times = 0; times < 500; times++) decide(ready, origin, 'PUT', list)
      best = Math.min(best, performance.now() - started)
    }
    return best / 500
  }

  test('64 KB of commas, spaces, tabs or names cost at most a few times what a usual list does', () => {
    const limit = 5 * cost('https://a.example', usual)
    for (const piece of [',', ' ', '\t', ', ', '\t,', 'a', 'a,', 'content-type  ,,', '\u00e4', '"'])
      expect(
        cost('https://a.example', piece.repeat(65536 / piece.length)),
        JSON.stringify(piece),
      ).toBeLessThan(limit)
  })

  test('an origin of 64 KB costs at most a few times what a usual one does', () => {
    const limit = 5 * cost('https://www.a.example', usual)
    for (const piece of ['a', '.', 'https://a.example', '.a.example', ','])
      expect(cost(piece.repeat(65536 / piece.length), usual), piece).toBeLessThan(limit)
  })
})

describe('memory', () => {
  test('100,000 different requests leave no more than the first 10,000', () => {
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    const ready = policy({ allowedOrigins: ['https://*.example'], allowedHeaders: ['x-*'] })
    const decideMany = (from: number, to: number) => {
      for (let at = from; at < to; at++) {
        const pad = 'x'.repeat(200)
        const allowed = decide(
          ready,
          `https://host-${at}-${pad}.example`,
          'PUT',
          `x-${at}-${pad},x-meta-${at}`,
        )
        if (allowed.outcome !== 'allowed') throw new Error('the request was refused')
        decide(ready, `https://host-${at}-${pad}.evil`, 'PUT', null)
        decide(ready, 'https://host.example', 'PUT', `y-${at}-${pad}`)
      }
      collect()
      return process.memoryUsage().heapUsed
    }
    const before = decideMany(0, 10_000)
    // Had each left its texts, they would be more than 50 MB.
    expect(decideMany(10_000, 110_000) - before).toBeLessThan(8 * 1024 * 1024)
  })
})
