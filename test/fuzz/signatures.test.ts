/**
 * The readers of COS and SigV4 signatures under hostile texts: nothing thrown, every list within its bounds, and what
 * is read is what would be written.
 */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_QUERY_PARAMS } from '../../src/bucket/signing/cos-canonical.ts'
import {
  formatCosSignature,
  MAX_AUTHORIZATION_LENGTH,
  MAX_KEY_ID_LENGTH,
  MAX_LISTED_NAMES,
  readCosSignature,
  withoutCosSignature,
} from '../../src/bucket/signing/cos-signature.ts'
import { readS3Signature, withoutS3Signature } from '../../src/bucket/signing/s3-signature.ts'
import { runs } from '../model/runs.ts'
import { stepCounter } from './steps.ts'
import { fixtures, hostile, type Language, nearly, repetitive } from './texts.ts'

const COS = fixtures('cos-signature')
const S3 = fixtures('s3-signature')
const ODD = [
  '&',
  '=',
  ';',
  ',',
  '%',
  '%3B',
  '%3d',
  '%00',
  '%C3%28',
  '+',
  ' ',
  '\t',
  '',
  '0',
  'host',
  '\u0000',
  '\u00e9',
]

const COS_TEXTS: Language = {
  seeds: Object.values(COS),
  pieces: [/&?[^&]+/g, /%26|%3D|%3B|[&=;?]|[^&=;?%]+|%/g],
  words: [
    ...ODD,
    'q-sign-algorithm=sha1',
    'q-ak=',
    '&q-ak=b',
    'q-sign-time=1;2',
    '1767225600;1767229200',
    '2;1',
    'q-header-list=host;host',
    'sign=q-sign-algorithm%3Dsha1',
    '&sign=',
    'host;'.repeat(130),
    'f'.repeat(40),
    'a=b&'.repeat(257),
  ],
}
const S3_TEXTS: Language = {
  seeds: Object.values(S3),
  pieces: [/[&,]?[^&,]+/g, /%2F|[&=;,/?]|[^&=;,/?%]+|%/g],
  words: [
    ...ODD,
    'AWS4-HMAC-SHA256 ',
    'Credential=',
    'X-Amz-Signature=',
    '&X-Amz-Date=20260101T000000Z',
    'X%2DAmz-Signature=',
    'X-Amz-Expires=-1',
    '99999999T999999Z',
    '/s3/aws4_request',
    'host;'.repeat(130),
    'f'.repeat(64),
    'a=b&'.repeat(257),
  ],
}

/** A header's value and a query hold no line ends, and a value has no white space about it. */
const asHeader = (text: string) => text.replace(/[\u0000\r\n]|[^\u0000-\u00ff]/g, '').trim()

/** Where a hostile text stands: in the header, in the query, or half here and half there. */
const carried = (language: Language) =>
  fc.oneof(
    hostile(language).map(text => ({ authorization: asHeader(text), query: '' })),
    hostile(language).map(query => ({ authorization: null, query })),
    fc
      .tuple(hostile(language), hostile(language))
      .map(([text, query]) => ({ authorization: asHeader(text), query })),
  )

function checkCos(authorization: string | null, query: string): 'none' | 'malformed' | 'signature' {
  const read = readCosSignature(authorization, query)
  if (read === null) {
    expect(authorization ?? '').toBe('')
    return 'none'
  }
  if (read.type === 'malformed') return 'malformed'
  const { form, keyId, signTime, keyTime, coverage, digest } = read
  expect(keyId.length).toBeLessThanOrEqual(MAX_KEY_ID_LENGTH)
  expect(Math.max(coverage.headers.length, coverage.params.length)).toBeLessThanOrEqual(MAX_LISTED_NAMES)
  expect(digest).toMatch(/^[0-9a-f]{40}$/)
  for (const { start, end, text } of [signTime, keyTime]) {
    expect(start).toBeLessThanOrEqual(end)
    expect(text.split(';').map(Number)).toEqual([start, end])
  }
  // An id of a query may hold what would end it in a header.
  if (!keyId.includes('&')) {
    const written = formatCosSignature(read)
    if (written.length <= MAX_AUTHORIZATION_LENGTH)
      expect(readCosSignature(written, '')).toEqual({ ...read, form: 'header' })
  }
  if (form === 'header') return 'signature'
  const rest = withoutCosSignature(query)
  expect(readCosSignature(null, rest)).toBeNull()
  expect(query.split('&')).toEqual(expect.arrayContaining(rest === '' ? [] : rest.split('&')))
  return 'signature'
}

describe('readCosSignature()', () => {
  test.each(Object.keys(COS))('reads %s', file => {
    const text = COS[file] ?? ''
    expect(file.startsWith('header') ? checkCos(text, '') : checkCos(null, text)).toBe('signature')
  })

  test('never throws, stays within its bounds, and reads what it would write', () => {
    const read = new Set<string>()
    fc.assert(
      fc.property(carried(COS_TEXTS), ({ authorization, query }) => {
        read.add(checkCos(authorization, query))
      }),
      runs(1500),
    )
    expect([...read].sort()).toEqual(['malformed', 'none', 'signature'])
  })
})

function checkS3(authorization: string | null, query: string): 'none' | 'signature' {
  const headers = new Headers({ 'x-amz-date': '20260101T000000Z' })
  if (authorization !== null) headers.set('authorization', authorization)
  const read = readS3Signature(headers, query)
  if (read === null) return 'none'
  const { form, keyId, day, region, date, at, expires, signedHeaders, digest } = read
  expect(signedHeaders.length).toBeLessThanOrEqual(MAX_LISTED_NAMES)
  expect(signedHeaders).toEqual(signedHeaders.map(name => name.toLowerCase()))
  expect(digest).toMatch(/^[0-9a-f]{64}$/)
  expect(Number.isFinite(at)).toBe(true)
  expect([form, expires === null]).toEqual([
    authorization === null ? 'query' : 'header',
    authorization !== null,
  ])
  const written = new URLSearchParams({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${keyId}/${day}/${region}/s3/aws4_request`,
    'X-Amz-Date': date,
    'X-Amz-Expires': String(expires ?? 0),
    'X-Amz-SignedHeaders': signedHeaders.join(';'),
    'X-Amz-Signature': digest,
  }).toString()
  expect(readS3Signature(new Headers(), written)).toEqual({ ...read, form: 'query', expires: expires ?? 0 })
  expect(withoutS3Signature(`a=1&${written}&b`)).toBe('a=1&b')
  return 'signature'
}

describe('readS3Signature()', () => {
  test.each(Object.keys(S3))('reads %s', file => {
    const text = S3[file] ?? ''
    expect(file.startsWith('header') ? checkS3(text, '') : checkS3(null, text)).toBe('signature')
  })

  test('never throws, stays within its bounds, and reads what it would write', () => {
    const read = new Set<string>()
    fc.assert(
      fc.property(carried(S3_TEXTS), ({ authorization, query }) => {
        read.add(checkS3(authorization, query))
      }),
      runs(1500),
    )
    expect([...read].sort()).toEqual(['none', 'signature'])
  })
})

test('neither reader takes more steps than its bounds allow, however long the text', async () => {
  const steps = await stepCounter(/\/src\/origin\//)
  const most = 2000 + 20 * (MAX_QUERY_PARAMS + MAX_AUTHORIZATION_LENGTH)
  for (const language of [COS_TEXTS, S3_TEXTS])
    await fc.assert(
      fc.asyncProperty(fc.oneof(repetitive(language, 128_000), nearly(language)), async text => {
        const headers = new Headers({ authorization: asHeader(text), 'x-amz-date': '20260101T000000Z' })
        const taken = await steps.of(() => {
          readCosSignature(asHeader(text), '')
          readCosSignature(null, text)
          readS3Signature(headers, '')
          readS3Signature(new Headers(), text)
        })
        expect(taken).toBeLessThan(most)
      }),
      runs(30, 1000),
    )
  await steps.stop()
})
