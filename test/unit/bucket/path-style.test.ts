import { expect, test } from 'vitest'
import { repeatedBucketName, withoutBucketName } from '../../../src/bucket/path-style.ts'
import type { Upstream } from '../../../src/settings/upstream.ts'

const url = (base: string): Upstream => ({ kind: 'url', base })
const VIRTUAL = url('https://photos.s3.us-east-1.amazonaws.com')
const DOTTED = url('https://my.photos.s3.us-east-1.amazonaws.com')
const IN_PATH = url('https://minio.example.com/photos')
const E = 'https://edge.example'

test.each([
  [VIRTUAL, '/photos', '/'],
  [VIRTUAL, '/photos/', '/'],
  [VIRTUAL, '/photos?cors', '/?cors'],
  [VIRTUAL, '/photos/?cors', '/?cors'],
  [VIRTUAL, '/photos/photos/a%20b?v=1', '/photos/a%20b?v=1'],
  [VIRTUAL, '/photos//k', '//k'],
  [IN_PATH, '/photos/k', '/k'],
  [DOTTED, '/my.photos/k', '/k'],
])('withoutBucketName(%j) of %s is %s', (upstream, target, expected) => {
  expect(withoutBucketName(upstream, E + target)).toBe(E + expected)
})

test.each([
  [VIRTUAL, '/'],
  [VIRTUAL, '/?cors'],
  [VIRTUAL, '/photo/k'],
  [VIRTUAL, '/photosx/k'],
  [VIRTUAL, '/Photos/k'],
  [VIRTUAL, '/p%68otos/k'],
  [VIRTUAL, '//photos/k'],
  [IN_PATH, '/minio/k'],
  [{ kind: 'route' }, '/photos/k'],
  [null, '/photos/k'],
] as [Upstream | null, string][])('withoutBucketName(%j) of %s is null', (upstream, target) => {
  expect(withoutBucketName(upstream, E + target)).toBeNull()
})

test('repeatedBucketName() names the bucket in a request for its CORS configuration, and in no request for a key', () => {
  for (const target of ['/photos?cors', '/photos/?cors', '/photos?cors=', '/photos?X-Amz-Date=1&cors'])
    for (const upstream of [VIRTUAL, IN_PATH])
      expect(repeatedBucketName(upstream, E + target), target).toBe('photos')
  for (const target of [
    '/?cors',
    '/photos/k?cors',
    '/photos',
    '/photos/',
    '/other?cors',
    '/photos?corsx',
    '/photos?a=cors',
  ])
    expect(repeatedBucketName(VIRTUAL, E + target), target).toBeNull()
})
