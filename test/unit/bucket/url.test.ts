import { expect, test } from 'vitest'
import {
  hasDotSegment,
  hasPlainHost,
  hostnameOf,
  ownUrl,
  pathAndQuery,
  upstreamUrl,
  withoutQueries,
} from '../../../src/bucket/url.ts'

test.each([
  ['https://a.example/k', 'a.example'],
  ['https://A.example:8443/k', 'a.example'],
  ['http://[::1]:8787/k', '[::1]'],
  ['http://[::1]/k:1', '[::1]'],
  ['https://a.example', 'a.example'],
  ['https://A.example.:8443/k.', 'a.example'],
])('hostnameOf(%s) is %s', (url, host) => {
  expect(hostnameOf(url)).toBe(host)
})

test('pathAndQuery() returns everything after the host, unchanged', () => {
  expect(pathAndQuery('https://a.example//b%2F?c=/d')).toBe('//b%2F?c=/d')
  expect(pathAndQuery('https://a.example')).toBe('/')
})

test('upstreamUrl() keeps every byte and encodes a backslash', () => {
  expect(upstreamUrl('https://b.example/p', 'https://a.example/a+b\\c//?x=%2e')).toBe(
    'https://b.example/p/a+b%5Cc//?x=%2e',
  )
})

test('hasDotSegment() finds plain and encoded segments, in the path only', () => {
  for (const path of ['/..', '/./', '/a/%2E%2e', '/a/.%2e/b', '/a\\..\\b', '/%2e'])
    expect(hasDotSegment(`https://a.example${path}`), path).toBe(true)
  for (const path of ['/a..b', '/...', '/.a', '/a%2f..b', '/?a=/../b', '/a.', '/%252e%252e/'])
    expect(hasDotSegment(`https://a.example${path}`), path).toBe(false)
})

test('hasPlainHost() accepts names and addresses with a port, in the URL and in the header', () => {
  const takes = (inUrl: string, inHeader = inUrl) =>
    hasPlainHost({ url: `https://${inUrl}/k`, headers: new Headers({ host: inHeader }) } as Request)
  for (const host of [
    'a.example',
    'A_b.example:8443',
    'localhost',
    '127.0.0.1:1',
    '[::1]',
    '[2001:db8::1]:80',
    'a.example:65535',
    'a.example:00080',
    '1.example',
    '0x7f.example',
    'a.1x',
    'xn--bcher-kva.example',
  ])
    expect(takes(host), host).toBe(true)
  for (const host of [
    'a@b',
    'a b',
    'a?b',
    'a#b',
    'a\\b',
    'a:b',
    'a:1:2',
    '[::1',
    '::1',
    'a:123456',
    'a, b',
    '',
    // What a URL refuses.
    'a.example:65536',
    'a.example:99999',
    '1.2.3.4.5',
    '999.999.999.999',
    '256.1.1.1:80',
    'a.example.0',
    'a.0x',
    '09.',
    '[::::]',
    '[1.2.3.4]',
  ])
    expect([takes(host, 'a'), takes('a', host)], host).toEqual([false, false])
  expect(takes('a', 'a/b')).toBe(false)
  expect([takes('a'.repeat(253)), takes('a'.repeat(254))]).toEqual([true, false])
  expect(hasPlainHost(new Request('https://a.example/k'))).toBe(true)
  for (const host of ['default', 'DEFAULT:8787', 'last-known-good.invalid'])
    expect(takes(host), host).toBe(false)
})

test('ownUrl() returns the request’s URL with backslashes encoded', () => {
  expect(ownUrl('https://a.example:81//a\\b/?x=\\')).toBe('https://a.example:81//a%5Cb/?x=%5C')
  expect(ownUrl('https://a.example')).toBe('https://a.example/')
})

test('withoutQueries() removes the query of every URL in a text', () => {
  const text = (query: string) => `Invalid URL: http://a.example:99999/k${query}`
  expect(withoutQueries(text('?q-signature=s&b=c'))).toBe(text('?…'))
  expect(withoutQueries(`"${text('?a=b')}" at x (${text('#a')}`)).toBe(`"${text('?…')}" at x (${text('?…')}`)
  expect(withoutQueries('reset')).toBe('reset')
})
