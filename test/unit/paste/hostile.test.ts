/**
 * Texts that nobody's browser has printed: nothing is thrown, what is read keeps its bounds, and the steps grow with the
 * text and no faster.
 */

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MAX_TEXT, MESSAGE_IDS, readPaste } from '../../../src/paste/read.ts'
import { stepCounter } from '../../fuzz/steps.ts'
import { hostile, type Language, repetitive } from '../../fuzz/texts.ts'
import { runs } from '../../model/runs.ts'
import { MESSAGES } from './messages.ts'

const ENTRY =
  '{"request":{"method":"OPTIONS","url":"https://f.example/a","headers":[{"name":"Origin","value":"https://a.example"},{"name":"Access-Control-Request-Method","value":"PUT"}]},"response":{"status":0,"headers":[]}}'

const PASTED: Language = {
  seeds: [
    ...MESSAGES.map(({ text }) => text),
    `curl 'https://f.example/' -X PUT -H 'Origin: https://a.example' \\\n -b $'a\\u0041' "\\""`,
    'curl ^"https://f.example/^" ^\n -H ^"X-A: \\^"1\\^"^"',
    'fetch("https://f.example/", {"method":"PUT","headers":{"x-a":"\\"1"}});',
    `{"log":{"entries":[${ENTRY},${ENTRY}]}}`,
  ],
  pieces: [/\s*[^\s]+|\s+/g, /[\w/:.-]+|[^\w]/g],
  words: [
    ...'\'"`^\\$;&|:{}[](),. \n\r\0',
    '',
    'curl ',
    ' -H ',
    ' -X',
    "$'",
    '\\x',
    '\\u{',
    '--data ',
    'fetch("',
    'Access to ',
    " at '",
    "' from origin '",
    'blocked by CORS policy',
    'Cross-Origin Request Blocked:',
    '已拦截跨源请求',
    ' cannot load ',
    'remote resource at ',
    ' is not allowed by Access-Control-Allow-Headers',
    ' is not allowed by Access-Control-Allow-Origin',
    'Status code: ',
    'https://',
    'x'.repeat(300),
    '\u200b',
    '\ud800',
    '__proto__',
    '"headers":',
    'null',
    ENTRY,
  ],
}

/** Steps for a character; 10 are not reached. */
const STEPS_PER_CHARACTER = 20
const STEPS_IN_ANY_CASE = 5000

describe('readPaste() of hostile texts', () => {
  let steps: Awaited<ReturnType<typeof stepCounter>>
  beforeAll(async () => {
    steps = await stepCounter(/\/src\/paste\//)
  })
  afterAll(() => steps.stop())

  test('never throws, and reads nothing that could not be sent', () => {
    const property = fc.property(hostile(PASTED), text => {
      const paste = readPaste(text)
      if ('problem' in paste) {
        expect(paste.problem).toMatch(/^[A-Z].*\.$/)
        return
      }
      const { says, status, request, missing } = paste
      const { url, origin, method, headers } = request
      if (says !== null) expect(MESSAGE_IDS).toContain(says)
      if (status !== null) expect(status).toBeGreaterThan(99)
      if (url !== null)
        expect(new URL(url)).toMatchObject({ search: '', hash: '', username: '', password: '' })
      expect(origin?.length ?? 0).toBeLessThanOrEqual(16_384)
      for (const name of [...headers, method ?? 'GET']) expect(name).toMatch(/^[\w!#$%&'*+.^`|~-]{1,256}$/)
      expect(headers.length).toBeLessThanOrEqual(64)
      expect(new Set(headers).size).toBe(headers.length)
      expect(missing.length).toBeLessThanOrEqual(8)
    })
    fc.assert(property, runs(2000))
  })

  test('takes steps in proportion to the length', async () => {
    const property = fc.asyncProperty(repetitive(PASTED, MAX_TEXT / 4), async text => {
      const taken = await steps.of(() => readPaste(text))
      expect(taken).toBeLessThan(STEPS_IN_ANY_CASE + STEPS_PER_CHARACTER * text.length)
    })
    await fc.assert(property, runs(60))
  })
})
