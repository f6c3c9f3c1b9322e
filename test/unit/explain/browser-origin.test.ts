import { expect, test } from 'vitest'
import { browserOriginOf, isBrowserOrigin } from '../../../src/explain/browser-origin.ts'

const SENT = [
  'null',
  'https://app.example.com',
  'http://localhost:8080',
  'http://[::1]:3000',
  'https://my_app.example.com',
  'capacitor://localhost',
  'app://.',
  'file://',
  'vscode-webview://abc123',
  'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
  'moz-extension://0e9ad4cf-2e4a-4f29-a0c8-0a47dd6fbb1d',
  // Safari writes the id in upper case.
  'safari-web-extension://0E9AD4CF-2E4A-4F29-A0C8-0A47DD6FBB1D',
]

test.each(SENT)('isBrowserOrigin() and browserOriginOf() keep %s', origin => {
  expect(isBrowserOrigin(origin)).toBe(true)
  expect(browserOriginOf(origin)).toBe(origin)
})

test.each([
  ['<https://app.example.com>', 'https://app.example.com'],
  ['"https://app.example.com"', 'https://app.example.com'],
  ['\u201chttps://app.example.com\u201d', 'https://app.example.com'],
  ['{https://app.example.com}', 'https://app.example.com'],
  ["'https://app.example.com',", 'https://app.example.com'],
  ['https://app.example.com/', 'https://app.example.com'],
  ['https://app.example.com/upload?a#b', 'https://app.example.com'],
  ['HTTPS://App.Example.com:443', 'https://app.example.com'],
  ['https: //app.example.com', 'https://app.example.com'],
  ['app.example.com', 'https://app.example.com'],
  ['//app.example.com', 'https://app.example.com'],
  ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ['Capacitor://Localhost', 'capacitor://localhost'],
  ['Safari-Web-Extension://0E9A', 'safari-web-extension://0E9A'],
  ['', null],
  ['*', null],
  ['https://*.example.com', null],
  ['https://', null],
  ['not an origin', null],
  [`https://${'a'.repeat(4000)}.example`, null],
])('browserOriginOf(%j) is %j, and only that is an origin', (text, origin) => {
  expect(isBrowserOrigin(text)).toBe(false)
  expect(browserOriginOf(text)).toBe(origin)
})
