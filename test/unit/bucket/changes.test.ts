import { expect, test } from 'vitest'
import { changeOf } from '../../../src/bucket/changes.ts'

const change = (method: string, target: string, headers: Record<string, string> = {}) =>
  changeOf({ method, url: `https://edge.example${target}`, headers: new Headers(headers) } as Request)

test.each(['GET', 'HEAD', 'OPTIONS'])('changeOf() returns no change for %s', method => {
  expect(change(method, '/?delete')).toBe('none')
})

test.each([
  ['PUT', '/k'],
  ['PUT', '/k?partNumber=1&uploadId=u'],
  ['DELETE', '/k?versionId=1'],
  ['POST', '/k?uploads'],
  ['POST', '/k?uploadId=u&x-id=CompleteMultipartUpload'],
  ['POST', '/k?append&position=0'],
  ['PATCH', '/k'],
])('changeOf() is the object of the URL for %s %s', (method, target) => {
  expect(change(method, target)).toBe('object')
})

test.each<[string, string, Record<string, string>?]>([
  ['POST', '/?delete'],
  ['POST', '/bucket?delete='],
  ['POST', '/'],
  ['POST', '/folder/', { 'content-type': 'multipart/form-data; boundary=b' }],
  ['POST', '/k'],
  ['DELETE', '/folder/'],
  ['PUT', '/k?renameObject'],
  ['PUT', '/k?rename&name=other'],
  ['PUT', '/k', { 'x-amz-rename-source': '/other' }],
  ['PUT', `/k?${'a&'.repeat(64)}`],
])('changeOf() is all of the host for %s %s', (method, target, headers) => {
  expect(change(method, target, headers)).toBe('host')
})
