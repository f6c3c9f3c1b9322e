import { describe, expect, test } from 'vitest'
import { carriesCredentials, carriesToken } from '../../../../src/bucket/signing/credentials.ts'

const request = (query: string, headers: Record<string, string> = {}) =>
  new Request(`https://edge.example/key${query}`, { headers })

describe('carriesCredentials()', () => {
  test.each([
    ['a COS signature', 'q-sign-algorithm=sha1&q-ak=x&q-signature=0'],
    ['half of one', 'v=1&q-ak=x'],
    ['COS, all in one parameter', 'sign=q-sign-algorithm%3Dsha1'],
    ['SigV4', 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0'],
    ['SigV4 in lower case', 'x-amz-signature=0'],
    ['half of SigV4', 'X-Amz-Credential=x'],
    ['SigV2', 'AWSAccessKeyId=x&Signature=y&Expires=1'],
    ['OSS', 'OSSAccessKeyId=x'],
    ['GCS', 'X-Goog-Signature=0'],
    ['a COS token', 'x-cos-security-token=t'],
    ['an S3 token', 'X-Amz-Security-Token=t'],
    ['Azure', 'sv=1&se=2&sp=r&sig=0'],
    ['one without a value', 'signature'],
  ])('is true of %s in the query', (_, query) => {
    expect(carriesCredentials(request(`?${query}`))).toBe(true)
    expect(carriesCredentials(request(`?a=b&${query}`))).toBe(true)
  })

  test.each(['authorization', 'x-cos-security-token', 'x-ci-security-token', 'x-amz-security-token'])(
    'is true of the header %s',
    name => {
      expect(carriesCredentials(request('', { [name]: 'x' }))).toBe(true)
      expect(carriesToken(request('', { [name]: 'x' }))).toBe(name !== 'authorization')
    },
  )

  test.each([
    '',
    '?',
    '?v=1',
    '?signatures=1',
    '?design=1',
    '?sigma=1',
    '?x=q-signature=',
    '?x-sign=1',
    '?my-signature=1',
    '?X-Amz-Date=1',
  ])('is false of %j', query => {
    expect(carriesCredentials(request(query))).toBe(false)
  })
})

describe('carriesToken()', () => {
  test('is true of temporary credentials only', () => {
    expect(carriesToken(request('?x-cos-security-token=t'))).toBe(true)
    expect(carriesToken(request('?X-Amz-Signature=0&X-Amz-Security-Token=t'))).toBe(true)
    expect(carriesToken(request('?security-token=t'))).toBe(true)
    expect(carriesToken(request('?X-Amz-Signature=0&q-signature=1&token=t'))).toBe(false)
  })
})
