import { describe, expect, test } from 'vitest'
import {
  BAD_GATEWAY,
  GATEWAY_TIMEOUT,
  INTERNAL_ERROR,
  invalidRequestMethod,
  misconfigured,
  noRules,
  notAllowed,
  POLICY_UNAVAILABLE,
  reasonOf,
} from '../../../src/answers/errors.ts'
import { dialectOf } from '../../../src/cors/dialect.ts'

const cos = dialectOf('cos')
const s3 = dialectOf('s3')
const facts = { url: 'https://b.example/k', method: 'PUT' }

describe('notAllowed()', () => {
  test('has the text of each dialect, misspellings included', () => {
    expect(notAllowed(cos, facts).message).toMatch(
      /^CORSResponse: .* evalution of .*Access-Control-Requet-Headers .* resource's CORS spec$/,
    )
    expect(notAllowed(s3, facts).message).toMatch(
      /^CORSResponse: .* evalution of .*Access-Control-Request-Headers .* resource's CORS spec\.$/,
    )
  })

  test.each([
    ['https://b.example/', 'BUCKET'],
    ['https://b.example', 'BUCKET'],
    ['https://b.example/?lifecycle', 'BUCKET'],
    ['https://b.example:8443/?a=/k', 'BUCKET'],
    ['https://b.example/k', 'OBJECT'],
    ['https://b.example//', 'OBJECT'],
    ['https://b.example/%2F', 'OBJECT'],
    ['https://b.example/k?/', 'OBJECT'],
  ])('%s is of type %s', (url, resourceType) => {
    expect(notAllowed(s3, { url, method: 'GET' })).toMatchObject({ resourceType, method: 'GET' })
  })

  test('quotes a method only if it is a short token, otherwise OPTIONS', () => {
    const told = (method: string | null) => notAllowed(s3, { url: facts.url, method }).method
    expect(told('PROPFIND')).toBe('PROPFIND')
    for (const method of [null, '', 'GET, PUT', '<a>', 'X'.repeat(33)]) expect(told(method)).toBe('OPTIONS')
  })

  test('has a reason only when one is given', () => {
    expect(notAllowed(cos, facts)).not.toHaveProperty('reason')
    expect(notAllowed(cos, facts, 'why').reason).toBe('why')
  })
})

describe('noRules()', () => {
  test('is S3’s own text for the bucket, and COS’s refusal of any mismatch', () => {
    expect(noRules(s3, facts)).toEqual({
      status: 403,
      code: 'AccessForbidden',
      message: 'CORSResponse: CORS is not enabled for this bucket.',
      method: 'PUT',
      resourceType: 'BUCKET',
    })
    expect(noRules(cos, facts)).toEqual(notAllowed(cos, facts))
  })
})

describe('invalidRequestMethod()', () => {
  test.each([
    ['PATCH', 'PATCH'],
    ['get', 'get'],
    ["!#$%&'*+-.^_`|~", "!#$%&'*+-.^_`|~"],
    ['X'.repeat(32), 'X'.repeat(32)],
    ['X'.repeat(33), 'null'],
    ['GET, PUT', 'null'],
    ['GET PUT', 'null'],
    ['<b>', 'null'],
    ['GÉT', 'null'],
    ['', 'null'],
    [null, 'null'],
  ])('quotes %j as %s', (method, quoted) => {
    expect(invalidRequestMethod(method)).toEqual({
      status: 400,
      code: 'BadRequest',
      message: `Invalid Access-Control-Request-Method: ${quoted}`,
    })
  })
})

describe('reasonOf()', () => {
  test.each(['origin', 'method', 'header', 'header-list'] as const)(
    'names the check %s and its value',
    check => {
      const reason = reasonOf({ outcome: 'refused', check, value: 'x-value' })
      expect(reason).toMatch(new RegExp(`^${check.replace('-list', '')}: .*x-value`))
    },
  )

  test('quotes at most 256 characters of a value', () => {
    const reason = reasonOf({ outcome: 'refused', check: 'origin', value: 'x'.repeat(60_000) })
    expect(reason.match(/x+/g)?.map(run => run.length)).toContain(256)
    expect(reason.length).toBeLessThan(400)
  })
})

describe('the errors of the edge itself', () => {
  test('are server errors with a code and a sentence of their own', () => {
    const errors = [BAD_GATEWAY, GATEWAY_TIMEOUT, POLICY_UNAVAILABLE, INTERNAL_ERROR]
    expect(errors.map(error => error.status)).toEqual([502, 504, 503, 500])
    expect(new Set(errors.map(error => error.code)).size).toBe(errors.length)
    for (const { message } of errors) expect(message).toMatch(/^[A-Z].*\.$/)
  })

  test('misconfigured() names the variable; the log holds its value', () => {
    expect(misconfigured('InvalidVariable', 'ORIGIN')).toMatchObject({
      status: 500,
      code: 'InvalidVariable',
      message: expect.stringContaining(': ORIGIN.'),
    })
    expect(misconfigured('InvalidBucketSettings', '').message).toMatch(
      /^The edge is not configured correctly\./,
    )
  })
})
