import { describe, expect, test } from 'vitest'
import { isObjectRead, isPlainRead } from '../../../src/bucket/object-read.ts'
import { MAX_QUERY_PARAMS } from '../../../src/bucket/signing/cos-canonical.ts'

const read = (target: string, method = 'GET') => isObjectRead(method, `https://edge.example${target}`)

describe('isObjectRead()', () => {
  test.each([
    '/k',
    '/a/b%20c',
    '/folder/',
    '//k',
    '/..k',
    '/k?',
    '/k?v=3',
    '/k?t=1&cache=no',
    '/k?imageMogr2/thumbnail/200x',
    '/k?partNumber=1',
    '/aclatraz?acls=1',
  ])('is true of GET and HEAD %s', target => {
    expect([read(target), read(target, 'HEAD')]).toEqual([true, true])
  })

  test.each(['PUT', 'POST', 'DELETE', 'PATCH'])('is false of %s', method => {
    expect(read('/k', method)).toBe(false)
  })

  test.each(['/', '/?', '/?list-type=2', '//', '/%2F', '/%2f/', '/%5c'])(
    'is false of a bucket: %s',
    target => {
      expect(read(target)).toBe(false)
    },
  )

  test.each(['/..%2Fother/k', '/a/%2e%2e%2fb', '/a%2f..%5Cb', '/a%2F.', '/a/../b'])(
    'is false of a path that leads elsewhere once decoded: %s',
    target => {
      expect(read(target)).toBe(false)
    },
  )

  test.each([
    'acl',
    'ACL=',
    '%61cl',
    'v=1&tagging',
    'uploadId=x',
    'versionId=1',
    'uploads',
    'prefix=secret/',
    'policy',
    'torrent',
    'response-content-type=text/html',
    'response%2Dcontent-disposition=x',
    'x-amz-acl=public-read',
    'x-cos-process=x',
    'x-oss-process=image/info',
    'ci-process=snapshot',
  ])('is false of ?%s', query => {
    expect(read(`/k?${query}`)).toBe(false)
  })

  test('is false of more parameters than its bound', () => {
    expect(read(`/k?${'x&'.repeat(MAX_QUERY_PARAMS - 1)}x`)).toBe(true)
    expect(read(`/k?${'x&'.repeat(MAX_QUERY_PARAMS)}acl`)).toBe(false)
  })
})

test('isPlainRead() knows the vendors’ headers that only concern the reading', () => {
  const plain = (name: string) => isPlainRead(new Headers({ range: 'bytes=0-1', [name]: 'x' }))
  for (const name of [
    'x-amz-checksum-mode',
    'x-amz-cf-id',
    'x-cos-traffic-limit',
    'x-amzn-trace-id',
    'x-other',
  ])
    expect(plain(name), name).toBe(true)
  for (const name of [
    ...['x-amz-request-payer', 'x-amz-expected-bucket-owner', 'x-amz-server-side-encryption-customer-key'],
    ...['x-cos-meta-a', 'x-ci-a', 'x-oss-a', 'x-goog-user-project', 'x-obs-a', 'x-amz-checksum-mode2'],
  ])
    expect(plain(name), name).toBe(false)
})
