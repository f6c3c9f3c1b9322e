/**
 * Access-Control-Request-Headers, Origin and the requested method under hostile texts: nothing thrown, no list read
 * beyond its bounds, and the engine reads what the naive model reads.
 */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answerPreflight } from '../../src/answers/preflight.ts'
import type { Configuration } from '../../src/cors/configuration.ts'
import { decide } from '../../src/cors/decide.ts'
import { DIALECTS } from '../../src/cors/dialect.ts'
import { compile, hydrate } from '../../src/cors/policy.ts'
import { joinNames, listLimits, MAX_NAMES, readNames } from '../../src/cors/request-headers.ts'
import { modelRequestedNames } from '../../tools/model.ts'
import { runs } from '../model/runs.ts'
import { looks } from './looks.ts'
import { fixtures, hostile, type Language, repetitive } from './texts.ts'

const FOUND = fixtures('requested-headers')
const LISTS: Language = {
  seeds: Object.values(FOUND),
  pieces: [/,?[^,]+/g, /,|[ \t]+|[^, \t]+/g],
  words: [
    'x-a',
    'X-Cos-Meta-A',
    'content-type',
    '__proto__',
    '*',
    ',',
    ', ',
    ',,',
    ' ',
    '   ',
    '\t',
    ';',
    ':',
    '"',
    '\u0000',
    '\r\n',
    '\u00e9',
    '\u212a',
    'x'.repeat(128),
    'x'.repeat(129),
  ],
}

const CONFIGURATION: Configuration = {
  rules: [
    {
      id: null,
      allowedOrigins: ['https://a.example', 'https://*.a.example'],
      allowedMethods: ['GET', 'PUT'],
      allowedHeaders: ['authorization', 'Content-MD5', 'content-type', 'x-cos-*'],
      exposeHeaders: [],
      maxAgeSeconds: 600,
    },
    {
      id: null,
      allowedOrigins: ['*'],
      allowedMethods: ['GET'],
      allowedHeaders: ['*'],
      exposeHeaders: [],
      maxAgeSeconds: null,
    },
  ],
  responseVary: false,
}
const limits = listLimits(CONFIGURATION.rules.flatMap(rule => rule.allowedHeaders))

function check(list: string): void {
  const read = readNames(list, limits)
  const model = modelRequestedNames(CONFIGURATION, list)
  if (read.problem !== null) expect([read.names, model]).toEqual([[], null])
  else {
    expect(read.names).toEqual(model)
    expect(read.names.length).toBeLessThanOrEqual(MAX_NAMES)
    const joined = joinNames(read, ',')
    expect(readNames(joined ?? '', limits).names).toEqual(read.names)
  }
}

describe('readNames()', () => {
  test.each(Object.keys(FOUND))('reads %s', file => {
    check(FOUND[file] ?? '')
    expect(readNames(FOUND[file] ?? '', limits).names).not.toEqual([])
  })

  test('never throws, and reads what the model reads', () => {
    fc.assert(fc.property(hostile(LISTS), check), runs(2000))
  })

  test('looks at each character four times at most, and at none beyond the bounds', () => {
    fc.assert(
      fc.property(fc.oneof(hostile(LISTS), repetitive(LISTS, 128_000)), list => {
        expect(looks(list, limits)).toBeLessThanOrEqual(4 * Math.min(list.length, limits.length) + 4)
      }),
      runs(1000),
    )
  })
})

describe('answerPreflight()', () => {
  const policies = DIALECTS.map(dialect => hydrate(compile(CONFIGURATION, dialect)))
  const origins: Language = {
    seeds: ['https://a.example', 'https://b.a.example:8443', 'null'],
    pieces: [/[/:.]+|[^/:.]+/g],
    words: ['https://', 'a', '.a.example', ',', ', ', '*', '\u0000', '\r\n', '<', '&', '.', ':', 'null', ''],
  }
  const methods = fc.oneof(
    fc.constantFrom(null, 'GET', 'PUT', 'get', 'PATCH', '<a>'),
    fc.string({ unit: 'binary' }),
  )

  test('never throws, and repeats nothing that it refuses', async () => {
    await fc.assert(
      fc.asyncProperty(hostile(origins), methods, fc.option(hostile(LISTS)), async (origin, method, list) => {
        // A header's value holds bytes only, and no line ends: the runtime sees to that.
        const byte = origin.replace(/[^\u0001-\u0009\u000b\u000c\u000e-\u00ff]/g, '').trim()
        for (const policy of policies) {
          const request = { url: 'https://b.example/k', origin: byte, method, requestedHeaders: list }
          const decision = decide(policy, request)
          const response = answerPreflight(policy.dialect, decision, request, true)
          expect(response.ok).toBe(decision.outcome === 'allowed')
          const granted = response.headers.get('access-control-allow-origin')
          expect([null, '*', byte]).toContain(granted)
          if (response.ok) continue
          expect([...response.headers.keys()].filter(name => /^(access-control|vary)/.test(name))).toEqual([])
          const body = await response.text()
          expect(body.length).toBeLessThan(8192)
          expect(body).toMatch(/^<\?xml [^<>]*\?>\s*(<[A-Za-z]+>|<\/[A-Za-z]+>|[^<>])*$/)
        }
      }),
      runs(500),
    )
  })
})
