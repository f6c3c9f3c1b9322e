/**
 * The four printed samples of "OPTIONS Object": every header, nothing more, and the error document to the byte.
 */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, Edge } from './harness.ts'

const HOST = 'examplebucket-1250000000.cos.ap-beijing.myqcloud.com'
const RULES = `<CORSConfiguration>
  <CORSRule>
    <AllowedOrigin>https://example.com</AllowedOrigin>
    <AllowedOrigin>https://bar.com</AllowedOrigin>
    <AllowedMethod>PUT</AllowedMethod>
    <AllowedMethod>GET</AllowedMethod>
    <AllowedMethod>POST</AllowedMethod>
    <AllowedMethod>DELETE</AllowedMethod>
    <AllowedMethod>HEAD</AllowedMethod>
    <AllowedHeader>*</AllowedHeader>
    <ExposeHeader>Content-Length</ExposeHeader>
    <ExposeHeader>ETag</ExposeHeader>
    <ExposeHeader>x-cos-meta-author</ExposeHeader>
    <MaxAgeSeconds>600</MaxAgeSeconds>
  </CORSRule>
</CORSConfiguration>`
const PUBLIC_RULES = `<CORSConfiguration>
  <CORSRule>
    <AllowedOrigin>*</AllowedOrigin>
    <AllowedMethod>GET</AllowedMethod>
    <AllowedMethod>HEAD</AllowedMethod>
    <AllowedHeader>Range</AllowedHeader>
    <AllowedHeader>x-cos-server-side-encryption-customer-algorithm</AllowedHeader>
    <AllowedHeader>x-cos-server-side-encryption-customer-key</AllowedHeader>
    <AllowedHeader>x-cos-server-side-encryption-customer-key-MD5</AllowedHeader>
    <ExposeHeader>Content-Length</ExposeHeader>
    <ExposeHeader>ETag</ExposeHeader>
    <ExposeHeader>x-cos-meta-author</ExposeHeader>
    <MaxAgeSeconds>600</MaxAgeSeconds>
  </CORSRule>
</CORSConfiguration>`

let edge: Edge

beforeAll(async () => {
  edge = await Edge.start({
    vars: { ORIGIN: 'http://127.0.0.1:9', POLICY_TTL_SECONDS: '0' },
    rules: { [`cors:${HOST}`]: RULES },
  })
})
afterAll(() => edge.stop())

const REQUEST_ID = /^[A-Za-z0-9+/]+={0,2}$/
const decodedId = (answer: Answer): string =>
  Buffer.from(String(answer.headers['x-cos-request-id']), 'base64').toString('latin1')

function expectAllowed(answer: Answer, cors: Record<string, string>): void {
  expect(answer.status).toBe(200)
  const { 'x-cos-request-id': id, ...rest } = answer.headers
  expect(rest).toEqual({ 'content-length': '0', ...cors })
  expect(id).toMatch(REQUEST_ID)
  expect(decodedId(answer)).toMatch(/^[0-9a-f]{8}_[0-9a-f]{8}_[0-9a-f]+_[0-9a-f]+$/)
  expect(answer.body.length).toBe(0)
}

test('sample 1: PUT with three headers under a rule with AllowedHeader *', async () => {
  const answer = await edge.preflight(
    '/exampleobject',
    'https://example.com',
    'PUT',
    'content-md5,content-type,x-cos-meta-author',
    HOST,
  )
  expectAllowed(answer, {
    'access-control-allow-credentials': 'true',
    'access-control-allow-headers': 'content-md5,content-type,x-cos-meta-author',
    'access-control-allow-methods': 'PUT,GET,POST,DELETE,HEAD',
    'access-control-allow-origin': 'https://example.com',
    'access-control-expose-headers': 'Content-Length,ETag,x-cos-meta-author',
    'access-control-max-age': '600',
  })
})

test('sample 2: GET with range under a public rule answers * and the whole rule list', async () => {
  await edge.putRules('cors:public.example', PUBLIC_RULES)
  const answer = await edge.preflight(
    '/exampleobject',
    'https://example.com',
    'GET',
    'range',
    'public.example',
  )
  expectAllowed(answer, {
    'access-control-allow-headers':
      'range,x-cos-server-side-encryption-customer-algorithm,x-cos-server-side-encryption-customer-key,x-cos-server-side-encryption-customer-key-md5',
    'access-control-allow-methods': 'GET,HEAD',
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'Content-Length,ETag,x-cos-meta-author',
    'access-control-max-age': '600',
  })
})

test('sample 3: PUT of a bucket setting from another listed origin', async () => {
  const answer = await edge.preflight(
    '/?lifecycle',
    'https://bar.com',
    'PUT',
    'content-md5,content-type',
    HOST,
  )
  expectAllowed(answer, {
    'access-control-allow-credentials': 'true',
    'access-control-allow-headers': 'content-md5,content-type',
    'access-control-allow-methods': 'PUT,GET,POST,DELETE,HEAD',
    'access-control-allow-origin': 'https://bar.com',
    'access-control-expose-headers': 'Content-Length,ETag,x-cos-meta-author',
    'access-control-max-age': '600',
  })
})

/** The document as printed; its ids are the sample's. 687 bytes. */
const SAMPLE_4 = `<?xml version='1.0' encoding='utf-8' ?>
<Error>
	<Code>AccessForbidden</Code>
	<Message>CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Requet-Headers are not whitelisted by the resource&apos;s CORS spec</Message>
	<Resource>examplebucket-1250000000.cos.ap-beijing.myqcloud.com/exampleobject</Resource>
	<RequestId>NWYwNzAzNTZfNzNjODJhMDlfMzRiM2ZfMThjMjk4****</RequestId>
	<TraceId>OGVmYzZiMmQzYjA2OWNhODk0NTRkMTBiOWVmMDAxODc0OWRkZjk0ZDM1NmI1M2E2MTRlY2MzZDhmNmI5MWI1OWE4OGMxZjNjY2JiNTBmMTVmMWY1MzAzYzkyZGQ2ZWM4OWM4Y2M5MzI5ZmUzN2FjZDk1OTRjYWI5Yjg5OTJlZDA=</TraceId>
</Error>`

test.each([
  ['no rule matches', RULES.replaceAll('https://example.com', 'https://other.example')],
  ['there are no rules', null],
])('sample 4: a refusal when %s', async (_case, rules) => {
  if (rules === null) await edge.deleteRules(`cors:${HOST}`)
  else await edge.putRules(`cors:${HOST}`, rules)
  const answer = await edge.preflight('/exampleobject', 'https://example.com', 'PUT', undefined, HOST)
  const { 'x-cos-request-id': id, 'x-cos-trace-id': trace, ...rest } = answer.headers
  expect(answer.status).toBe(403)
  expect(rest).toEqual({
    'content-type': 'application/xml',
    'content-length': String(answer.body.length),
    'x-content-type-options': 'nosniff',
  })
  expect(decodedId(answer)).toMatch(/^[0-9a-f]{8}_[0-9a-f]{8}_[0-9a-f]+_[0-9a-f]+$/)
  expect(Buffer.from(String(trace), 'base64').toString('latin1')).toMatch(/^[0-9a-f]{128}$/)
  expect(Buffer.byteLength(SAMPLE_4)).toBe(687)
  expect(
    answer.text
      .replace(String(id), 'NWYwNzAzNTZfNzNjODJhMDlfMzRiM2ZfMThjMjk4****')
      .replace(String(trace), String(/<TraceId>(.*)<\/TraceId>/.exec(SAMPLE_4)?.[1])),
  ).toBe(SAMPLE_4)
})
