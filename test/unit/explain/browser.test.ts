import { expect, test } from 'vitest'
import { corsCheck, judgePreflight, remembers, whyPreflight } from '../../../src/explain/browser.ts'

const request = { origin: 'https://a.example', method: 'PUT', headers: ['content-type'], credentials: false }
const answer = (headers: Record<string, string>, status = 200) => ({
  status,
  headers: {
    'access-control-allow-origin': 'https://a.example',
    'access-control-allow-methods': 'PUT',
    'access-control-allow-headers': 'content-type',
    ...headers,
  },
})

test('whyPreflight() follows the safelists', () => {
  expect(whyPreflight({ ...request, headers: [] })).toContain('PUT')
  expect(whyPreflight({ ...request, method: 'POST', headers: [] })).toBeNull()
  expect(whyPreflight({ ...request, method: 'GET', headers: ['range'], maybe: ['range'] })).toContain('range')
  const both = { ...request, method: 'GET', headers: ['range', 'x-a'], maybe: ['range'] }
  expect(whyPreflight(both)).toBe('the script sets x-a')
})

test.each([
  ['allows', request, answer({}), true],
  ['needs a 2xx status', request, answer({}, 403), false],
  [
    'needs the method, unless it is safelisted',
    request,
    answer({ 'access-control-allow-methods': 'GET' }),
    false,
  ],
  [
    'lets a safelisted method pass',
    { ...request, method: 'POST' },
    answer({ 'access-control-allow-methods': 'GET' }),
    true,
  ],
  ['needs every header', { ...request, headers: ['content-type', 'x-a'] }, answer({}), false],
  [
    'lets * stand for headers',
    { ...request, headers: ['x-a'] },
    answer({ 'access-control-allow-headers': '*' }),
    true,
  ],
  [
    'but not for Authorization',
    { ...request, headers: ['authorization'] },
    answer({ 'access-control-allow-headers': '*' }),
    false,
  ],
  [
    'and not with credentials',
    { ...request, credentials: true },
    answer({ 'access-control-allow-headers': '*', 'access-control-allow-credentials': 'true' }),
    false,
  ],
  ['compares the origin', request, answer({ 'access-control-allow-origin': 'https://b.example' }), false],
])('judgePreflight() %s', (_case, asked, answered, goesOn) => {
  expect(judgePreflight(asked, answered).goesOn).toBe(goesOn)
})

test('corsCheck() with credentials accepts neither * nor a missing Allow-Credentials', () => {
  const included = { ...request, credentials: true }
  expect(corsCheck(included, answer({ 'access-control-allow-origin': '*' })).reason).toContain('*')
  expect(corsCheck(included, answer({})).reason).toContain('Allow-Credentials')
  expect(corsCheck(included, answer({ 'access-control-allow-credentials': 'true' })).goesOn).toBe(true)
  expect(corsCheck(request, { status: 200, headers: {} }).reason).toContain('no Access-Control-Allow-Origin')
})

test('remembers() applies each browser’s cap, and five seconds without Max-Age', () => {
  expect(remembers(answer({ 'access-control-max-age': '100000' }))).toEqual({
    Chrome: 7200,
    Firefox: 86_400,
    Safari: 600,
  })
  expect(remembers(answer({ 'access-control-max-age': '0' }))).toEqual({ Chrome: 0, Firefox: 0, Safari: 0 })
  expect(remembers(answer({}))).toEqual({ Chrome: 5, Firefox: 5, Safari: 5 })
})
