/**
 * @module
 * Request headers with a value, and whether a preflight asks for them: semantics of the Fetch standard, row by row.
 */

export interface SafelistRow {
  readonly name: string
  readonly value: string
  readonly asked: boolean
}

const row = (name: string, value: string, asked: boolean): SafelistRow => ({ name, value, asked })
const TYPE = 'content-type'

export const SAFELIST_ROWS: readonly SafelistRow[] = [
  row('accept', 'application/json', false),
  row('accept', 'text/html;q=0.9, */*', false),
  row('accept', 'text/plain (old)', true),
  row('accept', '"a"', true),
  row('accept', 'a:b', true),
  row('accept', 'a<b', true),
  row('accept', `a/${'a'.repeat(126)}`, false),
  row('accept', `a/${'a'.repeat(127)}`, true),
  row('accept-language', 'de-DE, de;q=0.9', false),
  row('accept-language', 'de_DE', true),
  row('content-language', 'en', false),
  row('content-language', 'en/us', true),
  row(TYPE, 'text/plain', false),
  row(TYPE, 'Text/Plain; charset=utf-8', false),
  row(TYPE, 'multipart/form-data; boundary=a', false),
  row(TYPE, 'application/x-www-form-urlencoded', false),
  row(TYPE, 'application/json', true),
  row(TYPE, 'image/png', true),
  row(TYPE, 'text/plain; a="b"', true),
  row('range', 'bytes=0-99', false),
  row('range', 'bytes=100-', false),
  row('range', 'bytes=-500', true),
  row('range', 'bytes=9-1', true),
  row('range', 'bytes=0-1,5-6', true),
  row('if-range', '"a"', true),
  row('if-none-match', '"a"', true),
  row('cache-control', 'no-cache', true),
  row('authorization', 'a', true),
  row('x-cos-acl', 'private', true),
]
