import { describe, expect, test } from 'vitest'
import type { ServerAnswer } from '../../../src/cli/verify/ask.ts'
import { browserView } from '../../../src/cli/verify/browser.ts'
import { classOf } from '../../../src/cli/verify/difference-class.ts'
import type { Probe } from '../../../src/cli/verify/probes.ts'

const ORIGIN = 'https://app.example'
type Sent = Readonly<Record<string, string>>

const probe = (kind: Probe['kind'], headers: Sent): Probe => ({
  kind,
  method: kind === 'preflight' ? 'OPTIONS' : 'GET',
  path: '/a',
  headers: Object.entries(headers),
  about: '',
})
const preflight = (method: string, names?: string, origin = ORIGIN) =>
  probe('preflight', {
    Origin: origin,
    'Access-Control-Request-Method': method,
    ...(names === undefined ? {} : { 'Access-Control-Request-Headers': names }),
  })
const answer = (status: number, cors: Sent = {}, code = ''): ServerAnswer => ({
  status,
  code,
  headers: Object.fromEntries(
    Object.entries(cors).map(([name, value]) => [name === 'vary' ? name : `access-control-${name}`, value]),
  ),
})
const ALLOWED = { 'allow-origin': ORIGIN, 'allow-credentials': 'true', 'allow-methods': 'PUT' }

describe('browserView()', () => {
  test.each<[string, Probe, ServerAnswer, boolean, boolean]>([
    ['the origin, the method and credentials', preflight('PUT'), answer(204, ALLOWED), true, true],
    ['a safelisted method that is not listed', preflight('GET'), answer(200, ALLOWED), true, true],
    ['a redirect', preflight('PUT'), answer(302, ALLOWED), false, false],
    [
      'two values of Allow-Origin',
      preflight('PUT'),
      answer(200, { ...ALLOWED, 'allow-origin': `${ORIGIN}\n*` }),
      false,
      false,
    ],
    [
      'another origin',
      preflight('PUT'),
      answer(200, { ...ALLOWED, 'allow-origin': 'https://app.example:443' }),
      false,
      false,
    ],
    [
      '* in place of everything',
      preflight('PUT', 'x-a'),
      answer(200, { 'allow-origin': '*', 'allow-methods': '*', 'allow-headers': '*' }),
      true,
      false,
    ],
    [
      '* for Authorization',
      preflight('GET', 'authorization'),
      answer(200, { 'allow-origin': '*', 'allow-headers': '*' }),
      false,
      false,
    ],
    [
      'header names in another case',
      preflight('GET', 'x-a,x-b'),
      answer(200, { ...ALLOWED, 'allow-headers': 'X-B,\tX-A' }),
      true,
      true,
    ],
    [
      'a header that is not listed',
      preflight('GET', 'x-a,x-b'),
      answer(200, { ...ALLOWED, 'allow-headers': 'x-a' }),
      false,
      false,
    ],
    [
      'a method in another case',
      preflight('patch'),
      answer(200, { ...ALLOWED, 'allow-methods': 'PATCH' }),
      false,
      false,
    ],
  ])('judges %s', (_, request, response, allows, allowsCredentials) => {
    expect(browserView(request, response)).toMatchObject({ allows, allowsCredentials })
  })

  test.each([
    ['no origin', probe('preflight', { 'Access-Control-Request-Method': 'GET' })],
    ['no request method', probe('preflight', { Origin: ORIGIN })],
    ['an origin with a path', preflight('GET', undefined, `${ORIGIN}/`)],
    ['an origin in upper case', preflight('GET', undefined, 'https://APP.example')],
    ['an origin with a user', preflight('GET', undefined, 'https://a@app.example')],
    ['two origins', preflight('GET', undefined, `${ORIGIN}, ${ORIGIN}`)],
    ['a method that browsers write in upper case', preflight('get')],
    ['a method that is no token', preflight('<script>')],
    ['a header that is no token', preflight('GET', 'a b')],
  ])('is null for a request that no browser sends: %s', (_, request) => {
    expect(browserView(request, answer(200, ALLOWED))).toBeNull()
  })

  test.each([
    'null',
    'http://localhost:3000',
    'http://[::1]:8080',
    'capacitor://localhost',
    'chrome-extension://abc',
  ])('knows the origin %s', origin => {
    const allowed = answer(200, { 'allow-origin': origin })
    expect(browserView(preflight('GET', undefined, origin), allowed)).toMatchObject({ allows: true })
  })
})

describe('classOf()', () => {
  const read = probe('actual', { Origin: ORIGIN })
  test.each<[string, Probe, ServerAnswer, ServerAnswer]>([
    ['decision', preflight('PUT'), answer(200, ALLOWED), answer(403)],
    ['decision', preflight('PUT'), answer(200, ALLOWED), answer(200)],
    ['decision', read, answer(200, ALLOWED), answer(404, ALLOWED)],
    ['decision', probe('actual', {}), answer(403), answer(200)],
    [
      'readable',
      preflight('PUT'),
      answer(200, ALLOWED),
      answer(200, { ...ALLOWED, 'allow-credentials': '' }),
    ],
    ['readable', read, answer(200, { ...ALLOWED, 'expose-headers': 'ETag' }), answer(200, ALLOWED)],
    ['refusal', preflight('PUT'), answer(403, {}, 'AccessForbidden'), answer(403, {}, 'AccessDenied')],
    ['refusal', preflight('PUT', 'a b'), answer(403), answer(200, ALLOWED)],
    ['form', preflight('PUT'), answer(200, ALLOWED), answer(204, ALLOWED)],
    ['form', preflight('PUT'), answer(200, { ...ALLOWED, 'max-age': '5' }), answer(200, ALLOWED)],
    [
      'form',
      read,
      answer(200, { ...ALLOWED, 'expose-headers': 'ETag, X-A' }),
      answer(200, { ...ALLOWED, 'expose-headers': 'x-a,etag' }),
    ],
  ])('is %s', (expected, request, edge, bucket) => {
    expect(classOf(request, edge, bucket)).toBe(expected)
  })
})
