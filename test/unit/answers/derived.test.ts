import { expect, test } from 'vitest'
import { type DerivedHeaders, derive } from '../../../src/answers/derived.ts'
import { decide } from '../../../src/cors/decide.ts'
import { dialectOf } from '../../../src/cors/dialect.ts'
import { compile, hydrate } from '../../../src/cors/policy.ts'

const PAGE = 'https://app.example'
const BUCKET = { 'timing-allow-origin': '*', 'cross-origin-resource-policy': 'same-site' }
const ON: DerivedHeaders = { resourcePolicy: 'cross-origin', timing: 'rules' }

/** What a response of the bucket says after the headers are derived. */
function derived(settings: Partial<DerivedHeaders>, allowed: string, origin: string | null) {
  const rule = {
    id: null,
    allowedOrigins: [allowed],
    allowedMethods: ['GET' as const],
    allowedHeaders: [],
    exposeHeaders: [],
    maxAgeSeconds: null,
  }
  const policy = hydrate(compile({ rules: [rule], responseVary: false }, 'cos'))
  const decision = decide(policy, { origin, method: 'GET', requestedHeaders: null })
  const response = new Response(null, { headers: BUCKET })
  derive(
    response,
    { resourcePolicy: 'off', timing: 'off', ...settings },
    { dialect: dialectOf('cos'), decision, origin },
  )
  return Object.fromEntries(response.headers)
}

test('derive() leaves the bucket’s headers alone where both settings are off', () => {
  expect(derived({}, PAGE, PAGE)).toEqual(BUCKET)
})

test.each([
  ['the origin that a rule allows', PAGE, PAGE, PAGE],
  ['* where the rule answers *', '*', PAGE, '*'],
  ['nothing for another origin', PAGE, 'https://evil.example', undefined],
  ['nothing without an Origin', '*', null, undefined],
])('derive() puts %s in place of the bucket’s Timing-Allow-Origin', (_, allowed, origin, expected) => {
  const headers = derived(ON, allowed, origin)
  expect(headers['timing-allow-origin']).toBe(expected)
  expect(headers['cross-origin-resource-policy']).toBe('cross-origin')
})
